"""Attrition: statsmodels and counts on shipped data, verdicts, and p-values where leaving is left to chance.

The regression itself is checked in tests/pipeline/test_lost_outcomes.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

import impact
from impact.core.designs import Design, Sample, Term
from impact.core.findings import ModelResult
from impact.diagnostics.attrition import AttritionOptions, examine
from impact.estimators.ols import OlsOptions, fit
from impact.inference.hetero import HeteroOptions, infer
from impact.schema.shipped import find_shipped


def test_women_without_a_wage():
    """Mroz: the wage of 325 of 753 women is missing because they do not work."""
    spec = {
        "spec": 1,
        "data": "shipped:mroz",
        "model": "lwage ~ city + educ + age",
        "vcov": "hc1",
        "tests": {"missing": {"kind": "attrition", "of": ["model.city", "model.educ"]}},
    }
    city, educ = impact.run(spec, out=None).document["tests"]
    data = pd.read_csv(find_shipped("mroz", "data"))
    data["gone"] = data["lwage"].isna().astype(float)
    oracle = smf.ols("gone ~ city + educ + age", data).fit(cov_type="HC1")
    for line, name in ((city, "city"), (educ, "educ")):
        assert line["statistic"] == pytest.approx(oracle.params[name], rel=1e-8)
        assert line["details"]["std_error"] == pytest.approx(oracle.bse[name], rel=1e-8)
        t = oracle.params[name] / oracle.bse[name]
        assert line["p_value"] == pytest.approx(2 * stats.t.sf(abs(t), 749), rel=1e-6)
    arms = data.groupby("city")["gone"].mean()
    assert city["details"]["share_where_one"] == pytest.approx(arms[1])
    assert city["details"]["share_where_zero"] == pytest.approx(arms[0])
    assert (city["details"]["n_missing"], educ["details"]["share_where_one"]) == (325, None)
    assert (city["verdict"], educ["verdict"]) == ("pass", "warn")
    assert "lee_bounds" in educ["sentence"]


def lost_model(d, gone):
    """The regression of missing outcomes, as the pipeline hands it on."""
    design = Design(
        outcome="missing(y)",
        terms=(Term("d"), Term("Intercept")),
        y=gone,
        x=np.column_stack([d, np.ones(len(d))]),
        sample=Sample(np.arange(len(d))),
        focus=(0,),
        intercept=True,
    )
    estimate = fit(design, OlsOptions())
    return ModelResult("m", None, estimate, infer(estimate, design, HeteroOptions(), 0.95), design)


def asked(make, model, lost):
    question = replace(make.question("attrition", model), lost=lambda _: lost)
    return examine(question, AttritionOptions())[0]


@pytest.fixture(scope="module")
def arms():
    random = np.random.default_rng(2)
    d = np.repeat([0.0, 1.0], 60)
    return d, lost_model(d, (random.uniform(size=120) < 0.3).astype(float))


def test_no_valid_test(make, arms):
    """A term that the regression of missing outcomes leaves out, or without an error."""
    _, model = arms
    other = replace(model.estimate, terms=(Term("e"), Term("Intercept")))
    assert asked(make, model, replace(model, estimate=other)).verdict == "note"
    nothing = replace(model.inference, p_value=np.full(2, np.nan))
    found = asked(make, model, replace(model, inference=nothing))
    assert found.verdict == "note" and "no valid test" in found.sentence


def test_nothing_missing(make, arms):
    _, model = arms
    found = examine(make.question("attrition", model), AttritionOptions())[0]
    assert found.verdict == "pass" and found.p_value is None


@pytest.mark.slow
def test_p_values_are_uniform_where_leaving_is_chance(make, arms):
    """1,000 samples of 120, three in ten leave by chance: rejections within three simulation errors."""
    d, model = arms
    random = np.random.default_rng(3)
    gone = (random.uniform(size=(1000, 120)) < 0.3).astype(float)
    p = np.array([asked(make, model, lost_model(d, row)).p_value for row in gone])
    for level in (0.05, 0.10):
        assert abs(np.mean(p < level) - level) < 3 * np.sqrt(level * (1 - level) / len(p))
