"""Switch between the optional C kernels and their numpy twins: same arguments, same results up to rounding.

The extension is used where it can be imported, is of the version written here and the environment variable
IMPACT_NO_COMPILED is not set. It uses the processors that the process may use, or as many as IMPACT_THREADS says;
no result depends on their number.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import impact.kernels.numpy_twins as twins

try:
    import impact.kernels._compiled as _extension
except ImportError:
    _extension = None
# that of _compiled.c; an extension left over from other sources may take other arguments
VERSION = 3
if getattr(_extension, "VERSION", None) != VERSION:
    _extension = None

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Logicals = npt.NDArray[np.bool_]
Columns = Sequence[Floats]


def _count_threads() -> int:
    """Processors to use."""
    asked = os.environ.get("IMPACT_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return min(int(asked), 64)
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), 16)
    return min(os.cpu_count() or 1, 16)


IS_COMPILED = _extension is not None and not os.environ.get("IMPACT_NO_COMPILED")
THREADS = _count_threads()
# numbers in a pass from which a second thread pays: below, waiting for it costs more on a machine that others use, too
SMALL = 1_000_000
LARGEST_SECOND = 1 << 16


def _vector(values: Floats | None) -> Floats | None:
    """The same numbers without gaps between them."""
    return None if values is None else np.ascontiguousarray(values, dtype=np.float64)


def threads_for(n_values: int) -> int:
    """One thread for small work: starting a second one costs more than it saves."""
    return 1 if n_values < SMALL else THREADS


def extension() -> Any:
    """The compiled functions, for kernels that hold their own twin; only where ``IS_COMPILED``."""
    return _extension


def group_counts(codes: Integers, levels: int, weights: Floats | None) -> Floats:
    """Rows or weights by group: (levels,) float64."""
    if not IS_COMPILED:
        return twins.group_counts(codes, levels, weights)
    out = np.empty(levels)
    _extension.group_counts(codes, levels, _vector(weights), out, threads_for(len(codes)))
    return out


def _run_effects(
    columns: Columns,
    codes: Sequence[Integers],
    *,
    out: Floats | None = None,
    values: Sequence[Floats] = (),
    weights: Floats | None = None,
    sums: Sequence[Floats] = (),
    about: tuple[Floats | None, Floats | None] = (None, None),
) -> None:
    """One pass: subtract ``values``, write ``out``, fill ``sums`` and the squares ``about`` a shift."""
    tables = values or sums
    second = (codes[1], len(tables[1])) if len(codes) > 1 else (None, 0)
    pairs = [group[at] if at < len(group) else None for group in (values, sums) for at in (0, 1)]
    _extension.effects_pass(
        columns, None if out is None else (out,), codes[0], len(tables[0]), *second, *pairs[:2], _vector(weights),
        *pairs[2:], *about, threads_for(len(codes[0]) * tables[0].shape[1]),
    )  # fmt: skip


def _is_one_pass(codes: Sequence[Integers], levels: Sequence[int], width: int) -> bool:
    """True where the extension can take all groupings at once: each task has its own table for the second."""
    return IS_COMPILED and (len(codes) == 1 or levels[1] * width <= LARGEST_SECOND)


def group_sums(codes: Integers, levels: int, columns: Columns, weights: Floats | None) -> Floats:
    """Sums by group, (levels, p), of arrays side by side with p columns in all."""
    if not IS_COMPILED:
        return twins.group_sums(codes, levels, columns, weights)
    out = np.empty((levels, count_columns(columns)))
    _run_effects(columns, (codes,), weights=weights, sums=(out,))
    return out


def sums_and_squares(
    columns: Columns, codes: Sequence[Integers], levels: Sequence[int], weights: Floats | None, shift: Floats
) -> tuple[list[Floats], Floats]:
    """Sums by one or two groupings, each (G, p), and sums of squared deviations from ``shift`` (p,)."""
    width = count_columns(columns)
    if not _is_one_pass(codes, levels, width):
        found = [group_sums(own, count, columns, weights) for own, count in zip(codes, levels, strict=True)]
        return found, twins.squares_about(columns, shift, weights)
    sums, squares = [np.empty((count, width)) for count in levels], np.empty(width)
    _run_effects(columns, codes, weights=weights, sums=sums, about=(squares, np.ascontiguousarray(shift)))
    return sums, squares


def subtract(columns: Columns, codes: Sequence[Integers], values: Sequence[Floats], out: Floats) -> None:
    """Write to ``out`` (n, p) the columns less the values (G, p) of each row's level, for each factor.

    ``out`` may be the one array of ``columns``.
    """
    if not IS_COMPILED:
        twins.subtract(columns, codes, values, out)
        return
    for at in range(0, len(codes), 2):
        _run_effects(columns if at == 0 else (out,), codes[at : at + 2], out=out, values=values[at : at + 2])


def subtract_and_sum(
    columns: Columns, codes: Sequence[Integers], values: Sequence[Floats], weights: Floats | None, out: Floats
) -> list[Floats]:
    """Write to ``out`` the columns less the values of one or two groupings; return its sums by each."""
    if not _is_one_pass(codes, [len(table) for table in values], out.shape[1]):
        subtract(columns, codes, values, out)
        return [
            group_sums(own, len(table), (out,), weights) for own, table in zip(codes, values, strict=True)
        ]
    sums = [np.empty(table.shape) for table in values]
    _run_effects(columns, codes, out=out, values=values, weights=weights, sums=sums)
    return sums


def cross_product(columns: Columns, weights: Floats | None, shift: Floats | None) -> Floats:
    """Z'WZ (p, p) of Z = the arrays side by side, less the shift (p,); sums are compensated."""
    if not IS_COMPILED:
        return twins.cross_product(columns, weights, shift)
    width = count_columns(columns)
    out = np.empty((width, width))
    _extension.cross_product(
        columns, _vector(weights), _vector(shift), out, threads_for(len(columns[0]) * width)
    )
    return out


