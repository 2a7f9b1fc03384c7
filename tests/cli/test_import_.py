"""`impact import`: files, programs, and what it refuses; the imported spec gives the numbers of the other program."""

import json


def test_a_do_file_runs_and_gives_stata_s_numbers(call, tmp_path, monkeypatch):
    """castle data: 0.059444 (0.027570), pyfixest 0.60 with reghdfe's factors; R's fixest prints the same."""
    monkeypatch.chdir(tmp_path)
    script = (
        'use "shipped:castle.csv"\nreghdfe l_homicide post [aw=popwt], absorb(sid year) vce(cluster sid)\n'
    )
    (tmp_path / "a.do").write_text(script)
    assert call("import", "a.do", "-o", "a.yaml").status == 0
    assert call("run", "a.yaml", "-q").status == 0
    (row,) = json.loads((tmp_path / "reports/a/results.json").read_text())["rows"]
    assert (round(row["estimate"], 6), round(row["std_error"], 6)) == (0.059444, 0.02757)


def test_refusals(call, tmp_path):
    (tmp_path / "a.do").write_text("merge 1:1 id using b\n")
    (tmp_path / "a.txt").write_text("reg y x\n")
    assert call("import", tmp_path / "a.do").status == 3
    assert call("import", tmp_path / "nothing.do").status == 4
    assert call("import", tmp_path / "a.txt").status == 2
    said = call("import", tmp_path / "a.txt", "--from", "stata")
    assert said.status == 0 and "y ~ x" in said.out
    (tmp_path / "a.yaml").write_text("")
    assert call("import", tmp_path / "a.txt", "--from", "stata", "-o", tmp_path / "a.yaml").status == 7
