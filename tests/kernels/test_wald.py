"""Joint tests: fixest's and clubSandwich's figures on the test panel, rank, and what is not defined."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from impact.kernels.cluster_adjusted import adjusted_clusters, orthonormal_basis, wishart_degrees
from impact.kernels.wald import wald, wald_hotelling


def ols(p, names):
    x = np.column_stack([np.ones(480) if name == "const" else p[name] for name in names])
    bread = np.linalg.inv(x.T @ x)
    params = bread @ x.T @ p["y"]
    return x, bread, params, p["y"] - x @ params


def test_hotelling_of_clubsandwich(test_panel):
    x, bread, params, residual = ols(test_panel, ["const", "D", "z", "x"])
    codes = (test_panel["c"] - 1).astype(np.int32)
    basis = orthonormal_basis(x, bread, [], [], None)
    found = adjusted_clusters(basis, residual, codes, 12, power=-0.5)
    rows = np.eye(4)[[1, 2]]
    eta = wishart_degrees(basis, codes, 12, rows, power=-0.5)
    test = wald_hotelling(params, found.influence.T @ found.influence, rows, np.zeros(2), eta)
    # clubSandwich Wald_test(constraints = D and z, vcov = "CR2", test = "HTZ")
    assert test.statistic == pytest.approx(117.5, abs=0.05)
    assert test.df2 == pytest.approx(9.81, abs=0.005)


def test_degrees_of_one_contrast_are_satterthwaite(test_panel):
    x, bread, _, residual = ols(test_panel, ["const", "D", "z", "x"])
    codes = (test_panel["c"] - 1).astype(np.int32)
    basis = orthonormal_basis(x, bread, [], [], None)
    for power in (0.0, -0.5, -1.0):
        found = adjusted_clusters(basis, residual, codes, 12, power=power)
        for j in range(4):
            eta = wishart_degrees(basis, codes, 12, np.eye(4)[[j]], power=power)
            assert eta == pytest.approx(found.df[j], rel=1e-9)


def test_one_restriction_is_the_squared_t():
    test = wald(np.array([3.0, 1.0]), np.diag([4.0, 1.0]), np.array([[1.0, 0.0]]), np.array([1.0]), 17.0)
    assert test.statistic == pytest.approx(1.0)
    assert test.df == 1
    assert test.p_value == pytest.approx(2 * student.sf(1.0, 17), rel=1e-12)


def test_scale_of_restrictions_does_not_matter():
    random = np.random.default_rng(3)
    root = random.normal(size=(3, 3))
    params, rows = random.normal(size=3), random.normal(size=(2, 3))
    first = wald(params, root @ root.T, rows, np.zeros(2), np.inf)
    second = wald(params, root @ root.T, rows * np.array([[1e6], [1e-6]]), np.zeros(2), np.inf)
    assert second.statistic == pytest.approx(first.statistic, rel=1e-9)


def test_rank_and_what_is_not_defined():
    ones = np.ones((2, 2))
    assert wald(np.array([1.0, 1.0]), ones, np.eye(2), np.zeros(2), 5.0).df == 1
    assert np.isnan(wald(np.ones(2), np.full((2, 2), np.nan), np.eye(2), np.zeros(2), 5.0).statistic)
    assert np.isnan(wald(np.ones(2), np.diag([1.0, -1.0]), np.eye(2), np.zeros(2), 5.0).statistic)
