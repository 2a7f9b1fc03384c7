"""What is left of columns with others held fixed: against regressions by numpy's least squares."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.partial_variation import held_fixed, partial_r2


@pytest.fixture(scope="module")
def columns():
    random = np.random.default_rng(5)
    return random.normal(size=(60, 5)) @ random.normal(size=(5, 5))


def residual(columns, j, given):
    x = columns[:, given]
    return columns[:, j] - x @ np.linalg.lstsq(x, columns[:, j], rcond=None)[0]


def test_products_of_residuals(columns):
    left = held_fixed(columns.T @ columns, [1, 3])
    for i in (0, 2, 4):
        for j in (0, 2, 4):
            expected = residual(columns, i, [1, 3]) @ residual(columns, j, [1, 3])
            assert left[i, j] == pytest.approx(expected, rel=1e-9)
    assert not np.any(left[[1, 3]]) and not np.any(left[:, [1, 3]])


def test_nothing_held_fixed_changes_nothing(columns):
    gram = columns.T @ columns
    assert np.array_equal(held_fixed(gram, []), gram)


@pytest.mark.parametrize("others", [[2], [2, 4], [1, 2, 3, 4]])
def test_partial_r2_is_the_drop_in_squares(columns, others):
    rest = [j for j in range(1, 5) if j not in others]
    before, after = residual(columns, 0, rest), residual(columns, 0, [*rest, *others])
    expected = 1 - (after @ after) / (before @ before)
    assert partial_r2(columns.T @ columns, 0, others) == pytest.approx(expected, rel=1e-9)
