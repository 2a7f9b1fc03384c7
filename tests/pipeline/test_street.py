"""The street: samples, models left out one unit at a time, notices told once, wrong columns at their place."""

from __future__ import annotations

import pytest

from impact.core.errors import DataError, Notice, SpecError
from impact.pipeline.fit import FittedModel
from impact.pipeline.street import collect_notices, read_data, run_plan
from impact.pipeline.study import StudyOptions, run_study
from impact.plan import make_plan


def test_the_frame_and_the_sample(plan):
    frame, main = read_data(plan)
    assert (frame.n_rows, main.n_rows, frame.read) == (84, 72, 84)
    assert [(step.name, step.dropped) for step in main.steps] == [("known", 12)]
    assert frame.columns["twice"].tolist() == (2 * frame.columns["x"]).tolist()


def test_one_unit_out_is_the_model_without_it(result, settled):
    rows = {
        row["model"]: row for row in result.document["rows"] if row["term"] == "exposed" and not row["group"]
    }
    left_out = {name: row for name, row in rows.items() if "drop_one" in name}
    assert set(left_out) == {f"main[row=drop_one:{unit}]" for unit in (1, 2, 3)}
    for unit in (1, 2, 3):
        options = StudyOptions(out=None, only=("main",), set_values=(f"models.main.filter=unit != {unit}",))
        alone = run_study(str(settled / "small.yaml"), options).document["rows"][0]
        assert left_out[f"main[row=drop_one:{unit}]"]["estimate"] == alone["estimate"]


def test_only_some_models(plan):
    run = run_plan(plan, only=("models.event",))
    assert [model.request.name for model in run.fitted] == ["event"]
    assert run.findings == ()
    with pytest.raises(SpecError) as caught:
        run_plan(plan, only=("evnet",))
    assert (caught.value.code, caught.value.suggestion) == ("E189", "event")


def test_wrong_columns_are_all_told_at_their_place(folder):
    text = (folder / "small.yaml").read_text(encoding="utf-8")
    text = text.replace("exposed + x |", "exposed + xx |").replace("by: half", "by: hlaf")
    (folder / "small.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_data(make_plan(str(folder / "small.yaml")))
    found = {(fault.code, fault.suggestion) for fault in caught.value.faults}
    assert found == {("E514", "x"), ("E514", "half")}
    assert all(fault.place.line for fault in caught.value.faults)


def test_absent_data(folder):
    (folder / "panel.csv").unlink()
    with pytest.raises(DataError) as caught:
        read_data(make_plan(str(folder / "small.yaml")))
    assert caught.value.code == "E201"
    with pytest.raises(DataError) as caught:
        read_data(without_data(folder))
    assert caught.value.code == "E186"


def without_data(folder):
    (folder / "bare.yaml").write_text("spec: 1\nmodel: y ~ x\n")
    return make_plan(str(folder / "bare.yaml"))


def test_a_notice_that_models_share_is_told_once(request_of, as_frame):
    from dataclasses import replace

    from impact.design.build import build_design
    from impact.pipeline.fit import fit_design

    frame = as_frame({"y": [1.0, 2.0, 4.0, 7.0], "x": [0.0, 1.0, 0.0, 1.0]})
    request = request_of("y ~ x", vcov="hc1")
    result = fit_design(build_design(frame, request), request, None, 1)
    shared = replace(result, inference=replace(result.inference, notices=(Notice("W500", "same"),)))
    models = [FittedModel(replace(request, name=f"m{k}"), (shared,)) for k in range(6)]
    first, second = collect_notices((Notice("W400", "data", of="main"),), models)
    assert (first.code, first.of) == ("W400", "main")
    assert (second.code, second.of) == ("W500", "m0, m1, m2, m3, m4, m5")
