"""Recentred influence against the derivative of the statistic itself, scipy's density, and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gaussian_kde

import impact.kernels.recentered as kernel


@pytest.fixture(scope="module")
def wages():
    random = np.random.default_rng(4)
    return np.round(np.exp(random.standard_normal(200)), 2), 0.5 + random.random(200)


def gini_of(y, w):
    spread = (w[:, None] * w * np.abs(y[:, None] - y)).sum() / w.sum() ** 2
    return spread / 2 / np.average(y, weights=w)


def variance_of(y, w):
    return np.average((y - np.average(y, weights=w)) ** 2, weights=w)


@pytest.mark.parametrize(
    ("made", "statistic"), [(kernel.of_gini, gini_of), (kernel.of_variance, variance_of)]
)
def test_influence_is_the_derivative(wages, made, statistic):
    """A little more weight on one row: the derivative of the statistic in the mixture with a point mass."""
    y, w = wages
    found = made(y, w)
    assert np.average(found, weights=w) == pytest.approx(statistic(y, w))
    step = 1e-6
    for row in range(0, 200, 17):
        ends = []
        for sign in (-1, 1):
            mixed = (1 - sign * step) * w / w.sum()
            mixed[row] += sign * step
            ends.append(statistic(y, mixed))
        slope = (ends[1] - ends[0]) / (2 * step)
        assert found[row] - statistic(y, w) == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_gini_of_whole_numbers():
    """1 to n: (n − 1)/(3n)... and ties in any order give the same influence."""
    y = np.arange(1.0, 11.0)
    assert np.mean(kernel.of_gini(y, np.ones(10))) == pytest.approx(9 / 30)
    tied = np.array([1.0, 2.0, 2.0, 5.0])
    found = kernel.of_gini(tied, np.ones(4))
    assert found[1] == found[2]


@pytest.mark.parametrize(("share", "value"), [(0.25, 1.5), (0.3, 2.0), (0.5, 2.5), (0.9, 4.0)])
def test_quantiles_of_four_numbers(share, value):
    """As Stata's _pctile: the middle where the distribution function is flat at the share."""
    assert kernel.quantile(np.array([3.0, 1.0, 4.0, 2.0]), np.ones(4), share) == value


def test_weights_are_repetitions(wages):
    y, _ = wages
    counts = 1.0 + np.arange(200) % 3
    repeated = np.repeat(y, counts.astype(int))
    one = np.ones(len(repeated))
    for share in (0.1, 0.5, 0.77):
        assert kernel.quantile(y, counts, share) == kernel.quantile(repeated, one, share)
    width = kernel.bandwidth(y, counts, "silverman", counts.sum())
    assert width == pytest.approx(kernel.bandwidth(repeated, one, "silverman", counts.sum()))
    assert kernel.density(y, counts, 1.0, width) == pytest.approx(kernel.density(repeated, one, 1.0, width))


@pytest.mark.parametrize("at", [0.3, 1.0, 4.0])
def test_density_of_scipy(wages, at):
    y, w = wages
    spread = np.sqrt(np.cov(y, aweights=w))
    peer = gaussian_kde(y, bw_method=0.4 / spread, weights=w)
    assert kernel.density(y, w, at, 0.4) == pytest.approx(peer(at)[0])


def test_bandwidth_of_its_definition(wages):
    y, _ = wages
    low, high = (np.percentile(y, p, method="averaged_inverted_cdf") for p in (25, 75))
    expected = 0.9 * min(np.std(y, ddof=1), (high - low) / 1.349) * 200**-0.2
    assert kernel.bandwidth(y, np.ones(200), "silverman", 200.0) == pytest.approx(expected)
    assert kernel.bandwidth(y, np.ones(200), "scott", 200.0) == pytest.approx(
        1.06 * np.std(y, ddof=1) * 200**-0.2
    )
