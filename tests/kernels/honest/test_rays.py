"""Extreme rays against all solutions on all supports."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from impact.kernels.honest.rays import TooManyRaysError, extreme_rays


def by_supports(equations):
    """Every ray of the cone with minimal support: one-dimensional null spaces of subsets of rows with one sign."""
    rows, columns = equations.shape
    found = []
    for size in range(1, columns + 2):
        for support in combinations(range(rows), size):
            matrix = equations[list(support)].T
            _, scale, right = np.linalg.svd(matrix, full_matrices=True)
            rank = int(np.sum(scale > 1e-10))
            if size - rank != 1:
                continue
            vector = right[-1]
            vector = vector if vector.sum() > 0 else -vector
            if np.all(vector > 1e-10):
                ray = np.zeros(rows)
                ray[list(support)] = vector / vector.sum()
                found.append(ray)
    return np.array(sorted(found, key=tuple))


def ordered(rays):
    return np.array(sorted(rays, key=lambda ray: tuple(np.round(ray, 9))))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("rows", "columns"), [(4, 1), (6, 2), (8, 3), (7, 5)])
def test_against_all_supports(rows, columns, seed):
    random = np.random.default_rng(seed)
    equations = random.integers(-2, 3, size=(rows, columns)).astype(float)
    found, truth = ordered(extreme_rays(equations)), ordered(by_supports(equations))
    assert found.shape == truth.shape
    assert found == pytest.approx(truth, abs=1e-9)


def test_no_equations_leave_the_axes():
    assert np.array_equal(extreme_rays(np.zeros((3, 0))), np.eye(3))


def test_too_many():
    equations = np.random.default_rng(1).normal(size=(24, 8))
    with pytest.raises(TooManyRaysError):
        extreme_rays(equations, limit=200)
