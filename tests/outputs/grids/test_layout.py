"""What stands in which cell."""

import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.grids.layout import table_grid
from impact.schema.display import OutputsBlock, TableBlock


def drawn(document, block, *, language="en", **fields):
    asked = OutputRequest(model_order=("main", "event", "groups", "broken"), **fields)
    return table_grid("t", block, document, asked, language=language)


def texts(grid) -> list[list[str]]:
    return [[cell.text + cell.stars for cell in row.cells] for row in grid.rows]


def line(grid, label) -> list[str]:
    return next(cells for cells in texts(grid) if cells[0] == label)


def test_terms_table(document):
    grid = drawn(document, TableBlock(columns=["main", "broken"]))
    rows = texts(grid)
    assert rows[0] == ["", "(1)", "(2)"]
    assert rows[1] == ["Term", "Main", "broken"]
    assert rows[2:5] == [
        ["Exposed (Lima, 2017 on)", "-0.015", "–"],
        ["", "(0.005)", ""],
        ["", "{0.372, 0.410}", ""],
    ]
    assert rows[6][1] == "(3.1e-4)"
    assert line(grid, "Observations") == ["Observations", "36,478", ""]
    assert line(grid, "Treated clusters") == ["Treated clusters", "2", ""]
    assert line(grid, "area effects") == ["area effects", "Yes", ""]
    assert any("E501 the treatment is absorbed" in note for note in grid.notes)
    assert any("all 325 sets" in note and "0.0031" in note for note in grid.notes)
    assert any("tenure2 (collinear with tenure)" in note for note in grid.notes)
    assert any(note.startswith("W511: ") for note in grid.notes)
    assert grid.notes[-1] == "Spec employment_keepjob_lima, 1f0c2a3b; impact 0.1.0."


def test_the_primary_inference_is_the_one_shown(document):
    block = TableBlock(
        columns=["main"], cell=["p", "ci95", "p_clustered", "ci_clustered", "se_cr3"], layout="wide"
    )
    shown = line(drawn(document, block), "Exposed (Lima, 2017 on)")
    assert shown[1:] == ["0.372", "[-0.051, 0.022]", "0.004", "[-0.025, -0.005]", "0.015"]
    block = TableBlock(columns=["main"], cell=["ci90"], layout="wide", terms=["exposed"])
    assert line(drawn(document, block), "Exposed (Lima, 2017 on)")[1] == "n/a"


def test_intervals_at_other_levels_come_from_t(document):
    block = TableBlock(columns=["main"], cell=["ci90", "ci99"], layout="wide", terms=["tenure"], digits=6)
    shown = texts(drawn(document, block))[-8]
    # 0.00004 -+ 1.708141 * 0.00031 and -+ 2.787436 * 0.00031 (t with 25 degrees of freedom)
    assert shown[1:] == ["[-0.000490, 0.000570]", "[-0.000824, 0.000904]"]


def test_stars_follow_the_primary_p(document):
    starred = TableBlock(columns=["main"], stars=[0.5, 0.1, 0.05])
    grid = drawn(document, starred)
    assert line(grid, "Exposed (Lima, 2017 on)")[1] == "-0.015*"
    assert any(note == "Stars: * p < 0.5, ** p < 0.1, *** p < 0.05." for note in grid.notes)
    plain = drawn(document, TableBlock(columns=["main"]))
    assert "*" not in line(plain, "Exposed (Lima, 2017 on)")[1]


def test_groups_are_nested_with_everybody_last(document):
    grid = drawn(document, TableBlock(rows={"by": ["sex", "age_group", "education"]}, columns=["groups"]))
    labels = [(row.cells[0].text, row.cells[0].level) for row in grid.rows]
    assert labels[1:6] == [
        ("Women", 0), ("14-24", 1), ("Low education", 2), ("University", 2), ("25-39", 1),
    ]  # fmt: skip
    assert labels[-1] == ("All", 0)
    assert line(grid, "14-24")[1:5] == ["-0.106", "0.021", "[-0.280, 0.070]", "0.228"]
    first = drawn(document, TableBlock(rows={"by": ["sex", "age_group", "education"], "all": "first"}))
    assert first.rows[1].cells[0].text == "All"
    none = drawn(document, TableBlock(rows={"by": ["sex", "age_group", "education"], "all": "none"}))
    assert "All" not in [row.cells[0].text for row in none.rows]


