"""Two-way fixed effects: the static coefficient of treatment, and the event study.

    static       y_it = a_i + b_t + β D_it (+ x_it c) + u_it
    event_study  y_it = a_i + b_t + Σ_{e ≠ reference} δ_e 1{t − g_i = e} (+ x_it c) + u_it

Assumptions: parallel paths without treatment, and effects that are the same for every cohort (static: and every period
since treatment). Where treatment starts at different dates and effects differ, units treated earlier serve as
controls: β and δ are then means of effects with weights that may be negative (Goodman-Bacon 2021; Sun and Abraham
2021; de Chaisemartin and D'Haultfœuille 2020). W544 says how much of β rests on that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

import impact.estimators._event_window as event_window
import impact.estimators._regression as regression
import impact.estimators._two_way as two_way
import impact.kernels.bacon as bacon
from impact.core.designs import AdoptionChoices, Design, Term
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate
from impact.core.labels import number_label
from impact.core.registered import Estimator
from impact.core.rows.adoption_rows import treatment_of_rows
from impact.core.texts import fault, notice
from impact.estimators._adoption import adoption_of, choice_facts, choices_of, require_absorbing
from impact.estimators._combination import combined
from impact.estimators._design_options import Balance, Reference
from impact.kernels.two_way_weights import cell_weights

NAME = "did_twfe"
FORBIDDEN = (bacon.LATER_EARLIER, bacon.LATER_ALWAYS)


class TwfeOptions(regression.RegressionOptions):
    """Options of the two-way regressions."""

    effect: Literal["static", "event_study", "both"] = Field(
        "both", description="static (one coefficient), event_study (one an event time), or both regressions."
    )
    bins: tuple[float, float] | None = Field(
        None, description="First and last event time: earlier and later ones are counted with them."
    )
    bin_ends: bool = Field(False, description="Take the design's window as bins.")
    reference: Reference = None
    balance: Balance = None


def fit(design: Design, options: TwfeOptions) -> Estimate:
    """The static coefficient ``att``, the event study, or both.

    Arguments:
        design: y (n,), controls x (n, k), weights, further absorbed effects, and the adoption.
        options: which regressions, reference, bins, and the options of least squares.

    With ``effect: both`` a treatment that ends, or a dose that changes, leaves the static coefficient
    alone, with a note.

    Returns:
        Estimate with ``att`` (static; the mean of the event times from 0 on where only the event study is asked for),
        event[e] and the controls. Of both, ``parts`` are the two regressions and controls are named by theirs. Where
        one block of units is treated from one date, ``design`` says so, so that treatment can be permuted.

    Raises:
        DesignError: E560 no adoption, E561 an event study of a treatment that ends, E579 nobody at the reference, E580
            doses that change, E581 bins that leave no reference, and those of least squares.
    """
    choices = choices_of(design, options, NAME)
    design = event_window.balanced(design, choices, NAME)
    adoption = adoption_of(design, NAME)
    bins = _bins(options, choices)
    if options.effect == "event_study":
        require_absorbing(adoption, NAME)
    static = None if options.effect == "event_study" else _static(design, options)
    why_not = two_way.why_no_event_study(adoption) if options.effect == "both" else ""
    if static is not None and why_not:
        static = replace(static, dropped_terms={**static.dropped_terms, "event study": why_not})
    is_static = options.effect == "static" or bool(why_not)
    event = None if is_static else _event_study(design, options, choices, bins)
    tables: dict[str, object] = {
        "comparison": choice_facts(
            choices,
            control_group="all",
            base_period="universal",
            aggregate="static" if static is not None else "dynamic",
            bins=None if bins is None else list(bins),
        )
    }
    if static is None:
        assert event is not None
        return replace(event, tables={**event.tables, **tables})
    if event is None:
        return replace(static, tables={**static.tables, **tables})
    return _both(static, event, tables)


def _bins(options: TwfeOptions, choices: AdoptionChoices) -> tuple[float, float] | None:
    """First and last event time that have a term of their own.

    Raises:
        DesignError: E581.
    """
    bins = choices.window if options.bin_ends else options.bins
    if options.bin_ends and (bins is None or options.bins is not None):
        problem = "did_twfe: `bin_ends` needs the design's `window`, and no `bins`"
        raise DesignError(fault("E581", problem=problem))
    if bins is not None and not bins[0] <= choices.reference <= bins[1]:
        problem = f"did_twfe: bins {bins[0]:g} to {bins[1]:g} do not hold the reference {choices.reference:g}"
        raise DesignError(fault("E581", problem=problem))
    return bins


# --- static ---


def _static(design: Design, options: TwfeOptions) -> Estimate:
    made = two_way.static_design(design)
    estimate = regression.fit_regression(made, options)
    notices, table = _weights(design, made, estimate)
    return replace(
        estimate,
        estimator=NAME,
        design=made,
        n_units=adoption_of(design, NAME).unit.levels,
        notices=(*estimate.notices, *notices),
        tables={"two_way_weights": table} if table else {},
    )


def _weights(
    design: Design, made: Design, estimate: Estimate
) -> tuple[tuple[Notice, ...], dict[str, object]]:
    """How much of the coefficient rests on units already treated: nothing in a block design."""
    if made.treatment is not None or estimate.linear is None:
        return (), {}
    treatment = treatment_of_rows(adoption_of(design, NAME))
    residual = estimate.linear.x @ estimate.linear.bread[:, 0]
    weights = cell_weights(treatment, residual, design.weights)
    negative = float(weights[weights < 0].sum())
    treated = treatment != 0
    table: dict[str, object] = {
        "negative_sum": negative,
        "negative_share": float(np.count_nonzero(weights[treated] < 0) / np.count_nonzero(treated)),
    }
    plain = design.x.shape[1] == 0 and len(made.absorb) == 2
    found = two_way.comparisons_of(design) if plain else None
    if found is not None:
        forbidden = float(found[0].weight[np.isin(found[0].kind, FORBIDDEN)].sum())
        table["forbidden"] = forbidden
        if forbidden > 0:
            return (notice("W544", share=f"{100 * forbidden:.1f}"),), table
    elif negative < 0:
        return (notice("W545", share=f"{100 * -negative:.1f}"),), table
    return (), table


# --- event study ---


def _event_study(
    design: Design, options: TwfeOptions, choices: AdoptionChoices, bins: tuple[float, float] | None
) -> Estimate:
    """The mean of the effects since treatment, the event times with their reference (a zero row), and the controls."""
    events = two_way.events_of(design, choices.reference, bins)
    estimate = two_way.events_by_units(design, events)
    if estimate is None:
        made = two_way.event_design(design, events)
        estimate = replace(regression.fit_regression(replace(made, focus=()), options), design=made)
    zero = _second_references(design, estimate)
    rows = _event_rows(events, estimate, (events.reference, *zero), choices.window)
    controls = tuple(term for term in estimate.terms if term.kind != "event")
    position = {term.name: j for j, term in enumerate(estimate.terms)}
    matrix = np.zeros((1 + len(rows) + len(controls), len(estimate.terms)))
    for i, row in enumerate((*rows, *controls), start=1):
        if row.name in position:
            matrix[i, position[row.name]] = 1.0
    later = {f"event[{number_label(value)}]" for value in events.values[events.values >= 0].tolist()}
    matrix[0] = matrix[[i for i, row in enumerate(rows, start=1) if row.name in later]].mean(axis=0)
    shown = combined(estimate, (Term("att", "att"), *rows, *controls), matrix)
    why = "zero like the reference: nobody is never treated"
    return replace(
        shown,
        estimator=NAME,
        n_units=adoption_of(design, NAME).unit.levels,
        dropped_terms={**estimate.dropped_terms, **dict.fromkeys(zero.values(), why)},
    )


def _event_rows(
    events: two_way.Events,
    estimate: Estimate,
    zero: tuple[float, ...],
    window: tuple[float, float] | None,
) -> tuple[Term, ...]:
    """Event times in order; those outside the window follow as plain coefficients."""
    kept = {term.name for term in estimate.terms}
    low, high = window or (-np.inf, np.inf)
    inside, outside = [], []
    for value in sorted({*events.values.tolist(), *zero}):
        name = f"event[{number_label(value)}]"
        if name not in kept and value not in zero:
            continue
        if low <= value <= high:
            inside.append(Term(name, "event", event_time=value))
        else:
            outside.append(Term(name))
    return (*inside, *outside)


def _second_references(design: Design, estimate: Estimate) -> dict[float, str]:
    """Event times whose dummies are collinear with the effects because nobody is never treated, with their names."""
    if np.any(np.isinf(adoption_of(design, NAME).cohort)):
        return {}
    names = [name for name in estimate.dropped_terms if name.startswith("event[")]
    return {float(name[len("event[") : -1]): name for name in names}


# --- both ---


def _both(static: Estimate, event: Estimate, tables: dict[str, object]) -> Estimate:
    """The two regressions side by side: the static one's terms, then the event times and its controls."""
    terms = tuple(
        term if term.name.startswith("event[") else replace(term, name=f"{term.name} (event study)")
        for term in event.terms[1:]
    )
    part = _without_mean(event, terms)
    return replace(
        static,
        terms=(*static.terms, *terms),
        params=np.concatenate([static.params, part.params]),
        linear=None,
        dropped_terms={**static.dropped_terms, **event.dropped_terms},
        notices=(*static.notices, *(found for found in event.notices if found not in static.notices)),
        tables={**static.tables, **tables},
        parts=(static, part),
    )


def _without_mean(event: Estimate, terms: tuple[Term, ...]) -> Estimate:
    linear, influence = event.linear, event.influence
    return replace(
        event,
        terms=terms,
        params=event.params[1:],
        linear=None if linear is None else replace(linear, x=linear.x[:, 1:], bread=linear.bread[1:, 1:]),
        influence=None if influence is None else replace(influence, rows=influence.rows[:, 1:], gram=None),
        focus=(),
    )


ESTIMATOR = Estimator(
    summary="Two-way fixed effects: static coefficient and event study",
    options=TwfeOptions,
    fit=fit,
    references=("Goodman-Bacon 2021", "de Chaisemartin and D'Haultfœuille 2020", "Sun and Abraham 2021"),
    accepts=(
        "adoption",
        "absorb",
        "clusters",
        "covariates",
        "dose",
        "reversible",
        "sums",
        "unbalanced",
        "weights",
    ),
)
