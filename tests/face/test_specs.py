"""Specs as objects; a function and the spec of its fit give the same numbers, bit for bit."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import impact
from impact.core.errors import SpecError

FIELDS = ("estimate", "std_error", "statistic", "p_value", "ci_low", "ci_high")
CONTENT = {"spec": 1, "data": "data.csv", "model": "y ~ D + z | i", "notes": ["a: b", "true"]}
REGRESSORS = ["D", "z", "x", "log(q1 + 1)", "poly(z, 2)", "i(t, ref=1)", "D:z", "z^2"]
VARIANCES = [
    None, "iid", "hc1", "hc3", {"cluster": "i"}, {"cluster": "c", "type": "cr2"}, {"cluster": ["i", "t"]},
    {"cluster": "c", "ssc": "stata"},
]  # fmt: skip
DESIGNS = [
    {"estimator": "cs", "controls": ["lpop"], "more": {"never": 0}},
    {"estimator": "sa", "more": {"never": 0, "vcov": {"cluster": "countyreal"}}},
    {"estimator": "cs", "more": {"never": 0, "bands": "simultaneous", "seed": 3, "control_group": "not_yet"}},
    {"estimator": "twfe", "more": {"never": 0}},
]


@pytest.fixture(scope="module")
def file(test_panel, tmp_path_factory):
    place = tmp_path_factory.mktemp("specs")
    table = pd.DataFrame(test_panel)
    table["high"] = (table["cnt"] > 2).astype(float)
    table.to_csv(place / "panel.csv", index=False)
    return place / "panel.csv"


@pytest.fixture(autouse=True)
def at_home(file, monkeypatch):
    """Specs of the tests name their data beside them."""
    monkeypatch.chdir(file.parent)


def same(fit, study):
    rows = study.document["rows"]
    assert fit.terms == [row["term"] for row in rows]
    for name in FIELDS:
        values = fit.estimate.params if name == "estimate" else getattr(fit.inference, name)
        mine = [None if np.isnan(value) else value for value in values.tolist()]
        assert mine == [row[name] for row in rows], name
    assert fit.glance()["n_obs"] == study.document["models"]["fit"]["n_obs"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    regressors=st.lists(st.sampled_from(REGRESSORS), min_size=1, max_size=4, unique=True),
    effects=st.sampled_from(["", " | i", " | t", " | i + t", " | i[t]"]),
    vcov=st.sampled_from(VARIANCES),
    weights=st.sampled_from([None, {"w": "analytic"}, "w"]),
    function=st.sampled_from(["feols", "fepois"]),
    level=st.sampled_from([0.95, 0.9]),
)
def test_the_spec_of_a_fit_gives_its_numbers(file, regressors, effects, vcov, weights, function, level):
    table = pd.read_csv(file)
    outcome = "y" if function == "feols" else "cnt"
    formula = f"{outcome} ~ {' + '.join(regressors)}{effects}"
    asked = {"vcov": vcov, "weights": weights, "level": level}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", impact.ImpactWarning)
        try:
            fit = getattr(impact, function)(formula, table, **asked)
        except impact.SpecError as error:
            problem = error
        except (impact.DesignError, impact.EstimationError) as error:
            problem = error
        else:
            same(fit, impact.run(fit.to_spec("panel.csv"), out=None))
            return
    model = {"estimator": "ols" if function == "feols" else "ppml", "formula": formula}
    model |= {key: value for key, value in asked.items() if value is not None}
    spec = {"spec": 1, "data": "panel.csv", "models": {"fit": model}}
    with pytest.raises(type(problem)) as caught:
        impact.run(spec, out=None)
    assert caught.value.code == problem.code


@pytest.mark.parametrize(
    ("function", "formula", "given"),
    [
        ("feiv", "y ~ z | i | D ~ x + q1", {"more": {"method": "liml"}}),
        ("feiv", "y ~ z | D ~ q1", {"vcov": {"cluster": "c"}, "ssc": "none"}),
        ("feglm", "high ~ D + z + x", {"family": "logit", "more": {"marginal": "average"}}),
        ("feglm", "y ~ D + z", {"family": "gaussian"}),
        ("feols", "y ~ D + z | i", {"panel": ("i", "t")}),
        ("feols", "y ~ D + z", {"panel": ("i", "t"), "vcov": {"driscoll_kraay": {"lags": 2}}}),
    ],
)
def test_the_spec_of_other_fits(file, function, formula, given):
    fit = getattr(impact, function)(formula, pd.read_csv(file), **given)
    same(fit, impact.run(fit.to_spec("panel.csv"), out=None))
    assert fit.to_spec("panel.csv").check() == []


@pytest.mark.parametrize("given", DESIGNS)
def test_the_spec_of_a_design(given, tmp_path, monkeypatch):
    table = pd.read_csv(impact_data("mpdta.csv"))
    table.to_csv(tmp_path / "counties.csv", index=False)
    monkeypatch.chdir(tmp_path)
    fit = impact.did(table, y="lemp", unit="countyreal", time="year", cohort="first_treat", **given)
    study = impact.run(fit.to_spec("counties.csv"), out=None)
    same(fit, study)
    assert study.models["fit"].tidy().equals(fit.tidy())


def impact_data(name):
    return Path(__file__).resolve().parents[2] / "data" / name


def test_another_variance_is_in_the_spec(file):
    fit = impact.feols("y ~ D + z | i", pd.read_csv(file)).summary(vcov={"cluster": "c", "type": "cr3"})
    assert fit.to_spec().to_dict()["models"]["fit"]["vcov"] == {"cluster": "c", "type": "cr3"}
    same(fit, impact.run(fit.to_spec("panel.csv"), out=None))
    other = fit.summary(ssc="none")
    assert other.se() == fit.se()  # CR3 knows no factor
    assert other.inference.variance["kind"] == fit.inference.variance["kind"]
    stata = impact.feols("y ~ D", pd.read_csv(file), vcov={"cluster": "c", "ssc": "fixest"}).summary(
        ssc="none"
    )
    assert stata.se() == impact.feols("y ~ D", pd.read_csv(file), vcov={"cluster": "c", "ssc": "none"}).se()
    same(stata, impact.run(stata.to_spec("panel.csv"), out=None))


def test_content_comes_back(tmp_path):
    spec = impact.Spec.from_dict(CONTENT)
    assert spec.to_dict() == CONTENT
    text = spec.to_yaml(tmp_path / "study.yaml")
    assert (tmp_path / "study.yaml").read_text(encoding="utf-8") == text == repr(spec)
    assert '"a: b"' in text
    assert pickle.loads(pickle.dumps(spec)).to_dict() == CONTENT
    with pytest.raises(AttributeError):
        spec.tree = None


def test_yaml_runs_like_the_object(file):
    fit = impact.feols("y ~ D + z | i", pd.read_csv(file), vcov={"cluster": "i"})
    fit.to_spec("panel.csv").to_yaml("own.yaml")
    same(fit, impact.run("own.yaml", out=None))


def test_mistakes_are_found():
    assert impact.Spec.from_dict({"spec": 1, "modles": {}}).check()[0].code == "E102"
    for wrong in ([1], None, "text"):
        with pytest.raises(SpecError) as caught:
            impact.Spec.from_dict(wrong)
        assert caught.value.code == "E104"
    with pytest.raises(SpecError) as caught:
        impact.Spec.from_dict({"spec": object()})
    assert caught.value.code == "E104"
    with pytest.raises(SpecError) as caught:
        impact.Spec.from_dict({"spec": 1, "models": {"a": "y ~ x"}}).with_variance("b", "iid", None)
    assert (caught.value.code, caught.value.faults[0].help) == ("E695", "names are: a")
    assert impact.Spec.from_dict({"spec": 1, "models": {"a": "y ~ x"}}).with_variance("a", "iid", None).to_dict() == {
        "spec": 1, "models": {"a": {"formula": "y ~ x", "vcov": "iid"}},
    }  # fmt: skip
