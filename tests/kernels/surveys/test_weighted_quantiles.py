"""Weighted quantiles: numpy's inverse of the distribution function on repeated rows, ties, shares outside."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.surveys.weighted_quantiles import distribution, inverse


def test_weights_are_repetitions():
    """Whole weights: numpy's quantile of the rows repeated, method inverted_cdf."""
    random = np.random.default_rng(3)
    values, weights = random.standard_normal(40).round(1), random.integers(0, 5, 40).astype(float)
    ordered, mass = distribution(values, weights)
    repeated = np.repeat(values, weights.astype(int))
    for share in (0.03, 0.1, 0.25, 0.5, 0.77, 0.99, 1.0):
        assert inverse(ordered, mass, share) == np.quantile(repeated, share, method="inverted_cdf")


def test_shares_that_are_met_exactly():
    """Ten equal weights: sums of tenths are not exact, the third value has three tenths all the same."""
    ordered, mass = distribution(np.arange(10.0), np.full(10, 0.1))
    assert [inverse(ordered, mass, share) for share in (0.3, 0.6, 0.7, 0.0)] == [2.0, 5.0, 6.0, 0.0]


@pytest.mark.parametrize("share", [-0.01, 1.01, float("nan")])
def test_shares_that_no_value_has(share):
    assert np.isnan(inverse(np.arange(3.0), np.array([0.2, 0.5, 1.0]), share))
