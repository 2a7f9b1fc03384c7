"""The direct solve of many small effects, against the projection on all dummies and slopes by least squares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.kernels.absorb import absorb
from impact.kernels.absorb_dense import MOST_OTHERS, prepare
from impact.kernels.factors import Effect


def dummies(codes: np.ndarray, levels: int) -> np.ndarray:
    return np.eye(levels)[codes]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), weighted=st.booleans(), slopes=st.booleans())
def test_equals_projection_on_dummies(seed: int, weighted: bool, slopes: bool) -> None:
    rng = np.random.default_rng(seed)
    n = 120
    sizes = (12, 5, 4)
    codes = [rng.integers(0, size, n).astype(np.int32) for size in sizes]
    weights = rng.integers(1, 6, n).astype(float) if weighted else None
    trend = rng.integers(2010, 2020, n).astype(float)
    effects = [Effect(c, size) for c, size in zip(codes, sizes, strict=True)]
    blocks = [dummies(c, size) for c, size in zip(codes, sizes, strict=True)]
    if slopes:
        effects.append(Effect(codes[1], sizes[1], trend, intercept=False))
        blocks.append(dummies(codes[1], sizes[1]) * (trend - 2015)[:, None])
    columns = rng.normal(size=(n, 3)) + 100
    root = np.ones(n) if weights is None else np.sqrt(weights)
    z = np.hstack(blocks)
    fitted = z @ np.linalg.lstsq(z * root[:, None], columns * root[:, None], rcond=None)[0]
    found = absorb(columns, effects, weights=weights)
    assert found.method == "dense"
    assert found.attained <= 1e-10
    np.testing.assert_allclose(found.columns, columns - fitted, atol=1e-8)


def test_too_many_levels_are_left_to_iteration() -> None:
    n = 4 * MOST_OTHERS
    codes = np.arange(n, dtype=np.int32)
    effects = [Effect(codes, n), Effect(codes // 2, n // 2), Effect((codes % 7).astype(np.int32), 7)]
    assert prepare(effects, None) is None


def test_slopes_alone_have_no_system() -> None:
    codes = np.zeros(5, dtype=np.int32)
    assert prepare([Effect(codes, 1, np.arange(5.0), intercept=False)], None) is None


@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_years_as_slopes_keep_their_digits(shift: float) -> None:
    rng = np.random.default_rng(3)
    unit = np.repeat(np.arange(20, dtype=np.int32), 8)
    time = np.tile(np.arange(8.0), 20)
    effects = [
        Effect(unit, 20),
        Effect(unit, 20, time + 2000 + shift, intercept=False),
        Effect(time.astype(np.int32), 8),
    ]
    found = absorb(rng.normal(size=(160, 2)), effects)
    assert found.attained <= 1e-10
