"""Absorption against dense least squares on the dummies themselves."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.absorb as absorb
import impact.kernels.absorb_two as absorb_two
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


UNITS = 300


def chain(units, steps, firms, moves, seed=0):
    """Workers who move rarely and only to the neighbouring firm: a thin graph, where sweeps stall."""
    rng = np.random.default_rng(seed)
    firm = np.empty((units, steps), dtype=np.int64)
    firm[:, 0] = np.arange(units) * firms // units
    for step in range(1, steps):
        firm[:, step] = np.where(
            rng.random(units) < moves, (firm[:, step - 1] + 1) % firms, firm[:, step - 1]
        )
    codes = np.repeat(np.arange(units), steps), firm.ravel(), np.tile(np.arange(steps), units)
    levels = units, firms, steps
    return [Effect(own.astype(np.int32), count) for own, count in zip(codes, levels, strict=True)]


def within_unit(columns, codes):
    counts = np.bincount(codes)[:, None]
    return columns - (np.stack([np.bincount(codes, own) for own in columns.T], axis=1) / counts)[codes]


@pytest.mark.parametrize("factors", [2, 3])
@pytest.mark.parametrize("trend", [False, True])
def test_thin_graphs_are_solved_and_not_only_quiet(factors, trend):
    effects = chain(UNITS, 4, 110, 0.02)[:factors]
    rng = np.random.default_rng(1)
    rows = len(effects[0].codes)
    columns = rng.standard_normal((rows, 2)) + np.sin(effects[1].codes / 20)[:, None]
    if trend:
        slope = np.tile(np.arange(4.0), UNITS)
        effects[0] = Effect(effects[0].codes, UNITS, slope)
    found = absorb.absorb(columns, effects)
    # Frisch and Waugh: the unit's own part is taken out by hand, the rest by dense least squares.
    unit = [np.eye(UNITS)[effects[0].codes]] if trend else []
    others = np.hstack([np.eye(own.levels)[own.codes] for own in effects[1:]])
    if trend:
        matrix = np.hstack([unit[0], unit[0] * effects[0].slope[:, None], others])
        left, right = matrix, columns
    else:
        left, right = within_unit(others, effects[0].codes), within_unit(columns, effects[0].codes)
    expected = right - left @ np.linalg.lstsq(left, right, rcond=1e-12)[0]
    np.testing.assert_allclose(found.columns, expected, atol=1e-9)
    assert found.converged


def test_large_second_factor_is_solved():
    rng = np.random.default_rng(2)
    rows = 30_000
    effects = [Effect(rng.integers(0, 4000, rows).astype(np.int32), 4000) for _ in range(2)]
    found = absorb.absorb(rng.standard_normal((rows, 2)), effects)
    assert found.method == "iterative"
    again = absorb.absorb(found.columns, effects)
    np.testing.assert_allclose(again.columns, found.columns, atol=1e-11)


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_complete_panels(shuffled, weighted):
    rng = np.random.default_rng(4)
    unit, time = np.repeat(np.arange(50), 6), np.tile(np.arange(6), 50)
    if shuffled:
        order = rng.permutation(300)
        unit, time = unit[order], time[order]
    effects = [Effect(time.astype(np.int32), 6), Effect(unit.astype(np.int32), 50)]
    columns = rng.standard_normal((300, 5)) * 10.0 ** np.arange(-4, 6, 2) + 1e6 * np.arange(5)
    weights = rng.random(300) + 0.5 if weighted else None
    found = absorb.absorb(columns, effects, weights=weights)
    expected = dense_residuals(columns, effects, weights)
    scale = columns.std(axis=0)
    # A column of spread 1e-4 beside a mean of 1e6 has six digits of its own.
    size = np.abs(columns).max(axis=0) * 1e-13 / scale
    assert (np.abs(found.columns - expected) / scale <= np.maximum(size, 1e-10)).all()
    assert found.attained < 1e-10


def test_levels_without_rows_and_separate_components():
    codes = np.array([0, 0, 1, 1, 5, 5, 6, 6], dtype=np.int32)
    other = np.array([0, 1, 0, 1, 3, 4, 3, 4], dtype=np.int32)
    columns = np.arange(16.0).reshape(8, 2) ** 2
    effects = [Effect(codes, 9), Effect(other, 7)]
    found = absorb.absorb(columns, effects)
    np.testing.assert_allclose(found.columns, dense_residuals(columns, effects), atol=1e-10)


@pytest.mark.parametrize("weighted", [False, True])
def test_parts_that_no_row_connects_are_solved_apart(monkeypatch, weighted):
    """Origin by year and destination by year: the years are parts, one of them without a level of its own."""
    monkeypatch.setattr(absorb_two, "WORTH_PARTS", 1)
    rng = np.random.default_rng(11)
    origin, destination, year = rng.integers(0, 7, 400), rng.integers(0, 5, 400), rng.integers(0, 4, 400)
    effects = [
        Effect((origin * 4 + year).astype(np.int32), 29, None, True),
        Effect((destination * 4 + year).astype(np.int32), 21, None, True),
    ]
    columns, weights = rng.standard_normal((400, 2)), rng.random(400) + 0.1 if weighted else None
    found = absorb.absorb(columns, effects, weights=weights)
    np.testing.assert_allclose(found.columns, dense_residuals(columns, effects, weights), atol=1e-12)
    assert found.method == "direct"
    factors = absorb_two.prepare(effects, weights).factors
    assert [len(factor) for _, factor in factors] == [5, 5, 5, 5]


def test_several_arrays_side_by_side_and_in_place():
    rng = np.random.default_rng(6)
    codes = rng.integers(0, 9, 200).astype(np.int32)
    effects = [Effect(codes, 9), Effect(rng.integers(0, 4, 200).astype(np.int32), 4)]
    y, x = rng.standard_normal(200), rng.standard_normal((200, 3))
    apart = absorb.absorb((y, x), effects)
    whole = np.column_stack([y, x])
    together = absorb.absorb(whole, effects)
    np.testing.assert_array_equal(apart.columns, together.columns)
    assert whole[:, 0] == pytest.approx(y, abs=0)
    written = absorb.absorb(whole, effects, overwrite=True)
    assert written.columns is whole
    np.testing.assert_allclose(whole, together.columns, atol=1e-14)
    centred = np.column_stack([y, x]) - np.column_stack([y, x]).mean(axis=0)
    np.testing.assert_allclose(apart.norms, np.sqrt((centred**2).sum(axis=0)))
    with pytest.raises(ValueError, match="overwritten"):
        absorb.absorb((y, x), effects, overwrite=True)


def test_absorbed_and_constant_columns_become_zero():
    codes = np.repeat(np.arange(30), 4).astype(np.int32)
    effects = [Effect(codes, 30), Effect(np.tile(np.arange(4), 30).astype(np.int32), 4)]
    columns = np.column_stack([np.full(120, 7.3), codes * 1.7 + np.tile(np.arange(4.0), 30), np.zeros(120)])
    found = absorb.absorb(columns, effects)
    assert np.abs(found.columns).max() < 1e-12
    np.testing.assert_allclose(found.norms[0], 7.3 * np.sqrt(120))


def test_nothing_to_absorb():
    columns = np.arange(6.0).reshape(3, 2)
    found = absorb.absorb(columns, [])
    np.testing.assert_array_equal(found.columns, columns)
    assert found.columns is not columns
    effect = Effect(np.zeros(0, dtype=np.int32), 0)
    assert absorb.absorb(np.empty((0, 2)), [effect]).columns.shape == (0, 2)


def test_what_is_not_finite_is_refused():
    columns = np.array([[1.0], [np.nan], [2.0]])
    with pytest.raises(ValueError, match="missing"):
        absorb.absorb(columns, [Effect(np.zeros(3, dtype=np.int32), 1)])


def test_failure_is_raised_and_says_how_far_it_came():
    effects = chain(600, 4, 400, 0.05)
    rng = np.random.default_rng(1)
    with pytest.raises(absorb.ConvergenceFailure) as caught:
        absorb.absorb(rng.standard_normal((2400, 1)), effects, max_iterations=2)
    assert caught.value.attained > 1e-8


def test_iterative_bytes_are_the_same_in_every_run():
    effects = chain(800, 5, 400, 0.1)
    columns = np.random.default_rng(1).standard_normal((4000, 3))
    first, second = (absorb.absorb(columns, effects) for _ in range(2))
    assert first.method == "iterative"
    assert first.columns.tobytes() == second.columns.tobytes()


def test_a_block_without_columns_takes_nothing_away():
    rng = np.random.default_rng(3)
    y, code = rng.normal(size=12), np.repeat(np.arange(4), 3).astype(np.int32)
    other = np.tile(np.arange(3), 4).astype(np.int32)
    effects = [Effect(code, 4), Effect(other, 3)]
    alone = absorb.absorb((y,), effects).columns
    beside = absorb.absorb((y, np.empty((12, 0))), effects).columns
    assert np.array_equal(alone, beside)
    assert abs(beside[:3].sum()) < 1e-12
