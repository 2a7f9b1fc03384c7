"""Effects of a dose, and of a little more of it (Callaway, Goodman-Bacon and Sant'Anna 2024).

    ATT(d)  = E[Y_t(d) − Y_t(0) | D = d]           the effect of dose d on the units that had it: rows dose[d]
    ACRT(d) = the slope of the curve of d          the effect of a little more dose: rows acrt[d]
    att     = E[ATT(D) | D > 0],   acrt = E[ACRT(D) | D > 0]         their means over the treated units' doses

The treated units' changes since before treatment are regressed on a B-spline of their dose (`degree`, `knots`; degree 1
is a line), less the mean change of untreated units; with several cohorts that is done for each cohort and period and
averaged as `aggregate` says. Rows event[e] are the mean effect by time since treatment, zero before it where paths are
parallel.
Assumptions. ATT(d) and att: without treatment, units of every dose would have moved like the untreated ones (parallel
trends). ACRT(d) and acrt, and any comparison of two doses: also, that units of different doses would have responded
alike to the same dose (strong parallel trends): otherwise the slope mixes the effect of more dose with the difference
between the units that chose it. Nothing that is seen before treatment tests that. No anticipation, a dose that stays as
it was in the first treated period, and untreated units.
The error sums the influence of units or clusters, without factors, and uses the normal law; bands over the doses come
from `bands`. The coefficient of a two-way regression on the dose is none of these: its weights are largest for doses
near the mean. Defaults elsewhere: R contdid has degree 3, no knots, 90 doses, bootstrap errors, and averages by cohort.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from pydantic import Field

import impact.estimators._group_time as group_time
import impact.kernels.dose_response as kernel
import impact.kernels.group_time as cells_kernel
from impact.core.arrays import Floats
from impact.core.designs import Adoption, AdoptionChoices, Design, Factor, Term
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate, Influence
from impact.core.labels import number_labels
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault, notice, text
from impact.estimators._adoption import (
    adoption_of,
    choice_facts,
    choices_of,
    first_rows,
    require_absorbing,
)
from impact.estimators._aggregate import Cells, aggregate_cells
from impact.estimators._design_options import Anticipation, BasePeriod, ControlGroup, Window
from impact.kernels.splines import SplineBasis, evaluate_spline, fit_bspline, spline_slopes

NAME = "did_dose"
POINTS = 9
MOST_NAMED = 8


class DoseOptions(Options):
    """Options of effects by dose."""

    dose: str | None = Field(
        None, description="Column of doses, constant in units; default: the treatment of the design."
    )
    degree: int = Field(3, ge=1, le=5, description="Degree of the B-spline of the dose: 1 is a line.")
    knots: int = Field(0, ge=0, description="Interior knots, at equally spaced quantiles of the doses.")
    grid: tuple[float, ...] | None = Field(
        None, description="Doses at which the curves are shown; default: nine deciles of the treated doses."
    )
    control_group: ControlGroup = None
    base_period: BasePeriod = None
    anticipation: Anticipation = None
    window: Window = None
    aggregate: Literal["simple", "dynamic", "cohort", "calendar"] | None = Field(
        None, description="How cohorts and periods are averaged; default: that of the design, or simple."
    )


@dataclass(frozen=True, slots=True)
class _Curves:
    """Regressions of all cells, the sample, and how cells are averaged."""

    curves: list[kernel.Curve]
    plan: list[cells_kernel.Cell]
    sample: group_time.Sample
    choices: AdoptionChoices

    def cells(self, make: Callable[[kernel.Curve], kernel.Values]) -> Cells:
        """A quantity of every cell, with its influence by unit."""
        adoption = adoption_of(self.sample.design, NAME)
        att = np.full(len(self.plan), np.nan)
        influence = np.zeros((adoption.unit.levels, len(self.plan)))
        for j, cell in enumerate(self.plan):
            if cell.time == cell.base:
                att[j] = 0.0
        for curve in self.curves:
            found = make(curve)
            places = np.array(curve.places)
            att[places] = found.value
            influence[np.ix_(curve.treated, places)] = found.treated
            influence[np.ix_(curve.control, places)] = found.control
        cohorts, weights = np.array(self.sample.cohorts), group_time.unit_weights(self.sample)
        inside = (adoption.cohort[:, None] == cohorts) * weights[:, None]
        share = inside.mean(axis=0)
        cohort = np.array([cell.cohort for cell in self.plan])
        return Cells(
            cohort=cohort,
            time=adoption.periods[[cell.time for cell in self.plan]],
            att=att,
            influence=influence,
            size=share[np.searchsorted(cohorts, cohort)],
            cohorts=cohorts,
            share=share,
            membership=(inside - share) / len(inside),
        )

    def mean(self, make: Callable[[kernel.Curve], kernel.Values]) -> tuple[float, Floats]:
        """The average of a quantity over cohorts and periods of treatment, and its influence (U,)."""
        rows = aggregate_cells(self.cells(make), self.choices, with_cells=False)
        return float(rows.params[0]), rows.influence[:, 0]


def fit(design: Design, options: DoseOptions) -> Estimate:
    """Mean effect and mean slope, effects by time since treatment, and both curves over the dose.

    Arguments:
        design: y (n,), weights (n,), the adoption with doses as its treatment, or the column ``dose``.
        options: see ``DoseOptions``.

    Returns:
        Estimate with att, acrt, event[e], dose[d] and acrt[d], and influence rows of units.

    Raises:
        DesignError: E560 no adoption, E561 treatment that ends, E571 nothing to compare, E588 `balance: keep` or
            another reference, E597 no usable doses, or more columns of the spline than they allow.
    """
    require_absorbing(adoption_of(design, NAME), NAME)
    choices = choices_of(design, options, NAME)
    group_time.require_last_base_and_balance(choices, NAME)
    sample = group_time.settle(design, choices, NAME)
    made = sample.design
    adoption = adoption_of(made, NAME)
    dose = _doses(made, sample.cohorts)
    basis = _basis(dose[np.isin(adoption.cohort, sample.cohorts)], options)
    curves, notices = _curves(sample, choices, _columns(basis, dose))
    rows = _rows(curves, basis, dose, options)
    return Estimate(
        estimator=NAME,
        terms=tuple(term for term, _, _ in rows),
        params=np.array([value for _, value, _ in rows]),
        n_obs=float(len(made.y)),
        df_model=0,
        df_resid=float(adoption.unit.levels - 1),
        n_units=adoption.unit.levels,
        influence=Influence(
            np.column_stack([influence for _, _, influence in rows]),
            first_rows(adoption.unit).astype(np.int32),
        ),
        focus=(0,),
        fit={"mean_outcome": float(np.average(made.y, weights=made.weights))},
        notices=notices,
        tables={
            "comparison": choice_facts(choices, last_cohort=sample.last, degree=options.degree),
            "spline": {"degree": basis.degree, "knots": list(basis.interior), "range": list(basis.boundary)},
        },
        design=made,
    )


# --- doses and their basis ---


def _doses(design: Design, cohorts: tuple[float, ...]) -> Floats:
    """(U,) dose of each unit of the cohorts, 0 for the others.

    Raises:
        DesignError: E597 none given, doses that change or are not positive.
    """
    adoption = adoption_of(design, NAME)
    first = first_rows(adoption.unit)
    column = design.columns.get("dose")
    if isinstance(column, Factor):
        raise DesignError(fault("E597", problem="`dose` is no column of numbers"))
    if column is not None:
        if np.any(column != column[first][adoption.unit.codes]):
            raise DesignError(fault("E597", problem=f"`dose` changes within {adoption.unit.name}"))
        found = column[first]
    elif adoption.treatment is not None:
        found = _first_doses(adoption, adoption.treatment)
    else:
        raise DesignError(fault("E597", problem="cohorts alone have no dose"))
    dose = np.where(np.isin(adoption.cohort, cohorts), found, 0.0)
    treated = dose[np.isin(adoption.cohort, cohorts)]
    if np.any(treated <= 0):
        raise DesignError(fault("E597", problem="some treated units have a dose of zero or less"))
    return dose


def _first_doses(adoption: Adoption, treatment: Floats) -> Floats:
    """(U,) treatment in the first treated period, where it stays as it is."""
    codes = adoption.unit.codes
    on = adoption.periods[adoption.time.codes] >= adoption.cohort[codes]
    found = np.zeros(adoption.unit.levels)
    found[codes[on][::-1]] = treatment[on][::-1]
    changing = np.unique(codes[on & (treatment != found[codes])])
    if len(changing):
        problem = f"the dose of {len(changing)} unit(s) changes after the first treated period"
        raise DesignError(fault("E597", problem=problem))
    return found


def _basis(doses: Floats, options: DoseOptions) -> SplineBasis:
    """The spline of the treated doses.

    Raises:
        DesignError: E597 too few different doses.
    """
    columns = options.degree + options.knots
    different = len(np.unique(doses))
    if different <= columns:
        problem = f"{different} different dose(s), for a spline with {columns + 1} parameters"
        raise DesignError(fault("E597", problem=problem))
    try:
        return fit_bspline(doses, columns, degree=options.degree)
    except ValueError:
        raise DesignError(fault("E597", problem="knots of the spline coincide")) from None


def _columns(basis: SplineBasis, dose: Floats) -> Floats:
    """(U, p) the constant and the spline."""
    return np.column_stack([np.ones(len(dose)), evaluate_spline(basis, dose)])


def _slopes(basis: SplineBasis, dose: Floats) -> Floats:
    return np.column_stack([np.zeros(len(dose)), spline_slopes(basis, dose)])


# --- cells and rows ---


def _curves(
    sample: group_time.Sample, choices: AdoptionChoices, basis: Floats
) -> tuple[_Curves, tuple[Notice, ...]]:
    """Regressions of all cells; W540 for those without, E571 where none is left after treatment."""
    periods = adoption_of(sample.design, NAME).periods
    timing = cells_kernel.Timing(
        universal=choices.base_period == "universal",
        not_yet=choices.control_group == "not_yet",
        anticipation=choices.anticipation,
    )
    plan = cells_kernel.plan_cells(sample.cohorts, periods, timing)
    curves, reasons = kernel.fit_curves(group_time.panel_arrays(sample, None, varying=False), basis, plan)
    estimated = {place for curve in curves for place in curve.places}
    if not any(periods[cell.time] >= cell.cohort for j, cell in enumerate(plan) if j in estimated):
        said = "; ".join(dict.fromkeys(text(group_time.REASONS[reason]) for reason in reasons.values()))
        raise DesignError(fault("E571", estimator=NAME, reason=said or "no period after treatment"))
    named: dict[str, list[str]] = {}
    for j, reason in reasons.items():
        named.setdefault(reason, []).append(f"({plan[j].cohort:g}, {periods[plan[j].time]:g})")
    notices = []
    for reason, names in named.items():
        shown = ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
        said = text(group_time.REASONS[reason])
        notices.append(notice("W540", of=NAME, count=len(names), cells=shown, reason=said))
    return _Curves(curves, plan, sample, choices), tuple(notices)


def _rows(
    curves: _Curves, basis: SplineBasis, dose: Floats, options: DoseOptions
) -> list[tuple[Term, float, Floats]]:
    """att, acrt, the event rows, and both curves at the doses of the grid."""
    means = aggregate_cells(curves.cells(kernel.mean_level), curves.choices, with_cells=False)
    slopes = _slopes(basis, dose)
    own = curves.mean(lambda curve: kernel.mean_slope(curve, slopes))
    rows = [
        (Term("att", "att"), float(means.params[0]), means.influence[:, 0]),
        (Term("acrt"), *own),
    ]
    rows += [
        (term, float(value), means.influence[:, j])
        for j, (term, value) in enumerate(zip(means.terms, means.params, strict=True))
        if term.kind == "event"
    ]
    grid = _grid(dose[dose > 0], options)
    levels, steps = _columns(basis, grid), _slopes(basis, grid)
    for name, table, make in (("dose", levels, kernel.level_at), ("acrt", steps, kernel.slope_at)):
        for label, row in zip(number_labels(grid.tolist()), table, strict=True):
            rows.append((Term(f"{name}[{label}]", "dose"), *curves.mean(partial(make, row=row))))
    return rows


def _grid(doses: Floats, options: DoseOptions) -> Floats:
    """The doses shown: those asked for, or deciles.

    Raises:
        DesignError: E597 doses outside the range of the treated.
    """
    if options.grid is None:
        return np.unique(np.quantile(doses, np.arange(1, POINTS + 1) / (POINTS + 1)))
    grid = np.unique(np.array(options.grid, dtype=np.float64))
    low, high = float(doses.min()), float(doses.max())
    if grid[0] < low or grid[-1] > high:
        raise DesignError(fault("E597", problem=f"`grid` leaves the range of doses, {low:g} to {high:g}"))
    return grid


ESTIMATOR = Estimator(
    summary="Effects by dose and their slope (Callaway, Goodman-Bacon and Sant'Anna)",
    options=DoseOptions,
    fit=fit,
    references=("Callaway, Goodman-Bacon and Sant'Anna 2024",),
    accepts=(
        "adoption",
        "anticipation",
        "clusters",
        "dose",
        "weights:analytic",
        "weights:sampling",
    ),
    columns=lambda options: {} if options.dose is None else {"dose": options.dose},
)
