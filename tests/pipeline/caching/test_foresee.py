"""A dry run says which models are stored: what the run then does."""

from __future__ import annotations

from impact.cli.showing.plan import plan_lines
from impact.pipeline.caching.foresee import stored_models
from impact.pipeline.study import StudyOptions, run_study
from impact.plan import make_plan


def files(folder):
    return sorted((str(file), file.stat().st_size) for file in folder.rglob("*") if file.is_file())


def test_a_dry_run_foresees_the_run(folder):
    spec, cache = folder / "small.yaml", folder / "cache"
    options = StudyOptions(out=None, cache=cache)
    assert stored_models(make_plan(str(spec)), cache) == frozenset()
    run_study(str(spec), options)
    changed = spec.read_text(encoding="utf-8").replace("event: {formula", "event: {vcov: hc1, formula")
    spec.write_text(changed, encoding="utf-8")
    before = files(folder)
    foreseen = stored_models(make_plan(str(spec)), cache)
    lines = plan_lines(str(spec), options, "en")
    assert files(folder) == before
    states = {line.split()[0]: line.split()[1] for line in lines if " vcov " in line}
    assert {name for name, state in states.items() if state == "cached"} == foreseen
    assert states["event"] == "run"
    assert all("last time" in line for line in lines if " vcov " in line)
    done = run_study(str(spec), options)
    assert {name for name in done.cached if "drop_one" not in name} == foreseen
    assert foreseen >= {"main", "groups"}


def test_data_that_cannot_be_read_are_not_stored(folder):
    cache = folder / "cache"
    run_study(str(folder / "small.yaml"), StudyOptions(out=None, cache=cache))
    (folder / "panel.csv").unlink()
    assert stored_models(make_plan(str(folder / "small.yaml")), cache) == frozenset()
