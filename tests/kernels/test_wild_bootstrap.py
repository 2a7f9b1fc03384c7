"""The wild cluster bootstrap from sums by cluster, against regressions on the bootstrap outcomes written out."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.wild_bootstrap as wild
from impact.kernels.cluster_adjusted import orthonormal_basis
from impact.kernels.cluster_robust import parts
from impact.kernels.factors import Effect
from impact.kernels.resampling import multipliers

N, UNITS, PERIODS, GROUPS = 96, 16, 6, 8


def interval(draws, estimate, **how):
    """The interval at 95 percent: hypotheses that are not rejected."""
    return wild.invert(lambda distance: wild.p_value(draws, distance, **how), estimate, draws.error, 0.95)


def dummies(codes):
    return (codes[:, None] == np.unique(codes)).astype(float)


@pytest.fixture(params=["plain", "weighted"])
def world(request):
    """Unit and period effects, clusters of two units; x, y, weights, and the dense design."""
    random = np.random.default_rng(12)
    unit, time = np.repeat(np.arange(UNITS), PERIODS), np.tile(np.arange(PERIODS), UNITS)
    x = random.standard_normal((N, 2))
    y = 0.3 * x[:, 0] + np.repeat(random.standard_normal(GROUPS), N // GROUPS) + random.standard_normal(N)
    w = np.ones(N) if request.param == "plain" else random.random(N) + 0.3
    dense = np.hstack([x, dummies(unit), dummies(time)])
    return {"x": x, "y": y, "w": w, "unit": unit, "time": time, "cluster": unit // 2, "dense": dense}


def fit(dense, y, w):
    """Coefficients, residuals and the first row of the pseudo-inverse, of weighted least squares by dummies."""
    root = np.sqrt(w)
    inverse = np.linalg.pinv(dense * root[:, None])
    beta = inverse @ (y * root)
    return beta, y - dense @ beta, inverse[0] * root


def t_of(dense, y, w, groupings, null=0.0):
    """t of the first coefficient with CR0 by inclusion and exclusion (one or two groupings)."""
    beta, residual, row = fit(dense, y, w)
    scores = row * residual
    variance = sum((np.bincount(codes, weights=scores) ** 2).sum() for codes in groupings)
    if len(groupings) == 2:
        both = groupings[0] * 1000 + groupings[1]
        variance -= (np.bincount(both, weights=scores) ** 2).sum()
    return (beta[0] - null) / np.sqrt(variance) if variance > 0 else np.nan


def brute(world, weights, codes, groupings, null, restricted):
    """t of every draw, one regression each."""
    dense, y, w = world["dense"], world["y"], world["w"]
    if restricted:
        rest, residual, _ = fit(dense[:, 1:], y - null * dense[:, 0], w)
        fitted, centre = null * dense[:, 0] + dense[:, 1:] @ rest, null
    else:
        beta, residual, _ = fit(dense, y, w)
        fitted, centre = dense @ beta, beta[0]
    return np.array([t_of(dense, fitted + own[codes] * residual, w, groupings, centre) for own in weights])


def sums(world, codes, groups, groupings):
    x, y, w = world["x"], world["y"], world["w"]
    effects = world["dense"][:, 2:]
    root = np.sqrt(w)
    inverse = np.linalg.pinv(effects * root[:, None])
    clear = lambda z: z - effects @ (inverse @ (z.T * root).T)  # noqa: E731
    xa, ya = clear(x), clear(y)
    bread = np.linalg.inv((xa * w[:, None]).T @ xa)
    beta = bread @ (xa.T @ (w * ya))
    nested = [Effect(world["unit"].astype(np.int32), UNITS)]
    outside = [Effect(world["time"].astype(np.int32), PERIODS)]
    if groups < 2 * PERIODS and (codes == world["time"]).all():
        nested, outside = outside, nested
    basis = orthonormal_basis(xa, bread, outside, nested, w)
    pieces = parts([own.astype(np.int32) for own in groupings], [int(own.max()) + 1 for own in groupings])
    h = (xa @ bread[:, 0]) * root
    return wild.sums_of(
        h, basis.rows, (ya - xa @ beta) * root, codes.astype(np.int32), groups, parts=pieces
    ), beta


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("null", [0.0, 0.4])
@pytest.mark.parametrize("kind", ["one", "subcluster", "two", "by time"])
def test_every_draw_is_a_regression(world, restricted, null, kind):
    cluster, unit, time = world["cluster"], world["unit"], world["time"]
    codes, groups = {"one": (cluster, GROUPS), "two": (cluster, GROUPS), "subcluster": (unit, UNITS)}.get(
        kind, (time, PERIODS)
    )
    groupings = {"two": [cluster, time], "by time": [time]}.get(kind, [cluster])
    weights = multipliers("webb", 40, groups, 3)
    found, beta = sums(world, codes, groups, groupings)
    draws = wild.draw(found, weights, restricted=restricted)
    expected = brute(world, weights, codes, groupings, null, restricted)
    distance = beta[0] - null
    imposed = distance if restricted else 0.0
    squares = draws.variance[0] + imposed * draws.variance[1] + imposed**2 * draws.variance[2]
    usable = np.isfinite(expected)
    numerator = draws.numerator[0] + imposed * draws.numerator[1]
    assert numerator[usable] / np.sqrt(squares[usable]) == pytest.approx(expected[usable], rel=1e-7, abs=1e-9)
    actual = t_of(world["dense"], world["y"], world["w"], groupings, null)
    assert distance / found.error == pytest.approx(actual, rel=1e-8)
    share = np.mean(np.abs(expected[usable]) >= abs(actual))
    assert wild.p_value(draws, distance) == pytest.approx(share, abs=1e-12)
    above, below = np.mean(expected[usable] >= actual), np.mean(expected[usable] <= actual)
    assert wild.p_value(draws, distance, tail="equal") == pytest.approx(
        min(1, 2 * min(above, below)), abs=1e-12
    )


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("tail", ["symmetric", "equal"])
def test_the_interval_is_the_inverted_test(world, restricted, tail):
    """Every hypothesis inside has p > 5 %, those just outside have not."""
    found, beta = sums(world, world["cluster"], GROUPS, [world["cluster"]])
    draws = wild.draw(found, multipliers("webb", 999, GROUPS, 3), restricted=restricted)
    low, high = interval(draws, beta[0], tail=tail)
    assert low < beta[0] < high
    for inside in np.linspace(low, high, 9)[1:-1]:
        assert wild.p_value(draws, beta[0] - inside, tail=tail) > 0.05
    step = 1e-6 * found.error
    for outside in (low - step, high + step):
        assert wild.p_value(draws, beta[0] - outside, tail=tail) <= 0.05 + 1e-12


def test_percentile_interval_without_the_null(world):
    """WCU, t: b ± the quantile of |t*| times the error."""
    found, beta = sums(world, world["cluster"], GROUPS, [world["cluster"]])
    draws = wild.draw(found, multipliers("webb", 999, GROUPS, 3), restricted=False)
    sizes = np.sort(np.abs(draws.numerator[0] / np.sqrt(draws.variance[0])))
    low, high = interval(draws, beta[0])
    half = sizes[999 - 50] * found.error  # p > 5 % needs 50 of 999 draws at least as large
    assert (high - low) / 2 == pytest.approx(half, rel=1e-6)
    assert (high + low) / 2 == pytest.approx(beta[0], rel=1e-6)


def test_no_end_with_three_clusters():
    """Two of the eight sign vectors always tie: p is never below 1/4."""
    random = np.random.default_rng(0)
    x = random.standard_normal((30, 1))
    y = random.standard_normal(30)
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ y
    codes = np.repeat(np.arange(3), 10).astype(np.int32)
    basis = orthonormal_basis(x, bread, [], [], None)
    found = wild.sums_of(x[:, 0] * bread[0, 0], basis.rows, y - x @ beta, codes, 3, parts=parts([codes], [3]))
    signs = 1.0 - 2.0 * ((np.arange(8)[:, None] >> np.arange(3)) & 1)
    draws = wild.draw(found, signs, restricted=True)
    assert interval(draws, float(beta[0])) == (-np.inf, np.inf)
    assert wild.p_value(draws, float(beta[0]) - 100) == 0.25
    assert wild.p_value(draws, float(beta[0]) - 100, count_ties=False) == 0.0
