"""Triple differences by cohort and period: eligible units of a cohort, against three groups that were not treated.

With S the cohort, Q = 1 the eligible units, and a comparison cohort c not treated by period t, the effect on the
eligible of cohort g is made of three comparisons of changes, each with its own regression and odds (doubly robust):

    DDD_c(g, t) = DiD(g,1 ; g,0) + DiD(g,1 ; c,1) − DiD(g,1 ; c,0)

Several comparison cohorts are not pooled, which would be biased: their estimates are weighted by Ω⁻¹1 / (1'Ω⁻¹1), with
Ω the covariance of their influence, the most precise mean. Source: Ortiz-Villavicencio and Sant'Anna (2025), eq. 4.8
to 4.12. Shapes: U units, T periods, C cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.doubly_robust import Comparison, Group, compare_changes
from impact.kernels.group_time import Cell, Effects, PanelArrays, Rules
from impact.kernels.propensity import ComparisonError

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def triple_effects(panel: PanelArrays, eligible: Mask, cells: Sequence[Cell], rules: Rules) -> Effects:
    """Effects and influence (U, C) of all cells on a complete panel; reasons as for two differences.

    Arguments:
        eligible: (U,). cells: the comparison cohorts of a cell start after its ``until``.
    """
    att = np.full(len(cells), np.nan)
    influence = np.zeros((len(panel.cohort), len(cells)))
    reasons: dict[int, str] = {}
    plain = panel.fixed or (panel.x is None and panel.weights is None)
    groups: dict[tuple[float, int], list[int]] = {}
    for j, cell in enumerate(cells):
        if cell.time == cell.base:
            att[j] = 0.0
        else:
            groups.setdefault((cell.cohort, 0 if plain else cell.earlier), []).append(j)
    for (_, period), columns in groups.items():
        problem = _Problem(panel, eligible, tuple(cells[j] for j in columns), period, rules)
        parts, reason = _parts(problem)
        for place, j in enumerate(columns):
            found = [part for part in parts if place in part.places]
            if found:
                att[j], influence[:, j] = _combined(found, place)
            else:
                reasons[j] = reason
    return Effects(att, influence, reasons)


@dataclass(frozen=True, slots=True)
class _Problem:
    """Cells of one cohort that take covariates and weights from the same period."""

    panel: PanelArrays
    eligible: Mask
    cells: tuple[Cell, ...]
    period: int
    rules: Rules


@dataclass(frozen=True, slots=True)
class _Part:
    """Effects (m,) against one cohort and their influence (U, m), of the cells at some places."""

    places: tuple[int, ...]
    att: Array
    influence: Array


def _parts(problem: _Problem) -> tuple[list[_Part], str]:
    """One part for each comparison cohort that has the cells; why a cell may have none."""
    panel, cells = problem.panel, problem.cells
    own = [_members(problem, cells[0].cohort, flag) for flag in (True, False)]
    reason = "empty"
    try:
        inside = _compare(problem, (own[0], own[1]), cells)
    except ComparisonError as failed:
        return [], failed.reason
    parts = []
    for level in np.unique(panel.cohort).tolist():
        if level == cells[0].cohort:
            continue
        places = tuple(j for j, cell in enumerate(cells) if np.isinf(level) or level > cell.until)
        if not places:
            continue
        chosen = tuple(cells[j] for j in places)
        others = [_members(problem, level, flag) for flag in (True, False)]
        try:
            found = [_compare(problem, (own[0], side), chosen) for side in others]
        except ComparisonError as failed:
            reason = failed.reason
            continue
        columns = list(places)
        influence = np.zeros((len(panel.cohort), len(places)))
        influence[own[0]] += inside.treated[:, columns] + found[0].treated - found[1].treated
        influence[own[1]] += inside.control[:, columns]
        influence[others[0]] += found[0].control
        influence[others[1]] -= found[1].control
        parts.append(_Part(places, inside.att[columns] + found[0].att - found[1].att, influence))
    return parts, reason


def _members(problem: _Problem, cohort: float, flag: bool) -> Rows:
    return np.flatnonzero((problem.panel.cohort == cohort) & (problem.eligible == flag))


def _compare(problem: _Problem, units: tuple[Rows, Rows], cells: Sequence[Cell]) -> Comparison:
    panel, rules = problem.panel, problem.rules
    times, bases = [cell.time for cell in cells], [cell.base for cell in cells]
    sides = []
    for members in units:
        own, rows = panel.y[members], panel.row[members, problem.period]
        sides.append(
            Group(
                own[:, times] - own[:, bases],
                None if panel.x is None else panel.x[rows],
                None if panel.weights is None else panel.weights[rows],
            )
        )
    return compare_changes(*sides, method=rules.method, trim=rules.trim, most=rules.most)


def _combined(parts: Sequence[_Part], place: int) -> tuple[float, Array]:
    """The most precise mean of the estimates against several cohorts, and its influence (U,)."""
    column = [part.places.index(place) for part in parts]
    att = np.array([part.att[j] for part, j in zip(parts, column, strict=True)])
    if len(parts) == 1:
        return float(att[0]), parts[0].influence[:, column[0]]
    rows = np.column_stack([part.influence[:, j] for part, j in zip(parts, column, strict=True)])
    centred = rows - rows.mean(axis=0)
    weights = np.linalg.pinv(centred.T @ centred, hermitian=True).sum(axis=0)
    # without any noise nothing is more precise than another
    total = float(weights.sum())
    weights = weights / total if total > 0 else np.full(len(weights), 1 / len(weights))
    return float(weights @ att), rows @ weights
