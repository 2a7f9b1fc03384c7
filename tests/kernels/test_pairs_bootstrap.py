"""Clusters drawn with replacement: each draw against the regression on the rows written out."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.cluster_adjusted import orthonormal_basis
from impact.kernels.factors import Effect
from impact.kernels.pairs_bootstrap import LARGEST, TooLarge, pairs_deviations
from impact.kernels.resampling import counts_of_draws

N, GROUPS = 240, 12


def dummies(codes):
    return (codes[:, None] == np.unique(codes)).astype(float)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("groups", [GROUPS, N])
def test_each_draw_is_the_regression_on_the_drawn_rows(weighted, groups):
    """Unit effects inside clusters, period effects across them; a cluster drawn twice is two clusters of units."""
    random = np.random.default_rng(4)
    unit, time = np.repeat(np.arange(24), 10), np.tile(np.arange(10), 24)
    cluster = unit // 2 if groups == GROUPS else np.arange(N)
    x, y = random.standard_normal((N, 2)), random.standard_normal(N)
    w = random.random(N) + 0.5 if weighted else np.ones(N)
    nested = [Effect(unit.astype(np.int32), 24)] if groups == GROUPS else []
    outside = [Effect(time.astype(np.int32), 10)]
    effects = np.hstack([dummies(unit), dummies(time)]) if nested else dummies(time)
    root = np.sqrt(w)[:, None]
    project = lambda z: z - effects @ np.linalg.lstsq(effects * root, z * root, rcond=None)[0]  # noqa: E731
    xa, ya = project(x), project(y[:, None])[:, 0]
    bread = np.linalg.inv((xa * w[:, None]).T @ xa)
    b = bread @ (xa.T @ (w * ya))
    basis = orthonormal_basis(xa, bread, outside, nested, w if weighted else None)
    residual = (ya - xa @ b) * np.sqrt(w)
    found = pairs_deviations(basis, residual, cluster.astype(np.int32), groups, draws=25, seed=9)
    counts = next(iter(counts_of_draws(25, groups, 9)))
    for draw in range(25):
        rows = np.concatenate(
            [np.tile(np.flatnonzero(cluster == g), int(counts[draw, g])) for g in range(groups)]
        )
        full = np.hstack([x[rows], dummies(time[rows]), *([dummies(unit[rows])] if nested else [])])
        own = np.sqrt(w[rows])
        drawn = np.linalg.lstsq(full * own[:, None], y[rows] * own, rcond=None)[0]
        assert found[draw] == pytest.approx(drawn[:2] - b, abs=1e-9)


def test_draws_without_the_coefficient_are_marked():
    """One cluster alone has the regressor: draws without it do not identify it."""
    cluster = np.repeat(np.arange(6), 5).astype(np.int32)
    x = np.column_stack([np.ones(30), (cluster == 2) * np.arange(30.0)])
    y = np.random.default_rng(0).standard_normal(30)
    bread = np.linalg.inv(x.T @ x)
    residual = y - x @ (bread @ (x.T @ y))
    basis = orthonormal_basis(x, bread, [], [], None)
    found = pairs_deviations(basis, residual, cluster, 6, draws=200, seed=1)
    absent = next(iter(counts_of_draws(200, 6, 1)))[:, 2] == 0
    assert absent.any()
    assert (np.isnan(found).all(axis=1) == absent).all()


def test_too_many_columns_for_the_clusters():
    rows = np.zeros((20, 1 + int((LARGEST / 20) ** 0.5)))
    basis = type("B", (), {"rows": rows, "root": np.eye(1)})()
    with pytest.raises(TooLarge, match="20 clusters"):
        pairs_deviations(basis, np.zeros(20), np.arange(20, dtype=np.int32), 20, draws=9, seed=1)
