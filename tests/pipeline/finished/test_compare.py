"""Two runs compared: what is found must be what was changed, and nothing else."""

from __future__ import annotations

import copy
import json
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.core.errors import DataError
from impact.pipeline.finished.compare import Run, compare_runs, read_run
from impact.pipeline.study import StudyOptions, run_study


@pytest.fixture(scope="module")
def first(settled, tmp_path_factory):
    """A report with its manifest, from inside its folder."""
    folder = tmp_path_factory.mktemp("compared") / "study"
    shutil.copytree(settled, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return folder / run_study("small.yaml", StudyOptions()).folder


def changed(run: Run, **parts: object) -> Run:
    return Run(run.path, {**copy.deepcopy(dict(run.document)), **parts}, run.manifest)


def rows_with(run: Run, place: int, **values: object) -> list[dict[str, object]]:
    rows = copy.deepcopy(list(run.document["rows"]))
    rows[place].update(values)
    return rows


def test_a_run_is_the_same_as_itself(first):
    run = read_run(first)
    found = compare_runs(run, read_run(first / "results.json"))
    assert found.same and found.n_compared > 20
    assert found.causes == ()


def test_one_changed_number_is_found_with_its_gap(first):
    run = read_run(first)
    estimate = run.document["rows"][0]["estimate"]
    other = changed(run, rows=rows_with(run, 0, estimate=estimate + 0.25))
    found = compare_runs(run, other)
    assert [(one.place, one.field, one.first, one.second) for one in found.differences] == [
        ("row", "estimate", estimate, estimate + 0.25)
    ]
    assert found.differences[0].gap == pytest.approx(0.25)
    assert str(run.document["rows"][0]["term"]) in found.differences[0].name
    assert compare_runs(run, other, absolute=0.26).same
    assert not compare_runs(run, other, absolute=0.24).same


@given(share=st.floats(1e-12, 1e-3))
def test_the_relative_tolerance_is_a_share_of_the_first(share):
    document = {"schema": "impact-results-1", "rows": [{"model": "m", "term": "x", "estimate": -8.0}]}
    other = {
        "schema": "impact-results-1",
        "rows": [{"model": "m", "term": "x", "estimate": -8.0 * (1 + share)}],
    }
    assert compare_runs(Run("a", document), Run("b", other), relative=share * 1.01).same
    assert not compare_runs(Run("a", document), Run("b", other), relative=share * 0.99).same


def test_rows_that_one_run_lacks(first):
    run = read_run(first)
    fewer = changed(run, rows=list(run.document["rows"])[1:])
    assert len(compare_runs(run, fewer).only_first) == 1
    assert len(compare_runs(fewer, run).only_second) == 1
    assert not compare_runs(run, fewer).same


def test_undefined_against_a_number_differs(first):
    run = read_run(first)
    found = compare_runs(run, changed(run, rows=rows_with(run, 0, std_error=None)))
    assert [(one.field, one.second, one.gap) for one in found.differences] == [("std_error", None, None)]


def test_the_causes_are_those_of_the_change(first, tmp_path):
    run = read_run(first)
    data = copy.deepcopy(dict(run.document["data"]))
    name = next(iter(data))
    data[name]["sha256"] = "0" * 64
    manifest = copy.deepcopy(dict(run.manifest))
    model = next(iter(manifest["options"]))
    manifest["options"][model]["level"] = 0.5
    manifest["environment"]["distributions"]["numpy"] = "0.0"
    other = Run(run.path, {**run.document, "data": data, "seed": 99}, manifest)
    found = compare_runs(run, other)
    assert found.same
    assert [(one.kind, one.name) for one in found.causes] == [
        ("data", name), ("option", "level"), ("seed", "seed"), ("version", "numpy"),
    ]  # fmt: skip
    assert found.causes[1].models == (model,)
    assert (found.causes[1].first, found.causes[1].second) == (run.manifest["options"][model]["level"], 0.5)


def test_other_filters_are_told_by_their_steps(first):
    run = read_run(first)
    samples = copy.deepcopy(dict(run.document["samples"]))
    samples["main"]["used"] -= 1
    causes = compare_runs(run, changed(run, samples=samples)).causes
    assert [(one.kind, one.name) for one in causes] == [("sample", "main.used")]


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"schema": "other"}', "\x00"])
def test_what_holds_no_results_is_refused(tmp_path, content):
    file = tmp_path / "results.json"
    if content is not None:
        file.write_text(content)
    for path in (file, tmp_path):
        with pytest.raises(DataError) as caught:
            read_run(path)
        assert caught.value.faults[0].code == "E625"


def test_the_command_exits_6_where_a_result_differs(first, tmp_path, capsys):
    from impact.cli.main import main

    other = tmp_path / "other"
    shutil.copytree(first, other)
    document = json.loads((other / "results.json").read_text())
    document["rows"][0]["estimate"] += 1
    (other / "results.json").write_text(json.dumps(document))
    for second, status in ((first, 0), (other, 6)):
        with pytest.raises(SystemExit) as left:
            main(["--format", "json", "diff", str(first), str(second)])
        assert left.value.code == status
        told = json.loads(capsys.readouterr().out)
        assert told["same"] is (status == 0)
    with pytest.raises(SystemExit):
        main(["--lang", "es", "diff", str(first), str(other)])
    assert "difieren 1 de" in capsys.readouterr().out
