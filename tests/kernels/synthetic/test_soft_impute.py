"""Matrix completion: optimality conditions, a dense second algorithm, limits, invariances."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.synthetic.soft_impute import complete_matrix, effects_on, largest_penalty, linked_cells


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(1)
    y = rng.normal(size=(12, 2)) @ rng.normal(size=(2, 9)) + rng.normal(size=(12, 1)) + rng.normal(size=9)
    y = y + 0.2 * rng.normal(size=y.shape)
    observed = rng.uniform(size=y.shape) > 0.15
    observed[:3, 6:] = False
    observed[:, 0] = True
    return y, observed


def dense(y, observed, penalty, steps=4000):
    """Plain proximal gradient, effects by dummy regression in every step."""
    units, length = y.shape
    rows, columns = np.nonzero(observed)
    dummies = np.zeros((len(rows), units + length))
    dummies[np.arange(len(rows)), rows] = 1
    dummies[np.arange(len(rows)), units + columns] = 1
    solve = np.linalg.pinv(dummies)
    low = np.zeros_like(y)
    for _ in range(steps):
        rest = (y - low)[rows, columns]
        effect = solve @ rest
        step = low.copy()
        step[rows, columns] += rest - dummies @ effect
        left, values, right = np.linalg.svd(step, full_matrices=False)
        low = (left * np.maximum(values - penalty * len(rows) / 2, 0)) @ right
    effect = solve @ (y - low)[rows, columns]
    return low, low + effect[:units, None] + effect[units:]


@pytest.mark.parametrize("share", [0.5, 0.1, 0.02])
def test_against_plain_proximal_gradient(world, share):
    y, observed = world
    penalty = share * largest_penalty(y, observed)
    found = complete_matrix(y, effects_on(observed), penalty)
    low, fitted = dense(y, observed, penalty)
    assert found.converged
    assert found.kkt < 1e-6
    assert found.low_rank == pytest.approx(low, abs=1e-5)
    assert found.fitted == pytest.approx(fitted, abs=1e-5)


def test_the_optimality_conditions(world):
    """The residual is orthogonal to the effects, no longer than the threshold, and aligned with L."""
    y, observed = world
    penalty = 0.1 * largest_penalty(y, observed)
    found = complete_matrix(y, effects_on(observed), penalty)
    residual = np.where(observed, y - found.fitted, 0)
    threshold = penalty * observed.sum() / 2
    assert np.abs(residual.sum(axis=0)).max() < 1e-9
    assert np.abs(residual.sum(axis=1)).max() < 1e-9
    assert np.linalg.norm(residual, 2) <= threshold * (1 + 1e-6)
    assert np.sum(residual * found.low_rank) == pytest.approx(
        threshold * np.linalg.norm(found.low_rank, "nuc"), rel=1e-6
    )


@pytest.mark.parametrize("share", [0.15, 0.25, 0.5])
def test_linked_cells_are_those_whose_effects_dummies_identify(share):
    """By ranks: the row of dummies of a cell lies in the space of those of the observed cells."""
    observed = np.random.default_rng(4).uniform(size=(7, 6)) < share
    dummies = np.array([np.r_[np.eye(7)[u], np.eye(6)[t]] for u in range(7) for t in range(6)])
    seen = dummies[observed.ravel()]
    rank = np.linalg.matrix_rank(seen)
    known = [np.linalg.matrix_rank(np.vstack([seen, row])) == rank for row in dummies]
    assert np.array_equal(linked_cells(observed), np.reshape(known, (7, 6)))


def test_from_the_largest_penalty_on_there_is_no_low_rank_part(world):
    y, observed = world
    largest = largest_penalty(y, observed)
    assert complete_matrix(y, effects_on(observed), largest * 1.0001).rank == 0
    assert complete_matrix(y, effects_on(observed), largest * 0.99).rank == 1


def test_effects_without_noise_are_exact(world):
    _, observed = world
    truth = np.arange(12.0)[:, None] ** 2 + np.sin(np.arange(9.0))
    assert largest_penalty(truth, observed) == 0
    found = complete_matrix(np.where(observed, truth, np.nan), effects_on(observed), 0.0)
    assert found.fitted == pytest.approx(truth, abs=1e-10)


def test_order_effects_and_scale_do_not_matter(world):
    y, observed = world
    penalty = 0.1 * largest_penalty(y, observed)
    plain = complete_matrix(y, effects_on(observed), penalty).fitted
    order = np.random.default_rng(2).permutation(12)
    moved = complete_matrix(y[order], effects_on(observed[order]), penalty).fitted
    assert moved == pytest.approx(plain[order], abs=1e-6)
    shift = np.arange(12.0)[:, None] - 3 * np.arange(9.0)
    assert complete_matrix(y + shift, effects_on(observed), penalty).fitted == pytest.approx(
        plain + shift, abs=1e-6
    )
    assert complete_matrix(5 * y, effects_on(observed), 5 * penalty).fitted == pytest.approx(
        5 * plain, abs=1e-5
    )
