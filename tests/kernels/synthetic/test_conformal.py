"""Conformal p-values by hand, their size, and intervals by inversion."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.synthetic.conformal import moving_block_p, p_curve


def test_p_values_by_hand():
    assert moving_block_p(np.array([1.0, -2, 0.5, 3]), 1) == 1 / 4
    assert moving_block_p(np.array([1.0, -2, 0.5, 1.5]), 1) == 2 / 4
    # cyclic pairs: 1+2, 2+.5, .5+3, 3+1
    assert moving_block_p(np.array([1.0, -2, 0.5, 3]), 2) == 2 / 4


def test_size_with_exchangeable_residuals():
    rng = np.random.default_rng(0)
    p = np.array([moving_block_p(rng.normal(size=20), 1) for _ in range(4000)])
    assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.011)


def test_the_curve_finds_where_the_test_rejects():
    values, p = p_curve(lambda effect: 0.2 if -1.25 <= effect <= 2.5 else 0.01, 0.4, 1.0)
    kept = values[p > 0.05]
    assert kept.min() == pytest.approx(-1.25, abs=1e-3)
    assert kept.max() == pytest.approx(2.5, abs=1e-3)
    assert np.all(np.diff(values) > 0)


def test_a_test_that_never_rejects():
    _, p = p_curve(lambda effect: 0.5, 0.0, 1.0)
    assert np.all(p == 0.5)
