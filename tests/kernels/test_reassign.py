"""Fits of every set: by units and by whole sets agree, with trends and collinear controls."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels import reassign
from impact.kernels.assignments import draw_sets
from impact.kernels.factors import Effect
from impact.kernels.reassign import Regression, fit_sets


def regression(seed, *, columns, trend):
    random = np.random.default_rng(seed)
    unit = np.repeat(np.arange(12), 14).astype(np.int32)
    time = np.tile(np.repeat(np.arange(7), 2), 12).astype(np.int32)
    keep = random.random(len(unit)) > 0.15
    unit, time = unit[keep], time[keep]
    n = len(unit)
    controls = random.normal(size=(n, 2))
    controls = np.column_stack([controls, controls @ [1.0, 2.0], np.ones(n)])  # collinear, and absorbed
    profile = np.column_stack([time >= 4, time == 2, time == 6])[:, :columns].astype(float)
    first = Effect(unit, 12, time.astype(float)) if trend else Effect(unit, 12)
    return Regression(
        y=random.normal(size=n) + unit,
        controls=controls,
        effects=[first, Effect(time, 7)],
        weights=random.uniform(0.5, 2.0, n),
        unit=unit,
        n_units=12,
        profile=profile,
        cluster=(unit // 2).astype(np.int32),
        n_clusters=6,
        scale=1.1,
    )


def by_definition(own, members):
    dummies = [(e.codes[:, None] == np.arange(e.levels)).astype(float) for e in own.effects]
    if own.effects[0].slope is not None:
        dummies.append(dummies[0] * own.effects[0].slope[:, None])
    active = np.isin(own.unit, members).astype(float)[:, None] * own.profile
    m = active.shape[1]
    root = np.sqrt(own.weights)[:, None]
    full = np.hstack([active, own.controls, *dummies]) * root
    inverse = np.linalg.pinv(full.T @ full, rcond=1e-11)
    params = inverse @ full.T @ (own.y * root[:, 0])
    residual = own.y * root[:, 0] - full @ params
    scores = np.array([full[own.cluster == g].T @ residual[own.cluster == g] for g in range(own.n_clusters)])
    vcov = inverse @ scores.T @ scores @ inverse
    return params[:m], params[:m] / (own.scale * np.sqrt(np.diag(vcov)[:m]))


@pytest.mark.parametrize(("columns", "trend"), [(1, False), (1, True), (3, False)])
def test_both_methods_and_the_definition(monkeypatch, columns, trend):
    own = regression(9, columns=columns, trend=trend)
    sets = draw_sets([np.arange(12, dtype=np.int32)], [4], 25, seed=2)
    probes = np.array([0, 3, 17])
    monkeypatch.setattr(reassign, "PASSES", 1e9)
    units = fit_sets(own, sets, 3, probes)
    monkeypatch.setattr(reassign, "PASSES", 0)
    monkeypatch.setattr(reassign, "BLOCK", 1000)
    whole = fit_sets(own, sets, 3, probes)
    for name in ("estimates", "statistics", "slopes", "crossings"):
        np.testing.assert_allclose(getattr(units, name), getattr(whole, name), rtol=1e-8, atol=1e-9)
    for s in (0, 3, 11):
        estimate, statistic = by_definition(own, sets[s])
        np.testing.assert_allclose(units.estimates[s], estimate, rtol=1e-9)
        np.testing.assert_allclose(units.statistics[s], statistic, rtol=1e-8)
    np.testing.assert_allclose(units.slopes[3], np.eye(columns), atol=1e-10)
    np.testing.assert_allclose(units.crossings[probes, np.arange(3)], 1.0, rtol=1e-9)
