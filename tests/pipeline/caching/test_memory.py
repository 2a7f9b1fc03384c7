"""Caching by content: what is estimated again and what is not, told by counting calls of the estimators themselves."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import impact.pipeline.ask as asking
import impact.pipeline.caching.memory as memories
import impact.pipeline.fit as fitting
import impact.pipeline.street as streets
from impact.pipeline.caching.store import Store
from impact.pipeline.finished.verify import differing_files
from impact.pipeline.study import StudyOptions, run_study

MODELS = {"main", "event", "groups", "main[row=without_x]", "main[row=before]"}


@pytest.fixture
def count(monkeypatch):
    """Names of the models whose estimator was called, in tests and refits too."""
    calls: list[str] = []
    original = fitting.estimate_design

    def counted(design, request):
        calls.append(request.name)
        return original(design, request)

    for module in (fitting, asking):
        monkeypatch.setattr(module, "estimate_design", counted)
    return calls


@pytest.fixture
def again(folder, count):
    """Run the study with its cache; the names that were estimated, and the study, written where ``to`` says."""

    def run(to="", **options):
        count.clear()
        chosen = {"cache": folder / "cache", "out": folder / to if to else None, **options}
        study = run_study(str(folder / "small.yaml"), StudyOptions(**chosen))
        return set(count), study

    return run


def change(folder: Path, old: str, new: str, file: str = "small.yaml") -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def without_cache(folder: Path):
    return run_study(str(folder / "small.yaml"), StudyOptions(out=None)).document


def test_a_second_run_estimates_nothing_and_gives_the_same_bytes(again):
    first, one = again("a")
    second, two = again("b")
    assert first >= MODELS
    assert second == set()
    assert differing_files(one.folder, two.folder) == []
    assert set(two.cached) >= MODELS
    assert one.cached == ()


def test_the_cached_bytes_are_those_of_a_run_without_a_cache(again):
    again()
    _, two = again("a")
    _, three = again("b", cache=None)
    assert differing_files(two.folder, three.folder) == []


def test_what_was_cached_stands_in_the_run_block_alone(again):
    again()
    _, two = again("a")
    manifest = json.loads((two.folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["run"]["models_cached"]) == set(two.cached)
    assert manifest["run"]["models_run"] == 0
    assert "cached" not in (two.folder / "results.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Small study", "Another title"),
        ("spec: 1\n", "spec: 1\nlabels: {exposed: {en: Permit, es: Permiso}}\n"),
        ("spec: 1\n", "# a comment that moves every line\nspec: 1\nnotes: [a note]\n"),
        ("t1: {columns: [main, event]}", "t1: {columns: [main]}"),
        ("tables:\n", "figures:\n  f1: {kind: coefplot, models: [main]}\ntables:\n"),
        ("estimate: [1.50]", "estimate: [1.40]"),
        ('main.exposed.estimate > 0"', 'main.exposed.estimate < 0"'),
        ("spec: 1\n", "spec: 1\nlanguage: es\n"),
        ("spec: 1\n", "spec: 1\noutputs: {digits: 2}\n"),
    ],
)
def test_words_tables_figures_and_claims_estimate_nothing(again, folder, old, new):
    again()
    change(folder, old, new)
    estimated, study = again()
    assert estimated == set()
    assert json.dumps(study.document) == json.dumps(without_cache(folder))


@pytest.mark.parametrize(
    ("old", "new", "models"),
    [
        ("seed: 3", "seed: 4", MODELS),
        ("vcov: {cluster: unit}", "vcov: hc1", MODELS),
        ('known: "year >= 2014"', 'known: "year >= 2015"', MODELS),
        ("sets: same_size", "sets: singles", MODELS - {"groups"}),
        ("y ~ exposed + x | unit + year", "y ~ exposed + twice | unit + year", {"main", "main[row=before]"}),
        ('formula: "y ~ i(year', 'vcov: {cluster: unit, type: cr2}, formula: "y ~ i(year', {"event"}),
    ],
)
def test_what_a_number_depends_on_is_estimated_again(again, folder, old, new, models):
    again()
    change(folder, old, new)
    estimated, study = again()
    own = {name for name in estimated if not name.startswith("main[row=drop_one")}
    assert own == models
    assert json.dumps(study.document) == json.dumps(without_cache(folder))


def test_one_row_changes_only_the_models_that_use_it(again, folder):
    again()
    lines = (folder / "panel.csv").read_text().splitlines()
    place = next(k for k, line in enumerate(lines) if line.startswith("7,2018,"))
    unit, year, half, x, y = lines[place].split(",")
    lines[place] = ",".join((unit, year, half, x, str(float(y) + 0.5)))
    (folder / "panel.csv").write_text("\n".join(lines) + "\n")
    estimated, study = again()
    # the row of 2018 is not in the sample of years before 2017
    assert estimated >= {"main", "event", "groups", "main[row=without_x]"}
    assert "main[row=before]" not in estimated
    assert "main[row=before]" in study.cached
    assert study.document["data"] != {}
    assert json.dumps(study.document) == json.dumps(without_cache(folder))


def test_a_row_outside_every_sample_changes_no_model(again, folder):
    again()
    lines = (folder / "panel.csv").read_text().splitlines()
    place = next(k for k, line in enumerate(lines) if line.startswith("7,2013,"))
    lines[place] = lines[place].rsplit(",", 1)[0] + ",9.5"
    (folder / "panel.csv").write_text("\n".join(lines) + "\n")
    estimated, study = again()
    assert estimated == set()
    assert json.dumps(study.document) == json.dumps(without_cache(folder))


def test_a_column_that_a_model_does_not_use_does_not_matter_to_it(again, folder):
    again()
    lines = (folder / "panel.csv").read_text().splitlines()
    changed = [lines[0]]
    for line in lines[1:]:
        unit, year, half, x, y = line.split(",")
        changed.append(
            ",".join((unit, year, half, str(float(x) + 0.25 * int(unit == "5" and year == "2018")), y))
        )
    (folder / "panel.csv").write_text("\n".join(changed) + "\n")
    estimated, study = again()
    assert "main" in estimated
    assert estimated.isdisjoint({"event", "groups", "main[row=without_x]", "main[row=before]"})
    assert json.dumps(study.document) == json.dumps(without_cache(folder))


def test_other_code_or_versions_estimate_everything(again, monkeypatch):
    again()
    monkeypatch.setattr(memories.Memory.__dataclass_fields__["version"], "default_factory", lambda: "other")
    init = memories.Memory.__init__
    monkeypatch.setattr(
        memories.Memory,
        "__init__",
        lambda own, *args, **more: init(own, *args, **{"version": "other", **more}),
    )
    estimated, _ = again()
    assert estimated >= MODELS


def test_refresh_estimates_everything_and_stores_it(again):
    again()
    estimated, _ = again(refresh=True)
    assert estimated >= MODELS
    estimated, _ = again()
    assert estimated == set()


def test_a_failing_model_is_tried_again(again, folder):
    change(folder, "models:\n", 'models:\n  none: {formula: "y ~ x", filter: "year > 3000", permute: null}\n')
    again()
    _, study = again()
    assert study.document["models"]["none"]["status"] == "failed"
    assert "none" not in study.cached
    assert set(study.cached) >= MODELS


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "words", "foreign"])
def test_a_damaged_entry_is_told_and_made_again(again, folder, damage):
    _, one = again()
    for entry in Store(folder / "cache").entries():
        content = bytearray(entry.file.read_bytes())
        if damage == "flip":
            content[-1] ^= 1
        elif damage == "cut":
            del content[len(content) // 2 :]
        elif damage == "empty":
            content.clear()
        elif damage == "words":
            content[:0] = b"not json\n"
        else:
            content[:] = _foreign()
        entry.file.write_bytes(content)
    estimated, two = again()
    assert estimated >= MODELS
    assert [item.code for item in two.notices] == ["W701"]
    assert json.dumps(one.document) == json.dumps(two.document)
    estimated, three = again()
    assert estimated == set()
    assert three.notices == ()


def _foreign() -> bytes:
    """A sound file that names a class outside impact: nothing of it may be made."""
    import hashlib

    text = json.dumps({"record": ["subprocess:Popen", {"args": "true"}]}).encode()
    head = {"sha256": hashlib.sha256(text).hexdigest(), "json": len(text), "arrays": [], "facts": {}}
    return json.dumps(head).encode() + b"\n" + text


def test_a_cache_that_cannot_be_written_is_told_once(again, folder):
    (folder / "cache").write_text("a file where the folder should be")
    estimated, study = again()
    assert estimated >= MODELS
    assert [item.code for item in study.notices] == ["W715"]


def test_jobs_share_the_cache(again):
    _, one = again(jobs=3)
    estimated, two = again(jobs=3)
    assert estimated == set()
    assert json.dumps(one.document) == json.dumps(two.document)


def _run(folder: Path, number: int) -> None:
    run_study(str(folder / "small.yaml"), StudyOptions(out=None, cache=folder / "cache", jobs=number))


def test_two_runs_at_once_leave_sound_entries(folder, again):
    start = multiprocessing.get_context("fork")
    runs = [start.Process(target=_run, args=(folder, number)) for number in (1, 2, 3)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0, 0, 0]
    assert not list((folder / "cache").rglob("*.new"))
    estimated, study = again()
    assert estimated == set()
    assert study.notices == ()


def test_interrupted_models_are_not_stored_and_finished_ones_are(again, folder, monkeypatch):
    import signal

    original = streets.fit_models

    def interrupted(frame, requests, **options):
        told = options["progress"]

        def tell(name, state, facts):
            told(name, state, facts)
            if name == "main":
                signal.raise_signal(signal.SIGINT)

        return original(frame, requests, **{**options, "progress": tell})

    monkeypatch.setattr(streets, "fit_models", interrupted)
    _, stopped = again()
    assert stopped.interrupted
    monkeypatch.setattr(streets, "fit_models", original)
    estimated, study = again()
    assert "main" in study.cached
    assert "main" not in estimated
    assert estimated >= {"event", "groups"}
    assert json.dumps(study.document) == json.dumps(without_cache(folder))


def test_a_test_that_looks_at_rows_or_other_models_depends_on_them(folder, again):
    change(folder, "tests:\n", "tests:\n  lost: {kind: attrition, of: main}\n")
    again()
    estimated, _ = again()
    assert estimated == set()
    lines = (folder / "panel.csv").read_text().splitlines()
    place = next(k for k, line in enumerate(lines) if line.startswith("7,2013,"))
    lines[place] = lines[place].rsplit(",", 1)[0] + ",9.5"
    (folder / "panel.csv").write_text("\n".join(lines) + "\n")
    _, study = again()
    # the models are those of before; the test of attrition reads all rows and is asked again
    assert json.dumps(study.document) == json.dumps(without_cache(folder))


def test_results_come_back_as_they_were(folder, again, monkeypatch):
    """Second way: every number of every record, stored against estimated."""
    _, one = again()
    _, two = again()
    for first, second in zip(one.run.fitted, two.run.fitted, strict=True):
        for a, b in zip(first.results, second.results, strict=True):
            assert replace(a, design=None).name == replace(b, design=None).name
            assert np.array_equal(a.estimate.params, b.estimate.params)
            assert np.array_equal(a.inference.vcov, b.inference.vcov, equal_nan=True)
            assert np.array_equal(a.estimate.linear.x, b.estimate.linear.x)
            assert np.array_equal(a.estimate.linear.residual, b.estimate.linear.residual)
            assert a.estimate.linear.x.flags.f_contiguous == b.estimate.linear.x.flags.f_contiguous
            assert a.estimate.fit == b.estimate.fit
            assert [item.message for item in a.inference.notices] == [
                item.message for item in b.inference.notices
            ]
            assert b.estimate.params.flags.writeable
