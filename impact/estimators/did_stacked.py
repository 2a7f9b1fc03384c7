"""Stacked difference-in-differences (Cengiz et al. 2019; Wing, Freedman and Hollingsworth 2024).

Each cohort g with a full window of event times pre … post is a data set of its own: its units and clean controls, that
is units untreated up to g + post. The data sets are stacked:

    group    y = α_D + λ_e + Σ_{e ≠ reference} δ_e D 1{e} + u          effects of treated/control and event time
    unit     y = α_{i,g} + λ_{e,g} + Σ_{e ≠ reference} δ_e D 1{e} + u  effects of unit and event time in each data set

With corrective weights a control of data set g counts Q = (N_g^D / N^D) / (N_g^C / N^C) at each event time and a
treated unit 1, so that controls are distributed over data sets as the treated are. δ_e is then Σ_g (N_g^D / N^D) of the
data sets' own differences in differences, the trimmed aggregate effect; without them, data sets are weighted by the
variance of treatment in them. Assumptions: parallel paths inside each data set, no anticipation. Errors are clustered
by the original unit, which may stand in several data sets.
Source: Wing, Freedman and Hollingsworth (2024, NBER working paper 32054), section 5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.estimators._event_window as event_window
import impact.estimators._regression as regression
from impact.core.arrays import Floats
from impact.core.designs import AbsorbedFactor, Adoption, Design, Factor, Panel, Term
from impact.core.errors import DesignError
from impact.core.estimates import Estimate
from impact.core.labels import number_label
from impact.core.registered import Estimator
from impact.core.rows.design_rows import factor_on_rows
from impact.core.texts import fault
from impact.estimators._adoption import (
    adoption_of,
    choice_facts,
    choices_of,
    require_absorbing,
    wide_of,
)
from impact.estimators._combination import combined
from impact.estimators._design_options import Balance, Reference

NAME = "did_stacked"
Rows = npt.NDArray[np.int64]


class StackedOptions(regression.RegressionOptions):
    """Options of stacked difference-in-differences."""

    pre: int | None = Field(
        None, ge=1, description="Periods before treatment; default: as many as every cohort has."
    )
    post: int | None = Field(
        None, ge=0, description="Periods after the first treated one; default: as many as every cohort has."
    )
    effects: Literal["group", "unit"] = Field(
        "group", description="Effects of treated and event time, or of unit and event time in each data set."
    )
    corrective: bool = Field(
        True, description="Weight controls so that they are distributed over cohorts as the treated are."
    )
    control_group: Literal["never", "not_yet"] | None = Field(
        None, description="Clean controls: never treated, or also those treated after the window."
    )
    reference: Reference = None
    balance: Balance = None


@dataclass(frozen=True, slots=True)
class Stack:
    """The stacked rows, m of them.

    Arguments:
        row: (m,) of the design. cohort: (m,) number of the data set. treated: (m,). event: (m,) event time.
        cohorts: of the data sets. left_out: cohort → why it has none.
    """

    row: Rows
    cohort: Rows
    treated: Floats
    event: Floats
    cohorts: tuple[float, ...]
    left_out: dict[str, str]


def fit(design: Design, options: StackedOptions) -> Estimate:
    """Effects by event time on the stacked data sets, and their mean since treatment.

    Arguments:
        design: y (n,), controls x (n, k), weights and the adoption.
        options: window, effects, weights, controls.

    Returns:
        Estimate with ``att`` (plain mean of event[0] … event[post]), event[e] and the controls; ``design`` holds the
        stacked rows; table ``stacks`` their sizes and weights.

    Raises:
        DesignError: E560 no adoption, E561 treatment that ends, E578 no data set, E579 nobody at the reference, E581 a
            window without the reference, and those of least squares.
    """
    adoption = adoption_of(design, NAME)
    require_absorbing(adoption, NAME)
    choices = choices_of(design, options, NAME)
    design = event_window.balanced(design, choices, NAME)
    adoption = adoption_of(design, NAME)
    choices = replace(choices, control_group=event_window.control_group_of(adoption, choices))
    window = event_window.asked_window(adoption, choices, (options.pre, options.post), NAME)
    stack = stacked_rows(design, window, choices.control_group)
    if not stack.cohorts:
        raise DesignError(fault("E578", estimator=NAME))
    reference = event_window.observed_reference(np.unique(stack.event), choices.reference)
    if reference is None:
        raise DesignError(fault("E579", reference=f"{choices.reference:g}", events=_shown(stack.event)))
    base = np.ones(len(stack.row)) if design.weights is None else design.weights[stack.row]
    corrective = corrective_weights(stack, base) if options.corrective else np.ones(len(stack.row))
    made = _stacked_design(design, stack, reference, options.effects)
    if options.corrective or design.weights is not None:
        made = replace(made, weights=base * corrective, weight_kind=design.weight_kind or "analytic")
    estimate = regression.fit_regression(replace(made, focus=()), options)
    facts = choice_facts(choices, base_period="universal", aggregate="dynamic", window=list(window))
    return replace(
        _with_reference(estimate, reference),
        estimator=NAME,
        design=made,
        n_units=len(np.unique(adoption.unit.codes[stack.row])),
        dropped_terms={**estimate.dropped_terms, **stack.left_out},
        tables={"comparison": facts, "stacks": _stack_table(stack, corrective)},
    )


def _shown(events: Floats) -> str:
    return ", ".join(f"{value:g}" for value in np.unique(events).tolist())


# --- rows ---


def stacked_rows(design: Design, window: tuple[float, float], control_group: str) -> Stack:
    """The rows of every data set that has its whole window and clean controls."""
    adoption = adoption_of(design, NAME)
    row_of = wide_of(design, NAME).row
    parts: list[tuple[Rows, Floats, Floats]] = []
    cohorts: list[float] = []
    left_out: dict[str, str] = {}
    for cohort in event_window.cohorts_of(adoption).tolist():
        low, high = cohort + window[0], cohort + window[1]
        controls = event_window.clean_controls(adoption.cohort, high, control_group)
        reason = _missing(adoption, low, high, bool(controls.any()))
        if reason:
            left_out[f"cohort {cohort:g}"] = reason
            continue
        times = np.flatnonzero((adoption.periods >= low) & (adoption.periods <= high))
        units = np.flatnonzero((adoption.cohort == cohort) | controls)
        rows = row_of[np.ix_(units, times)]
        there = rows >= 0
        treated = np.repeat((adoption.cohort[units] == cohort)[:, None], len(times), axis=1)
        event = np.repeat((adoption.periods[times] - cohort)[None], len(units), axis=0)
        parts.append((rows[there], treated[there].astype(np.float64), event[there]))
        cohorts.append(cohort)
    sizes = [len(rows) for rows, _, _ in parts]
    empty: list[tuple[Rows, Floats, Floats]] = [(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))]
    columns = list(zip(*(parts or empty), strict=True))
    return Stack(
        row=np.concatenate(columns[0]),
        cohort=np.repeat(np.arange(len(parts)), sizes).astype(np.int64),
        treated=np.concatenate(columns[1]),
        event=np.concatenate(columns[2]),
        cohorts=tuple(cohorts),
        left_out=left_out,
    )


def _missing(adoption: Adoption, low: float, high: float, has_controls: bool) -> str:
    if low < adoption.periods[0] or high > adoption.periods[-1]:
        return f"periods {low:g} to {high:g} are not all observed"
    return "" if has_controls else f"no unit is untreated up to {high:g}"


def corrective_weights(stack: Stack, base: Floats) -> Floats:
    """(m,) Q: 1 for the treated, (N_g^D / N^D) / (N_g^C / N^C) for controls, counts (weights) at each event time.

    Source: Wing, Freedman and Hollingsworth (2024), table 2, weights by shares of the treated.
    """
    events, place = np.unique(stack.event, return_inverse=True)
    shape = (2, len(stack.cohorts), len(events))
    treated = stack.treated.astype(np.int64)
    index = np.ravel_multi_index((treated, stack.cohort, place), shape)
    control, own = np.bincount(index, weights=base, minlength=int(np.prod(shape))).reshape(shape)
    share = own / own.sum(axis=0)
    control_share = control / control.sum(axis=0)
    q = np.divide(share, control_share, out=np.zeros_like(share), where=control_share > 0)
    return np.where(stack.treated > 0, 1.0, q[stack.cohort, place])


def _stacked_design(design: Design, stack: Stack, reference: float, effects: str) -> Design:
    adoption = adoption_of(design, NAME)
    rows = stack.row
    events = np.unique(stack.event)
    shown = events[events != reference]
    terms = tuple(
        Term(f"event[{number_label(value)}]", "event", event_time=value) for value in shown.tolist()
    )
    x = np.empty((len(rows), len(terms) + design.x.shape[1]), order="F")
    x[:, : len(terms)] = (stack.event[:, None] == shown) * stack.treated[:, None]
    x[:, len(terms) :] = design.x[rows]
    unit = _pairs(adoption.unit, rows, stack)
    time = factor_on_rows(adoption.time, rows)
    return replace(
        design,
        terms=(*terms, *design.terms),
        y=design.y[rows],
        x=x,
        sample=replace(design.sample, kept=design.sample.kept[rows]),
        weights=None,
        absorb=_effects(stack, unit, events, effects),
        clusters={name: factor_on_rows(factor, rows) for name, factor in design.clusters.items()},
        focus=tuple(np.flatnonzero(shown >= 0).tolist()),
        treatment=None,
        panel=Panel(unit, time, adoption.periods[adoption.time.codes[rows]]),
        coordinates=None if design.coordinates is None else design.coordinates[rows],
        intercept=False,
        adoption=None,
        columns={},
    )


def _pairs(factor: Factor, rows: Rows, stack: Stack) -> Factor:
    """Unit by data set."""
    code = factor.codes[rows].astype(np.int64) * len(stack.cohorts) + stack.cohort
    used, codes = np.unique(code, return_inverse=True)
    labels = tuple(
        f"{factor.labels[c // len(stack.cohorts)]}, {stack.cohorts[c % len(stack.cohorts)]:g}"
        for c in used.tolist()
    )
    return Factor(f"{factor.name}^cohort", codes.astype(np.int32), labels)


def _effects(stack: Stack, unit: Factor, events: Floats, effects: str) -> tuple[AbsorbedFactor, ...]:
    place = np.searchsorted(events, stack.event)
    if effects == "group":
        labels = tuple(f"{value:g}" for value in events.tolist())
        return (
            AbsorbedFactor(Factor("treated", stack.treated.astype(np.int32), ("0", "1"))),
            AbsorbedFactor(Factor("event_time", place.astype(np.int32), labels)),
        )
    code = place * len(stack.cohorts) + stack.cohort
    pairs = tuple(f"{event:g}, {cohort:g}" for event in events.tolist() for cohort in stack.cohorts)
    return AbsorbedFactor(unit), AbsorbedFactor(Factor("event_time^cohort", code.astype(np.int32), pairs))


# --- results ---


def _with_reference(estimate: Estimate, reference: float) -> Estimate:
    """The mean of the effects since treatment, the event times with their reference, and the controls."""
    events = [term for term in estimate.terms if term.kind == "event"]
    zero = Term(f"event[{number_label(reference)}]", "event", event_time=reference)
    rows = sorted([*events, zero], key=lambda term: term.event_time or 0.0)
    controls = [term for term in estimate.terms if term.kind != "event"]
    names = [term.name for term in estimate.terms]
    matrix = np.zeros((1 + len(rows) + len(controls), len(names)))
    for i, term in enumerate((*rows, *controls), start=1):
        if term.name in names:
            matrix[i, names.index(term.name)] = 1.0
    post = [i for i, term in enumerate(rows, start=1) if term.event_time is not None and term.event_time >= 0]
    matrix[0] = matrix[post].mean(axis=0)
    return combined(estimate, (Term("att", "att"), *rows, *controls), matrix)


def _stack_table(stack: Stack, corrective: Floats) -> list[dict[str, object]]:
    """Cohort, rows of treated and controls, and the mean weight of a control, for each data set."""
    found: list[dict[str, object]] = []
    for g, cohort in enumerate(stack.cohorts):
        own = stack.cohort == g
        control = own & (stack.treated == 0)
        found.append(
            {
                "cohort": cohort,
                "treated_rows": int(np.count_nonzero(own & (stack.treated == 1))),
                "control_rows": int(np.count_nonzero(control)),
                "control_weight": float(corrective[control].mean()),
            }
        )
    return found


ESTIMATOR = Estimator(
    summary="Stacked data sets by cohort, clean controls, corrective weights",
    options=StackedOptions,
    fit=fit,
    references=("Cengiz, Dube, Lindner and Zipperer 2019", "Wing, Freedman and Hollingsworth 2024"),
    accepts=(
        "adoption",
        "clusters",
        "covariates",
        "unbalanced",
        "weights:analytic",
        "weights:sampling",
    ),
)