def encode_whole(values: npt.NDArray[Any]) -> tuple[Integers, npt.NDArray[np.int64]] | None:
    """Codes and sorted distinct values of whole numbers in a narrow range; None where that does not apply."""
    if not IS_COMPILED or values.dtype.str not in {"<f8", "<i8", "<i4"}:
        return twins.encode_whole(values)
    codes = np.empty(len(values), dtype=np.int32)
    found = _extension.encode_whole(values, codes, threads_for(len(values)))
    return None if found is None else (codes, np.frombuffer(found, dtype=np.int64))


def whole_order(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The stable order (n,) of whole numbers from zero to below 2⁶²."""
    if not IS_COMPILED:
        return twins.whole_order(codes)
    order = np.empty(len(codes), dtype=np.int64)
    _extension.whole_order(np.ascontiguousarray(codes), order)
    return order


def count_levels(codes: Integers, levels: int) -> int:
    """Number of levels that have rows."""
    return (
        twins.count_levels(codes, levels) if not IS_COMPILED else int(_extension.count_levels(codes, levels))
    )


def has_singleton(codes: Integers, levels: int) -> bool:
    """True where a level has exactly one row."""
    if not IS_COMPILED:
        return twins.has_singleton(codes, levels)
    return bool(_extension.has_singleton(codes, levels))


def is_nested(inner: Integers, inner_levels: int, outer: Integers, outer_levels: int) -> bool:
    """True where each inner level meets one outer level."""
    if not IS_COMPILED:
        return twins.is_nested(inner, inner_levels, outer)
    return bool(_extension.is_nested(inner, inner_levels, outer, outer_levels))


def connected_components(
    first: Integers, first_levels: int, second: Integers, second_levels: int
) -> tuple[int, Integers]:
    """Components of the graph of two factors: their number, and the component of each first level (−1 unused)."""
    if not IS_COMPILED:
        return twins.connected_components(first, first_levels, second, second_levels)
    component = np.empty(first_levels, dtype=np.int32)
    count = _extension.connected_components(first, first_levels, second, second_levels, component)
    return int(count), component


def is_complete(first: Integers, first_levels: int, second: Integers, second_levels: int) -> bool:
    """True where every pair of levels has exactly one row."""
    if not IS_COMPILED:
        return twins.is_complete(first, first_levels, second, second_levels)
    return bool(_extension.is_complete(first, first_levels, second, second_levels))


def cross_table(
    first: Integers, first_levels: int, second: Integers, second_levels: int, weights: Floats | None
) -> tuple[Floats, Floats, Floats]:
    """Rows or weights in each cell (first_levels, second_levels), and their totals by first and by second level."""
    if not IS_COMPILED:
        return twins.cross_table(first, first_levels, second, second_levels, weights)
    out = np.empty((first_levels, second_levels))
    totals = np.empty(first_levels), np.empty(second_levels)
    _extension.cross_table(first, first_levels, second, second_levels, _vector(weights), out, *totals)
    return out, *totals


def group_means(sums: Floats, counts: Floats) -> Floats:
    """Sums (G, p) over counts (G,); a group without rows keeps its sums."""
    if not IS_COMPILED:
        return twins.group_means(sums, counts)
    means = np.empty(sums.shape)
    _extension.group_means(np.ascontiguousarray(sums), counts, means, None)
    return means


def largest_means(sums: Floats, counts: Floats) -> Floats:
    """Largest absolute sum (G, p) over count (G,) of each column (p,), groups without rows left out."""
    if not IS_COMPILED:
        return twins.largest_means(sums, counts)
    largest = np.empty(sums.shape[1])
    _extension.group_means(np.ascontiguousarray(sums), counts, None, largest)
    return largest


def table_to_second(table: Floats, values: Floats) -> Floats:
    """Transposed table times values: (T, p) from a table (G, T) and values (G, p)."""
    if not IS_COMPILED:
        return twins.table_to_second(table, values)
    out = np.empty((values.shape[1], table.shape[1]))
    _extension.table_product(table, np.ascontiguousarray(values), None, out)
    return out.T


def table_to_first(table: Floats, values: Floats) -> Floats:
    """Table times values: (G, p) from a table (G, T) and values (T, p)."""
    if not IS_COMPILED:
        return twins.table_to_first(table, values)
    out = np.empty((len(table), values.shape[1]))
    _extension.table_product(table, None, np.ascontiguousarray(values.T), out)
    return out


def residual_gradient(
    columns: Columns,
    weights: Floats | None,
    shift: Floats | None,
    params: tuple[Floats, Floats],
    *,
    exact: bool = True,
) -> tuple[Floats, Floats, Floats, float]:
    """Residual of the last column on the others, as a pair, with its gradient and sum of squares.

    Arguments: columns: arrays side by side, y last; shift (k+1,) subtracted from each; params: a pair of (k,).
    exact: about 106 bits; False: doubles.
    Returns residual (n,), the part that its rounding lost (n,), X'W residual (k,), weighted sum of squares.
    """
    if not IS_COMPILED:
        return twins.residual_gradient(columns, weights, shift, params)
    n_rows, width = len(columns[0]), len(params[0])
    residual, rest, gradient = (
        np.empty(n_rows),
        np.empty(n_rows) if exact else np.zeros(n_rows),
        np.empty(width),
    )
    squares = _extension.residual_gradient(
        columns, _vector(weights), _vector(shift), _vector(params[0]), _vector(params[1]), residual,
        rest if exact else None, gradient, exact, threads_for(n_rows * width),
    )  # fmt: skip
    return residual, rest, gradient, squares


def gather_columns(columns: Columns, rows: npt.NDArray[np.int64] | None = None) -> Floats:
    """Copy columns, or some of their rows, side by side into one column-major (n, k) array."""
    if not IS_COMPILED:
        return twins.gather_columns(columns, rows)
    out = np.empty((len(columns[0]) if rows is None else len(rows), count_columns(columns)), order="F")
    _extension.gather_columns(columns, rows, out, None, threads_for(out.size))
    return out


def gather_finite(columns: Columns) -> tuple[Floats, Logicals]:
    """The same for all rows, and (n,) True where no column is NaN or infinite."""
    if not IS_COMPILED:
        return twins.gather_columns(columns, None), twins.finite_rows(columns)
    out = np.empty((len(columns[0]), count_columns(columns)), order="F")
    finite = np.ones(len(out), dtype=bool)
    _extension.gather_columns(columns, None, out, finite, threads_for(out.size))
    return out, finite


def value_range(values: npt.NDArray[Any]) -> tuple[float, float]:
    """Smallest and largest of a column (n,) that holds at least one number and none that is missing.

    Whole numbers give whole numbers.
    """
    if not IS_COMPILED or values.dtype.str not in {"<f8", "<i8"}:
        return values.min().item(), values.max().item()
    low, high = _extension.value_range(np.ascontiguousarray(values), threads_for(len(values)))
    return low, high


def is_constant(values: Floats) -> bool:
    """True where a column (n,) has one value in all rows; the first rows settle it nearly always."""
    return all(bool((values[rows] == values[:1]).all()) for rows in (slice(1024), slice(None)))


def is_zero_or_one(values: Floats) -> bool:
    """True where a column (n,) holds nothing but 0 and 1; the first rows settle it for most columns that are none."""
    return all(bool(((values[rows] == 0) | (values[rows] == 1)).all()) for rows in (slice(1024), slice(None)))


def all_finite(columns: Columns) -> bool:
    """True where no number in the arrays is NaN or infinite."""
    if not IS_COMPILED:
        return twins.all_finite(columns)
    return bool(_extension.all_finite(columns, threads_for(sum(part.size for part in columns))))


def finite_rows(columns: Columns) -> Logicals:
    """(n,) True where no column is NaN or infinite."""
    if not IS_COMPILED:
        return twins.finite_rows(columns)
    finite = np.ones(len(columns[0]), dtype=bool)
    _extension.gather_columns(columns, None, None, finite, threads_for(len(finite) * len(columns)))
    return finite


def count_columns(columns: Columns) -> int:
    """Number of columns of all arrays together."""
    return sum(1 if part.ndim == 1 else part.shape[1] for part in columns)
