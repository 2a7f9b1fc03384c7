"""Statistics of a curve: Stouffer's z against scipy's, shares counted by hand, p-values by counting."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from impact.kernels.curve_statistics import curve_p_values, curve_statistics

ESTIMATES = np.array([0.3, 0.2, -0.1, 0.4, np.nan])
P_VALUES = np.array([0.01, 0.2, 0.03, 0.04, np.nan])


def test_shares_by_hand():
    found = curve_statistics(ESTIMATES, P_VALUES, alpha=0.05)
    assert found.median == pytest.approx(0.25)
    assert found.same_sign == pytest.approx(3 / 4)
    assert found.significant == pytest.approx(3 / 4)
    assert found.in_direction == pytest.approx(2 / 4)


def test_stouffer_is_scipys():
    """Two-sided p-values with signs are the one-sided ones that scipy combines."""
    one_sided = np.where(ESTIMATES[:4] > 0, P_VALUES[:4] / 2, 1 - P_VALUES[:4] / 2)
    found = curve_statistics(ESTIMATES, P_VALUES, alpha=0.05)
    assert found.stouffer == pytest.approx(stats.combine_pvalues(one_sided, method="stouffer").statistic)


def test_a_predicted_sign():
    found = curve_statistics(ESTIMATES, P_VALUES, alpha=0.05, direction=-1)
    assert (found.same_sign, found.in_direction) == (pytest.approx(1 / 4), pytest.approx(1 / 4))


def test_many_curves_are_each_alone():
    random = np.random.default_rng(1)
    estimates, p_values = random.normal(size=(7, 9)), random.uniform(size=(7, 9))
    together = curve_statistics(estimates, p_values, alpha=0.3)
    for row in range(7):
        own = curve_statistics(estimates[row], p_values[row], alpha=0.3)
        for name in ("median", "same_sign", "significant", "in_direction", "stouffer"):
            assert getattr(together, name)[row] == pytest.approx(float(getattr(own, name)))


def test_tiny_p_values_stay_finite():
    found = curve_statistics(np.array([1.0, 1.0]), np.array([0.0, 1e-320]), alpha=0.05)
    assert np.isfinite(found.stouffer)
    assert found.stouffer > 50


def test_p_values_count_what_is_as_extreme():
    actual = curve_statistics(np.array([0.5, 0.7, 0.6]), np.array([0.01, 0.02, 0.2]), alpha=0.05)
    medians = np.array([[0.1], [-0.6], [0.6], [0.3], [-0.9]]) + np.zeros(3)
    drawn = curve_statistics(medians, np.full((5, 3), 0.5), alpha=0.05)
    either = curve_p_values(actual, drawn)
    assert either["median"] == pytest.approx((1 + 3) / 6)  # −0.6 and 0.6 tie with 0.6, −0.9 is beyond
    assert either["in_direction"] == pytest.approx(1 / 6)
    assert either["same_sign"] == pytest.approx(1.0)
    positive = curve_p_values(actual, drawn, direction=1)
    assert positive["median"] == pytest.approx((1 + 1) / 6)
