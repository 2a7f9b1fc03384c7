"""Switch between the optional C kernels and their numpy twins: same arguments, same results up to rounding.

The extension is used where it can be imported and the environment variable IMPACT_NO_COMPILED is not set. It uses the
processors that the process may use, or as many as IMPACT_THREADS says; no result depends on their number.
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
SMALL = 20_000
LARGEST_SECOND = 1 << 16


def _threads(n_values: int) -> int:
    """One thread for small work: starting a second one costs more than it saves."""
    return 1 if n_values < SMALL else THREADS


def group_counts(codes: Integers, levels: int, weights: Floats | None) -> Floats:
    """Rows or weights by group: (levels,) float64."""
    if not IS_COMPILED:
        return twins.group_counts(codes, levels, weights)
    out = np.empty(levels)
    _extension.group_counts(codes, levels, weights, out)
    return out


def group_sums(codes: Integers, levels: int, columns: Floats, weights: Floats | None) -> Floats:
    """Sums of (n, p) columns by group: (levels, p)."""
    if not IS_COMPILED:
        return twins.group_sums(codes, levels, columns, weights)
    out = np.empty((levels, columns.shape[1]))
    _extension.effects_pass(
        columns,
        None,
        codes,
        levels,
        None,
        0,
        None,
        None,
        weights,
        out,
        None,
        None,
        None,
        _threads(columns.size),
    )
    return out


def sums_and_squares(
    columns: Floats, codes: Sequence[Integers], levels: Sequence[int], weights: Floats | None, shift: Floats
) -> tuple[list[Floats], Floats]:
    """Sums by one or two groupings, each (G, p), and sums of squared deviations from ``shift`` (p,), in one pass."""
    width = columns.shape[1]
    if not IS_COMPILED or (len(codes) > 1 and levels[1] * width > LARGEST_SECOND):
        squares = np.array([twins.squares_about(columns[:, j], shift[j], weights) for j in range(width)])
        return [
            group_sums(own, count, columns, weights) for own, count in zip(codes, levels, strict=True)
        ], squares
    sums, squares = [np.empty((count, width)) for count in levels], np.empty(width)
    second = (codes[1], levels[1]) if len(codes) > 1 else (None, 0)
    _extension.effects_pass(
        columns, None, codes[0], levels[0], *second, None, None, weights, sums[0], sums[1] if len(codes) > 1 else None,
        squares, shift, _threads(columns.size),
    )  # fmt: skip
    return sums, squares


def subtract(
    columns: Floats, codes: Sequence[Integers], values: Sequence[Floats], out: Floats | None = None
) -> Floats:
    """Subtract from each row the values (G, p) of its level, for each factor; in place unless ``out`` is given."""
    out = columns if out is None else out
    if not IS_COMPILED:
        return twins.subtract(columns, codes, values, out)
    source = columns
    for at in range(0, len(codes), 2):
        one, other = codes[at], codes[at + 1] if at + 1 < len(codes) else None
        table = values[at + 1] if other is not None else None
        _extension.effects_pass(
            source, out, one, len(values[at]), other, 0 if table is None else len(table), values[at], table,
            None, None, None, None, None, _threads(columns.size),
        )  # fmt: skip
        source = out
    return out


def subtract_and_sum(
    columns: Floats, codes: Sequence[Integers], values: Sequence[Floats], weights: Floats | None, out: Floats
) -> list[Floats]:
    """Write the columns less the values of one or two groupings to ``out``; return its sums by each, in one pass."""
    width = columns.shape[1]
    if not IS_COMPILED or (len(codes) > 1 and values[1].size > LARGEST_SECOND):
        subtract(columns, codes, values, out)
        return [group_sums(own, len(table), out, weights) for own, table in zip(codes, values, strict=True)]
    sums = [np.empty((len(table), width)) for table in values]
    second = (codes[1], len(values[1])) if len(codes) > 1 else (None, 0)
    tables = (values[0], values[1] if len(codes) > 1 else None)
    _extension.effects_pass(
        columns, out, codes[0], len(values[0]), *second, *tables, weights, sums[0], sums[1] if len(codes) > 1 else None,
        None, None, _threads(columns.size),
    )  # fmt: skip
    return sums


def cross_product(columns: Columns, weights: Floats | None, shift: Floats | None) -> Floats:
    """Z'WZ (p, p) of Z = the arrays side by side, less the shift (p,); sums are compensated."""
    if not IS_COMPILED:
        return twins.cross_product(columns, weights, shift)
    width = sum(1 if part.ndim == 1 else part.shape[1] for part in columns)
    out = np.empty((width, width))
    _extension.cross_product(columns, weights, shift, out, _threads(len(columns[0]) * width))
    return out


def encode_whole(values: npt.NDArray[Any]) -> tuple[Integers, npt.NDArray[np.int64]] | None:
    """Codes and sorted distinct values of whole numbers in a narrow range; None where that does not apply."""
    if not IS_COMPILED or values.dtype.str not in {"<f8", "<i8", "<i4"}:
        return twins.encode_whole(values)
    codes = np.empty(len(values), dtype=np.int32)
    found = _extension.encode_whole(values, codes, _threads(len(values)))
    return None if found is None else (codes, np.frombuffer(found, dtype=np.int64))


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
) -> Floats:
    """Rows or weights in each cell: (first_levels, second_levels)."""
    if not IS_COMPILED:
        return twins.cross_table(first, first_levels, second, second_levels, weights)
    out = np.empty((first_levels, second_levels))
    _extension.cross_table(first, first_levels, second, second_levels, weights, out)
    return out


def residual_gradient(
    columns: Columns, weights: Floats | None, shift: Floats | None, params: tuple[Floats, Floats]
) -> tuple[Floats, Floats, Floats, float]:
    """Residual of the last column on the others, as a pair, with its gradient and sum of squares, to about 106 bits.

    Arguments: columns: arrays side by side, y last; shift (k+1,) subtracted from each; params: a pair of (k,).
    Returns residual (n,), the part that its rounding lost (n,), X'W residual (k,), weighted sum of squares.
    """
    if not IS_COMPILED:
        return twins.residual_gradient(columns, weights, shift, params)
    n_rows, width = len(columns[0]), len(params[0])
    residual, rest, gradient = np.empty(n_rows), np.empty(n_rows), np.empty(width)
    squares = _extension.residual_gradient(
        columns, weights, shift, params[0], params[1], residual, rest, gradient, _threads(n_rows * width)
    )
    return residual, rest, gradient, squares


def gather_columns(columns: Columns, rows: npt.NDArray[np.int64] | None = None) -> Floats:
    """Copy columns, or some of their rows, side by side into one column-major (n, k) array."""
    if not IS_COMPILED:
        return twins.gather_columns(columns, rows)
    width = sum(1 if part.ndim == 1 else part.shape[1] for part in columns)
    out = np.empty((len(columns[0]) if rows is None else len(rows), width), order="F")
    _extension.gather_columns(columns, rows, out, None, _threads(out.size))
    return out


def finite_rows(columns: Columns) -> Logicals:
    """(n,) True where no column is NaN or infinite."""
    if not IS_COMPILED:
        return twins.finite_rows(columns)
    finite = np.ones(len(columns[0]), dtype=bool)
    _extension.gather_columns(columns, None, None, finite, _threads(len(finite) * len(columns)))
    return finite
