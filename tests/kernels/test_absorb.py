"""Absorption against dense least squares on the dummies themselves."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.absorb as absorb
from impact.kernels.factors import Effect


def dense_residuals(columns, effects, weights=None):
    parts = []
    for effect in effects:
        dummies = np.eye(effect.levels)[effect.codes]
        if effect.intercept:
            parts.append(dummies)
        if effect.slope is not None:
            parts.append(dummies * effect.slope[:, None])
    root = np.ones(len(columns)) if weights is None else np.sqrt(weights)
    matrix = np.hstack(parts)
    values = np.linalg.lstsq(matrix * root[:, None], columns * root[:, None], rcond=None)[0]
    return columns - matrix @ values


def random_effect(rng, rows, slope):
    levels = int(rng.integers(1, max(2, rows // 4)))
    codes = rng.integers(0, levels, rows).astype(np.int32)
    return Effect(
        codes, levels, rng.standard_normal(rows) if slope else None, not slope or bool(rng.random() < 0.5)
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("factors", [1, 2, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("slopes", [0, 1])
def test_equals_dense_least_squares(seed, factors, weighted, slopes):
    rng = np.random.default_rng(1000 * seed + 10 * factors + weighted)
    rows = int(rng.integers(20, 200))
    effects = [random_effect(rng, rows, slope=f < slopes) for f in range(factors)]
    columns = rng.standard_normal((rows, 3)) + 5
    weights = rng.random(rows) + 0.1 if weighted else None
    found = absorb.absorb(columns, effects, weights=weights)
    np.testing.assert_allclose(found.columns, dense_residuals(columns, effects, weights), atol=1e-9)
    assert found.attained < 1e-8
