"""The root of a bread, against exact arithmetic of rationals and against well-placed columns."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.bread_root import bread_root, is_delicate


@pytest.mark.parametrize("shift", [0.0, 10.0, 1e4, 1e7])
@pytest.mark.parametrize("weighted", [False, True])
def test_rows_times_root_are_orthonormal(shift, weighted):
    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(200), shift + rng.normal(size=200), rng.normal(size=200)])
    weights = rng.uniform(0.5, 2, 200) if weighted else None
    scaled = x if weights is None else x * np.sqrt(weights)[:, None]
    inverse = np.linalg.inv(np.linalg.qr(scaled, mode="r"))
    bread = inverse @ inverse.T
    assert is_delicate(bread) is (shift >= 1e4)
    basis = scaled @ bread_root(x, bread, weights)
    assert basis.T @ basis == pytest.approx(np.eye(3), abs=1e-7)


def test_degenerate_breads_are_not_delicate():
    assert not is_delicate(np.full((2, 2), np.nan))
    assert not is_delicate(np.zeros((2, 2)))
