"""A whole study: what is written, what is returned, what strictness refuses."""

from __future__ import annotations

import json

import pytest

from impact.core.errors import DataError, SpecError
from impact.pipeline.study import StudyOptions, run_study


def test_the_folder_holds_the_document(result):
    assert result.folder.name == "small"
    stored = json.loads((result.folder / "results.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(result.document))
    names = {file.name for file in result.folder.iterdir()}
    assert {
        "results.json",
        "results.csv",
        "report.html",
        "manifest.json",
        "run.log",
        "spec.resolved.yaml",
    } <= names


def test_nothing_is_written_without_a_place(settled):
    before = sorted(settled.iterdir())
    result = run_study(str(settled / "small.yaml"), StudyOptions(out=None))
    assert result.folder is None
    assert sorted(settled.iterdir()) == before


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_number_of_jobs_changes_nothing(settled, document, jobs):
    again = run_study(str(settled / "small.yaml"), StudyOptions(out=None, jobs=jobs)).document
    assert json.dumps(again) == json.dumps(document)


def test_the_order_of_the_file_changes_nothing(folder, document):
    lines = (folder / "panel.csv").read_text().splitlines(keepends=True)
    (folder / "panel.csv").write_text(lines[0] + "".join(reversed(lines[1:])))
    again = run_study(str(folder / "small.yaml"), StudyOptions(out=None)).document
    assert again["data"] != document["data"]
    for part in ("rows", "tests", "models", "published", "claims", "answer"):
        assert json.dumps(again[part]) == json.dumps(document[part]), part


def test_keys_are_changed_from_outside(settled):
    options = StudyOptions(out=None, set_values=("models.main.vcov=hc1",), only=("main",))
    rows = run_study(str(settled / "small.yaml"), options).document
    assert rows["models"]["main"]["vcov"]["type"] == "hc1"
    assert "event" not in rows["models"]


def test_progress_names_every_model(settled):
    told = []
    run_study(str(settled / "small.yaml"), StudyOptions(out=None), progress=lambda *line: told.append(line))
    assert {"main", "event", "groups", "main[row=without_x]", "main[row=before]"} <= {
        name for name, _, _ in told
    }
    assert {state for _, state, _ in told} == {"done"}


def test_a_failing_model_leaves_the_others(folder):
    spec = (folder / "small.yaml").read_text(encoding="utf-8")
    broken = spec.replace(
        "models:\n", 'models:\n  none: {formula: "y ~ x", filter: "year > 3000", permute: null}\n'
    )
    (folder / "small.yaml").write_text(broken, encoding="utf-8")
    models = run_study(str(folder / "small.yaml"), StudyOptions(out=None)).document["models"]
    assert models["none"]["status"] == "failed"
    assert "E501" in models["none"]["error"]
    assert models["main"]["status"] == "ok"


def test_strictness_refuses_warnings_about_data(folder):
    text = (folder / "small.yaml").read_text(encoding="utf-8")
    checks = 'checks: {few: {expr: "x < 0", else: warn}}\n'
    (folder / "small.yaml").write_text(text + checks, encoding="utf-8")
    run_study(str(folder / "small.yaml"), StudyOptions(out=None))
    with pytest.raises(DataError) as caught:
        run_study(str(folder / "small.yaml"), StudyOptions(out=None, strict=True))
    assert caught.value.code == "E187"


def test_rows_without_partner_that_the_spec_accepts_are_no_error(folder):
    (folder / "half.csv").write_text("unit,size\n1,3\n", encoding="utf-8")
    text = (
        (folder / "small.yaml").read_text(encoding="utf-8").replace("data: {file", "data:\n  main: {file", 1)
    )
    text = text.replace("\ndesign:", "\n  half: {file: half.csv}\ndesign:", 1)
    for expect, refused in (("", True), (", expect: {unmatched: any}", False)):
        joins = f"joins: {{half: {{on: unit, how: m:1, keep: left{expect}}}}}\n"
        (folder / "small.yaml").write_text(text + joins, encoding="utf-8")
        try:
            run_study(str(folder / "small.yaml"), StudyOptions(out=None, strict=True))
        except DataError as error:
            assert refused and error.code == "E187"
        else:
            assert not refused


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("t1: {columns: [main", "t1: {columns: [mian", "E710"),
        ("grid: {columns: [main", "grid: {columns: [mian", "E601"),
        ("of: main, bound", "of: mian, bound", "E184"),
    ],
)
def test_names_are_checked_before_anything_is_read(folder, old, new, code):
    text = (folder / "small.yaml").read_text(encoding="utf-8")
    (folder / "small.yaml").write_text(text.replace(old, new), encoding="utf-8")
    (folder / "panel.csv").unlink()
    with pytest.raises(SpecError) as caught:
        run_study(str(folder / "small.yaml"), StudyOptions(out=None))
    assert code in {fault.code for fault in caught.value.faults}
    assert all(fault.place.line for fault in caught.value.faults)