def test_order_does_not_depend_on_the_order_of_the_groups_mapping(document):
    block = TableBlock(rows="by", columns=["groups"])
    before = texts(drawn(document, block))
    groups = document["models"]["groups"]["groups"]
    document["models"]["groups"]["groups"] = dict(sorted(groups.items(), reverse=True))
    assert texts(drawn(document, block)) == before


def test_small_and_failed_groups_show_a_dash(document):
    grid = drawn(document, TableBlock(rows="by", columns=["groups"]))
    thin = [cells for cells in texts(grid) if "<10" in cells]
    assert len(thin) == 1
    assert thin[0][:3] == ["University", "–", "–"]
    failed = [cells for cells in texts(grid) if cells[1] == "–" and "<10" not in cells]
    assert len(failed) == 1
    assert any("fewer than 10 observations" in note for note in grid.notes)
    assert any("E503" in note for note in grid.notes)
    hidden = drawn(document, TableBlock(rows="by", columns=["groups"]), outputs=OutputsBlock(min_cell=700))
    assert sum("<700" in cells for cells in texts(hidden)) == 11


def test_only_some_groups(document):
    grid = drawn(document, TableBlock(rows="by", columns=["groups"], groups=["sex=men", "all"]))
    labels = [row.cells[0].text for row in grid.rows]
    assert "Men" in labels and "Women" not in labels and labels[-1] == "All"


def test_margins_of_several_variables_get_headings(document):
    document["rows"] += [
        {**document["rows"][0], "model": "groups", "group": f"age_group={age}", "n_obs": 900}
        for age in ("14-24", "25-39")
    ]
    grid = drawn(document, TableBlock(rows="by", columns=["groups"]))
    heads = [row.cells[0].text for row in grid.rows if row.role == "panel"]
    assert heads == ["sex", "age_group"]


def test_robustness_rows(document):
    for place, estimate in enumerate((-0.02, -0.01, -0.03)):
        name = f"main[row=drop_one:{place}]"
        document["models"][name] = {**document["models"]["main[row=all_areas]"], "row": f"drop_one:{place}"}
        document["rows"].append({**document["rows"][0], "model": name, "estimate": estimate})
    document["models"]["main[row=without_jungle]"]["title"] = {"en": "No jungle", "es": "Sin selva"}
    document["models"]["main[row=without_jungle]"]["note"] = {"en": "rain", "es": "lluvia"}
    grid = drawn(document, TableBlock(rows="robustness"))
    labels = [row.cells[0].text for row in grid.rows]
    assert labels[1:] == [
        "Main estimate", "All areas, <b>departments</b>", "No jungle", "Placebo: 2016 against 2015",
        "Area trends",
        "Callao alone", "One unit left out at a time (3)", "lowest, without 2", "highest, without 1",
    ]  # fmt: skip
    assert line(grid, "Placebo: 2016 against 2015")[-1] == "none (placebo)"
    assert line(grid, "Callao alone")[1] == "–"
    assert line(grid, "lowest, without 2")[1] == "-0.030"
    assert "No jungle: rain" in grid.notes


def test_panels_with_models_of_their_own(document):
    panels = {"A": {"models": "main", "title": {"en": "Keep", "es": "Mantener"}}, "B": {"models": ["event"]}}
    grid = drawn(document, TableBlock(panels=panels, terms=["exposed", "year::2018:treated"]))
    heads = [row.cells[0].text for row in grid.rows if row.role == "panel"]
    assert heads == ["A. Keep", "B. Kept employment"]
    assert sum(cells[0] == "Observations" for cells in texts(grid)) == 2


