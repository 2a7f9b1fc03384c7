"""Neighbours, uses and local variances against plain loops over rows, with and without ties."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.matching as kernel


def by_loops(to, among, values, k):
    mean, used, squared = np.empty(len(to)), np.zeros(len(among)), np.zeros(len(among))
    count = np.empty(len(to))
    for row, point in enumerate(to):
        distance = np.sqrt(((among - point) ** 2).sum(axis=1))
        near = distance <= np.sort(distance)[k - 1] + 1e-9
        mean[row], count[row] = values[near].mean(), near.sum()
        used += near / near.sum()
        squared += near / near.sum() ** 2
    return mean, count, used, squared


@pytest.mark.parametrize("discrete", [False, True])
@pytest.mark.parametrize("k", [1, 3])
def test_matches_by_loops(discrete, k):
    random = np.random.default_rng(5)
    to, among = random.standard_normal((40, 2)), random.standard_normal((70, 2))
    if discrete:
        to, among = np.round(to), np.round(among)
    values = random.standard_normal(70)
    found = kernel.match(kernel.points_of(to), kernel.points_of(among), values, k)
    mean, count, used, squared = by_loops(to, among, values, k)
    assert found.mean == pytest.approx(mean)
    assert found.matches.tolist() == count.tolist()
    assert found.used == pytest.approx(used)
    assert found.used_squared == pytest.approx(squared)


@pytest.mark.parametrize("discrete", [False, True])
def test_local_moments_by_loops(discrete):
    random = np.random.default_rng(6)
    x = random.standard_normal((60, 1))
    x = np.round(2 * x) if discrete else x
    y, left = 1e6 + random.standard_normal(60), random.standard_normal((60, 2))
    points = kernel.points_of(x)
    variance = kernel.local_variance(points, y, 3)
    covariance = kernel.local_covariance(points, points, left, y, 3)
    for row in range(60):
        distance = np.abs(x[:, 0] - x[row, 0])
        near = distance <= np.sort(distance)[2] + 1e-9
        assert variance[row] == pytest.approx(y[near].var(ddof=1), rel=1e-7)
        expected = [np.cov(left[near, j], y[near])[0, 1] for j in (0, 1)]
        assert covariance[row] == pytest.approx(expected, abs=1e-7)


def test_too_few_rows():
    points = kernel.points_of(np.zeros((3, 1)))
    with pytest.raises(ValueError, match="fewer"):
        kernel.nearest(points, points, 4)


@pytest.mark.parametrize("metric", ["mahalanobis", "variance", "euclidean"])
def test_metrics(metric):
    x = np.random.default_rng(7).standard_normal((50, 3)) @ [[1, 0.5, 0], [0, 2, 0], [0, 0, 9.0]]
    inverse = {
        "mahalanobis": np.linalg.inv(np.cov(x.T)),
        "variance": np.diag(1 / x.var(axis=0, ddof=1)),
        "euclidean": np.eye(3),
    }[metric]
    z, apart = kernel.whitened(x, metric), x[3] - x[11]
    assert np.sum((z[3] - z[11]) ** 2) == pytest.approx(apart @ inverse @ apart)
