"""The sample of group-time effects: who leaves, who stands in for the never treated, covariates, weights of units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import impact.estimators._group_time as shared
from impact.core.errors import DesignError
from impact.design.adoption import build_adoption

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture
def design_of(request_with, as_frame, test_panel):
    def make(rows=None, columns=None, **block):
        request = request_with(COHORTS, **block)
        return build_adoption(as_frame({**test_panel, **(columns or {})}, rows), request)

    return make


def choices(design, **changes):
    return replace(design.adoption.choices, **changes)


def test_a_whole_sample_stays_as_it_is(design_of):
    design = design_of()
    sample = shared.settle(design, choices(design), "x")
    assert sample.cohorts == (4.0, 5.0, 7.0)
    assert sample.last is None
    assert sample.design.sample.steps == design.sample.steps
    assert np.array_equal(shared.rows_of_units(sample), np.arange(60) * 8)


def test_units_leave_one_rule_after_another(design_of, test_panel):
    """No never treated, cohort 4 treated from the start under anticipation, one unit without its sixth period."""
    kept = (test_panel["g"] > 0) & ~((test_panel["i"] == 2) & (test_panel["t"] == 5))
    design = design_of(np.flatnonzero(kept))
    sample = shared.settle(design, choices(design, anticipation=3.0), "x")
    steps = {step.name: step.dropped for step in sample.design.sample.steps}
    assert sample.last == 7
    assert sample.cohorts == (5.0,)
    assert steps["last_cohort"] == 45 * 5 - 1
    assert steps["always_treated"] == 15 * 3
    assert np.array_equal(np.unique(sample.design.adoption.cohort), [5, np.inf])


def test_losing_the_never_treated_to_gaps_makes_the_last_cohort_the_comparison(design_of, test_panel):
    kept = ~((test_panel["g"] == 0) & (test_panel["t"] == 2))
    design = design_of(np.flatnonzero(kept))
    sample = shared.settle(design, choices(design), "x")
    assert sample.last == 7
    assert sample.cohorts == (4.0, 5.0)
    assert sample.design.adoption.periods[-1] == 6
    rows = shared.settle(design, choices(design, balance="keep"), "x")
    assert rows.wide is None
    assert rows.cohorts == (4.0, 5.0, 7.0)


def test_regressors_are_a_constant_and_standardised_covariates(design_of, test_panel):
    x = shared.regressors_of(design_of(controls=["x", "z"]), "x")
    assert np.all(x[:, 0] == 1)
    assert x[:, 1:].mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert x[:, 1:].std(axis=0) == pytest.approx(1, abs=1e-12)
    assert shared.regressors_of(design_of(), "x") is None
    doubled = design_of(columns={"x2": 3 - test_panel["x"]}, controls=["x", "z", "x2"])
    with pytest.raises(DesignError) as caught:
        shared.regressors_of(doubled, "x")
    message = caught.value.faults[0].message
    assert "x, x2" in message
    assert "z" not in message.rsplit(":", 1)[1]


def test_weights_of_units_are_those_of_the_first_period_or_the_mean(design_of, test_panel):
    design = design_of(weights="q1")
    sample = shared.settle(design, choices(design), "x")
    weights = test_panel["q1"].reshape(60, 8)
    assert np.array_equal(shared.unit_weights(sample), weights[:, 0])
    gap = design_of(np.arange(1, 480), weights="q1")
    rows = shared.settle(gap, choices(gap, balance="keep"), "x")
    assert shared.unit_weights(rows)[0] == pytest.approx(weights[0, 1:].mean())
    assert shared.varying_covariates(design_of(controls=["x", "z"]), design.adoption) == ["z"]
