"""Two sets of dummies by a direct solve: eliminate the larger one, factor the Schur complement of the smaller."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

import impact.kernels.compiled as compiled
from impact.kernels.factors import Effect

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

LARGEST_SECOND = 3000
LARGEST_TABLE = 16_000_000


@dataclass(frozen=True, slots=True)
class TwoWay:
    """Normal equations of two sets of dummies.

    Arguments:
        first, second: codes (n,) of the larger and the smaller factor. first_total (N,), second_total (T,): weights.
        table: (N, T) weight in each cell; None where every cell has the same weight.
        factor: Cholesky factor of the Schur complement, completed on its null space; None with ``table`` None.
    """

    first: Integers
    second: Integers
    first_total: Floats
    second_total: Floats
    table: Floats | None
    factor: Floats | None


def prepare(one: Effect, other: Effect, weights: Floats | None) -> TwoWay | None:
    """Table and Schur complement of two intercept effects; None where the smaller factor is too large for it."""
    first, second = (one, other) if one.levels >= other.levels else (other, one)
    cells = first.levels * second.levels
    if second.levels > LARGEST_SECOND or cells > LARGEST_TABLE:
        return None
    table = compiled.cross_table(first.codes, first.levels, second.codes, second.levels, weights)
    totals = table.sum(axis=1), table.sum(axis=0)
    if table.size and table.min() == table.max():
        return TwoWay(first.codes, second.codes, *totals, None, None)
    factor = _factor_schur(table, totals[0])
    return TwoWay(first.codes, second.codes, *totals, table, factor)


def remove(columns: Floats, system: TwoWay, weights: Floats | None) -> int:
    """Subtract both sets of effects in place; returns 0 iterations."""
    first, second = solve(columns, system, weights)
    compiled.subtract(columns, (system.first, system.second), (first, second))
    return 0


def solve(columns: Floats, system: TwoWay, weights: Floats | None) -> tuple[Floats, Floats]:
    """Effects (N, p) and (T, p) of the least-squares projection; the second sums to zero in each component."""
    first_sums = compiled.group_sums(system.first, len(system.first_total), columns, weights)
    second_sums = compiled.group_sums(system.second, len(system.second_total), columns, weights)
    divisor = np.where(system.first_total > 0, system.first_total, 1.0)[:, None]
    means = first_sums / divisor
    if system.table is None or system.factor is None:
        second = second_sums / system.second_total[:, None]
        second -= second_sums.sum(axis=0) / system.second_total.sum()
        return means, second
    second = scipy.linalg.cho_solve(
        (system.factor, True), second_sums - system.table.T @ means, check_finite=False
    )
    return means - (system.table @ second) / divisor, second


def _factor_schur(table: Floats, total: Floats) -> Floats:
    """Lower Cholesky factor of S = D2 − C'D1⁻¹C, made definite on its null space.

    S is the Laplacian of a graph on the second factor's levels. Its diagonal is set to the sum of the other entries,
    which loses no digits, and the indicator of each connected component is added, which leaves solutions unchanged
    because the right-hand side is orthogonal to it.
    """
    scaled = table / np.sqrt(np.where(total > 0, total, 1.0))[:, None]
    shared = scaled.T @ scaled
    np.fill_diagonal(shared, 0.0)
    schur = -(shared + shared.T) / 2
    np.fill_diagonal(schur, -schur.sum(axis=1))
    diagonal = schur.diagonal()
    typical = float(diagonal.mean()) or 1.0
    for component in _components(shared > 0):
        schur[np.ix_(component, component)] += typical / len(component)
    factor: Floats = scipy.linalg.cholesky(schur, lower=True, overwrite_a=True, check_finite=False)
    return factor


def _components(linked: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.int64]]:
    """Connected components (lists of nodes) of a dense adjacency matrix."""
    left = np.ones(len(linked), dtype=bool)
    found = []
    while left.any():
        reached = np.zeros(len(linked), dtype=bool)
        frontier = np.flatnonzero(left)[:1]
        while len(frontier):
            reached[frontier] = True
            frontier = np.flatnonzero(linked[frontier].any(axis=0) & ~reached)
        found.append(np.flatnonzero(reached))
        left &= ~reached
    return found
