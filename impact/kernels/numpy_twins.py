"""Plain numpy forms of the compiled kernels. Call them through ``impact.kernels.compiled``."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

BLOCK = 4096
LARGEST_WHOLE = 2.0**53


def group_counts(codes: Integers, levels: int, weights: Floats | None) -> Floats:
    """Rows or weights by group: (levels,) float64."""
    return np.bincount(codes, weights=weights, minlength=levels).astype(np.float64, copy=False)


def group_sums(codes: Integers, levels: int, columns: Floats, weights: Floats | None) -> Floats:
    """Sums of (n, p) columns by group: (levels, p)."""
    if len(codes) != len(columns) or (weights is not None and len(weights) != len(codes)):
        raise ValueError("codes, values and weights differ in length")
    if len(codes) and (int(codes.max()) >= levels or int(codes.min()) < 0):
        raise ValueError("a code lies outside the levels")
    sums = np.empty((levels, columns.shape[1]))
    for j in range(columns.shape[1]):
        column = columns[:, j] if weights is None else columns[:, j] * weights
        sums[:, j] = np.bincount(codes, weights=column, minlength=levels)
    return sums


def cross_product(columns: Floats, weights: Floats | None) -> Floats:
    """Z'WZ (p, p) of (n, p) columns, in fixed blocks added in order."""
    total = np.zeros((columns.shape[1], columns.shape[1]))
    for start in range(0, len(columns), BLOCK):
        block = columns[start : start + BLOCK]
        total += block.T @ (block if weights is None else block * weights[start : start + BLOCK, None])
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


def column_moments(columns: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    """(Weighted) means (p,) and sums of squared deviations from them (p,)."""
    count, width = columns.shape
    if count == 0:
        return np.zeros(width), np.zeros(width)
    if weights is None:
        mean = columns.mean(axis=0)
        square = [float(np.square(columns[:, j] - mean[j]).sum()) for j in range(width)]
    else:
        mean = weights @ columns / weights.sum()
        square = [float((weights * np.square(columns[:, j] - mean[j])).sum()) for j in range(width)]
    return mean, np.array(square)


def subtract(columns: Floats, codes: tuple[Integers, ...], values: tuple[Floats, ...]) -> None:
    """Subtract in place from each row the values (G, p) of its level, for each factor."""
    for own, value in zip(codes, values, strict=True):
        for j in range(columns.shape[1]):
            columns[:, j] -= value[own, j]


def cross_table(
    first: Integers, first_levels: int, second: Integers, second_levels: int, weights: Floats | None
) -> Floats:
    """Rows or weights in each cell: (first_levels, second_levels)."""
    cell = first.astype(np.int64) * second_levels + second
    return group_counts(cell, first_levels * second_levels, weights).reshape(first_levels, second_levels)
