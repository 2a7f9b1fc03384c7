"""Poisson, logit and probit: fixest's and statsmodels' numbers, score equations, separation, starting values."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.likelihood.glm as glm


def columns_of(panel):
    return np.column_stack([np.ones(480), panel["D"], panel["z"], panel["x"]])


def dummies_of(panel):
    effects = [panel["i"] == k for k in range(1, 61)] + [panel["t"] == k for k in range(2, 9)]
    return np.column_stack([panel["D"], panel["z"], *effects]).astype(float)


def test_poisson_with_dummies_is_fixest(test_panel):
    """fepois(cnt ~ D + z | i + t), fixest 0.13."""
    found = glm.fit_glm(dummies_of(test_panel), test_panel["cnt"], "poisson")
    assert found.converged
    assert found.params[:2] == pytest.approx([0.337193702149, -0.0194371946380], abs=1e-11)
    assert found.log_likelihood == pytest.approx(-901.994862149, abs=1e-8)
    assert found.deviance == pytest.approx(798.101704562, abs=1e-8)
    error = np.sqrt(np.diagonal(found.bread)[:2] * 479 / (480 - 69))
    assert error == pytest.approx([0.117013953255, 0.102452037665], abs=1e-6)


def test_logit_is_fixest(test_panel):
    """feglm(1{y > 4} ~ D + z + x, binomial), fixest 0.13, whose errors are of the step before the last."""
    found = glm.fit_glm(columns_of(test_panel), (test_panel["y"] > 4).astype(float), "logit")
    assert found.params == pytest.approx([-3.9688834385, 3.7845540562, 1.0911162448, 4.0919758668], abs=2e-9)
    error = np.sqrt(np.diagonal(found.bread) * 479 / 476)
    assert error == pytest.approx([0.4530296475, 0.3580723830, 0.4102065199, 0.5119604177], abs=1e-5)


@pytest.mark.parametrize(
    ("family", "peer"), [("logit", sm.Logit), ("probit", sm.Probit), ("poisson", sm.Poisson)]
)
def test_statsmodels_with_its_observed_information(test_panel, family, peer):
    y = test_panel["cnt"] if family == "poisson" else (test_panel["y"] > 4).astype(float)
    x = columns_of(test_panel)
    found = glm.fit_glm(x, y, family)
    theirs = peer(y, x).fit(disp=0, tol=1e-14, method="newton")
    assert found.params == pytest.approx(theirs.params, rel=1e-9)
    assert found.log_likelihood == pytest.approx(theirs.llf, rel=1e-12)
    observed = np.linalg.inv((x * found.curvature[:, None]).T @ x)
    assert observed == pytest.approx(theirs.cov_params(), rel=1e-9)


@pytest.mark.parametrize("family", glm.FAMILIES)
def test_weights_are_repeated_rows_and_the_offset_is_added(test_panel, family):
    y = test_panel["cnt"] if family == "poisson" else (test_panel["y"] > 4).astype(float)
    x, counts = columns_of(test_panel), 1.0 + np.arange(480) % 3
    offset = 0.3 * test_panel["q1"]
    one = glm.fit_glm(x, y, family, weights=counts, offset=offset)
    rows = np.repeat(np.arange(480), counts.astype(int))
    other = glm.fit_glm(x[rows], y[rows], family, offset=offset[rows])
    assert one.params == pytest.approx(other.params, rel=1e-10)
    assert one.bread == pytest.approx(other.bread, rel=1e-9)
    assert one.deviance == pytest.approx(other.deviance, rel=1e-10)
    moved = glm.fit_glm(x, y, family, weights=counts, offset=offset + 2.0)
    assert moved.params[0] == pytest.approx(one.params[0] - 2.0, rel=1e-9)


@given(seed=st.integers(0, 10_000), family=st.sampled_from(glm.FAMILIES))
@settings(max_examples=25, deadline=None)
def test_scores_sum_to_zero_and_derivatives_are_right(seed, family):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(80), rng.normal(size=(80, 2))])
    eta = x @ rng.normal(0, 0.5, 3)
    y = rng.poisson(np.exp(eta)) if family == "poisson" else (rng.random(80) < glm.mean_of(eta, family)[0])
    y = y.astype(float)
    found = glm.fit_glm(x, y, family)
    if found.separated.any() or np.ptp(y) == 0:
        return
    assert found.converged
    assert np.abs(x.T @ found.score).max() < 1e-9
    step = 1e-6
    up, down = (glm.LIKELIHOODS[family](found.predictor + sign * step, y) for sign in (1, -1))
    assert found.score == pytest.approx((up.log_likelihood - down.log_likelihood) / (2 * step), abs=1e-6)
    assert found.curvature == pytest.approx(-(up.score - down.score) / (2 * step), abs=1e-6)
    assert found.slope == pytest.approx((up.mean - down.mean) / (2 * step), abs=1e-6)
    mean, slope = glm.mean_of(found.predictor, family)
    assert mean == pytest.approx(found.mean, rel=1e-12)
    assert slope == pytest.approx(found.slope, rel=1e-10)


@pytest.mark.parametrize("family", ["logit", "probit"])
def test_a_group_without_variation_is_flagged_alone(test_panel, family):
    y = (test_panel["y"] > 4).astype(float)
    y[test_panel["i"] == 2] = 1.0
    x = np.column_stack([columns_of(test_panel), test_panel["i"] == 2])
    found = glm.fit_glm(x, y, family)
    assert not found.converged
    assert set(test_panel["i"][found.separated]) == {2}
    rest = glm.fit_glm(columns_of(test_panel)[~found.separated], y[~found.separated], family)
    assert rest.converged
    assert found.params[1:4] == pytest.approx(rest.params[1:], rel=1e-6)


@pytest.mark.parametrize("family", ["logit", "probit"])
def test_complete_separation_is_flagged(test_panel, family):
    x = np.column_stack([np.ones(480), test_panel["x"]])
    found = glm.fit_glm(x, (test_panel["x"] > 0.5).astype(float), family)
    assert not found.converged
    assert found.separated.any()


def test_counts_that_are_all_zero_in_a_group(test_panel):
    """fixest drops the eight rows of unit 1 and reports these coefficients."""
    y = test_panel["cnt"].copy()
    y[test_panel["i"] == 1] = 0.0
    found = glm.fit_glm(dummies_of(test_panel), y, "poisson")
    assert set(test_panel["i"][found.separated]) == {1}
    assert found.params[:2] == pytest.approx([0.3479364012, -0.0303860839], abs=1e-8)


def test_collinear_columns_and_outcomes_out_of_range(test_panel):
    x = columns_of(test_panel)
    y = test_panel["cnt"]
    found = glm.fit_glm(np.column_stack([x, x @ [1.0, 2.0, 0.0, 1.0]]), y, "poisson", protect=(4,))
    assert found.kept.tolist() == [True, True, True, True, False]
    assert found.lost == (4,)
    assert found.params == pytest.approx(glm.fit_glm(x, y, "poisson").params, rel=1e-9)
    with pytest.raises(glm.OutcomeError):
        glm.fit_glm(x, y - 1.0, "poisson")
    with pytest.raises(glm.OutcomeError):
        glm.fit_glm(x, y, "logit")
