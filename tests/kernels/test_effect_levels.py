"""Levels of absorbed effects against a dense pseudoinverse."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.effect_levels import LevelsError, carried_sums
from impact.kernels.factors import Effect


def dense(effects):
    """Dummies and slopes, one column a level."""
    blocks = []
    for effect in effects:
        rows = np.zeros((len(effect.codes), effect.levels))
        seen = effect.codes >= 0
        rows[np.flatnonzero(seen), effect.codes[seen]] = 1.0 if effect.slope is None else effect.slope[seen]
        blocks.append(rows)
    return np.hstack(blocks)


def effects_of(codes, sizes, slope=None):
    found = [Effect(own.astype(np.int32), size) for own, size in zip(codes, sizes, strict=True)]
    return found + ([] if slope is None else [Effect(found[0].codes, sizes[0], slope, intercept=False)])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("with_slope", [False, True])
def test_sums_of_other_rows(seed, with_slope):
    """Sparse rows of three factors: some sums of new rows are determined, others are not."""
    rng = np.random.default_rng(seed)
    sizes = [9, 7, 4]
    n, m = int(rng.integers(14, 40)), 60
    inside, outside = ([rng.integers(0, size, count) for size in sizes] for count in (n, m))
    slopes = rng.normal(size=n + m) if with_slope else None
    effects = effects_of(inside, sizes, None if slopes is None else slopes[:n])
    others = effects_of(outside, sizes, None if slopes is None else slopes[n:])
    design, new = dense(effects), dense(others)
    levels = rng.normal(size=design.shape[1])
    sums, apart = carried_sums(design @ levels, effects, others)
    inverse = np.linalg.pinv(design)
    unique = np.max(np.abs(new - new @ inverse @ design), axis=1) < 1e-8
    assert np.array_equal(~apart, unique)
    np.testing.assert_allclose(sums[unique], (new @ levels)[unique], atol=1e-7)
    assert np.isnan(sums[~unique]).all()


def test_unknown_levels_have_no_sum():
    effect = Effect(np.array([0, 1, 1], dtype=np.int32), 2)
    other = Effect(np.array([1, -1], dtype=np.int32), 2)
    sums, apart = carried_sums(np.array([3.0, 4.0, 4.0]), [effect], [other])
    assert sums[0] == pytest.approx(4.0) and np.isnan(sums[1]) and not apart.any()


def test_numbers_that_are_no_sums_are_refused():
    effect = Effect(np.array([0, 0, 1], dtype=np.int32), 2)
    with pytest.raises(LevelsError):
        carried_sums(np.array([1.0, 2.0, 3.0]), [effect], [effect])


def test_a_long_chain():
    """Units that meet one another through shared periods only, one link at a time."""
    count = 300
    unit = np.repeat(np.arange(count), 2)
    time = np.concatenate([[k, k + 1] for k in range(count)])
    effects = effects_of([unit, time], [count, count + 1])
    levels = np.random.default_rng(2).normal(size=2 * count + 1)
    ends = effects_of([np.array([0, count - 1]), np.array([count, 0])], [count, count + 1])
    sums, apart = carried_sums(dense(effects) @ levels, effects, ends)
    assert not apart.any()
    np.testing.assert_allclose(sums, dense(ends) @ levels, atol=1e-6)
