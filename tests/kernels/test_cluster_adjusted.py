"""Leverage-adjusted clusters: both decompositions agree with the definition; labels do not matter."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels import cluster_adjusted
from impact.kernels.cluster_adjusted import adjusted_clusters, orthonormal_basis


def fit(seed=4, n=60, k=5):
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, k))
    bread = np.linalg.inv(x.T @ x)
    y = random.normal(size=n)
    return x, bread, y - x @ (bread @ x.T @ y), random


@pytest.mark.parametrize("power", [0.0, -0.5, -1.0])
def test_clusters_of_any_size(power):
    x, bread, residual, random = fit()
    sizes = [1, 1, 2, 3, 4, 5, 6, 8, 12, 18]  # under, at and over the five columns
    codes = random.permutation(np.repeat(np.arange(10), sizes)).astype(np.int32)
    found = adjusted_clusters(orthonormal_basis(x, bread, [], [], None), residual, codes, 11, power=power)
    hat = x @ bread @ x.T
    for group in range(10):
        rows = codes == group
        values, vectors = np.linalg.eigh(np.eye(rows.sum()) - hat[np.ix_(rows, rows)])
        adjust = (vectors * values**power) @ vectors.T
        np.testing.assert_allclose(
            found.influence[group], bread @ x[rows].T @ adjust @ residual[rows], rtol=1e-9, atol=1e-12
        )
    assert not found.influence[10].any()  # a level without rows


def test_batches_do_not_matter(monkeypatch):
    x, bread, residual, random = fit()
    codes = random.integers(0, 15, 60).astype(np.int32)
    basis = orthonormal_basis(x, bread, [], [], None)
    whole = adjusted_clusters(basis, residual, codes, 15, power=-1.0)
    monkeypatch.setattr(cluster_adjusted, "BATCH", 1)
    single = adjusted_clusters(basis, residual, codes, 15, power=-1.0)
    np.testing.assert_allclose(single.influence, whole.influence, rtol=1e-12)
    np.testing.assert_allclose(single.df, whole.df, rtol=1e-12)


def test_labels_and_order_of_rows_do_not_matter():
    x, bread, residual, random = fit()
    codes = random.integers(0, 8, 60).astype(np.int32)
    basis = orthonormal_basis(x, bread, [], [], None)
    plain = adjusted_clusters(basis, residual, codes, 8, power=-0.5)
    order, relabel = random.permutation(60), random.permutation(8).astype(np.int32)
    moved = orthonormal_basis(x[order], bread, [], [], None)
    other = adjusted_clusters(moved, residual[order], relabel[codes[order]], 8, power=-0.5)
    np.testing.assert_allclose(other.influence[relabel], plain.influence, rtol=1e-10)
    np.testing.assert_allclose(other.df, plain.df, rtol=1e-10)
