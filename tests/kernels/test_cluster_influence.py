"""Leverage of clusters against the hat matrix and the residuals of Frisch and Waugh, both written out."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.cluster_influence import cluster_leverage, effective_clusters, partial_leverage


@pytest.fixture
def data():
    random = np.random.default_rng(4)
    x = random.normal(size=(90, 3)) + random.normal(size=(90, 1))
    return x, random.uniform(0.5, 2, 90), random.integers(0, 8, 90).astype(np.int32)


@pytest.mark.parametrize("weighted", [False, True])
def test_against_the_hat_matrix(data, weighted):
    x, weights, codes = data
    root = np.sqrt(weights) if weighted else np.ones(90)
    scaled = x * root[:, None]
    bread = np.linalg.inv(scaled.T @ scaled)
    hat = np.diagonal(scaled @ bread @ scaled.T)
    given = weights if weighted else None
    found = cluster_leverage(x, bread, given, codes, 8)
    assert found == pytest.approx([hat[codes == g].sum() for g in range(8)], rel=1e-12)
    assert found.sum() == pytest.approx(3)
    for j in range(3):
        others = np.delete(scaled, j, axis=1)
        left = scaled[:, j] - others @ np.linalg.lstsq(others, scaled[:, j], rcond=None)[0]
        parts = [np.sum(left[codes == g] ** 2) / np.sum(left**2) for g in range(8)]
        assert partial_leverage(x, bread, given, codes, 8, j) == pytest.approx(parts, rel=1e-10)


def test_effective_clusters():
    assert effective_clusters(np.full(20, 0.05)) == pytest.approx(20)
    assert effective_clusters(np.array([1.0, 0.0, 0.0, 0.0])) == pytest.approx(1)
    random = np.random.default_rng(1)
    x = random.normal(size=60)
    codes = np.repeat(np.arange(6), 10)
    gamma = np.array([np.sum(x[codes == g] ** 2) for g in range(6)]) / np.sum(x**2) ** 2
    spread = (
        np.mean((gamma - gamma.mean()) ** 2) / gamma.mean() ** 2
    )  # as the paper defines it, Ω the identity
    parts = np.array([np.sum(x[codes == g] ** 2) for g in range(6)]) / np.sum(x**2)
    assert effective_clusters(parts) == pytest.approx(6 / (1 + spread))
