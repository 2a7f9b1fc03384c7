"""Trimming bounds against repeated rows, the closed form of the normal law, the jackknife and tabled intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from impact.kernels.trimming import cell_bounds, imbens_manski


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(5)
    treated = np.repeat([0.0, 1.0], [150, 180])
    selected = np.r_[np.repeat([1.0, 0.0], [90, 60]), np.repeat([1.0, 0.0], [135, 45])]
    return random.standard_normal(330) + 0.3 * treated, treated, selected, np.ones(330)


def test_whole_numbers_of_rows_are_trimmed(rows):
    """Shares 0.6 and 0.75: 108 of 135 treated are kept, from either end."""
    y, treated, selected, weights = rows
    found = cell_bounds(y, treated, selected, weights)
    top = np.sort(y[(treated == 1) & (selected == 1)])
    mean = y[(treated == 0) & (selected == 1)].mean()
    assert found.bounds == pytest.approx([top[:108].mean() - mean, top[27:].mean() - mean])
    assert found.kept == pytest.approx(0.8)
    assert found.raises


def test_the_control_group_is_trimmed_where_treatment_lowers_selection(rows):
    """The mirror image: roles exchanged, effects with the other sign."""
    y, treated, selected, weights = rows
    one = cell_bounds(y, treated, selected, weights)
    other = cell_bounds(y, 1.0 - treated, selected, weights)
    assert not other.raises
    assert other.bounds == pytest.approx(-one.bounds[::-1])
    assert other.influence == pytest.approx(-one.influence[:, ::-1])


def test_weights_are_repetitions(rows):
    y, treated, selected, _ = rows
    counts = 1.0 + np.arange(330) % 3
    repeated = [np.repeat(column, counts.astype(int)) for column in (y, treated, selected)]
    one = cell_bounds(y, treated, selected, counts)
    other = cell_bounds(*repeated, np.ones(len(repeated[0])))
    assert one.bounds == pytest.approx(other.bounds)
    assert one.kept == pytest.approx(other.kept)


def test_population_of_a_normal_law():
    """Standard normal outcomes, shares 0.9 and 0.6: the mean below the 2/3 quantile q is −φ(q)/(2/3)."""
    n = 40000
    grid = norm.ppf((np.arange(n) + 0.5) / n)
    y = np.r_[grid, np.zeros(n), grid, np.zeros(n)]
    treated = np.r_[np.zeros(2 * n), np.ones(2 * n)]
    selected = np.r_[np.ones(n), np.zeros(n), np.ones(n), np.zeros(n)]
    weights = np.r_[np.full(n, 0.6), np.full(n, 0.4), np.full(n, 0.9), np.full(n, 0.1)]
    found = cell_bounds(y, treated, selected, weights)
    q = norm.ppf(2 / 3)
    assert found.bounds == pytest.approx([-norm.pdf(q) * 1.5, norm.pdf(q) * 1.5], abs=1e-4)


def test_influence_is_that_of_the_jackknife(rows):
    y, treated, selected, weights = rows
    found = cell_bounds(y, treated, selected, weights)
    assert found.influence.sum(axis=0) == pytest.approx([0, 0], abs=1e-12)
    left = np.array([cell_bounds(*(np.delete(column, row) for column in rows)).bounds for row in range(330)])
    jackknife = 329 / 330 * np.sum((left - left.mean(axis=0)) ** 2, axis=0)
    assert np.sum(found.influence**2, axis=0) == pytest.approx(jackknife, rel=0.06)


def test_variance_of_lee(rows):
    """Lee (2009), proposition 3, with a binomial share: the three parts written out."""
    y, treated, selected, weights = rows
    found = cell_bounds(y, treated, selected, weights)
    top = np.sort(y[(treated == 1) & (selected == 1)])
    kept, q = top[:108], top[107]
    p, n1, n0, s1, s0 = 0.2, 180, 150, 0.75, 0.6
    mean = kept.mean()
    within = (np.var(kept) + (q - mean) ** 2 * p) / (n1 * s1 * (1 - p))
    share = ((q - mean) / (1 - p)) ** 2 * (1 - p) ** 2 * ((1 - s1) / (n1 * s1) + (1 - s0) / (n0 * s0))
    control = np.var(y[(treated == 0) & (selected == 1)]) / (n0 * s0)
    assert np.sum(found.influence[:, 0] ** 2) == pytest.approx(within + share + control, rel=1e-9)


@pytest.mark.parametrize(("width", "critical"), [(0.0, 1.959964), (1e9, 1.644854), (1.0, 1.6684)])
def test_imbens_manski(width, critical):
    """Two-sided where the bounds meet, one-sided where they are far apart; between: the defining equation."""
    low, high = imbens_manski(np.array([0.0, width]), np.array([1.0, 1.0]), 0.95)
    assert -low == pytest.approx(high - width, rel=1e-6, abs=1e-5)
    if width < 1e6:
        assert norm.cdf(-low + width) - norm.cdf(low) == pytest.approx(0.95)
    assert -low == pytest.approx(critical, abs=0.3 if width == 1.0 else 1e-5)
