"""Weights of a two-way coefficient against diff-diff 3.13.0 (twowayfeweights) and the programs that they solve."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

import impact.kernels.two_way_weights as two_way


def residual_of(d):
    return d - d.mean(axis=1, keepdims=True) - d.mean(axis=0) + d.mean()


def test_against_another_package(test_panel):
    d, y = test_panel["D"].reshape(60, 8), test_panel["y"].reshape(60, 8)
    e = residual_of(d)
    beta = float((e * y).sum() / (e * d).sum())
    found = two_way.weight_facts(d.ravel(), e.ravel(), beta)
    assert beta == pytest.approx(0.43109504636939194, rel=1e-12)
    assert found.n_negative / found.n_treated == pytest.approx(0.18181818181818182)
    assert found.sigma_zero == pytest.approx(0.5897543748462325, rel=1e-10)


def staggered(rng, cohorts=(2, 3, 7)):
    start = np.concatenate([[9], rng.choice(cohorts, size=7)])
    d = (np.arange(1, 9)[None] >= start[:, None]).astype(float)
    return d, residual_of(d)


@pytest.mark.parametrize("seed", range(4))
def test_breakdown_values_solve_their_programs(seed):
    """min sd_p(Δ) with Σ ω Δ = β: with mean zero, and with no effect of the sign of β."""
    rng = np.random.default_rng(seed)
    d, e = staggered(rng)
    weights = 0.5 + rng.random(d.shape)
    beta = 0.8
    found = two_way.weight_facts(d.ravel(), e.ravel(), beta, weights.ravel())
    omega = two_way.cell_weights(d.ravel(), e.ravel(), weights.ravel())
    omega, p = omega[d.ravel() > 0], weights[d > 0] / weights[d > 0].sum()
    assert omega.sum() == pytest.approx(1.0)
    assert found.n_negative == np.count_nonzero(omega < 0)
    if found.n_negative == 0:
        return

    def variance(effects):
        return float(p @ (effects - p @ effects) ** 2)

    def gradient(effects):
        return 2 * p * (effects - p @ effects)

    sums = [{"type": "eq", "fun": lambda x: omega @ x - beta, "jac": lambda x: omega}]
    zero = [*sums, {"type": "eq", "fun": lambda x: p @ x, "jac": lambda x: p}]
    start = beta * omega / (omega @ omega)
    options = {"maxiter": 1000, "ftol": 1e-14}
    one = minimize(variance, start, jac=gradient, constraints=zero, method="SLSQP", options=options)
    assert found.sigma_zero == pytest.approx(np.sqrt(one.fun), rel=1e-4)
    other = minimize(
        variance, np.minimum(start, 0), jac=gradient, constraints=sums, bounds=[(None, 0)] * len(p),
        method="SLSQP", options=options,
    )  # fmt: skip
    assert other.success
    assert found.sigma_sign == pytest.approx(np.sqrt(other.fun), rel=1e-4)


def test_no_negative_weights_in_a_block():
    d = np.zeros((6, 5))
    d[:2, 3:] = 1.0
    found = two_way.weight_facts(d.ravel(), residual_of(d).ravel(), 1.0)
    assert (found.n_negative, found.negative_sum) == (0, 0.0)
    assert np.isinf(found.sigma_sign)
    assert np.isinf(found.sigma_zero)
