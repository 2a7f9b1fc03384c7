"""The compiled pass equals its numpy twin, and does not depend on threads."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.compiled as compiled
from impact.kernels.likelihood.poisson_pass import Rows, _plain_pass, poisson_pass


@pytest.fixture(params=[1, 2, 3])
def threads(request, monkeypatch):
    monkeypatch.setattr(compiled, "THREADS", request.param)
    monkeypatch.setattr(compiled, "SMALL", 0)
    return request.param


def made(rng, rows, columns, levels, *, ordered, weighted, offset):
    codes = [rng.integers(0, count, rows).astype(np.int32) for count in levels]
    if ordered:
        codes[0].sort()
    x = tuple(np.ascontiguousarray(one) for one in rng.standard_normal((columns, rows)))
    start = place = None
    cells = 0
    if len(levels) == 2:
        start = np.arange(levels[0], dtype=np.int64) * levels[1]
        place, cells = np.arange(levels[1], dtype=np.int32), levels[0] * levels[1]
    return Rows(
        rng.poisson(1.0, rows).astype(float), x, rng.standard_normal(rows) if offset else None,
        rng.random(rows) + 0.1 if weighted else None, tuple(codes), tuple(levels), start, place, cells,
    )  # fmt: skip


def close(found, expected):
    for one, other in zip(found.groups, expected.groups, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-9)
    for name in ("table", "moments", "gradient"):
        one, other = getattr(found, name), getattr(expected, name)
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-9)
    assert found.likelihood == pytest.approx(expected.likelihood, rel=1e-12)


@pytest.mark.parametrize("rows", [1, 255, 257, 40_000])
@pytest.mark.parametrize("columns", [0, 1, 2, 4, 7, 16])
@pytest.mark.parametrize("levels", [(5,), (300, 7)])
@pytest.mark.parametrize("ordered", [True, False])
def test_passes(rows, columns, levels, ordered, threads):
    rng = np.random.default_rng(rows + columns)
    flag = bool((rows + columns) % 2)
    own = made(rng, rows, columns, levels, ordered=ordered, weighted=flag, offset=not flag)
    predictor = rng.standard_normal(rows)
    step = 0.1 * rng.standard_normal(columns), tuple(0.1 * rng.standard_normal(size) for size in levels)
    for move, keys in (
        (None, {"whole": True}),
        (step, {"restart": True}),
        (step, {}),
        (step, {"whole": True}),
    ):
        one, other = predictor.copy(), predictor.copy()
        found = poisson_pass(own, one, move, **keys)
        expected = _plain_pass(
            own, other, move, restart=keys.get("restart", False), whole=keys.get("whole", False)
        )
        np.testing.assert_allclose(one, other, atol=1e-14)
        close(found, expected)


def test_the_exponential_is_that_of_numpy():
    values = np.concatenate([np.linspace(-740, 720, 4001), np.random.default_rng(1).normal(0, 5, 4000)])
    one = Rows(np.zeros(1), (), None, None, (np.zeros(1, dtype=np.int32),), (1,))
    found = np.array([poisson_pass(one, np.array([value]), None).groups[0][0, 0] for value in values])
    np.testing.assert_allclose(found, np.exp(np.clip(values, -708, 709)), rtol=5e-16)


def test_bits_do_not_depend_on_threads(monkeypatch):
    monkeypatch.setattr(compiled, "SMALL", 0)
    own = made(np.random.default_rng(2), 60_000, 2, (900, 11), ordered=True, weighted=True, offset=True)
    found = []
    for count in (1, 2, 5):
        monkeypatch.setattr(compiled, "THREADS", count)
        sums = poisson_pass(own, np.zeros(60_000), None)
        found.append(
            [sums.groups[0].tobytes(), sums.groups[1].tobytes(), sums.table.tobytes(), sums.likelihood]
        )
    assert found[0] == found[1] == found[2]


@pytest.mark.skipif(not compiled.IS_COMPILED, reason="built without the extension")
def test_arguments_that_do_not_fit_are_refused():
    own = made(np.random.default_rng(2), 50, 2, (9, 4), ordered=False, weighted=False, offset=False)
    outside = Rows(own.y, own.columns, None, None, own.codes, own.levels, own.start, own.place, 20)
    with pytest.raises(ValueError, match="outside the table"):
        poisson_pass(outside, np.zeros(50), None)
    wrong = Rows(own.y, own.columns, None, None, own.codes, (9, 2), own.start, own.place[:2], 36)
    with pytest.raises(ValueError):
        poisson_pass(wrong, np.zeros(50), None)
