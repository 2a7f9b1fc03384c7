"""Poisson regression with one or two sets of dummies by Newton steps in group sums.

With means μ, the normal equations of a step in coefficients and levels need only sums by level, by cell and of x'μx
(``poisson_pass``): dummies are eliminated by the Schur complement of the smaller set, as in absorption,
and a step costs one pass over the rows. The means that it ends with are those of the maximum up to rounding of the
group sums; whoever uses them takes one more step by absorption, which checks itself on the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.absorb_two as absorb_two
import impact.kernels.compiled as compiled
from impact.kernels.factors import Effect
from impact.kernels.likelihood.poisson_pass import MOST_COLUMNS, Rows, Step, Sums, poisson_pass
from impact.kernels.positive import factor_positive, solve_positive

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

STEPS = 25
HALVINGS = 6
STILL = 1e-20  # squared length of a step, relative to the weights, that is none
LEFT = 1e-9  # share of a column's squares that the dummies leave, below which they are taken to leave nothing


@dataclass(frozen=True, slots=True)
class Part:
    """Levels of both sets that rows connect, and where their cells begin in the table."""

    first: npt.NDArray[np.int64] | slice
    second: npt.NDArray[np.int64] | slice
    shape: tuple[int, int]
    begin: int


@dataclass(frozen=True, slots=True)
class Maximum:
    """The end of the climb: predictor (n,), coefficients (k,) of the columns, and the normal equations there."""

    predictor: Floats
    params: Floats
    steps: int
    system: absorb_two.Direct


def climb(
    x: Floats,
    y: Floats,
    effects: Sequence[Effect],
    start: Sequence[Floats],
    *,
    weights: Floats | None,
    offset: Floats | None,
    most: int = STEPS,
) -> Maximum | None:
    """Newton steps to where none is left; None where this form does not apply or has no end.

    Arguments:
        x: (n, k) column-major. y: (n,) counts. effects: one or two sets of dummies, without slopes.
        start: (G,) of each set, levels to begin with. most: steps before it is given up.
    """
    ordered = sorted(range(len(effects)), key=lambda place: -effects[place].levels)
    laid = _rows_of(x, y, [effects[place] for place in ordered], weights, offset)
    if laid is None:
        return None
    rows, parts = laid
    step = (np.zeros(x.shape[1]), tuple(start[place] for place in ordered))
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return _climb(rows, parts, step, most)
    except np.linalg.LinAlgError:
        return None


def applies(x: Floats, effects: Sequence[Effect]) -> bool:
    """Whether there are one or two sets of dummies, no slopes, and few enough columns."""
    few = 1 <= len(effects) <= 2 and x.shape[1] <= MOST_COLUMNS
    return few and all(one.slope is None and one.intercept for one in effects)


def _rows_of(
    x: Floats, y: Floats, effects: Sequence[Effect], weights: Floats | None, offset: Floats | None
) -> tuple[Rows, tuple[Part, ...]] | None:
    """The rows, the larger set first as given, and the parts of the table; None where this form does not apply."""
    codes, levels = tuple(one.codes for one in effects), tuple(one.levels for one in effects)
    columns = tuple(np.ascontiguousarray(column) for column in x.T)
    if len(effects) == 1:
        return Rows(y, columns, offset, weights, codes, levels), ()
    found = _table_of(codes, levels)
    if found is None:
        return None
    start, place, cells, parts = found
    return Rows(y, columns, offset, weights, codes, levels, start, place, cells), parts


def _table_of(
    codes: tuple[Integers, ...], levels: tuple[int, ...]
) -> tuple[npt.NDArray[np.int64], Integers, int, tuple[Part, ...]] | None:
    """Where each pair of levels has its cell: a table for each part of levels that rows connect."""
    count, of_first = compiled.connected_components(codes[0], levels[0], codes[1], levels[1])
    of_second = np.full(levels[1], -1, dtype=np.int32)
    of_second[codes[1]] = of_first[codes[0]]
    start, place = np.zeros(levels[0], dtype=np.int64), np.zeros(levels[1], dtype=np.int32)
    parts: list[Part] = []
    cells = 0
    for own, others in _members(of_first, of_second, count):
        shape = (len(own), len(others))
        if shape[1] > absorb_two.LARGEST_SECOND or cells + shape[0] * shape[1] > absorb_two.LARGEST_TABLE:
            return None
        start[own] = cells + np.arange(shape[0], dtype=np.int64) * shape[1]
        place[others] = np.arange(shape[1], dtype=np.int32)
        is_all = shape == levels
        parts.append(Part(slice(None) if is_all else own, slice(None) if is_all else others, shape, cells))
        cells += shape[0] * shape[1]
    return start, place, cells, tuple(parts)


def _members(
    of_first: Integers, of_second: Integers, count: int
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Levels of both sets in each part."""
    orders = [np.argsort(of, kind="stable") for of in (of_first, of_second)]
    ends = [
        np.searchsorted(of, np.arange(count + 1), sorter=order)
        for of, order in zip((of_first, of_second), orders, strict=True)
    ]
    for part in range(count):
        first, second = (order[end[part] : end[part + 1]] for order, end in zip(orders, ends, strict=True))
        yield first, second


