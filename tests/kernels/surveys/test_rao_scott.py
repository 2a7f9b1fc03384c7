"""Rao and Scott's correction: scipy's chi-squared under simple random sampling, design effects, empty tables."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from impact.kernels.surveys.rao_scott import association

COUNTS = np.array([[12.0, 30, 8], [25, 21, 14]])


def simple(shares, count):
    """Covariance of the cell shares of a simple random sample."""
    p = shares.ravel()
    return (np.diag(p) - np.outer(p, p)) / count


def test_a_simple_random_sample():
    """No correction under independence: Δ is the identity where the shares are products of their margins."""
    shares = COUNTS / COUNTS.sum()
    found = association(shares, simple(shares, 110), 110.0)
    assert found.pearson == pytest.approx(stats.chi2_contingency(COUNTS, correction=False).statistic)
    product = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    same = association(product, simple(product, 110), 110.0)
    assert (same.trace, same.df, same.contrasts) == (pytest.approx(2.0), pytest.approx(2.0), 2)
    assert same.pearson == pytest.approx(0.0, abs=1e-20)


def test_a_common_design_effect():
    """Covariances four times as large: the trace is, the degrees of freedom are not."""
    shares = COUNTS / COUNTS.sum()
    one, four = (association(shares, factor * simple(shares, 110), 110.0) for factor in (1, 4))
    assert four.trace == pytest.approx(4 * one.trace)
    assert four.df == pytest.approx(one.df)


def test_two_by_two():
    """One contrast: F is the squared t of the linearised log odds ratio's null form, X² over one design effect."""
    shares = np.array([[0.1, 0.3], [0.2, 0.4]])
    found = association(shares, simple(shares, 50), 50.0)
    assert found.df == pytest.approx(1.0)
    assert found.contrasts == 1
    # the interaction contrast of a two-by-two table is (1, -1, -1, 1) up to scale
    contrast = np.array([1, -1, -1, 1]) / shares.ravel()
    expected = contrast @ simple(shares, 50) @ contrast / (np.sum(1 / shares) / 50)
    assert found.trace == pytest.approx(expected)


@pytest.mark.parametrize(
    "shares", [np.array([[0.4, 0.6]]), np.array([[0.4, 0.6], [0.0, 0.0]]), np.array([[0.5, 0.0], [0.5, 0.0]])]
)
def test_no_table(shares):
    assert association(shares, simple(shares, 50), 50.0) is None


def test_no_spread():
    shares = COUNTS / COUNTS.sum()
    assert association(shares, np.zeros((6, 6)), 110.0) is None
    assert association(shares, np.full((6, 6), np.nan), 110.0) is None
