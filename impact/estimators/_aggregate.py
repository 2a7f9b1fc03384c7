"""From effects by cohort and period to the rows of a difference-in-differences estimate.

    simple     mean over cells with t >= g, weighted by size
    event      mean over the cells with t - g = e, weighted by size; overall (dynamic): plain mean over e >= 0
    cohort     mean over t >= g; overall: weighted by the cohorts' shares
    calendar   mean over the cohorts treated by t, weighted by size; overall: plain mean over periods

The influence of an aggregate is that of its cells plus that of the estimated weights, where those are estimated.
Source: Callaway and Sant'Anna (2021), section 3 and corollary 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import AdoptionChoices, Term
from impact.core.labels import number_label

Mask = npt.NDArray[np.bool_]
OVERALL = ("simple", "dynamic", "cohort", "calendar")


@dataclass(frozen=True, slots=True)
class Cells:
    """Effects by cohort and period, C of them, sorted by cohort and period.

    Arguments:
        cohort, time: (C,) first treated period and period; event time is their difference.
        att: (C,), NaN where the cell has no estimate. influence: (m, C), already divided by n, zero where NaN.
        size: (C,) weight of the cell in aggregates: share of its cohort (Callaway and Sant'Anna), or its observations.
        cohorts: (G,) the cohorts in ascending order; share: (G,) their shares, up to a common factor.
        membership: (m, G) influence of ``share`` (its estimation error), None where shares are taken as known.
    """

    cohort: Floats
    time: Floats
    att: Floats
    influence: Floats
    size: Floats
    cohorts: Floats
    share: Floats
    membership: Floats | None = None


@dataclass(frozen=True, slots=True)
class Aggregates:
    """Rows made of cells: terms, params (k,), influence (m, k), and the weights (C, k) of the cells in each."""

    terms: tuple[Term, ...]
    params: Floats
    influence: Floats
    weights: Floats


@dataclass(frozen=True, slots=True)
class _Row:
    """One aggregate: weights (C,) of the cells and loadings (G,) on the estimation error of the shares."""

    term: Term
    weights: Floats
    loadings: Floats


def aggregate_cells(
    cells: Cells, choices: AdoptionChoices, *, balance_event: float | None = None, with_cells: bool = True
) -> Aggregates:
    """Every row of the estimate: att, the four overall effects, events, cohorts, calendar periods and the cells.

    Arguments:
        choices: which overall effect is ``att``, and the window of events shown.
        balance_event: only cohorts observed this many periods after treatment enter the dynamic effects.
        with_cells: whether the cells themselves are rows.
    """
    defined = np.isfinite(cells.att)
    event = cells.time - cells.cohort
    post = defined & (event >= 0)
    events = _event_rows(cells, defined, event, balance_event)
    cohorts = _cohort_rows(cells, post)
    periods = _calendar_rows(cells, post)
    overall = {
        "simple": _mean(Term("att_simple", "att"), cells, post, cells.size),
        "dynamic": _plain_mean("att_dynamic", [row for row in events if _event(row) >= 0], cells),
        "cohort": _over_cohorts(cells, cohorts),
        "calendar": _plain_mean("att_calendar", periods, cells),
    }
    chosen = overall[choices.aggregate]
    shown = [row for row in events if choices.window is None or _inside(_event(row), choices.window)]
    rows = [
        _Row(Term("att", "att"), chosen.weights, chosen.loadings),
        *overall.values(),
        *shown,
        *cohorts,
        *periods,
    ]
    if with_cells:
        rows += _cell_rows(cells)
    return _assembled(rows, cells)


def _event(row: _Row) -> float:
    assert row.term.event_time is not None
    return row.term.event_time


def _inside(event: float, window: tuple[float, float]) -> bool:
    return window[0] <= event <= window[1]


def _mean(term: Term, cells: Cells, chosen: Mask, size: Floats) -> _Row:
    """Mean of the chosen cells weighted by size, with the loadings on the shares' estimation error."""
    place = np.searchsorted(cells.cohorts, cells.cohort)
    weights = np.where(chosen, size, 0.0)
    total = float(weights.sum())
    if total <= 0:
        return _Row(term, np.full(len(cells.att), np.nan), np.zeros(len(cells.cohorts)))
    weights = weights / total
    mean = float(np.sum(weights[chosen] * cells.att[chosen]))
    # size_k is the share of the cohort of k: its derivative moves the mean by (att_k - mean) / total
    scale = np.divide(size, cells.share[place], out=np.zeros_like(size), where=cells.share[place] > 0)
    deviations = np.where(chosen, (np.nan_to_num(cells.att) - mean) * scale / total, 0.0)
    loadings = np.bincount(place, weights=deviations, minlength=len(cells.cohorts)).astype(np.float64)
    return _Row(term, weights, loadings)


def _plain_mean(name: str, rows: Sequence[_Row], cells: Cells) -> _Row:
    term = Term(name, "att")
    if not rows:
        return _Row(term, np.full(len(cells.att), np.nan), np.zeros(len(cells.cohorts)))
    return _Row(
        term,
        np.mean([row.weights for row in rows], axis=0),
        np.mean([row.loadings for row in rows], axis=0),
    )


def _event_rows(cells: Cells, defined: Mask, event: Floats, balance_event: float | None) -> list[_Row]:
    chosen = defined
    if balance_event is not None:
        last, first = float(cells.time.max()), float(cells.time.min())
        kept = (last - cells.cohort >= balance_event) & (event <= balance_event)
        chosen = defined & kept & (event >= balance_event - last + first)
    return [
        _mean(
            Term(f"event[{number_label(value)}]", "event", event_time=value),
            cells,
            chosen & (event == value),
            cells.size,
        )
        for value in np.unique(event[chosen]).tolist()
    ]


def _cohort_rows(cells: Cells, post: Mask) -> list[_Row]:
    """Means over a cohort's treated periods: its size does not enter where all its cells have the same."""
    found = []
    for value in cells.cohorts.tolist():
        chosen = post & (cells.cohort == value)
        if chosen.any():
            row = _mean(
                Term(f"cohort[{number_label(value)}]", "cohort", cohort=value), cells, chosen, cells.size
            )
            found.append(_Row(row.term, row.weights, np.zeros(len(cells.cohorts))))
    return found


def _calendar_rows(cells: Cells, post: Mask) -> list[_Row]:
    return [
        _mean(
            Term(f"calendar[{number_label(value)}]", "calendar", time=value),
            cells,
            post & (cells.time == value),
            cells.size,
        )
        for value in np.unique(cells.time[post]).tolist()
    ]


def _over_cohorts(cells: Cells, cohorts: Sequence[_Row]) -> _Row:
    """Cohort effects weighted by the cohorts' shares."""
    term = Term("att_cohort", "att")
    if not cohorts:
        return _Row(term, np.full(len(cells.att), np.nan), np.zeros(len(cells.cohorts)))
    places = np.array([int(np.searchsorted(cells.cohorts, row.term.cohort)) for row in cohorts])  # type: ignore[call-overload]
    share = cells.share[places]
    total = float(share.sum())
    effects = np.array([float(np.sum(row.weights * np.nan_to_num(cells.att))) for row in cohorts])
    mean = float(np.sum(share * effects) / total)
    weights = np.sum(
        [part / total * row.weights for part, row in zip(share.tolist(), cohorts, strict=True)], axis=0
    )
    loadings = np.zeros(len(cells.cohorts))
    loadings[places] = (effects - mean) / total
    return _Row(term, weights, loadings)


def _cell_rows(cells: Cells) -> list[_Row]:
    """The cells themselves; those without an estimate are left out."""
    found = []
    unit = np.eye(len(cells.att))
    for j in np.flatnonzero(np.isfinite(cells.att)).tolist():
        g, t = float(cells.cohort[j]), float(cells.time[j])
        term = Term(
            f"att_gt[{number_label(g)},{number_label(t)}]", "att_gt", cohort=g, time=t, event_time=t - g
        )
        found.append(_Row(term, unit[j], np.zeros(len(cells.cohorts))))
    return found


def _assembled(rows: Sequence[_Row], cells: Cells) -> Aggregates:
    """Params and influence of all rows; overall effects that do not exist are left out."""
    kept = [row for row in rows if np.isfinite(row.weights).all()]
    weights = np.column_stack([row.weights for row in kept])
    loadings = np.column_stack([row.loadings for row in kept])
    params = np.nan_to_num(cells.att) @ weights
    influence = cells.influence @ weights
    if cells.membership is not None:
        influence += cells.membership @ loadings
    return Aggregates(tuple(row.term for row in kept), params, influence, weights)
