"""Plain numpy forms of the compiled kernels. Call them through ``impact.kernels.compiled``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import impact.kernels.extended as extended

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Logicals = npt.NDArray[np.bool_]
Columns = Sequence[Floats]

BLOCK = 4096
LARGEST_WHOLE = 2.0**53


def group_counts(codes: Integers, levels: int, weights: Floats | None) -> Floats:
    """Rows or weights by group: (levels,) float64."""
    return np.bincount(codes, weights=weights, minlength=levels).astype(np.float64, copy=False)


def single_columns(columns: Columns) -> list[Floats]:
    """Every column (n,) of arrays side by side."""
    return [column for part in columns for column in (part.T if part.ndim == 2 else (part,))]


def group_sums(codes: Integers, levels: int, columns: Columns, weights: Floats | None) -> Floats:
    """Sums of arrays side by side, p columns in all, by group: (levels, p)."""
    singles = single_columns(columns)
    if any(len(codes) != len(own) for own in singles) or (weights is not None and len(weights) != len(codes)):
        raise ValueError("codes, values and weights differ in length")
    if len(codes) and (int(codes.max()) >= levels or int(codes.min()) < 0):
        raise ValueError("a code lies outside the levels")
    sums = np.empty((levels, len(singles)))
    for j, own in enumerate(singles):
        sums[:, j] = np.bincount(codes, weights=own if weights is None else own * weights, minlength=levels)
    return sums


def cross_product(columns: Columns, weights: Floats | None, shift: Floats | None) -> Floats:
    """Z'WZ (p, p) of Z = the arrays side by side, less the shift (p,), in fixed blocks added with compensation."""
    n_rows = len(columns[0])
    width = sum(1 if part.ndim == 1 else part.shape[1] for part in columns)
    total, lost = np.zeros((width, width)), np.zeros((width, width))
    for start in range(0, n_rows, BLOCK):
        rows = slice(start, start + BLOCK)
        block = np.column_stack([part[rows] for part in columns])
        if shift is not None:
            block -= shift
        if weights is not None:
            block *= np.sqrt(weights[rows])[:, None]
        total, error = extended.two_sum(total, block.T @ block)
        lost += error
    total += lost
    return (total + total.T) / 2


def encode_whole(values: npt.NDArray[Any]) -> tuple[Integers, npt.NDArray[np.int64]] | None:
    """Codes and sorted distinct values of whole numbers in a narrow range; None where that does not apply."""
    if len(values) == 0:
        return None
    low, high = values.min(), values.max()
    if not (abs(float(low)) < LARGEST_WHOLE and abs(float(high)) < LARGEST_WHOLE):
        return None
    span = int(high) - int(low) + 1
    if span > 8 * len(values) + 1024:
        return None
    if values.dtype.kind == "f" and not (values == np.rint(values)).all():
        return None
    offsets = (values - low).astype(np.int64)
    present = np.bincount(offsets, minlength=span) > 0
    table = np.cumsum(present, dtype=np.int32) - np.int32(1)
    return table[offsets], np.flatnonzero(present) + int(low)


