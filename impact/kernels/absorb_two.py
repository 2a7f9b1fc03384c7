"""Two sets of dummies by a direct solve: eliminate the larger one, factor the Schur complement of the smaller."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.compiled as compiled
from impact.kernels.factors import Effect
from impact.kernels.scipy_on_use import linalg

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Levels = npt.NDArray[np.int64] | slice

LARGEST_SECOND = 3000
LARGEST_TABLE = 16_000_000
# levels of the second factor from which looking for parts that are not connected costs less than it may save
WORTH_PARTS = 200


@dataclass(frozen=True, slots=True)
class Direct:
    """Normal equations of one or two sets of dummies.

    Arguments:
        codes: (n,) of each factor, the larger one first. totals: (G,) weight of each level of each factor.
        table: (G1, G2) weight in each cell; None with one factor, or where all cells have the same weight.
        factors: levels of the second factor that are connected, and the Cholesky factor of their part of the Schur
            complement, completed on its null space; empty with ``table`` None.
        solver: what ``solve`` does, where the weights by cell are kept in another form than the table's.
    """

    codes: tuple[Integers, ...]
    totals: tuple[Floats, ...]
    table: Floats | None = None
    factors: tuple[tuple[Levels, Floats], ...] = ()
    solver: Callable[[Sequence[Floats]], list[Floats]] | None = None


def prepare(effects: Sequence[Effect], weights: Floats | None) -> Direct | None:
    """System of one or two intercept effects; None where the smaller factor is too large for a direct solve."""
    if len(effects) == 1:
        only = effects[0]
        return Direct((only.codes,), (compiled.group_counts(only.codes, only.levels, weights),))
    first, second = sorted(effects, key=lambda effect: -effect.levels)
    codes, levels = (first.codes, second.codes), (first.levels, second.levels)
    if weights is None and compiled.is_complete(codes[0], levels[0], codes[1], levels[1]):
        return Direct(codes, (np.full(levels[0], float(levels[1])), np.full(levels[1], float(levels[0]))))
    if levels[1] > LARGEST_SECOND or levels[0] * levels[1] > LARGEST_TABLE:
        return None
    table, *totals = compiled.cross_table(codes[0], levels[0], codes[1], levels[1], weights)
    if len(codes[0]) >= table.size and table.min() == table.max():
        return Direct(codes, tuple(totals))
    return Direct(codes, tuple(totals), table, tuple(_factors(codes, table, totals[0])))


def _factors(
    codes: tuple[Integers, Integers], table: Floats, total: Floats
) -> Iterator[tuple[Levels, Floats]]:
    """The Schur complement's factor; where the levels fall into parts that no row connects, that of each part."""
    parts, of_first = 1, np.zeros(0, dtype=np.int32)
    if table.shape[1] >= WORTH_PARTS:
        parts, of_first = compiled.connected_components(codes[0], table.shape[0], codes[1], table.shape[1])
    if parts == 1:
        yield slice(None), _factor_schur(table, total)
        return
    of_second = np.full(table.shape[1], -1, dtype=np.int32)
    of_second[codes[1]] = of_first[codes[0]]
    first_order, second_order = (np.argsort(part, kind="stable") for part in (of_first, of_second))
    first_ends, second_ends = (
        np.searchsorted(part, np.arange(parts + 1), sorter=order)
        for part, order in ((of_first, first_order), (of_second, second_order))
    )
    for part in range(parts):
        rows = first_order[first_ends[part] : first_ends[part + 1]]
        own = second_order[second_ends[part] : second_ends[part + 1]]
        yield own, _factor_schur(np.ascontiguousarray(table[np.ix_(rows, own)]), total[rows])


def solve(sums: Sequence[Floats], system: Direct) -> list[Floats]:
    """Effects (G, p) of each factor that fit the group sums (G, p); the second factor's sum to about zero."""
    if system.solver is not None:
        return system.solver(sums)
    means = compiled.group_means(sums[0], system.totals[0])
    if len(sums) == 1:
        return [means]
    if system.table is None:
        second = sums[1] / system.totals[1][:, None] - sums[1].sum(axis=0) / system.totals[1].sum()
        return [means, second]
    right = sums[1] - compiled.table_to_second(system.table, means)
    second = np.zeros(right.shape)
    for own, factor in system.factors:
        second[own] = linalg().cho_solve((factor, True), right[own], check_finite=False)
    moved = compiled.group_means(compiled.table_to_first(system.table, second), system.totals[0])
    return [np.subtract(means, moved, out=moved), second]


def _factor_schur(table: Floats, total: Floats) -> Floats:
    """Lower Cholesky factor of S = D2 − C'D1⁻¹C, made definite on its null space.

    S is the Laplacian of a graph on the second factor's levels. Its diagonal is set to the sum of the other entries,
    which loses no digits, and the indicator of each connected component is added, which leaves solutions unchanged
    because the right-hand side is orthogonal to it.
    """
    share = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    shared = compiled.cross_product((table,), share, None)
    np.fill_diagonal(shared, 0.0)
    schur = -shared
    np.fill_diagonal(schur, -schur.sum(axis=1))
    diagonal = schur.diagonal()
    typical = float(diagonal.mean()) or 1.0
    for component in _components(shared > 0):
        schur[np.ix_(component, component)] += typical / len(component)
    # numpy's, whose threads wait less for each other than scipy's do on small matrices
    return np.asfortranarray(np.linalg.cholesky(schur))


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
