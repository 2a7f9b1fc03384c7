"""Event studies by interaction weights (Sun and Abraham 2021).

    y_it = a_i + b_t + Σ_g Σ_{e ≠ reference} δ_ge 1{G_i = g} 1{t − g = e} (+ x_it c) + u_it
    event[e] = Σ_g s_ge δ_ge,   s_ge = share of cohort g among the rows (weights) at event time e

Assumptions: the paths of all cohorts would have been parallel to that of the never treated in every period; no effect
before treatment (``anticipation`` moves the reference). Never treated units are the comparison; without any, the last
cohort up to its treatment. Shares are taken as known. The overall effect of `aggregate: simple` weights every treated
cell by its rows, as fixest's ``agg = "att"`` does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

import impact.estimators._aggregate as aggregate
import impact.estimators._event_window as event_window
import impact.estimators._regression as regression
import impact.estimators._saturated as saturated
import impact.kernels.saturated as kernel
from impact.core.arrays import Floats
from impact.core.designs import AdoptionChoices, Design, Term
from impact.core.errors import DesignError
from impact.core.estimates import Estimate
from impact.core.registered import Estimator
from impact.core.texts import fault
from impact.estimators._adoption import (
    adoption_of,
    choice_facts,
    choices_of,
    require_absorbing,
    wide_of,
)
from impact.estimators._combination import combined
from impact.estimators._design_options import Aggregate, Balance, Reference

NAME = "did_sa"


class SaOptions(regression.RegressionOptions):
    """Options of the interaction-weighted event study."""

    reference: Reference = None
    aggregate: Aggregate = None
    balance: Balance = None


@dataclass(frozen=True, slots=True)
class _Fitted:
    """Effects (C,) of the cells, NaN without one, and the rows made of them."""

    att: Floats
    rows: aggregate.Aggregates


def fit(design: Design, options: SaOptions) -> Estimate:
    """Effects by cohort and period and their means.

    Arguments:
        design: y (n,), controls x (n, k), weights, further absorbed effects, and the adoption.
        options: reference period, overall effect, and those of least squares.

    Returns:
        Estimate with the rows att, att_simple, att_dynamic, att_cohort, att_calendar, event[e], cohort[g],
        calendar[t], att_gt[g,t] and the controls; ``design`` is the sample that was used.

    Raises:
        DesignError: E560 no adoption, E561 treatment that ends, E578 nothing to compare, and those of least squares.
    """
    adoption = adoption_of(design, NAME)
    require_absorbing(adoption, NAME)
    choices = choices_of(design, options, NAME)
    design = event_window.balanced(design, choices, NAME)
    reference = choices.reference - choices.anticipation
    made = saturated.comparable(design, reference, choices.anticipation)
    cells = saturated.cells_of(made, reference)
    if len(made.y) == 0 or not np.any(cells.estimated) or not np.any(cells.unit_group == 0):
        raise DesignError(fault("E578", estimator=NAME))
    is_large = saturated.needs_no_rows(made, int(np.count_nonzero(cells.estimated)))
    found = _by_paths(made, cells, choices) if is_large else None
    estimate = _by_dummies(made, cells, choices, options) if found is None else found
    facts = choice_facts(choices, control_group="never", base_period="universal", reference=reference)
    return replace(
        estimate,
        estimator=NAME,
        n_units=adoption_of(made, NAME).unit.levels,
        tables={**estimate.tables, "comparison": facts},
    )


def _aggregated(design: Design, cells: saturated.Cells, att: Floats, choices: AdoptionChoices) -> _Fitted:
    """Rows made of the effects; the base cell of a cohort is zero by definition, a unit counts by its mean weight."""
    adoption = adoption_of(design, NAME)
    att = np.where((cells.period == cells.base) & (cells.size > 0), 0.0, att)
    own = np.bincount(adoption.unit.codes, design.weights) / np.bincount(adoption.unit.codes)
    groups = np.bincount(cells.unit_group, own, minlength=len(cells.cohorts) + 1)[1:]
    rows = aggregate.aggregate_cells(
        aggregate.Cells(
            cohort=cells.cohorts[cells.group - 1],
            time=adoption.periods[cells.period],
            att=att,
            influence=np.zeros((1, len(att))),
            size=cells.size,
            cohorts=cells.cohorts,
            share=groups.astype(np.float64),
        ),
        choices,
    )
    return _Fitted(att, rows)


# --- the regression with all dummies ---


def _by_dummies(
    design: Design, cells: saturated.Cells, choices: AdoptionChoices, options: SaOptions
) -> Estimate:
    dummies = saturated.dummy_design(design, cells)
    estimate = regression.fit_regression(dummies, options)
    chosen = np.flatnonzero(cells.estimated)
    names = [saturated.cell_term(adoption_of(design, NAME), cells, j).name for j in chosen.tolist()]
    position = {name: cell for name, cell in zip(names, chosen.tolist(), strict=True)}
    att = np.full(len(cells.size), np.nan)
    for term, value in zip(estimate.terms, estimate.params.tolist(), strict=True):
        if term.name in position:
            att[position[term.name]] = value
    fitted = _aggregated(design, cells, att, choices)
    controls = [term for term in estimate.terms if term.name not in position]
    matrix = np.zeros((len(fitted.rows.terms) + len(controls), len(estimate.terms)))
    for j, term in enumerate(estimate.terms):
        if term.name in position:
            matrix[: len(fitted.rows.terms), j] = fitted.rows.weights[position[term.name]]
        else:
            matrix[len(fitted.rows.terms) + controls.index(term), j] = 1.0
    shown = combined(estimate, (*fitted.rows.terms, *controls), matrix)
    treated = tuple(np.flatnonzero([term.kind == "att_gt" and _is_post(term) for term in dummies.terms]))
    return replace(shown, design=replace(dummies, focus=tuple(int(j) for j in treated)))


def _is_post(term: Term) -> bool:
    return term.event_time is not None and term.event_time >= 0


# --- cohort by cohort, without dummies ---


def _by_paths(design: Design, cells: saturated.Cells, choices: AdoptionChoices) -> Estimate | None:
    """The same estimates from one small problem a cohort; None where a cohort's periods are not linked by its units."""
    wide = wide_of(design, NAME)
    weights = saturated.unit_weights(design, wide)
    try:
        paths = kernel.group_paths(wide.y, weights, cells.unit_group, len(cells.cohorts) + 1)
    except kernel.NotLinkedError:
        return None
    att = kernel.cell_effects(paths, cells.group, cells.period, cells.base)
    rows = _aggregated(design, cells, np.where(cells.size > 0, att, np.nan), choices).rows
    influence = kernel.cell_influence(
        paths, cells.unit_group, (cells.group, cells.period, cells.base), rows.weights
    )
    k = int(np.count_nonzero(cells.estimated))
    return saturated.by_units(design, rows.terms, rows.params, influence, k=k, rss=paths.rss)


ESTIMATOR = Estimator(
    summary="Event study by cohorts, weighted by their shares (Sun and Abraham)",
    options=SaOptions,
    fit=fit,
    references=("Sun and Abraham 2021",),
    accepts=(
        "adoption",
        "absorb",
        "anticipation",
        "clusters",
        "covariates",
        "sums",
        "unbalanced",
        "weights",
    ),
)