def whole_order(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The stable order (n,) of whole numbers from zero; below 2³² by halves, as numpy counts sixteen bits."""
    if len(codes) and int(codes.min()) < 0:
        raise ValueError("a code lies below zero")
    if not len(codes) or int(codes.max()) >= 2**32:
        return np.argsort(codes, kind="stable")
    low = np.argsort((codes & 0xFFFF).astype(np.uint16), kind="stable")
    return low[np.argsort((codes[low] >> 16).astype(np.uint16), kind="stable")]


def count_levels(codes: Integers, levels: int) -> int:
    """Number of levels that have rows."""
    return int(np.count_nonzero(np.bincount(codes, minlength=levels)))


def has_singleton(codes: Integers, levels: int) -> bool:
    """True where a level has exactly one row."""
    return bool((np.bincount(codes, minlength=levels) == 1).any())


def is_nested(inner: Integers, levels: int, outer: Integers) -> bool:
    """True where each inner level meets one outer level."""
    seen = np.empty(levels, dtype=outer.dtype)
    seen[inner] = outer
    return bool((seen[inner] == outer).all())


def connected_components(
    first: Integers, first_levels: int, second: Integers, second_levels: int
) -> tuple[int, Integers]:
    """Components by label propagation with pointer jumping (Zhang, Azad and Hu 2020, "FastSV")."""
    pairs = np.unique(first.astype(np.int64) * second_levels + second)
    left, right = pairs // max(second_levels, 1), pairs % max(second_levels, 1) + first_levels
    parent = np.arange(first_levels + second_levels)
    while True:
        low = np.minimum(parent[left], parent[right])
        new = parent.copy()
        for nodes in (left, right):
            np.minimum.at(new, parent[nodes], low)
            np.minimum.at(new, nodes, low)
        new = np.minimum(new, new[new])
        if (new == parent).all():
            break
        parent = new
    roots, component = np.unique(parent[left], return_inverse=True)
    result = np.full(first_levels, -1, dtype=np.int32)
    result[left] = component.reshape(-1)
    return len(roots), result


def squares_about(columns: Columns, shift: Floats, weights: Floats | None) -> Floats:
    """(Weighted) sums of squared deviations from the shift (p,)."""
    found = np.empty(len(shift))
    for j, own in enumerate(single_columns(columns)):
        deviation = own - shift[j]
        found[j] = deviation @ (deviation if weights is None else deviation * weights)
    return found


def subtract(columns: Columns, codes: Sequence[Integers], values: Sequence[Floats], out: Floats) -> None:
    """Write to ``out`` the columns less the values (G, p) of each row's level, for each factor."""
    for j, own in enumerate(single_columns(columns)):
        rest = own
        for code, value in zip(codes, values, strict=True):
            rest = rest - value[code, j]
        out[:, j] = rest


def is_complete(first: Integers, first_levels: int, second: Integers, second_levels: int) -> bool:
    """True where every pair of levels has exactly one row."""
    if len(first) != first_levels * second_levels:
        return False
    seen = np.zeros(len(first), dtype=bool)
    seen[first.astype(np.int64) * second_levels + second] = True
    return bool(seen.all())


def cross_table(
    first: Integers, first_levels: int, second: Integers, second_levels: int, weights: Floats | None
) -> tuple[Floats, Floats, Floats]:
    """Rows or weights in each cell (first_levels, second_levels), and their totals by first and by second level."""
    cell = first.astype(np.int64) * second_levels + second
    table = group_counts(cell, first_levels * second_levels, weights).reshape(first_levels, second_levels)
    return table, table.sum(axis=1), table.sum(axis=0)


def group_means(sums: Floats, counts: Floats) -> Floats:
    """Sums (G, p) over counts (G,); a group without rows keeps its sums."""
    means: Floats = sums / np.where(counts > 0, counts, 1.0)[:, None]
    return means


def largest_means(sums: Floats, counts: Floats) -> Floats:
    """Largest absolute sum (G, p) over count (G,) of each column (p,), groups without rows left out."""
    means = np.abs(sums) / np.where(counts > 0, counts, np.inf)[:, None]
    largest: Floats = means.max(axis=0, initial=0.0)
    return largest


def table_to_second(table: Floats, values: Floats) -> Floats:
    """Transposed table times values, by einsum: no number of threads changes its order of additions."""
    found: Floats = np.einsum("gt,gp->tp", table, values)
    return found


def table_to_first(table: Floats, values: Floats) -> Floats:
    """Table times values, by einsum."""
    found: Floats = np.einsum("gt,tp->gp", table, values)
    return found


def residual_gradient(
    columns: Columns, weights: Floats | None, shift: Floats | None, params: tuple[Floats, Floats]
) -> tuple[Floats, Floats, Floats, float]:
    """Residual of the last column on the others, as a pair, with its gradient and sum of squares."""
    *parts, y = columns
    n_rows, width = len(y), len(params[0])
    residual, rest, gradient = np.empty(n_rows), np.empty(n_rows), np.zeros(width)
    lost = np.zeros(width)
    step = extended.long_residual if extended.LONG_IS_WIDER else extended.pair_residual
    for start in range(0, n_rows, BLOCK):
        rows = slice(start, start + BLOCK)
        x = np.column_stack([part[rows] for part in parts])
        pair, slope = step(x, y[rows], None if weights is None else weights[rows], shift, params)
        residual[rows], rest[rows] = pair
        gradient, error = extended.two_sum(gradient, slope)
        lost += error
    return residual, rest, gradient + lost, extended.sum_of_squares((residual, rest), weights)


def gather_columns(columns: Columns, rows: npt.NDArray[np.int64] | None) -> Floats:
    """Columns, or some of their rows, side by side in one column-major (n, k) array."""
    singles = single_columns(columns)
    out = np.empty((len(columns[0]) if rows is None else len(rows), len(singles)), order="F")
    for j, column in enumerate(singles):
        out[:, j] = column if rows is None else column[rows]
    return out


def all_finite(columns: Columns) -> bool:
    """True where no number in the arrays is NaN or infinite."""
    return all(bool(np.isfinite(part).all()) for part in columns)


def finite_rows(columns: Columns) -> Logicals:
    """(n,) True where no column is NaN or infinite."""
    finite = np.ones(len(columns[0]), dtype=bool)
    for part in columns:
        finite &= np.isfinite(part) if part.ndim == 1 else np.isfinite(part).all(axis=1)
    return finite