def _climb(rows: Rows, parts: tuple[Part, ...], start: Step, most: int) -> Maximum | None:
    predictor = np.empty(len(rows.y))
    sums = poisson_pass(rows, predictor, start, restart=True, whole=True)
    step, _ = _step_of(sums, _solver_of(sums, parts))
    params = step[0]
    sums = poisson_pass(rows, predictor, step, restart=True)
    for steps in range(1, most):
        solve = _solver_of(sums, parts)
        step, length = _step_of(sums, solve)
        if not np.isfinite(length):
            return None
        if length <= STILL * float(np.sum(sums.groups[0][:, 0])):
            totals = tuple(np.ascontiguousarray(group[:, 0]) for group in sums.groups)
            return Maximum(predictor, params, steps, absorb_two.Direct(rows.codes, totals, solver=solve))
        taken, after = _taken(rows, predictor, step, sums.likelihood)
        if after is None:
            return None
        params, sums = params + taken * step[0], after
    return None


def _taken(rows: Rows, predictor: Floats, step: Step, value: float) -> tuple[float, Sums | None]:
    """The largest of 1, ½, ¼ … of a step that does not lower the likelihood, and the sums after it."""
    slack = 1e-12 * (1.0 + abs(value))
    share, move = 1.0, 1.0
    for _ in range(HALVINGS):
        after = poisson_pass(rows, predictor, (move * step[0], tuple(move * own for own in step[1])))
        if after.likelihood >= value - slack:
            return share, after
        move = -share / 2.0
        share /= 2.0
    return 0.0, None


def _step_of(sums: Sums, solve: Callable[[Sequence[Floats]], list[Floats]]) -> tuple[Step, float]:
    """A Newton step in coefficients and levels, and its squared length in the metric of the means."""
    right = [np.ascontiguousarray(group[:, 1:]) for group in sums.groups]
    fitted = solve(right)
    k = len(sums.gradient)
    explained = sum((own.T @ side for own, side in zip(fitted, right, strict=True)), np.zeros((k + 1, k + 1)))
    swept, rest = sums.moments - explained[:k, :k], sums.gradient - explained[:k, k]
    swept, length = (swept + swept.T) / 2.0, float(explained[k, k])
    move = _coefficients(swept, rest, np.diagonal(sums.moments))
    length += float(move @ rest)
    levels = tuple(own[:, k] - own[:, :k] @ move for own in fitted)
    return (move, levels), length


def _coefficients(swept: Floats, rest: Floats, before: Floats) -> Floats:
    """The coefficients' part of a step, zero for columns of which the dummies leave nothing."""
    square = np.diagonal(swept)
    kept = square > LEFT * before
    move = np.zeros(len(rest))
    if not kept.any():
        return move
    scale = 1.0 / np.sqrt(square[kept])
    scaled = swept[np.ix_(kept, kept)] * scale[:, None] * scale
    inverse = np.linalg.pinv(scaled, rcond=1e-10, hermitian=True)
    move[kept] = scale * (inverse @ (scale * rest[kept]))
    return move


@dataclass(frozen=True, slots=True)
class _Factored:
    """The table of one part, with one over its totals by the first set, and the Schur complement's Cholesky factor."""

    part: Part
    table: Floats
    share: Floats
    factor: Floats

    def solve(self, first: Floats, second: Floats) -> tuple[Floats, Floats]:
        """Levels of both sets that fit the sums by level."""
        means = first * self.share[:, None]
        rest = second - compiled.table_to_second(self.table, means)
        found = solve_positive(self.factor, rest)
        means -= compiled.table_to_first(self.table, found) * self.share[:, None]
        return means, found


def _solver_of(sums: Sums, parts: tuple[Part, ...]) -> Callable[[Sequence[Floats]], list[Floats]]:
    """A function from sums by level (G, p) of each set to the levels that fit them.

    Raises:
        LinAlgError: means that are zero cut a part into two.
    """
    total = sums.groups[0][:, 0]
    if not parts:
        share = _inverse(total)[:, None]
        return lambda right: [right[0] * share]
    assert sums.table is not None
    factored = [_factor(sums.table, np.ascontiguousarray(total[part.first]), part) for part in parts]

    def solve(right: Sequence[Floats]) -> list[Floats]:
        found = [np.empty(own.shape) for own in right]
        for own in factored:
            first, second = own.part.first, own.part.second
            found[0][first], found[1][second] = own.solve(right[0][first], right[1][second])
        return found

    return solve


def _factor(cells: Floats, total: Floats, part: Part) -> _Factored:
    """The Schur complement of the second set: the Laplacian of a graph, whose diagonal is the sum of the rest."""
    table = cells[part.begin : part.begin + part.shape[0] * part.shape[1]].reshape(part.shape)
    share = _inverse(total)
    schur = -compiled.cross_product((table,), share, None)
    np.fill_diagonal(schur, 0.0)
    np.fill_diagonal(schur, -schur.sum(axis=1))
    # the constant may move from one set to the other; the right side adds up to zero over it
    schur += (float(np.trace(schur)) or 1.0) / len(schur) ** 2
    return _Factored(part, table, share, factor_positive(schur))


def _inverse(total: Floats) -> Floats:
    return np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
