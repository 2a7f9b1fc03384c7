"""Augmented weights: the bias-corrected form, limits of the penalty, and the choice of it."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.synthetic.ridge_augmented import augment, choose_penalty
from impact.kernels.synthetic.simplex import fit_simplex


@pytest.fixture
def world():
    rng = np.random.default_rng(3)
    z = rng.normal(size=(8, 3)) @ rng.normal(size=(3, 12)) + 0.3 * rng.normal(size=(8, 12))
    return z, z[:, :3].mean(axis=1) + 1.5, rng.normal(size=12), 2.0


@pytest.mark.parametrize("penalty", [0.01, 1.0, 50.0])
def test_the_gap_is_the_synthetic_one_corrected_by_ridge_regression(world, penalty):
    """Ben-Michael, Feller and Rothstein (2021), equation 7: Y − Σ w Y_j − (m(x1) − Σ w m(x_j)), m by ridge."""
    z, target, later, own = world
    weights = augment(z, target, penalty).weights
    simplex = fit_simplex(z, target).weights
    centred = (z - z.mean(axis=1, keepdims=True)).T
    ridge = np.linalg.solve(centred.T @ centred + penalty * np.eye(8), centred.T @ (later - later.mean()))
    corrected = own - simplex @ later - ridge @ (target - z @ simplex)
    assert own - weights @ later == pytest.approx(corrected, rel=1e-10)
    assert weights.sum() == pytest.approx(1, abs=1e-10)


def test_limits_of_the_penalty(world):
    z, target, *_ = world
    assert augment(z, target, 1e12).weights == pytest.approx(fit_simplex(z, target).weights, abs=1e-8)
    assert z @ augment(z, target, 1e-10).weights == pytest.approx(target, abs=1e-4)


def test_the_largest_penalty_within_one_standard_error(world):
    """Every period left out in turn, by the normal equations instead of the decomposition."""
    z, target, *_ = world
    chosen = choose_penalty(z, target)
    squares = np.empty((8, len(chosen.penalties)))
    for t in range(8):
        kept = np.arange(8) != t
        simplex = fit_simplex(z[kept], target[kept]).weights
        x = (z[kept] - z[kept].mean(axis=1, keepdims=True)).T
        for j, penalty in enumerate(chosen.penalties):
            more = x @ np.linalg.solve(x.T @ x + penalty * np.eye(7), target[kept] - z[kept] @ simplex)
            squares[t, j] = (target[t] - z[t] @ (simplex + more)) ** 2
    error = squares.mean(axis=0)
    assert chosen.error == pytest.approx(error, rel=1e-6)
    best = error.argmin()
    limit = error[best] + squares[:, best].std(ddof=1) / np.sqrt(8)
    assert chosen.penalty == max(p for p, e in zip(chosen.penalties, error, strict=True) if e <= limit)


def test_controls_that_never_differ():
    assert np.isfinite(choose_penalty(np.ones((4, 3)), np.arange(4.0)).penalty)
