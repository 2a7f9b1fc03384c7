"""Shift-share kernels against the formulas of the papers with dense matrices, and linearmodels on collapsed shocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from linearmodels.iv import IV2SLS

import impact.kernels.instruments.shift_share as shift_share
from impact.kernels.instruments.partial_out import left_by

N, S, T = 120, 9, 2


@pytest.fixture(params=[False, True], ids=["equal", "weighted"])
def world(request):
    """Shares, shocks, y and x without a constant for each period, weights."""
    rng = np.random.default_rng(21)
    period = np.repeat(np.arange(T, dtype=np.int32), N // T)
    shares = rng.dirichlet(np.ones(S), size=N)
    shares[rng.uniform(size=(N, S)) < 0.2] = 0.0
    shares /= shares.sum(axis=1, keepdims=True)
    g = rng.normal(size=(T, S))
    z = (shares * g[period]).sum(axis=1)
    x = z + rng.normal(size=N)
    y = 0.7 * x + shares @ rng.normal(size=S) + rng.normal(size=N)
    weights = rng.uniform(0.5, 2, size=N) if request.param else None
    dummies = np.eye(T)[period]
    x, y, z = left_by(dummies, np.column_stack([x, y, z]), weights).T
    exposures = shift_share.Exposures(shares, period, T, weights)
    return exposures, g, x, y, z, np.ones(N) if weights is None else weights


def wide(exposures):
    """Shares (n, T S) of shocks, a block a period."""
    return np.hstack([exposures.shares * (exposures.period == t)[:, None] for t in range(T)])


def test_akm_by_dense_matrices(world):
    """Equation of the paper: ĝ from all shocks at once, and the sums of their residuals."""
    exposures, _, x, y, z, w = world
    share = wide(exposures)
    g_hat = np.linalg.solve(share.T @ (w[:, None] * share), share.T @ (w * z))
    beta = np.sum(w * y * z) / np.sum(w * x * z)
    r = share.T @ (w * (y - beta * x))
    expected = np.sqrt(np.sum(g_hat**2 * r**2)) / abs(np.sum(w * x * z))
    effects, dropped = shift_share.shock_effects(exposures, z / np.sum(w * x * z))
    codes = np.arange(T * S, dtype=np.int32).reshape(T, S)
    parts = shift_share.exposure_robust(exposures, effects, y - beta * x, x, estimate=beta, cluster=codes)
    assert np.sqrt(parts.variance()) == pytest.approx(expected, rel=1e-9) and dropped == 0
    at_zero = share.T @ (w * y)
    expected = np.sqrt(np.sum(g_hat**2 * at_zero**2)) / abs(np.sum(w * x * z))
    assert np.sqrt(parts.variance_at_null()) == pytest.approx(expected, rel=1e-9)


def test_the_set_is_where_the_null_is_not_rejected(world):
    exposures, _, x, y, z, w = world
    scale = np.sum(w * x * z)
    beta = np.sum(w * y * z) / scale
    effects, _ = shift_share.shock_effects(exposures, z / scale)
    codes = np.broadcast_to(np.arange(S, dtype=np.int32), (T, S))
    parts = shift_share.exposure_robust(exposures, effects, y - beta * x, x, estimate=beta, cluster=codes)
    for critical in (1.0, 1.96, 3.0, 6.0):
        pieces = shift_share.null_imposed_set(parts, beta, critical)
        for b in np.tan(np.linspace(-1.56, 1.56, 201)):
            sums = parts.residual + (beta - b) * parts.regressor
            holds = abs(beta - b) <= critical * np.sqrt(np.sum(sums**2))
            assert holds == any(low <= b <= high for low, high in pieces)


def test_sets_of_every_shape():
    """c_x large against 1/z: half-lines where zero residuals leave the estimate's neighbourhood out, or everything."""
    one = shift_share.ExposureRobust(np.array([0.1]), np.array([0.3]), np.array([0.1]))
    assert len(shift_share.null_imposed_set(one, 2.0, 1.96)) == 1
    far = shift_share.ExposureRobust(np.array([1.0, -1.0]), np.zeros(2), np.array([1.0, 1.0]))
    assert shift_share.null_imposed_set(far, 2.0, 1.96) == ((-np.inf, np.inf),)
    # (b̂ − b)² > z² Σ (e + (b̂ − b) x)² somewhere only if e and x point the same way
    split = shift_share.ExposureRobust(np.array([1.0]), np.zeros(1), np.array([1.0]))
    low, high = shift_share.null_imposed_set(split, 2.0, 1.96)
    assert low[0] == -np.inf and high[1] == np.inf and low[1] < high[0]


