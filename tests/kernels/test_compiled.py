"""The compiled kernels equal their numpy twins, and no result depends on the number of threads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import impact.kernels.compiled as compiled
import impact.kernels.numpy_twins as twins

pytestmark = pytest.mark.skipif(not compiled.IS_COMPILED, reason="built without the extension")
SIZES = [1, 9, 700, 60_000]


@pytest.fixture(params=[1, 2, 3])
def threads(request, monkeypatch):
    monkeypatch.setattr(compiled, "THREADS", request.param)
    monkeypatch.setattr(compiled, "SMALL", 0)
    return request.param


def columns_of(rng, rows, width):
    return [
        np.asfortranarray(rng.standard_normal((rows, width)) * 3 + 1),
        rng.standard_normal((rows, 4))[:, 1:3],
        rng.standard_normal(2 * rows)[::2],
    ]


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("width", [1, 2, 6])
def test_cross_product(rows, width, threads):
    rng = np.random.default_rng(rows)
    columns = columns_of(rng, rows, width)
    for weights in (None, rng.random(rows)):
        for shift in (None, rng.standard_normal(width + 3)):
            found = compiled.cross_product(columns, weights, shift)
            expected = twins.cross_product(columns, weights, shift)
            np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13 * np.abs(expected).max())
            assert (found == found.T).all()


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("levels", [(1, 1), (30, 4), (5000, 11), (20_000, 3)])
@pytest.mark.parametrize("sorted_codes", [False, True])
@pytest.mark.parametrize("width", [1, 3, 6])
def test_group_passes(rows, levels, sorted_codes, width, threads):
    rng = np.random.default_rng(rows + levels[0] + width)
    codes = [rng.integers(0, count, rows).astype(np.int32) for count in levels]
    if sorted_codes:
        codes[0].sort()
    columns = [np.asfortranarray(rng.standard_normal((rows, width))), rng.standard_normal(rows)]
    values = [rng.standard_normal((count, width + 1)) for count in levels]
    shift = rng.standard_normal(width + 1)
    for weights in (None, rng.random(rows)):
        sums, squares = compiled.sums_and_squares(columns, codes, levels, weights, shift)
        for own, code, count in zip(sums, codes, levels, strict=True):
            np.testing.assert_allclose(own, twins.group_sums(code, count, columns, weights), atol=1e-10)
        np.testing.assert_allclose(squares, twins.squares_about(columns, shift, weights), rtol=1e-12)
        out, expected = np.empty((rows, width + 1), order="F"), np.empty((rows, width + 1))
        after = compiled.subtract_and_sum(columns, codes, values, weights, out)
        twins.subtract(columns, codes, values, expected)
        np.testing.assert_allclose(out, expected, atol=1e-14)
        for own, code, count in zip(after, codes, levels, strict=True):
            np.testing.assert_allclose(own, twins.group_sums(code, count, (out,), weights), atol=1e-10)


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (2_000, 10), (60, 700), (9_000, 17)])
@pytest.mark.parametrize("width", [1, 3, 6])
def test_passes_over_a_grid(shape, width, threads):
    rng = np.random.default_rng(width)
    codes = [np.repeat(np.arange(shape[0]), shape[1]), np.tile(np.arange(shape[1]), shape[0])]
    codes = [code.astype(np.int32) for code in codes]
    columns = [
        np.asfortranarray(rng.standard_normal((len(codes[0]), width))),
        rng.standard_normal(len(codes[0])),
    ]
    values = [rng.standard_normal((count, width + 1)) for count in shape]
    shift = rng.standard_normal(width + 1)
    sums, squares = compiled.sums_and_squares(columns, codes, shape, None, shift)
    np.testing.assert_allclose(squares, twins.squares_about(columns, shift, None), rtol=1e-12)
    out, expected = np.empty((len(codes[0]), width + 1), order="F"), np.empty((len(codes[0]), width + 1))
    after = compiled.subtract_and_sum(columns, codes, values, None, out)
    twins.subtract(columns, codes, values, expected)
    np.testing.assert_array_equal(out, expected)
    again = compiled.subtract_and_sum((out,), codes, values, None, out)
    for found, source in ((sums, columns), (after, (expected,)), (again, (out,))):
        for own, code, count in zip(found, codes, shape, strict=True):
            np.testing.assert_allclose(own, twins.group_sums(code, count, source, None), atol=1e-10)


def test_subtract_three_factors_in_place(threads):
    rng = np.random.default_rng(8)
    columns = rng.standard_normal((50_000, 3))
    codes = [rng.integers(0, count, len(columns)).astype(np.int32) for count in (9, 5, 7)]
    values = [rng.standard_normal((count, 3)) for count in (9, 5, 7)]
    expected = columns - values[0][codes[0]] - values[1][codes[1]] - values[2][codes[2]]
    compiled.subtract((columns,), codes, values, columns)
    np.testing.assert_allclose(columns, expected, atol=1e-14)


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("exact", [False, True])
def test_residual_and_gradient(rows, exact, threads):
    rng = np.random.default_rng(rows)
    x, y = np.asfortranarray(rng.standard_normal((rows, 3)) + 100), rng.standard_normal(rows)
    params = (rng.standard_normal(3), rng.standard_normal(3) * 1e-17)
    tolerance = 1e-15 if exact else 1e-13
    for weights in (None, rng.random(rows)):
        for shift in (None, np.array([100.0, 99.5, 100.25, 0.5])):
            found = compiled.residual_gradient([x, y], weights, shift, params, exact=exact)
            expected = twins.residual_gradient([x, y], weights, shift, params)
            size = np.abs(x).max() * np.abs(expected[0]).max()
            np.testing.assert_allclose(found[0], expected[0], atol=tolerance * 300)
            np.testing.assert_allclose(found[2], expected[2], atol=tolerance * size * rows)
            assert found[3] == pytest.approx(expected[3], rel=tolerance * 300)


def test_residual_keeps_twice_the_digits(threads):
    x = np.array([[1e8, 1.0], [1e8 + 1, 1.0], [1e8 + 2, 1.0]])
    params = np.array([1.0, -1e8])
    tiny = np.array([2.0**-60, 0.0])
    y = x @ params
    residual, rest, _, _ = compiled.residual_gradient([x, y], None, None, (params, tiny))
    np.testing.assert_allclose(residual + rest, -x[:, 0] * 2.0**-60, rtol=1e-12)


@pytest.mark.parametrize("rows", SIZES)
def test_codes(rows, threads):
    rng = np.random.default_rng(rows)
    one, other = rng.integers(0, 40, rows).astype(np.int32), rng.integers(0, 9, rows).astype(np.int32)
    outer = (one // 7).astype(np.int32)
    assert compiled.count_levels(one, 80) == twins.count_levels(one, 80) == len(np.unique(one))
    assert compiled.is_nested(one, 40, outer, 6) is twins.is_nested(one, 40, outer) is True
    assert compiled.is_nested(one, 40, other, 9) == twins.is_nested(one, 40, other)
    sparse = (one * 2).astype(np.int32), (one // 3).astype(np.int32)
    for pair in ((one, other), sparse):
        found = compiled.connected_components(pair[0], 80, pair[1], 14)
        expected = twins.connected_components(pair[0], 80, pair[1], 14)
        assert found[0] == expected[0]
        np.testing.assert_array_equal(found[1], expected[1])
    weights = rng.random(rows)
    for own in (None, weights):
        tables = compiled.cross_table(one, 40, other, 9, own), twins.cross_table(one, 40, other, 9, own)
        for found, expected in zip(*tables, strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-10)
        table, by_one, by_other = tables[0][0], rng.random((40, 3)), rng.random((9, 3))
        np.testing.assert_allclose(compiled.table_to_second(table, by_one), table.T @ by_one, rtol=1e-12)
        np.testing.assert_allclose(compiled.table_to_first(table, by_other), table @ by_other, rtol=1e-12)
        np.testing.assert_allclose(twins.table_to_second(table, by_one), table.T @ by_one, rtol=1e-12)
        np.testing.assert_allclose(twins.table_to_first(table, by_other), table @ by_other, rtol=1e-12)
    unit, time = np.repeat(np.arange(rows), 3).astype(np.int32), np.tile(np.arange(3), rows).astype(np.int32)
    order = rng.permutation(3 * rows)
    for kept in (slice(None), order):
        assert compiled.is_complete(unit[kept], rows, time[kept], 3)
        assert twins.is_complete(unit[kept], rows, time[kept], 3)
    doubled = unit.copy()
    doubled[0] = doubled[-1]
    assert (
        compiled.is_complete(doubled, rows, time, 3)
        == twins.is_complete(doubled, rows, time, 3)
        == (rows == 1)
    )


@pytest.mark.parametrize("rows", SIZES)
def test_columns(rows, threads):
    rng = np.random.default_rng(rows)
    columns = columns_of(rng, rows, 2)
    chosen = rng.integers(0, rows, rows // 2 + 1)
    for own in (None, chosen):
        np.testing.assert_array_equal(
            compiled.gather_columns(columns, own), twins.gather_columns(columns, own)
        )
    assert compiled.finite_rows(columns).all()
    assert compiled.all_finite(columns) is twins.all_finite(columns) is True
    columns[0][0, 1] = np.nan
    columns[2][-1] = np.inf
    for one in columns:
        assert compiled.all_finite([one]) == twins.all_finite([one]) == bool(np.isfinite(one).all())
    whole, finite = compiled.gather_finite(columns)
    np.testing.assert_array_equal(finite, twins.finite_rows(columns))
    np.testing.assert_array_equal(whole, twins.gather_columns(columns, None))
    with pytest.raises(ValueError, match="outside"):
        compiled.gather_columns(columns, np.array([rows]))


@pytest.mark.parametrize("rows", SIZES)
def test_ranges(rows, threads):
    values = np.random.default_rng(rows).standard_normal(2 * rows)[::2]
    assert compiled.value_range(values) == (values.min(), values.max())
    whole = np.random.default_rng(rows).integers(-(2**62), 2**62, rows)
    assert compiled.value_range(whole) == (whole.min(), whole.max())
    assert compiled.is_constant(values) == (rows == 1)
    values[:] = 3.0
    assert compiled.is_constant(values)
    values[-1] = 4.0
    assert compiled.is_constant(values) == (rows == 1)


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("missing", [False, True])
def test_means_of_groups(rows, missing):
    rng = np.random.default_rng(rows)
    sums, counts = rng.standard_normal((rows, 3)), rng.integers(0, 4, rows).astype(float)
    if missing:
        sums[rows // 2, 1] = np.nan
    np.testing.assert_array_equal(compiled.group_means(sums, counts), twins.group_means(sums, counts))
    np.testing.assert_array_equal(compiled.largest_means(sums, counts), twins.largest_means(sums, counts))


@pytest.mark.parametrize("rows", [1, 2, 3, 2049, 5000, 30_000])
@pytest.mark.parametrize("sorted_codes", [False, True])
def test_levels_with_one_row(rows, sorted_codes):
    rng = np.random.default_rng(rows)
    for levels in (1, 4, rows // 3 + 1, rows + 5):
        codes = rng.integers(0, levels, rows).astype(np.int32)
        single = np.append(np.repeat(np.arange(rows // 2, dtype=np.int32), 2), np.int32(rows // 2))
        for given in (codes, single, single[:-1], single[::-1].copy()):
            own = np.sort(given) if sorted_codes else given
            count = max(levels, rows // 2 + 1)
            assert compiled.has_singleton(own, count) == twins.has_singleton(own, count)
            assert compiled.count_levels(own, count) == len(np.unique(own))


def test_bytes_do_not_depend_on_the_number_of_threads(monkeypatch):
    rng = np.random.default_rng(5)
    rows = 150_000
    codes = [rng.integers(0, count, rows).astype(np.int32) for count in (30_000, 12)]
    columns = [np.asfortranarray(rng.standard_normal((rows, 3)))]
    params = (rng.standard_normal(2), np.zeros(2))
    results = []
    for count in (1, 2, 5):
        monkeypatch.setattr(compiled, "THREADS", count)
        out = np.empty((rows, 3), order="F")
        sums, squares = compiled.sums_and_squares(columns, codes, (30_000, 12), None, np.zeros(3))
        compiled.subtract_and_sum(columns, codes, sums, None, out)
        parts = [*sums, squares, out, compiled.cross_product(columns, None, None)]
        parts += compiled.residual_gradient(columns, None, None, params)[:3]
        results.append(b"".join(np.asarray(part).tobytes() for part in parts))
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize(
    "call",
    [
        lambda: compiled.group_sums(np.zeros(3, dtype=np.int64), 1, (np.ones(3),), None),
        lambda: compiled.cross_product([np.ones(3), np.ones(4)], None, None),
        lambda: compiled.cross_product([np.ones(3, dtype=np.float32)], None, None),
        lambda: compiled.is_nested(np.array([5], dtype=np.int32), 2, np.array([0], dtype=np.int32), 1),
        lambda: compiled.connected_components(
            np.array([0], dtype=np.int32), 1, np.array([-1], dtype=np.int32), 1
        ),
        lambda: compiled.group_counts(np.array([0, 9], dtype=np.int32), 2, None),
    ],
)
def test_wrong_arguments_are_refused(call):
    with pytest.raises(ValueError):
        call()


def test_the_environment_turns_the_extension_off():
    code = "import impact.kernels.compiled as c; import impact.kernels.absorb; print(c.IS_COMPILED)"
    for value, expected in (("1", "False"), ("", "True")):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "IMPACT_NO_COMPILED": value},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected


@pytest.mark.parametrize("version", ["", "VERSION = 0"])
def test_an_extension_of_other_sources_is_not_used(version):
    code = f"""
import sys, types
import numpy as np
other = types.ModuleType("impact.kernels._compiled")
exec({version!r}, other.__dict__)
sys.modules[other.__name__] = other
import impact.kernels.compiled as compiled
print(compiled.IS_COMPILED, compiled.group_counts(np.array([0, 1, 1], dtype=np.int32), 2, None).tolist())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False [1.0, 2.0]"


def test_the_version_is_that_of_the_sources():
    source = Path(compiled.__file__).with_name("_compiled.c").read_text(encoding="utf-8")
    assert f"#define KERNELS_VERSION {compiled.VERSION}\n" in source


@pytest.mark.parametrize("rows", [1, 700, 60_000])
@pytest.mark.parametrize("largest", [1, 2_000, 2**20, 2**31, 2**40, 2**61])
def test_the_order_of_whole_numbers(rows, largest):
    codes = np.random.default_rng(rows).integers(0, largest, rows)
    np.testing.assert_array_equal(compiled.whole_order(codes), np.argsort(codes, kind="stable"))
    np.testing.assert_array_equal(twins.whole_order(codes), np.argsort(codes, kind="stable"))
    for own in (compiled.whole_order, twins.whole_order):
        with pytest.raises(ValueError, match="below zero"):
            own(codes - largest)
