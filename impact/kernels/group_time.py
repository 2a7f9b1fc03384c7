"""Effects by cohort and period: which periods and units each is made of, and all of them on a panel or on rows.

The effect on cohort g in period t compares the change of g from a base period to t with that of units not treated then.
Cells of one cohort with the same comparison group and the same covariates are columns of one comparison.
Source: Callaway and Sant'Anna (2021), theorem 1 and section 4; base periods as in Callaway and Sant'Anna's R package.
Shapes: U units, T periods, n rows, C cells, k regressors with the constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.doubly_robust import TRIM, Group, compare_changes
from impact.kernels.doubly_robust_levels import Levels, compare_levels
from impact.kernels.propensity import ComparisonError

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NO_OVERLAP = 0.999  # a largest propensity score from here on is no overlap


@dataclass(frozen=True, slots=True)
class Cell:
    """Cohort, period and base period (positions among the periods); comparison cohorts start after ``until``."""

    cohort: float
    time: int
    base: int
    until: float

    @property
    def earlier(self) -> int:
        """The earlier of the two periods: covariates and weights are taken from it."""
        return min(self.time, self.base)


@dataclass(frozen=True, slots=True)
class Timing:
    """How cells are planned.

    Arguments:
        universal: one base period a cohort, or before treatment the period just before each.
        not_yet: compare with units not treated by the period, or with the never treated alone.
        anticipation: periods before treatment that may respond already; reference: of the base period, −1 the last one.
    """

    universal: bool = False
    not_yet: bool = False
    anticipation: float = 0.0
    reference: float = -1.0


@dataclass(frozen=True, slots=True)
class Rules:
    """How a cell is estimated: method ("dr", "ipw_hajek", "reg"), trimming point of propensity scores, and overlap."""

    method: str = "dr"
    trim: float = TRIM
    most: float = NO_OVERLAP


@dataclass(frozen=True, slots=True)
class PanelArrays:
    """A complete panel.

    Arguments:
        y: (U, T). cohort: (U,) infinity where never treated. row: (U, T) number of the row of x and weights.
        x: (n, k) the constant first, or None; weights: (n,) or None.
        fixed: whether x and weights are the same in every row of a unit.
    """

    y: Array
    cohort: Array
    row: Rows
    x: Array | None = None
    weights: Array | None = None
    fixed: bool = True


@dataclass(frozen=True, slots=True)
class RowArrays:
    """Rows of cross-sections, or of units that are not there in every period.

    Arguments:
        y: (n,). time: (n,) position of the period. unit: (n,) unit, 0 … units − 1. cohort: (n,).
        x: (n, k) the constant first, or None; weights: (n,) or None.
    """

    y: Array
    time: Rows
    unit: Rows
    units: int
    cohort: Array
    x: Array | None = None
    weights: Array | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """Who makes up the cohorts' shares: cohorts (G,), share (G,) mean weight; of each unit cohort and weight (U,)."""

    cohorts: Array
    share: Array
    cohort: Array
    weights: Array


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects (C,), NaN without one; cells (U, C) influence divided by n, 0 where NaN; reasons: cell → why none."""

    att: Array
    cells: Array
    reasons: dict[int, str]

    def influence(self, weights: Array, shares: Array, members: Members) -> Array:
        """(U, k) influence of aggregates.

        Arguments:
            weights: (C, k) of the cells in each; shares: (G, k) loadings on the estimation error of the shares.
        """
        found = self.cells @ weights
        if shares.any():
            found -= members.share @ shares / len(found)
            own = members.weights / len(found)
            for level, load in zip(members.cohorts.tolist(), shares, strict=True):
                inside = np.flatnonzero(members.cohort == level)
                found[inside] += own[inside, None] * load
        return found

    def variance(self, columns: Rows) -> Array:
        """(c, c) sum over units of the products of the influence of some cells."""
        own = self.cells[:, columns]
        return np.asarray(own.T @ own)


def plan_cells(cohorts: Sequence[float], periods: Array, timing: Timing) -> list[Cell]:
    """The cells in order of cohort and period, those that are zero by definition (base = time) included.

    A cohort without a period before treatment has none.
    """
    cells = []
    for cohort in cohorts:
        before = np.flatnonzero(periods + timing.anticipation < cohort + timing.reference + 1)
        if len(before) == 0:
            continue
        last = int(before[-1])
        for time in range(0 if timing.universal else 1, len(periods)):
            base = last if timing.universal or periods[time] >= cohort else time - 1
            until = max(float(periods[time]), float(periods[base])) + timing.anticipation
            cells.append(Cell(cohort, time, base, until if timing.not_yet else np.inf))
    return cells


def panel_effects(panel: PanelArrays, cells: Sequence[Cell], rules: Rules) -> Effects:
    """Effects and influence of all cells on a complete panel.

    A cell that cannot be estimated has its reason: "empty" (no comparison unit), "singular", "separation" or "overlap".
    """
    att = np.full(len(cells), np.nan)
    influence = np.zeros((len(panel.cohort), len(cells)))
    reasons: dict[int, str] = {}
    levels = np.unique(panel.cohort)
    members = {float(level): np.flatnonzero(panel.cohort == level) for level in levels}
    for key, columns in _groups(panel, cells, levels).items():
        cohort, others, period = key
        treated = members[cohort]
        control = np.sort(np.concatenate([members[float(levels[j])] for j in others])) if others else _NONE
        times = [cells[j].time for j in columns]
        bases = [cells[j].base for j in columns]
        sides = [_side(panel, units, (times, bases), period) for units in (treated, control)]
        try:
            found = compare_changes(*sides, method=rules.method, trim=rules.trim, most=rules.most)
        except ComparisonError as problem:
            reasons.update(dict.fromkeys(columns, problem.reason))
            continue
        att[columns] = found.att
        _place(influence, treated, columns, found.treated)
        _place(influence, control, columns, found.control)
    _zero_by_definition(att, cells)
    return Effects(att, influence, reasons)


_NONE = np.empty(0, dtype=np.int64)


def _groups(
    panel: PanelArrays, cells: Sequence[Cell], levels: Array
) -> dict[tuple[float, tuple[int, ...], int], list[int]]:
    """Cells that share treated units, comparison units and covariates."""
    plain = panel.fixed or (panel.x is None and panel.weights is None)
    groups: dict[tuple[float, tuple[int, ...], int], list[int]] = {}
    for j, cell in enumerate(cells):
        if cell.time == cell.base:
            continue
        chosen = (np.isinf(levels) | (levels > cell.until)) & (levels != cell.cohort)
        key = (cell.cohort, tuple(np.flatnonzero(chosen).tolist()), 0 if plain else cell.earlier)
        groups.setdefault(key, []).append(j)
    return groups


def _side(panel: PanelArrays, units: Rows, periods: tuple[list[int], list[int]], source: int) -> Group:
    times, bases = periods
    own = panel.y[units]
    change = own[:, times] - own[:, bases]
    rows = panel.row[units, source]
    return Group(
        change,
        None if panel.x is None else panel.x[rows],
        None if panel.weights is None else panel.weights[rows],
    )


def _place(influence: Array, units: Rows, columns: list[int], values: Array) -> None:
    """Write a block; columns that follow each other go as one slice."""
    first, size = columns[0], len(columns)
    if columns == list(range(first, first + size)):
        influence[units, first : first + size] = values
    else:
        influence[np.ix_(units, np.array(columns))] = values


def _zero_by_definition(att: Array, cells: Sequence[Cell]) -> None:
    for j, cell in enumerate(cells):
        if cell.time == cell.base:
            att[j] = 0.0


def row_effects(rows: RowArrays, cells: Sequence[Cell], rules: Rules) -> Effects:
    """Effects and influence of all cells from levels: repeated cross-sections and incomplete panels.

    The influence of a unit is the sum of that of its rows. Reasons as for panels.
    """
    att = np.full(len(cells), np.nan)
    influence = np.zeros((rows.units, len(cells)))
    reasons: dict[int, str] = {}
    of_period = [np.flatnonzero(rows.time == t) for t in range(int(rows.time.max()) + 1)]
    for j, cell in enumerate(cells):
        if cell.time == cell.base:
            continue
        used = np.concatenate([of_period[cell.base], of_period[cell.time]])
        cohort = rows.cohort[used]
        used = used[(cohort == cell.cohort) | np.isinf(cohort) | (cohort > cell.until)]
        levels = Levels(
            y=rows.y[used],
            treated=rows.cohort[used] == cell.cohort,
            after=rows.time[used] == cell.time,
            x=None if rows.x is None else rows.x[used],
            weights=None if rows.weights is None else rows.weights[used],
        )
        try:
            found = compare_levels(levels, method=rules.method, trim=rules.trim, most=rules.most)
        except ComparisonError as problem:
            reasons[j] = problem.reason
            continue
        att[j] = found.att
        influence[:, j] = np.bincount(rows.unit[used], weights=found.influence, minlength=rows.units)
    _zero_by_definition(att, cells)
    return Effects(att, influence, reasons)
