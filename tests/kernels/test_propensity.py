"""Propensity scores: score equations, statsmodels' logit, exact balance of tilted odds, separation."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.propensity as propensity


def sample(seed, n=120, k=3, strength=0.6):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, k - 1))])
    treated = (rng.random(n) < 1 / (1 + np.exp(-strength * x[:, 1:].sum(axis=1)))).astype(float)
    return x, treated, rng.uniform(0.3, 2, n)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), weighted=st.booleans())
def test_the_logit_solves_its_score_equations(seed, weighted):
    x, treated, weights = sample(seed)
    w = weights if weighted else np.ones(len(x))
    found = propensity.fit_logit(x, treated, weights if weighted else None)
    assert x.T @ (w * (treated - found.score)) == pytest.approx(0, abs=1e-9)


def test_statsmodels(seed=3):
    x, treated, weights = sample(seed)
    theirs = sm.GLM(treated, x, family=sm.families.Binomial(), freq_weights=weights).fit(tol=1e-14)
    found = propensity.fit_logit(x, treated, weights)
    assert found.params == pytest.approx(theirs.params, abs=1e-9)
    assert found.odds == pytest.approx(found.score / (1 - found.score))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), weighted=st.booleans())
def test_tilted_odds_reach_the_treated_means(seed, weighted):
    x, treated, weights = sample(seed)
    w = weights if weighted else np.ones(len(x))
    found = propensity.fit_tilting(x, treated, weights if weighted else None)
    reached = ((1 - treated) * w * found.odds) @ x
    assert reached == pytest.approx((treated * w) @ x, abs=1e-7)


def test_groups_that_covariates_tell_apart():
    x, treated, _ = sample(1)
    x[:, 1] = np.where(treated == 1, 1 + np.abs(x[:, 1]), -1 - np.abs(x[:, 1]))
    for fit in (propensity.fit_logit, propensity.fit_tilting):
        with pytest.raises(propensity.ComparisonError) as caught:
            fit(x, treated)
        assert caught.value.reason == "separation"


def test_means_that_no_weights_reach():
    """The treated mean lies outside the comparison group's range, though the groups overlap."""
    x = np.column_stack([np.ones(8), [0.0, 1, 2, 3, 1.5, 9, 9, 9]])
    treated = np.array([0.0, 0, 0, 0, 1, 1, 1, 1])
    with pytest.raises(propensity.ComparisonError) as caught:
        propensity.fit_tilting(x, treated)
    assert caught.value.reason == "separation"
    assert propensity.fit_logit(x, treated).score.max() < 1


def test_collinear_moments_have_no_inverse():
    x, _, _ = sample(2)
    doubled = np.column_stack([x, x[:, 1] + x[:, 2]])
    for moments in (doubled.T @ doubled, np.zeros((2, 2))):
        with pytest.raises(propensity.ComparisonError) as caught:
            propensity.inverse_of(moments)
        assert caught.value.reason == "singular"
    good = x.T @ x
    assert propensity.inverse_of(good) @ good == pytest.approx(np.eye(3), abs=1e-12)
