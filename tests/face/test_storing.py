"""Fits as JSON: what comes back says the same, bit for bit, and holds no data unless asked."""

from __future__ import annotations

import copy
import json
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest

import impact
from impact.core.errors import SpecError

CASES = [
    ("feols", "y ~ D + z | i + t", {"vcov": {"cluster": "i"}}),
    ("feols", "y ~ D + z + x", {"vcov": "hc3", "weights": {"w": "analytic"}, "level": 0.9}),
    ("fepois", "cnt ~ D + z | t", {"vcov": {"cluster": "c"}}),
    ("feiv", "y ~ z | i | D ~ x + q1", {"vcov": {"cluster": "i"}}),
    ("feols", "y ~ i(t, ref=1) | i", {"panel": ("i", "t")}),
]


@pytest.fixture(autouse=True)
def quiet():
    """Notices are looked at elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", impact.ImpactWarning)
        yield


def equal(one, other):
    assert one.tidy().equals(other.tidy())
    assert one.vcov().tobytes() == other.vcov().tobytes()
    assert one.glance() == other.glance()
    assert repr(one) == repr(other)
    assert one._repr_html_() == other._repr_html_()
    assert one.to_json() == other.to_json()
    assert one.to_spec("x.csv").to_dict() == other.to_spec("x.csv").to_dict()
    assert type(one) is type(other)


@pytest.mark.parametrize(("function", "formula", "given"), CASES)
def test_a_regression_comes_back(test_panel, tmp_path, function, formula, given):
    fit = getattr(impact, function)(formula, test_panel, **given)
    back = impact.from_json(fit.to_json(tmp_path / "fit.json"))
    equal(fit, back)
    equal(fit, impact.from_json(tmp_path / "fit.json"))
    for term, ends in fit.confint(0.8).items():
        assert back.confint(0.8)[term] == pytest.approx(ends, rel=1e-10)
    term = fit.terms[0]
    assert back.wald(f"`{term}` = 0").p_value == fit.wald(f"`{term}` = 0").p_value
    assert impact.coefplot(back).svg == impact.coefplot(fit).svg
    assert impact.etable([fit, back], to="md").count("\n") == impact.etable([back, fit], to="md").count("\n")


def test_a_design_comes_back(cs_fit):
    back = impact.from_json(cs_fit.to_json())
    equal(cs_fit, back)
    assert back.att_gt().equals(cs_fit.att_gt())
    assert back.design == json.loads(json.dumps(cs_fit.part().facts["extra"]["adoption"]))
    assert back.plot().svg == cs_fit.plot().svg
    assert (
        impact.equivalence(back, "att", bound=0.1).p_value
        == impact.equivalence(cs_fit, "att", bound=0.1).p_value
    )
    with pytest.raises(SpecError) as caught:
        back.honest(m=1)
    assert caught.value.code == "E697"


def test_no_rows_of_the_data_are_stored(test_panel):
    """The text does not grow with the data."""
    fit = impact.feols("y ~ D + z", test_panel)
    twice = {name: np.tile(values, 20) for name, values in test_panel.items()}
    longer = impact.feols("y ~ D + z", twice)
    assert abs(len(longer.to_json()) - len(fit.to_json())) < 200
    back = impact.from_json(fit.to_json())
    for call in (back.predict, lambda: back.summary(vcov="hc2")):
        with pytest.raises(SpecError) as caught:
            call()
        assert caught.value.code == "E697"


def test_kept_data_predict_again(test_panel):
    table = pd.DataFrame(test_panel)
    table["name"] = np.where(table["i"] % 2 == 0, "even", None)
    table["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(table["t"], unit="D")
    table.loc[3, "z"] = np.nan
    fit = impact.feols("y ~ D + z | i", table, vcov={"cluster": "i"}, keep_data=True)
    back = impact.from_json(fit.to_json())
    equal(fit, back)
    assert back.predict().equals(fit.predict())
    assert back.summary(vcov={"cluster": "c"}).tidy().equals(fit.summary(vcov={"cluster": "c"}).tidy())
    assert back.confint(0.8) == fit.confint(0.8)
    table["y"] = 0.0
    assert fit.data["y"].any()  # a copy: the caller's changes do not reach it


def test_kept_data_of_a_design(counties):
    given = {"y": "lemp", "unit": "countyreal", "time": "year", "cohort": "first_treat", "more": {"never": 0}}
    fit = impact.did(counties, **given, keep_data=True)
    back = impact.from_json(fit.to_json())
    equal(fit, back)
    assert back.honest(m=0.5).statistic == fit.honest(m=0.5).statistic
    assert (
        back.summary(vcov={"cluster": "countyreal", "ssc": "stata"})
        .tidy()
        .equals(fit.summary(vcov={"cluster": "countyreal", "ssc": "stata"}).tidy())
    )


def test_pickles_hold_the_text_and_nothing_else(test_panel):
    fit = impact.feols("y ~ D + z", test_panel)
    dumped = pickle.dumps(fit)
    assert len(dumped) < len(fit.to_json()) + 500
    equal(fit, pickle.loads(dumped))
    assert copy.deepcopy(fit) is fit
    assert copy.copy(fit) is fit


def test_fits_cannot_be_changed(test_panel):
    fit = impact.feols("y ~ D + z", test_panel)
    with pytest.raises(AttributeError):
        fit.result = None
    with pytest.raises(ValueError, match="read-only"):
        fit.estimate.params[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        fit.inference.std_error[0] = 1.0
    before = fit.to_json()
    fit.vcov()[0, 0] = 9.0
    fit.tidy().loc[0, "estimate"] = 9.0
    fit.glance()["r2"] = 9.0
    assert fit.to_json() == before


def test_a_model_of_a_study_comes_back(test_panel, tmp_path, monkeypatch):
    pd.DataFrame(test_panel).to_csv(tmp_path / "panel.csv", index=False)
    monkeypatch.chdir(tmp_path)
    spec = {"spec": 1, "study": "two", "data": "panel.csv", "models": {"a": "y ~ D | i", "b": "y ~ D + z"}}
    study = impact.run(spec, out=None)
    fit = study.models["b"]
    back = impact.from_json(fit.to_json())
    equal(fit, back)
    assert set(back.to_spec().to_dict()["models"]) == {"a", "b"}


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "nofile",
        "",
        '{"schema": "impact-fit-1"}',
        "{",
        '{"schema": "impact-fit-2"}',
        5,
        None,
        b"{}",
        "[1]",
    ],
)
def test_what_is_no_fit(text):
    with pytest.raises(SpecError) as caught:
        impact.from_json(text)
    assert caught.value.code == "E696"


def test_a_text_that_was_cut_or_changed(test_panel):
    text = impact.feols("y ~ D", test_panel).to_json()
    for broken in (text[:-20], text.replace('"params"', '"parms"')):
        with pytest.raises(SpecError):
            impact.from_json(broken)
