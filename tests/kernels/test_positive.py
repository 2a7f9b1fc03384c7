"""Factors and solutions against numpy's."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.positive import LARGEST, factor_positive, solve_positive


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 141, LARGEST + 1])
@pytest.mark.parametrize("width", [1, 4])
def test_systems(size, width):
    rng = np.random.default_rng(size)
    root = rng.standard_normal((size, size + 3))
    matrix, right = root @ root.T + np.eye(size), rng.standard_normal((size, width))
    factor = factor_positive(matrix)
    np.testing.assert_allclose(factor, np.linalg.cholesky(matrix), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        solve_positive(factor, right), np.linalg.solve(matrix, right), rtol=1e-6, atol=1e-9
    )
    np.testing.assert_allclose(
        solve_positive(np.asfortranarray(factor), right), np.linalg.solve(matrix, right), atol=1e-6
    )


def test_a_matrix_that_is_not_positive():
    with pytest.raises(np.linalg.LinAlgError):
        factor_positive(np.array([[1.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(np.linalg.LinAlgError):
        factor_positive(np.full((3, 3), np.nan))
