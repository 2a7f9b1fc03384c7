"""Frank-Wolfe weights: the simplex, the exact optimum as their limit, and panels done together as alone."""

import numpy as np
import pytest

from impact.kernels.synthetic.simplex import fit_simplex
from impact.kernels.synthetic.synthetic_did import (
    Blocks,
    Rules,
    effects,
    find_weights,
    gaps,
    noise_level,
    sparsified,
)


def made(panels=1, seed=2):
    rng = np.random.default_rng(seed)
    control, treated = rng.normal(size=(panels, 9, 8)), rng.normal(size=(panels, 8))
    return Blocks(control, treated, np.ones((panels, 9), dtype=bool), 5)


def start(blocks):
    r, n, _ = blocks.control.shape
    return np.full((r, n), 1 / n), np.full((r, blocks.before), 1 / blocks.before)


def test_small_weights_go_and_the_rest_sums_to_one():
    found = sparsified(np.array([[0.5, 0.3, 0.1, 0.1]]))
    assert found == pytest.approx(np.array([[0.625, 0.375, 0, 0]]))


def test_with_a_strong_penalty_and_small_steps_the_exact_optimum():
    """ω with an intercept equals least squares over the simplex on values without their mean over periods."""
    blocks = made()
    rules = Rules(zeta_omega=2.0, zeta_lambda=0.5, min_decrease=1e-9)
    omega, periods = find_weights(blocks, rules, *start(blocks))
    before = blocks.control[0, :, :5].T
    a, b = before - before.mean(axis=0), blocks.treated[0, :5] - blocks.treated[0, :5].mean()
    exact = fit_simplex(a, b, ridge=2.0**2 * 5).weights
    loss = [np.sum((b - a @ w) ** 2) + 20 * np.sum(w**2) for w in (omega[0], exact)]
    assert loss[0] == pytest.approx(loss[1], rel=2e-2)
    assert omega.sum() == pytest.approx(1)
    assert periods.sum() == pytest.approx(1)


def test_panels_together_are_panels_alone():
    blocks = made(panels=3)
    rules = Rules(zeta_omega=0.4, zeta_lambda=0.01, min_decrease=1e-4)
    omega, periods = find_weights(blocks, rules, *start(blocks))
    for r in range(3):
        one = Blocks(blocks.control[r : r + 1], blocks.treated[r : r + 1], blocks.present[r : r + 1], 5)
        alone = find_weights(one, rules, *start(one))
        assert omega[r] == pytest.approx(alone[0][0])
        assert periods[r] == pytest.approx(alone[1][0])
    gap = blocks.treated - np.einsum("rn,rnt->rt", omega, blocks.control)
    assert gaps(blocks, omega) == pytest.approx(gap)
    expected = gap - np.sum(gap[:, :5] * periods, axis=1)[:, None]
    assert effects(blocks, omega, periods) == pytest.approx(expected)


def test_noise_is_the_spread_of_first_differences():
    control = np.random.default_rng(1).normal(size=(4, 6))
    assert noise_level(control, 5) == pytest.approx(np.diff(control[:, :5], axis=1).std(ddof=1))