def test_rotemberg_weights_by_their_formula(world):
    exposures, g, x, y, z, w = world
    shocks = g[exposures.period]
    found = shift_share.rotemberg(exposures, shocks, x, y)
    share = wide(exposures)
    on_x, on_y = share.T @ (w * x), share.T @ (w * y)
    alpha = g.ravel() * on_x / np.sum(g.ravel() * on_x)
    assert found.weight.ravel() == pytest.approx(alpha, rel=1e-9)
    assert found.estimate.ravel() == pytest.approx(on_y / on_x, rel=1e-9)
    assert found.weight.sum() == pytest.approx(1.0)
    beta = np.sum(w * y * z) / np.sum(w * x * z)
    assert np.sum(found.weight * found.estimate) == pytest.approx(beta, rel=1e-9)


def collapsed(exposures, g, x, y, w):
    share = wide(exposures)
    size = share.T @ w
    held = size > 0
    frame = pd.DataFrame(
        {
            "y": (share.T @ (w * y))[held] / size[held],
            "x": (share.T @ (w * x))[held] / size[held],
            "g": g.ravel()[held],
            "s": size[held],
            "sector": np.tile(np.arange(S), T)[held],
        }
    )
    return frame.join(pd.DataFrame(np.repeat(np.eye(T), S, axis=0)[held], columns=["t0", "t1"]))


@pytest.mark.parametrize("by", ["shock", "sector"])
def test_shock_level_by_linearmodels(world, by):
    """ȳ on x̄ with g as instrument, weights s and a constant a period: estimate, robust and clustered errors."""
    exposures, g, x, y, z, w = world
    data = collapsed(exposures, g, x, y, w)
    kind = {"cov_type": "clustered", "clusters": data["sector"]} if by == "sector" else {"cov_type": "robust"}
    peer = IV2SLS(data["y"], data[["t0", "t1"]], data[["x"]], data[["g"]], weights=data["s"]).fit(
        **kind, debiased=False
    )
    codes = np.arange(T * S, dtype=np.int32).reshape(T, S)
    if by == "sector":
        codes = np.ascontiguousarray(np.broadcast_to(np.arange(S, dtype=np.int32), (T, S)))
    found = shift_share.shock_level(exposures, g, x, y, cluster=codes)
    assert found.estimate == pytest.approx(peer.params["x"], rel=1e-9)
    assert found.std_error == pytest.approx(peer.std_errors["x"], rel=1e-9)
    beta = np.sum(w * y * z) / np.sum(w * x * z)
    assert found.estimate == pytest.approx(beta, rel=1e-9)
    assert found.effective == pytest.approx(data["s"].sum() ** 2 / np.sum(data["s"] ** 2))
    assert found.largest == pytest.approx(data["s"].max() / data["s"].sum())
    if by == "shock":
        first = peer.first_stage.individual["x"]
        assert found.first_stage_f == pytest.approx(first.tstats["g"] ** 2, rel=1e-9)


def test_shocks_of_rows_and_their_means(world):
    exposures, g, *_ = world
    shocks = g[exposures.period].copy()
    assert shift_share.are_common(exposures, shocks)
    means = shift_share.mean_shocks(exposures, shocks)
    assert means == pytest.approx(g)
    exposed = np.flatnonzero(exposures.shares[:, 0])[0]
    shocks[exposed, 0] += 1.0
    assert not shift_share.are_common(exposures, shocks)


def test_collinear_and_empty_shares_get_nothing(world):
    exposures, _, _, _, z, _ = world
    shares = np.column_stack([exposures.shares, exposures.shares[:, 0] * 2, np.zeros(N)])
    doubled = shift_share.Exposures(shares, exposures.period, T, exposures.weights)
    effects, dropped = shift_share.shock_effects(doubled, z)
    plain, _ = shift_share.shock_effects(exposures, z)
    assert dropped == T
    assert effects[:, :S] == pytest.approx(plain, rel=1e-8) and not effects[:, S:].any()


def test_nothing_is_left_out_of_nothing():
    y = np.arange(6.0).reshape(3, 2)
    assert left_by(np.empty((3, 0)), y, None) is y
    assert left_by(np.ones((3, 1)), y, None) == pytest.approx(y - y.mean(axis=0))
