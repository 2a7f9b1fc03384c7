"""The wild bootstrap with an instrumented regressor, against both equations drawn and estimated again row by row."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.instruments.wild_instruments as wild
from impact.kernels.cluster_adjusted import orthonormal_basis
from impact.kernels.cluster_robust import parts
from impact.kernels.factors import Effect
from impact.kernels.resampling import all_signs, multipliers

N, UNITS, PERIODS, GROUPS = 96, 16, 6, 8


def dummies(codes):
    return (codes[:, None] == np.unique(codes)).astype(float)


@pytest.fixture(params=["plain", "weighted"])
def world(request):
    """Unit and period effects, one exogenous column x, two instruments; clusters of two units."""
    random = np.random.default_rng(5)
    unit, time = np.repeat(np.arange(UNITS), PERIODS), np.tile(np.arange(PERIODS), UNITS)
    x, z, shock = (
        random.standard_normal((N, 1)),
        random.standard_normal((N, 2)),
        random.standard_normal((N, 2)),
    )
    d = z @ [0.7, 0.3] + 0.4 * x[:, 0] + shock[:, 0] + 0.2 * time
    y = (
        0.5 * d
        + 0.3 * x[:, 0]
        + 0.6 * shock[:, 0]
        + shock[:, 1]
        + np.repeat(random.standard_normal(GROUPS), 12)
    )
    w = np.ones(N) if request.param == "plain" else random.random(N) + 0.3
    return {"x": x, "z": z, "d": d, "y": y, "w": w, "unit": unit, "time": time, "cluster": unit // 2}


def exogenous(world):
    return np.hstack([world["x"], dummies(world["unit"]), dummies(world["time"])])


def ols(columns, y, w):
    root = np.sqrt(w)
    return np.linalg.lstsq(columns * root[:, None], (y.T * root).T, rcond=None)[0]


def two_stages(world, y, d, null):
    """Estimate less hypothesis and CR0 variance of two-stage least squares with every dummy written out."""
    c, w = exogenous(world), world["w"]
    hat = np.hstack([world["z"], c]) @ ols(np.hstack([world["z"], c]), d, w)
    beta = ols(np.hstack([hat[:, None], c]), y, w)
    residual = y - beta[0] * d - c @ beta[1:]
    left = hat - c @ ols(c, hat, w)
    squares = np.sum(w * left**2)
    score = np.bincount(world["cluster"], weights=w * left * residual)
    return beta[0] - null, np.sum(score**2) / squares**2


def brute(world, weights, codes, null):
    """Both equations under the hypothesis, drawn and estimated again for each row of weights."""
    c, w, z, d, y = exogenous(world), world["w"], world["z"], world["d"], world["y"]
    rest = ols(c, y - null * d, w)
    u = y - null * d - c @ rest
    count = z.shape[1]
    stage = ols(np.hstack([z, c, u[:, None]]), d, w)
    fitted = z @ stage[:count] + c @ ols(c, d - z @ stage[:count], w)
    r = d - fitted
    found = []
    for row in weights:
        d_new = fitted + row[codes] * r
        found.append(two_stages(world, null * d_new + c @ rest + row[codes] * u, d_new, null))
    return np.array(found).T


def sums(world, codes, groups):
    root = np.sqrt(world["w"])
    c = exogenous(world)
    free = np.column_stack([world["y"], world["d"], world["z"]])
    free = (free - c @ ols(c, free, world["w"])) * root[:, None]
    effects = [
        Effect(world[name].astype(np.int32), levels) for name, levels in (("unit", UNITS), ("time", PERIODS))
    ]
    within = world["x"] - np.hstack([dummies(world["unit"]), dummies(world["time"])]) @ ols(
        np.hstack([dummies(world["unit"]), dummies(world["time"])]), world["x"], world["w"]
    )
    bread = np.linalg.inv(within.T @ (world["w"][:, None] * within))
    weights = None if np.all(world["w"] == 1) else world["w"]
    basis = orthonormal_basis(within, bread, effects[1:], effects[:1], weights)
    pieces = parts([world["cluster"].astype(np.int32)], [GROUPS])
    return wild.sums_of(free, basis.rows, codes.astype(np.int32), groups, parts=pieces)


@pytest.mark.parametrize("null", [0.0, 0.5, -2.0])
@pytest.mark.parametrize("by", ["cluster", "unit"])
def test_equal_to_estimating_again(world, null, by):
    codes, groups = (world["cluster"], GROUPS) if by == "cluster" else (world["unit"], UNITS)
    weights = multipliers("webb", 40, groups, 3)
    found = wild.draw(sums(world, codes, groups), weights, null)
    distance, variance = brute(world, weights, codes, null)
    assert found.distance == pytest.approx(distance, rel=1e-9, abs=1e-11)
    assert found.variance == pytest.approx(variance, rel=1e-8)


def test_the_draw_of_ones_is_the_sample(world):
    found = wild.draw(sums(world, world["cluster"], GROUPS), np.ones((1, GROUPS)), 0.2)
    distance, variance = two_stages(world, world["y"], world["d"], 0.2)
    assert (found.distance[0], found.variance[0]) == (pytest.approx(distance), pytest.approx(variance))


def test_chunks_are_not_seen(world, monkeypatch):
    own = sums(world, world["cluster"], GROUPS)
    whole = wild.draw(own, all_signs(GROUPS), 0.1)
    monkeypatch.setattr(wild, "_LARGEST", 24)
    pieces = wild.draw(own, all_signs(GROUPS), 0.1)
    assert pieces.distance == pytest.approx(whole.distance, rel=1e-13)
    assert pieces.variance == pytest.approx(whole.variance, rel=1e-12)
