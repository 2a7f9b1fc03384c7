"""Random weights: their moments, their sums by brute force, order statistics, and the same draws for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.resampling as resampling

ROWS = np.random.default_rng(3).standard_normal((1500, 4)) / 1500


@pytest.mark.parametrize("law", resampling.LAWS)
def test_sums_are_the_weights_times_the_rows(law):
    weights = resampling.multipliers(law, 300, 1500, 7)
    assert weights.shape == (300, 1500)
    found = resampling.weighted_sums(ROWS, law, 300, 7)
    assert found == pytest.approx(weights @ ROWS, abs=1e-15)
    assert (found == resampling.weighted_sums(ROWS, law, 300, 7)).all()
    assert not np.allclose(found, resampling.weighted_sums(ROWS, law, 300, 8))


@pytest.mark.parametrize(
    ("law", "third"), [("rademacher", 0.0), ("mammen", 1.0), ("webb", 0.0), ("normal", 0.0)]
)
def test_moments(law, third):
    """450,000 weights: mean 0, variance 1, third moment; five simulation errors."""
    weights = resampling.multipliers(law, 300, 1500, 11)
    error = 1 / np.sqrt(weights.size)
    assert abs(weights.mean()) < 5 * error
    assert abs((weights**2).mean() - 1) < 10 * error
    assert abs((weights**3).mean() - third) < 20 * error


def test_points_of_each_law():
    assert set(np.unique(resampling.multipliers("rademacher", 50, 70, 1))) == {-1.0, 1.0}
    mammen = np.unique(resampling.multipliers("mammen", 50, 70, 1))
    assert mammen == pytest.approx([(1 - 5**0.5) / 2, (1 + 5**0.5) / 2], abs=1e-15)
    webb = np.unique(resampling.multipliers("webb", 50, 70, 1))
    assert webb**2 == pytest.approx([1.5, 1, 0.5, 0.5, 1, 1.5], abs=1e-15)


def test_columns_do_not_change_the_draws():
    all_at_once = resampling.weighted_sums(ROWS, "rademacher", 99, 5)
    assert resampling.weighted_sums(ROWS[:, 2:3], "rademacher", 99, 5)[:, 0] == pytest.approx(
        all_at_once[:, 2], abs=1e-16
    )


def test_unknown_law():
    with pytest.raises(ValueError, match="uniform"):
        resampling.multipliers("uniform", 9, 9, 1)


def test_quantiles_are_order_statistics():
    """R's type 1: the smallest value with at least a share p at or below it; Stata's ⌈(B+1)p⌉-th."""
    values = np.random.default_rng(1).permutation(np.arange(1.0, 101))[:, None]
    assert resampling.order_quantile(values, 0.25) == 25
    assert resampling.order_quantile(values, 0.95) == 95
    assert resampling.order_quantile(values[:99], 0.5) == np.sort(values[:99, 0])[49]
    assert resampling.order_quantile(values, 0.25, stata=True) == 26
    assert resampling.order_quantile(values, 0.999, stata=True) == 100
    assert resampling.quartile_scale(values) == pytest.approx(50 / 1.3489795003921634, rel=1e-15)


def test_critical_value_of_a_band():
    deviations = np.array([[1.0, -4.0], [2.0, 1.0], [-3.0, 0.0], [0.5, 0.5]])
    assert resampling.sup_t(deviations, np.array([1.0, 2.0]), 0.5) == 2.0
    assert resampling.sup_t(deviations, np.array([1.0, 2.0]), 0.95) == 3.0


def test_draws_with_replacement_hold_as_many_as_there_are():
    blocks = list(resampling.counts_of_draws(500, 9000, 2))
    assert len(blocks) == 3
    counts = np.vstack(blocks)
    assert counts.shape == (500, 9000)
    assert (counts.sum(axis=1) == 9000).all()
    assert counts.var() == pytest.approx(1 - 1 / 9000, rel=0.01)
    assert counts[:7] == pytest.approx(next(iter(resampling.counts_of_draws(7, 9000, 2))))


def test_every_vector_of_signs():
    signs = resampling.all_signs(5)
    assert len({tuple(row) for row in signs.tolist()}) == 32
    assert (signs[0] == 1).all()
    assert (signs[-1] == -1).all()
    assert signs.sum() == 0
