"""One pass over the rows of a Poisson regression with one or two sets of dummies: all that a Newton step needs.

The pass moves the predictor by a step, and adds up, with means μ = exp(predictor): μ, μ x and the score y − μ by level,
μ by cell of the two sets, x'μx and x'(y − μ), and the likelihood. The compiled form and its numpy twin are here alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.compiled as compiled
import impact.kernels.numpy_twins as twins

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

MOST_COLUMNS = 16
LARGEST = 709.0  # predictor above which the mean does not grow


@dataclass(frozen=True, slots=True)
class Rows:
    """What does not change from pass to pass: n rows, k columns.

    Arguments:
        y: (n,); columns: k of them (n,); base, weights: (n,) or None.
        codes: one or two sets of dummies (n,), with their numbers of levels.
        start, place: the cell of a row is ``start[first code] + place[second code]`` among ``cells``; None with one.
    """

    y: Floats
    columns: tuple[Floats, ...]
    base: Floats | None
    weights: Floats | None
    codes: tuple[Integers, ...]
    levels: tuple[int, ...]
    start: npt.NDArray[np.int64] | None = None
    place: Integers | None = None
    cells: int = 0


@dataclass(frozen=True, slots=True)
class Sums:
    """What a pass adds up.

    Arguments:
        groups: of each set (G, k + 2): weighted mean, mean times each column, score.
        table: (cells,) weighted mean by cell, None with one set.
        moments: (k, k) x'μx; gradient: (k,) x'score. likelihood: weighted sum of y × predictor − mean.
    """

    groups: tuple[Floats, ...]
    table: Floats | None
    moments: Floats
    gradient: Floats
    likelihood: float


Step = tuple[Floats, tuple[Floats, ...]]


def poisson_pass(
    rows: Rows, predictor: Floats, step: Step | None, *, restart: bool = False, whole: bool = False
) -> Sums:
    """Move the predictor (n,) in place and add up.

    Arguments:
        step: (k,) by the columns and (G,) by the levels of each set; None: the predictor stays.
        restart: the predictor becomes the base plus the step. whole: the mean times the predictor less the base is
            added to the score, so that a step from these sums is the whole predictor.
    """
    if not compiled.IS_COMPILED:
        return _plain_pass(rows, predictor, step, restart=restart, whole=whole)
    width, two = len(rows.columns) + 2, len(rows.codes) > 1
    groups = tuple(np.empty((size, width)) for size in rows.levels)
    table = np.empty(rows.cells) if two else None
    moments = np.empty((len(rows.columns) + 1, len(rows.columns)))
    by_columns, by_levels = (None, ()) if step is None else step
    likelihood = compiled.extension().poisson_pass(
        predictor, rows.y, rows.columns, (rows.base, rows.weights),
        (by_columns, *_two(by_levels)), _two(rows.codes), (rows.start, rows.place), (table, *_two(groups)),
        moments, (int(restart), int(whole)), compiled.threads_for(len(predictor) * width),
    )  # fmt: skip
    lower = np.tril(moments[:-1])
    return Sums(groups, table, lower + np.tril(lower, -1).T, moments[-1], likelihood)


def _two(values: Sequence[npt.NDArray[np.float64]] | Sequence[Integers]) -> tuple[object, object]:
    """One or two arrays as two, the second None where there is one."""
    found = [*values, None, None]
    return found[0], found[1]


def _plain_pass(rows: Rows, predictor: Floats, step: Step | None, *, restart: bool, whole: bool) -> Sums:
    """The numpy twin."""
    base = np.zeros(len(predictor)) if rows.base is None else rows.base
    weights = np.ones(len(predictor)) if rows.weights is None else rows.weights
    if step is not None:
        moved = base.copy() if restart else predictor.copy()
        for own, column in zip(step[0], rows.columns, strict=True):
            moved += own * column
        for values, codes in zip(step[1], rows.codes, strict=True):
            moved += values[codes]
        predictor[...] = moved
    mean = np.exp(np.clip(predictor, -708.0, LARGEST))
    likelihood = float(np.sum(weights * (rows.y * predictor - mean)))
    score = weights * (rows.y - mean)
    mean = weights * mean
    if whole:
        score = score + mean * (predictor - base)
    products = [mean * column for column in rows.columns]
    each = [mean, *products, score]
    groups = tuple(
        twins.group_sums(codes, levels, each, None)
        for codes, levels in zip(rows.codes, rows.levels, strict=True)
    )
    table = None
    if rows.start is not None and rows.place is not None:
        cell = rows.start[rows.codes[0]] + rows.place[rows.codes[1]]
        table = np.bincount(cell, weights=mean, minlength=rows.cells).astype(np.float64, copy=False)
    k = len(rows.columns)
    moments = np.array([[float(one @ other) for other in rows.columns] for one in products]).reshape(k, k)
    gradient = np.array([float(score @ column) for column in rows.columns])
    return Sums(groups, table, moments, gradient, likelihood)