def test_panels_by_matrix_label(document):
    main = document["models"].pop("main")
    row = document["rows"][0]
    for y in ("kept", "lwage"):
        name = f"ols[y={y}]"
        document["models"][name] = {**main, "base": "ols", "cell": {"y": y}, "outcome": y}
        document["rows"].append(
            {**row, "model": name, "outcome": y, "estimate": 0.25 if y == "lwage" else 0.5}
        )
    block = TableBlock(
        columns=["ols"], panels={"A": {"y": "kept"}, "B": {"y": "lwage", "title": "Wage"}}, footer=[]
    )
    rows = texts(drawn(document, block))
    assert rows[1] == ["A. Kept employment"]
    assert rows[2][1] == "0.500"
    assert rows[5] == ["B. Wage"]
    assert rows[6][1] == "0.250"
    with pytest.raises(OutputError, match="E712"):
        drawn(document, TableBlock(columns=["ols"], panels={"A": {}}))
    spread = drawn(document, TableBlock(columns=["ols"], footer=[]))
    assert texts(spread)[0] == ["", "Kept employment", "lwage"]


def test_published_table_and_column(document):
    grid = drawn(document, TableBlock(rows="published"))
    assert line(grid, "Main")[3:] == ["-0.015", "-0.015", "9.8e-5", "equal after rounding", "press"]
    assert texts(grid)[3][3:] == ["0.017", "0.00470", "-0.01230", "differs", "table"]
    assert texts(grid)[4][3] == "n/a"
    assert "3 cells: equal after rounding 1, differs 1, not available 1." in grid.notes
    beside = drawn(
        document, TableBlock(columns=["main", "published.T1"], terms=["exposed", "tenure"], footer=[])
    )
    assert line(beside, "Exposed (Lima, 2017 on)")[2] == "-0.015 [press]"
    assert texts(beside)[-1][2] == "" and texts(beside)[-2][2] == "n/a"


def test_synthetic_data_are_named_under_every_table(document):
    document["synthetic"] = True
    for rows in ("terms", "by", "robustness", "published"):
        notes = drawn(document, TableBlock(rows=rows)).notes
        assert any("Synthetic data" in note for note in notes)
        assert any(
            "sintéticos" in note for note in drawn(document, TableBlock(rows=rows), language="es").notes
        )


@pytest.mark.parametrize(
    ("block", "code"),
    [
        (TableBlock(columns=["mian"]), "E710"),
        (TableBlock(panels={"A": {"models": ["mian"]}}), "E710"),
        (TableBlock(columns=["main"], footer=["nonsense"]), "E711"),
        (TableBlock(rows="by", columns=[], groups=["sex=other"]), "E713"),
        (TableBlock(panels={"A": {"models": ["main"]}, "B": {"models": ["main", "event"]}}), "E713"),
        (TableBlock(columns=["main"], terms=["nothing"], rows="event"), "E713"),
    ],
)
def test_what_the_results_do_not_hold_is_refused(document, block, code):
    with pytest.raises(OutputError, match=code) as caught:
        drawn(document, block)
    assert caught.value.exit_status == 7
    if code == "E710":
        assert caught.value.suggestion == "main"


def test_a_footer_line_can_be_a_test(document):
    grid = drawn(document, TableBlock(columns=["main", "event"], footer=["bound", "equivalence", "mde80"]))
    assert line(grid, "bound") == ["bound", "p = 0.310", ""]
    assert line(grid, "equivalence") == ["equivalence", "p = 0.310", ""]
    assert line(grid, "Smallest detectable effect")[1] == "0.042"


def test_weak_instruments_change_what_is_printed(document):
    """With W508 the Anderson-Rubin set stands under the estimate, in tables that do not name their cells."""
    document["rows"][0].update(effective_f=4.2, pieces_ar=1, ci_low_ar=0.123, ci_high_ar=0.456)
    block = TableBlock(columns=["main"])
    shown = [cell for row in texts(drawn(document, block)) for cell in row]
    assert "[0.123, 0.456]" not in shown
    document["models"]["main"]["warnings"] = ["W508"]
    shown = [cell for row in texts(drawn(document, block)) for cell in row]
    assert "[0.123, 0.456]" in shown
    named = TableBlock(columns=["main"], cell=["estimate"])
    assert "[0.123, 0.456]" not in [cell for row in texts(drawn(document, named)) for cell in row]
