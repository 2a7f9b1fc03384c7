"""What a design of who is treated from when looks like: printed and stored before anything is estimated."""

from __future__ import annotations

from typing import Any

import numpy as np

from impact.core.arrays import Floats
from impact.core.designs import Adoption
from impact.core.errors import Notice
from impact.core.rows.adoption_rows import event_time_of_rows
from impact.core.texts import notice

MOST_CELLS = 20


def adoption_facts(adoption: Adoption, weights: Floats | None = None) -> dict[str, Any]:
    """Cohorts and sizes, share never treated, gaps, the thinnest cell, cells without controls, and the choices.

    Arguments:
        weights: (n,) frequency weights, for the number of treated observations.
    """
    table = _table(adoption)
    cohorts = np.unique(adoption.cohort)
    units = {value: int(np.count_nonzero(adoption.cohort == value)) for value in cohorts.tolist()}
    never = units.get(np.inf, 0)
    finite = [value for value in cohorts.tolist() if np.isfinite(value)]
    first = float(adoption.periods[0])
    n_units = len(adoption.cohort)
    rows = np.bincount(adoption.unit.codes, minlength=n_units)
    by_period = _treated_by_period(adoption, table, weights)
    treated_periods = by_period[by_period > 0]
    steps = np.diff(adoption.periods)
    return {
        "unit": adoption.unit.name,
        "time": adoption.time.name,
        "panel": adoption.is_panel,
        "n_units": n_units,
        "n_periods": len(adoption.periods),
        "periods": adoption.periods.tolist(),
        "cohorts": [
            {"cohort": value, "units": units[value], "rows": int(rows[adoption.cohort == value].sum())}
            for value in finite
        ],
        "never": never,
        "share_never": never / n_units,
        "always": sum(units[value] for value in finite if value <= first),
        "balanced": bool(np.all(rows == len(adoption.periods))) if adoption.is_panel else None,
        "absent_unit_periods": int(n_units * len(adoption.periods) - rows.sum())
        if adoption.is_panel
        else None,
        "regular_periods": bool(len(steps) == 0 or np.all(steps == steps[0])),
        "smallest_cell": _smallest(table, finite, adoption),
        "cells_without_controls": _without_controls(table, cohorts, adoption),
        "switches_off": len(adoption.switches_off),
        "control_group": adoption.choices.control_group,
        "base_period": adoption.choices.base_period,
        "anticipation": adoption.choices.anticipation,
        "aggregate": adoption.choices.aggregate,
        "n_treated": float(by_period.sum()),
        "n_treated_thinnest": float(treated_periods.min()) if len(treated_periods) else 0.0,
    }


def _treated_by_period(adoption: Adoption, table: Floats, weights: Floats | None) -> Floats:
    """(T,) treated rows, or the sum of their weights, in each period."""
    if weights is None:
        exposed = adoption.periods >= np.unique(adoption.cohort)[:, None]
        return np.asarray(np.sum(table * exposed, axis=0))
    treated = event_time_of_rows(adoption) >= 0
    sums = np.bincount(adoption.time.codes, weights=treated * weights, minlength=len(adoption.periods))
    return sums.astype(np.float64)


def _table(adoption: Adoption) -> Floats:
    """Number of units by cohort (never treated last) and period."""
    cohorts = np.unique(adoption.cohort)
    place = np.searchsorted(cohorts, adoption.cohort)
    if adoption.is_panel and len(adoption.unit.codes) == len(place) * len(adoption.periods):
        units = np.bincount(place, minlength=len(cohorts)).astype(np.float64)
        return np.repeat(units[:, None], len(adoption.periods), axis=1)
    place = place[adoption.unit.codes]
    shape = (len(cohorts), len(adoption.periods))
    key = place * shape[1] + adoption.time.codes
    return np.bincount(key, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)


def _smallest(table: Floats, finite: list[float], adoption: Adoption) -> dict[str, object] | None:
    """The cohort and period with the fewest units."""
    if not finite:
        return None
    j = int(np.argmin(table[: len(finite)]))
    cohort, time = divmod(j, table.shape[1])
    return {
        "cohort": finite[cohort],
        "time": float(adoption.periods[time]),
        "units": int(table[cohort, time]),
    }


def _without_controls(table: Floats, cohorts: Floats, adoption: Adoption) -> list[list[float]]:
    """Cells after treatment in whose period no unit of the comparison group is seen, at most twenty."""
    found: list[list[float]] = []
    for g in cohorts[np.isfinite(cohorts)].tolist():
        for j, time in enumerate(adoption.periods.tolist()):
            if time < g or g <= adoption.periods[0]:
                continue
            late = np.isinf(cohorts)
            if adoption.choices.control_group == "not_yet":
                late = late | (cohorts > time + adoption.choices.anticipation)
            if table[late & (cohorts != g), j].sum() == 0:
                found.append([g, time])
    return found[:MOST_CELLS]


def adoption_notices(facts: dict[str, Any], adoption: Adoption, *, of: str) -> tuple[Notice, ...]:
    """What a reader should know before the estimates are read: see the texts of W524 to W527."""
    found: list[Notice] = []
    if facts["always"]:
        found.append(notice("W524", of=of, count=facts["always"], first=f"{adoption.periods[0]:g}"))
    if not facts["never"] and adoption.choices.control_group == "never":
        found.append(notice("W525", of=of))
    alone = [entry["cohort"] for entry in facts["cohorts"] if entry["units"] == 1 and adoption.is_panel]
    if alone and len(facts["cohorts"]) > 1:
        found.append(notice("W526", of=of, cohorts=", ".join(f"{value:g}" for value in alone)))
    if not facts["regular_periods"]:
        found.append(notice("W527", of=of, time=adoption.time.name))
    return tuple(found)
