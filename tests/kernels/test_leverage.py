"""Leverage of the full model against the hat matrix of dummies."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels import leverage
from impact.kernels.absorb import absorb
from impact.kernels.factors import Effect
from impact.kernels.leverage import TooManyEffects, full_leverage


def dummies(effect):
    found = (effect.codes[:, None] == np.arange(effect.levels)).astype(float)
    parts = [found] if effect.intercept else []
    if effect.slope is not None:
        parts.append(found * effect.slope[:, None])
    return np.hstack(parts)


def effects_of(random, n, names):
    unit = random.integers(0, 9, n).astype(np.int32)
    time = random.integers(0, 5, n).astype(np.int32)
    kinds = {
        "unit": Effect(unit, 9),
        "time": Effect(time, 5),
        "region": Effect((unit // 3).astype(np.int32), 3),
        "trend": Effect(unit, 9, time.astype(float)),
        "slopes": Effect((unit // 3).astype(np.int32), 3, random.normal(size=n), intercept=False),
    }
    return [kinds[name] for name in names]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "names",
    [
        ["unit"],
        ["unit", "time"],
        ["time", "unit", "region"],
        ["trend"],
        ["trend", "time"],
        ["unit", "slopes"],
        ["slopes"],
    ],
)
def test_hat_matrix(names, weighted):
    random = np.random.default_rng(3)
    n = 80
    effects = effects_of(random, n, names)
    x = random.normal(size=(n, 2))
    w = random.uniform(0.5, 3.0, n) if weighted else np.ones(n)
    full = np.hstack([*map(dummies, effects), x]) * np.sqrt(w)[:, None]
    hat = np.einsum("ij,ji->i", full, np.linalg.pinv(full, rcond=1e-10))
    free = absorb(x, effects, weights=w if weighted else None).columns
    bread = np.linalg.inv((free * w[:, None]).T @ free)
    found = full_leverage(free, bread, effects, w if weighted else None) * w
    np.testing.assert_allclose(found, hat, rtol=1e-8)


def test_too_many_levels_are_refused(monkeypatch):
    random = np.random.default_rng(3)
    effects = effects_of(random, 80, ["unit", "time"])
    monkeypatch.setattr(leverage, "LARGEST_WIDTH", 4)
    with pytest.raises(TooManyEffects) as caught:
        full_leverage(np.ones((80, 1)), np.eye(1), effects, None)
    assert caught.value.levels == 5
