"""`im.did` and a spec that asks for the same give the same bytes; mistakes are named."""

from __future__ import annotations

import json

import numpy as np
import pytest

import impact as im
from impact.pipeline.study import StudyOptions, run_study

SPEC = """spec: 1
data: panel.csv
design: {{unit: i, time: t, cohort: g, never: 0}}
models:
  sa: {{estimator: did_sa, outcome: y{more}}}
default_tests: false
"""


@pytest.fixture
def panel_file(tmp_path, test_panel):
    names = list(test_panel)
    rows = [",".join(repr(test_panel[name][k].item()) for name in names) for k in range(480)]
    (tmp_path / "panel.csv").write_text("\n".join([",".join(names), *rows]) + "\n", encoding="utf-8")
    return tmp_path


def test_the_same_as_the_spec(panel_file, test_panel):
    spec = panel_file / "same.yaml"
    spec.write_text(SPEC.format(more=""), encoding="utf-8")
    rows = run_study(str(spec), StudyOptions(out=None)).document["rows"]
    fit = im.did(test_panel, y="y", unit="i", time="t", cohort="g", estimator="sa", more={"never": 0})
    assert fit.coef() == {row["term"]: row["estimate"] for row in rows}
    errors = {row["term"]: row["std_error"] for row in rows}
    assert {k: None if np.isnan(v) else v for k, v in fit.se().items()} == errors
    assert errors["event[-1]"] is None
    assert json.dumps(fit.design["cohorts"][0]) == '{"cohort": 4.0, "units": 15, "rows": 120}'


def test_effects_by_kind_are_frames(test_panel):
    """Conventions of the test panel: fixest's sunab gives 0.5619306997 (0.1099642379)."""
    fit = im.did(test_panel, y="y", unit="i", time="t", cohort="g", estimator="did_sa", more={"never": 0})
    overall = fit.overall()
    assert overall["estimate"][0] == pytest.approx(0.5619306997, abs=1e-9)
    assert overall["std_error"][0] == pytest.approx(0.1099642379, abs=1e-9)
    assert list(fit.event()["event_time"]) == list(range(-6, 5))
    assert set(fit.tidy()["kind"]) >= {"att", "event"}
    assert "Sun and Abraham" in repr(fit)
    assert "<table" in fit._repr_html_()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"y": "yy"}, "E514"),
        ({"estimator": "saa"}, "E170"),
        ({"more": {}}, "E562"),
        ({"more": {"never": 0, "windw": [0, 1]}}, "E102"),
        ({"cohort": None}, "E557"),
        ({"controls": ["nothing"]}, "E514"),
    ],
)
def test_mistakes_are_named(test_panel, changes, code):
    asked = {
        "y": "y",
        "unit": "i",
        "time": "t",
        "cohort": "g",
        "estimator": "sa",
        "more": {"never": 0},
        **changes,
    }
    with pytest.raises((im.SpecError, im.DesignError)) as error:
        im.did(test_panel, **asked)
    assert error.value.code == code


def test_another_variance_is_another_call(test_panel):
    given = {"y": "y", "unit": "i", "time": "t", "cohort": "g", "estimator": "sa"}
    fit = im.did(test_panel, **given, more={"never": 0})
    changed = fit.summary(vcov={"cluster": "c"})
    again = im.did(test_panel, **given, more={"never": 0, "vcov": {"cluster": "c"}})
    assert changed.tidy().equals(again.tidy())
    assert changed.to_spec().to_dict() == again.to_spec().to_dict()
    assert changed.vcov().tobytes() == again.vcov().tobytes()
    low, high = fit.confint(0.8)["att"]
    assert low < fit.coef()["att"] < high
    assert fit.glance()["n_obs"] == 480


def test_one_control_may_be_a_name(test_panel):
    given = {"y": "y", "unit": "i", "time": "t", "cohort": "g", "more": {"never": 0}}
    assert (
        im.did(test_panel, **given, controls="q1").coef()
        == im.did(test_panel, **given, controls=["q1"]).coef()
    )


def test_designs_refuse_predictions_and_unknown_kinds(test_panel):
    fit = im.did(test_panel, y="y", unit="i", time="t", cohort="g", estimator="sa", more={"never": 0})
    with pytest.raises(im.SpecError) as caught:
        fit.predict()
    assert (caught.value.code, "did_sa" in str(caught.value)) == ("E607", True)
    with pytest.raises(im.SpecError) as caught:
        fit.tidy("events")
    assert (caught.value.code, caught.value.suggestion) == ("E609", "event")
    assert set(fit.event()["kind"]) == {"event"}
    assert fit.overall()["term"].tolist()[0] == "att"
