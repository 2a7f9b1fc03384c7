"""Regressors of a regression that is saturated in treated cells: as levels for the linear model, as columns for others.

Shapes: n rows, C cells, T periods, G groups (cohorts and never treated), k covariates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.estimators._imputed as imputed
import impact.kernels.imputation as kernel
import impact.kernels.imputed_means as means
from impact.core.arrays import Floats, Integers
from impact.core.designs import Factor

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Saturated:
    """The cells that have a coefficient, and everything that stands beside them.

    Arguments:
        cells: the estimated cells. base: cohorts and periods (B, 2) that are zero by definition.
        cohort: cohort of each row. slopes: (n, k) covariates, centred and of unit size; their coefficients differ by
            cohort and by period. centred: (n, k) covariates less the means of their cohorts, of unit size: their
            coefficients differ by cell. means: (C, k) of ``centred`` in each cell.
    """

    cells: imputed.CellRows
    base: Floats
    cohort: Factor
    slopes: Floats
    centred: Floats
    means: Floats


def saturate(setting: imputed.Setting, *, never: bool, reference: float) -> Saturated:
    """Cells of treated rows (not yet treated rows compare), or of all rows of treated cohorts but their base period.

    Arguments:
        never: compare with never treated units alone. reference: event time of the base period.
    """
    chosen, base = setting.treated, np.zeros((0, 2))
    if never:
        chosen, base = _all_but_base(setting, reference)
    cells = imputed.cells_of(setting, chosen)
    cohort = imputed.cohort_factor(setting)
    slopes, centred = _covariates(setting, cohort)
    inside = [means.cell_means(column, cells.rows) for column in centred.T]
    count = len(cells.cohort)
    return Saturated(
        cells, base, cohort, slopes, centred, np.column_stack(inside) if inside else np.zeros((count, 0))
    )


def _all_but_base(setting: imputed.Setting, reference: float) -> tuple[Mask, Floats]:
    """Rows of treated cohorts out of their base period, the last one at or before the reference; and the bases."""
    finite = np.isfinite(setting.cohort)
    periods = setting.adoption.periods
    place = np.searchsorted(periods, np.where(finite, setting.cohort + reference, -np.inf), side="right") - 1
    at_base = finite & (place == setting.adoption.time.codes)
    pairs = np.column_stack([setting.cohort, periods[setting.adoption.time.codes]])[at_base]
    return finite & ~at_base, np.unique(pairs, axis=0)


def _covariates(setting: imputed.Setting, cohort: Factor) -> tuple[Floats, Floats]:
    """Covariates about their mean, and about the means of their cohorts, both divided by their spread."""
    x, w = setting.design.x, setting.weights
    slopes = x - np.average(x, axis=0, weights=w) if x.shape[1] else x
    size = np.sqrt(np.mean(np.square(slopes), axis=0)) if x.shape[1] else np.ones(0)
    slopes = slopes / np.where(size > 0, size, 1.0)
    total = np.bincount(cohort.codes, weights=w)
    own = [np.bincount(cohort.codes, weights=w * column) / total for column in slopes.T]
    centred = slopes - np.column_stack(own)[cohort.codes] if own else slopes
    return slopes, centred


def parts_of(setting: imputed.Setting, made: Saturated, *, cohort_effects: bool) -> tuple[kernel.Part, ...]:
    """The levels beside those of the unit; cells come last, then their slopes, one covariate after the other."""
    time, cohort = setting.adoption.time, made.cohort
    parts = [kernel.Part(cohort.codes, cohort.levels)] if cohort_effects else []
    parts.append(kernel.Part(time.codes, time.levels))
    for column in made.slopes.T:
        parts += [kernel.Part(factor.codes, factor.levels, column) for factor in (cohort, time)]
    count, codes = len(made.cells.cohort), made.cells.rows.codes
    parts.append(kernel.Part(codes, count))
    parts += [kernel.Part(codes, count, np.ascontiguousarray(column)) for column in made.centred.T]
    return tuple(parts)


def effects_asked(made: Saturated, levels: int) -> Floats:
    """(levels, C) weights of the coefficients in the mean effect of each cell, with covariates at the cell's means."""
    count, k = made.means.shape
    asked = np.zeros((levels, count))
    start = levels - count * (k + 1)
    asked[start : start + count] = np.eye(count)
    for j in range(k):
        first = start + count * (j + 1)
        asked[first : first + count] = np.diag(made.means[:, j])
    return asked


def columns_of(parts: tuple[kernel.Part, ...], rows: npt.NDArray[np.int64]) -> Floats:
    """The levels of the parts as columns (rows, q)."""
    found = []
    for part in parts:
        dummies = part.codes[rows][:, None] == np.arange(part.levels)
        found.append(dummies * 1.0 if part.values is None else dummies * part.values[rows][:, None])
    return np.ascontiguousarray(np.hstack(found))


def cohort_periods(setting: imputed.Setting, cohort: Factor) -> tuple[Integers, npt.NDArray[np.int64]]:
    """Number (n,) of each row's cohort and period among those that are seen, and a row of each."""
    place = cohort.codes.astype(np.int64) * setting.adoption.time.levels + setting.adoption.time.codes
    first, number = np.unique(place, return_index=True, return_inverse=True)[1:]
    return number.astype(np.int32), first.astype(np.int64)
