"""`impact replicate`: the overview, its files, and exit status 6 for what differs without a reason."""

from __future__ import annotations

import json

import pytest

SPEC = """spec: 1
data: data/castle.csv
models:
  effects: {formula: l_homicide ~ cdl | sid + year, weights: {popwt: analytic}, vcov: {cluster: sid}}
published:
  table_5a:
    source: {text: Cheng and Hoekstra (2013), where: "Table 5, panel A", evidence: cited}
    grid: {columns: [effects], rows: {cdl: {estimate: [0.0801], se: [SE]}}}
claims:
  rises: {text: Homicide rises, about: number, test: effects.cdl.estimate > 0}
"""
ABSENT = """spec: 1
data: {file: data/secret.csv, source: An office, access: ask the office}
model: y ~ x
claims:
  up: {text: It rises, test: model.x.estimate > 0}
"""


@pytest.fixture
def specs(folder):
    """A folder of specs: one that agrees, one without its data, one that compares nothing."""
    (folder / "specs").mkdir()
    write(folder, "good", SPEC.replace("SE", "0.0342").replace("data/", "../data/"))
    write(folder, "absent", ABSENT.replace("data/", "../data/"))
    write(folder, "plain", "spec: 1\ndata: ../data/castle.csv\nmodel: l_homicide ~ post\n")
    (folder / "impact.toml").write_text("", encoding="utf-8")
    return folder


def write(folder, name, text):
    (folder / f"specs/{name}.yaml").write_text(text, encoding="utf-8")


def overview(folder):
    return json.loads((folder / "reports/replication/overview.json").read_text(encoding="utf-8"))


def test_all_specs_of_the_folder(call, specs):
    said = call("replicate")
    assert said.status == 0
    found = overview(specs)
    assert [(study["study"], study["status"]) for study in found["studies"]] == [
        ("absent", "data_absent"),
        ("good", "run"),
    ]
    assert found["totals"]["cells"] == found["totals"]["rounds_equal"] == 2
    assert found["totals"]["claims"] == {"agrees": 1, "cannot_tell": 0, "disagrees": 0}
    assert "absent: data absent" in said.out
    assert "ask the office" in said.out
    page = (specs / "reports/replication/overview.html").read_text(encoding="utf-8")
    assert page.count("<h1>") == 1
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_cell_that_differs_is_exit_6(call, specs):
    write(specs, "good", SPEC.replace("SE", "0.5000").replace("data/", "../data/"))
    said = call("replicate", "specs/good.yaml")
    assert said.status == 6
    assert "E610" in said.err
    assert "good effects cdl se: 0.5000" in said.err
    (cell,) = [c for c in overview(specs)["studies"][0]["tables"][0]["cells"] if c["verdict"] == "differs"]
    assert cell["explanations"]
    tried = [line for line in said.out.splitlines() if line.startswith("      ")]
    assert len(tried) == len(cell["explanations"])
    assert all(any(char.isdigit() for char in line) for line in tried)


def test_a_difference_with_a_reason_is_not(call, specs):
    marked = "{value: 0.5000, expect: differs, reason: a planted number}"
    write(specs, "good", SPEC.replace("[SE]", f"[{marked}]").replace("data/", "../data/"))
    said = call("replicate", "specs/good.yaml")
    assert said.status == 0
    assert "a planted number" in said.out


def test_a_convention_that_gives_the_printed_number_is_named(call, specs):
    """0.0339 is the clustered error without its small-sample factor."""
    plain = json.loads(call("fit", "data/castle.csv", "l_homicide ~ cdl | sid + year", "--weights", "popwt=analytic",
                            "--vcov", "cluster=sid", "--ssc", "none", "--format", "json").out)  # fmt: skip
    printed = f"{plain[0]['std_error']:.6f}"
    write(specs, "good", SPEC.replace("SE", printed).replace("data/", "../data/"))
    said = call("replicate", "specs/good.yaml")
    named = [line for line in said.out.splitlines() if "gives the printed number" in line]
    assert any("without a small-sample factor" in line for line in named)


