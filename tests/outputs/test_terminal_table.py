from impact.outputs._tables import grids
from impact.outputs.terminal_table import grid_text, result_table, summary_lines, width_of


def test_columns_line_up(document, wanted):
    for grid in grids(document, wanted, "en").values():
        text = grid_text(grid, notes=False)
        lines = text.splitlines()
        rule = max(width_of(line) for line in lines if set(line) == {"-"})
        assert all(width_of(line) <= rule for line in lines[1:])
        for row in grid.rows:
            shown = [cell.text for cell in row.cells if cell.text]
            assert any(all(part in line for part in shown) for line in lines)


def test_result_table_is_the_first_one(document, wanted):
    text = result_table(document, wanted, language="en")
    assert text.startswith("Estimates: Kept employment\n---")
    assert "-0.015" in text and "{0.372, 0.410}" in text
    assert text.isascii() or set(text) - set(map(chr, range(128))) <= set("–×²ñáéíóú")


def test_summary_lines(document, wanted):
    lines = summary_lines(
        document, wanted, language="en", done="done in 1.9 s", report="reports/x/report.html"
    )
    assert lines[0] == "employment_keepjob_lima   done in 1.9 s"
    main = next(line for line in lines if line.startswith("  main"))
    assert "Exposed (Lima, 2017 on) -0.015 (0.005)  permutation p 0.372  fragile" in main
    assert any("failed: E501 the treatment is absorbed" in line for line in lines)
    assert any(line.startswith("  note  W511 main") for line in lines)
    assert any(line == "  published  1 equal after rounding, 1 differs, 1 not available" for line in lines)
    assert lines[-1] == "  report  reports/x/report.html"


def test_one_line_for_many_warnings_of_a_kind(document, wanted):
    document["notices"] += [{"code": "W511", "of": f"m{place}", "message": "few"} for place in range(40)]
    lines = summary_lines(document, wanted, language="es")
    assert sum(line.startswith("  nota  W511") for line in lines) == 1
    assert any("(y 40 más)" in line for line in lines)


def test_escapes_do_not_reach_the_terminal(document, wanted):
    document["labels"]["main"] = "\x1b[31mred"
    assert "\x1b" not in result_table(document, wanted, language="en")
