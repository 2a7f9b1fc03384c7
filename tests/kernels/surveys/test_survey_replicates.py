"""Replicate variances: closed forms of jackknife and half-samples, degrees of freedom, factors read from weights."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.surveys.survey_replicates import (
    degrees_of_freedom,
    replicate_variance,
    scales_of_deletion,
)

# rows of a Hadamard matrix of order 4, without the constant one
SIGNS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])


def test_jackknife_of_a_mean():
    """(R − 1)/R Σ (ȳ_(r) − ȳ)² is s²/n exactly (Wolter 2007, section 4.2)."""
    y = np.random.default_rng(1).standard_normal((9, 2))
    without = (y.sum(axis=0) - y) / 8
    found = replicate_variance(without, 8 / 9, np.ones(9), None)
    assert found == pytest.approx(np.cov(y, rowvar=False) / 9)
    assert replicate_variance(without, 8 / 9, np.ones(9), y.mean(axis=0)) == pytest.approx(found)


def test_half_samples_of_a_total():
    """Balanced over three strata of two units: Σ_h (y_h1 − y_h2)², with Fay's factors as well (Judkins 1990)."""
    y = np.array([[1.0, 4.0], [2.5, 2.0], [7.0, -1.0]])
    expected = np.sum((y[:, 0] - y[:, 1]) ** 2)
    for fay in (0.0, 0.3):
        factor = 1 + (1 - fay) * SIGNS[:, :, None] * np.array([1, -1])
        totals = np.sum(factor * y, axis=(1, 2))[:, None]
        assert replicate_variance(totals, 1 / (4 * (1 - fay) ** 2), np.ones(4), None) == pytest.approx(
            expected
        )


def test_replicates_without_a_factor_do_not_move_the_centre():
    values = np.array([[1.0], [3.0], [100.0]])
    assert replicate_variance(values, 1.0, np.array([1.0, 1.0, 0.0]), None) == pytest.approx(2.0)


def test_degrees_of_freedom():
    """Half-samples of H strata have H; copies and replicates without weight add none."""
    weights = np.array([[2.0 if sign > 0 else 0.0, 0.0 if sign > 0 else 2.0] for sign in SIGNS.ravel()])
    columns = weights.reshape(4, 6).T
    assert degrees_of_freedom(columns) == 3
    assert degrees_of_freedom(np.hstack([columns, 3 * columns[:, :1], np.zeros((6, 1))])) == 3


def test_factors_are_read_from_weights():
    """Strata of 3 and of 2 units, each left out in turn."""
    three, two = np.full((3, 3), 1.5), np.full((2, 2), 2.0)
    np.fill_diagonal(three, 0.0)
    np.fill_diagonal(two, 0.0)
    ratio = np.block([[three, np.ones((3, 2))], [np.ones((2, 3)), two]])
    assert scales_of_deletion(ratio) == pytest.approx([2 / 3] * 3 + [1 / 2] * 2)


@pytest.mark.parametrize("values", [[0.9, 1.1, 1.0], [1.0, 1.0, 1.0], [0.5, 1.0, 1.5], [2.0, 1.0, 1.0]])
def test_other_weights_give_no_factors(values):
    assert scales_of_deletion(np.array(values)[:, None]) is None