def test_absent_data_alone_are_exit_4(call, specs):
    assert call("replicate", "specs/absent.yaml").status == 4


def test_a_wrong_spec_is_told_and_counts(call, specs):
    write(specs, "wrong", "spec: 1\ntiem: 2\nclaims: {a: {text: b, test: x > 0}}\n")
    said = call("replicate")
    assert said.status == 3
    assert "unknown key 'tiem'" in said.err
    assert [s["status"] for s in overview(specs)["studies"] if s["study"] == "wrong"] == ["failed"]


def test_json_and_the_number_of_jobs(call, specs):
    one = call("replicate", "--format", "json").out
    files = {path.name: path.read_bytes() for path in (specs / "reports/replication").glob("overview.*")}
    two = call("replicate", "--format", "json", "--jobs", "2").out
    assert json.loads(one) == json.loads(two) == overview(specs)
    assert files == {
        path.name: path.read_bytes() for path in (specs / "reports/replication").glob("overview.*")
    }


def test_in_spanish(call, specs):
    said = call("replicate", "--lang", "es")
    assert "faltan los datos" in said.out
    assert "# Replicaciones" in (specs / "reports/replication/overview.md").read_text(encoding="utf-8")


def test_a_grid_typed_from_a_paper(call, specs):
    write(specs, "good", SPEC.replace("SE", "0.0342").replace("data/", "../data/"))
    (specs / "grid.csv").write_text(
        "model,term,stat,value\neffects,cdl,estimate,0.0801\neffects,cdl,se,0.9\n"
    )
    said = call("replicate", "specs/good.yaml", "--against", "grid.csv")
    assert said.status == 6
    assert "good effects cdl se: 0.9" in said.err
    assert "Published numbers: 3 found, 1 not found, 0 not attempted." in said.out
    found = overview(specs)
    assert [table["table"] for table in found["studies"][0]["tables"]] == ["table_5a", "grid.csv"]
    assert found["reproducibility"]["totals"]["found"] == 3
    page = (specs / "reports/replication/overview.md").read_text(encoding="utf-8")
    assert page.index("## Reproducibility at a glance") < page.index("## Published tables")
    (specs / "grid.csv").write_text("model,term,stat,value\nefects,cdl,estimate,0.0801\n")
    said = call("replicate", "specs/good.yaml", "--against", "grid.csv", "--lang", "es")
    assert said.status == 3
    assert "grid.csv:2" in said.err
    assert "effects" in said.err
    assert call("replicate", "specs/good.yaml", "--against", "none.csv").status == 4
    assert call("replicate", "--against", "grid.csv").status == 2


def test_a_cell_that_must_match(call, specs):
    """0.0345 against 0.0342 is close (within ten half units): enough for a cell, not for one that must match."""
    write(specs, "good", SPEC.replace("SE", "0.0345").replace("data/", "../data/"))
    assert call("replicate", "specs/good.yaml").status == 0
    marked = "{value: 0.0345, must_match: true}"
    write(specs, "good", SPEC.replace("[SE]", f"[{marked}]").replace("data/", "../data/"))
    said = call("replicate", "specs/good.yaml")
    assert said.status == 6
    assert "E610" in said.err
    assert call("run", "specs/good.yaml").status == 0
    assert call("run", "specs/good.yaml", "--strict").status == 6
    marked = "{value: 0.0342, must_match: true}"
    write(specs, "good", SPEC.replace("[SE]", f"[{marked}]").replace("data/", "../data/"))
    assert call("replicate", "specs/good.yaml").status == 0
    for wrong in (
        "{value: n/a, must_match: true}",
        "{value: 1, must_match: true, expect: differs, reason: x}",
    ):
        write(specs, "good", SPEC.replace("[SE]", f"[{wrong}]").replace("data/", "../data/"))
        assert call("check", "specs/good.yaml").status == 3
