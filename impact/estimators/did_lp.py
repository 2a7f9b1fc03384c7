"""Local projections difference-in-differences (Dube, Girardi, Jordà and Taylor 2025).

For each event time h a regression of its own, over units that enter treatment in t and clean controls:

    y_{i,t+h} − y_{i,t−1} = β_h ΔD_it + d_t (+ x_it c) + u,   ΔD_it = 1, or untreated in t + h (in t where h < 0)

weighting: variance   β_h weights the effects of cohorts by the variance of treatment among their comparisons
           equal      every treated unit counts the same: without controls rows of period t are weighted by the inverse
                      share of controls in t; with controls the path of the untreated is fitted to the controls alone
                      and the effect is the treated units' mean difference from it (regression adjustment)

``att`` is the same with the mean of y_{t}, …, y_{t+pooled_post} on the left; ``pooled_pre`` with that of
y_{t−pooled_pre}, …, y_{t−2}. Assumptions: no anticipation, parallel paths of cohorts and their clean controls. Effects
of event times from 0 on with equal weights are those of Callaway and Sant'Anna with not-yet-treated (never-treated)
controls, weighted by the cohorts' sizes. Errors are clustered by units, each regression with its own factors; those of
regression adjustment are sums of influence with none. Source: the paper's sections 2 to 4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.estimators._event_window as event_window
import impact.estimators._regression as regression
import impact.kernels.least_squares as least_squares
from impact.core.arrays import Floats, Logicals
from impact.core.designs import Adoption, AdoptionChoices, Design, Term
from impact.core.errors import DesignError
from impact.core.estimates import Estimate, Influence
from impact.core.labels import number_label
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault
from impact.estimators._adoption import (
    Wide,
    adoption_of,
    choice_facts,
    choices_of,
    first_rows,
    require_absorbing,
    wide_of,
)
from impact.estimators._controls import redundant_controls
from impact.estimators._design_options import Balance
from impact.kernels.factors import is_nested
from impact.kernels.group_sums import group_means

NAME = "did_lp"
Rows = npt.NDArray[np.int64]


class LpOptions(Options):
    """Options of local projections difference-in-differences."""

    pre: int | None = Field(
        None, ge=1, description="Event times before treatment that are shown; default: all."
    )
    post: int | None = Field(
        None, ge=0, description="Event times after the first treated period that are shown; default: all."
    )
    weighting: Literal["variance", "equal"] = Field(
        "variance", description="Weights of the cohorts: by the variance of treatment, or by treated units."
    )
    control_group: Literal["never", "not_yet"] | None = Field(
        None, description="Clean controls: never treated, or also those not treated yet."
    )
    balance: Balance = None
    pooled_post: int | None = Field(
        None,
        ge=0,
        description="Last event time of the pooled effect att; default: the last every cohort has.",
    )
    pooled_pre: int | None = Field(
        None,
        ge=2,
        description="First event time, backwards, of pooled_pre; default: the first every cohort has.",
    )


@dataclass(frozen=True, slots=True)
class _Horizon:
    """One regression: its term, the event times (m,) whose mean is on the left, and until when controls are clean."""

    term: Term
    events: tuple[float, ...]
    until: float


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of one regression: difference (m,), entering treatment (m,), unit and period codes, row of the design."""

    y: Floats
    treated: Floats
    unit: Rows
    time: Rows
    row: Rows


@dataclass(frozen=True, slots=True)
class _Effect:
    """Estimate of one regression: influence (U,), units in it (U,), N and K, time effects included."""

    value: float
    influence: Floats
    present: Logicals
    n_obs: float
    parameters: int


def fit(design: Design, options: LpOptions) -> Estimate:
    """Effects by event time and pooled, one regression each.

    Arguments:
        design: y (n,), controls x (n, k) taken in the period of entry, weights likewise, and the adoption.
        options: windows, weights of cohorts, controls.

    Returns:
        Estimate with ``att`` (pooled), event[h] and ``pooled_pre``, and influence rows by unit.

    Raises:
        DesignError: E560 no adoption, E561 treatment that ends, E578 no regression with treated units and controls,
            E555 a cluster that changes within units, and those of least squares.
    """
    adoption = adoption_of(design, NAME)
    require_absorbing(adoption, NAME)
    _refuse_changing_clusters(design, adoption)
    choices = choices_of(design, options, NAME)
    design = event_window.balanced(design, choices, NAME)
    adoption = adoption_of(design, NAME)
    choices = replace(choices, control_group=event_window.control_group_of(adoption, choices))
    if len(event_window.cohorts_of(adoption)) == 0:
        raise DesignError(fault("E578", estimator=NAME))
    wide = wide_of(design, NAME)
    effects: list[tuple[Term, _Effect]] = []
    left_out: dict[str, str] = dict(redundant_controls(design))
    for horizon in _horizons(adoption, choices, options):
        rows = _rows(wide, adoption, horizon, choices)
        if rows is None:
            left_out[horizon.term.name] = "no period with both treated units and clean controls"
        else:
            effects.append((horizon.term, _effect(design, adoption, rows, options)))
    if not any(term.kind == "event" for term, _ in effects):
        raise DesignError(fault("E578", estimator=NAME))
    facts = choice_facts(choices, base_period="universal", aggregate="pooled", weighting=options.weighting)
    adjusted = options.weighting == "equal" and design.x.shape[1] > 0
    base = event_window.observed_reference(event_window.event_times(adoption), choices.reference)
    estimate = _joined(
        design, effects, choices.reference if base is None else base, ssc="none" if adjusted else "fixest"
    )
    return replace(estimate, design=design, dropped_terms=left_out, tables={"comparison": facts})


def _refuse_changing_clusters(design: Design, adoption: Adoption) -> None:
    for cluster in design.clusters.values():
        if not is_nested(adoption.unit.codes, cluster.codes):
            raise DesignError(fault("E555", cluster=cluster.name, unit=adoption.unit.name))


# --- which regressions ---


def _horizons(adoption: Adoption, choices: AdoptionChoices, options: LpOptions) -> list[_Horizon]:
    """The pooled effect, the event times in order, and the pooled event times before treatment."""
    cohorts = event_window.cohorts_of(adoption)
    low, high = choices.window or (
        float(adoption.periods[0] - cohorts[-1]),
        float(adoption.periods[-1] - cohorts[0]),
    )
    low = low if options.pre is None else -float(options.pre)
    high = high if options.post is None else float(options.post)
    shared = event_window.shared_window(adoption)
    last = min(shared[1], high) if options.pooled_post is None else float(options.pooled_post)
    first = max(shared[0], low) if options.pooled_pre is None else -float(options.pooled_pre)
    events = event_window.event_times(adoption)
    base = event_window.observed_reference(events, choices.reference)
    pooled = tuple(events[(events >= 0) & (events <= last)].tolist())
    found = [_Horizon(Term("att", "att"), pooled, last)] if pooled else []
    for event in events[(events >= low) & (events <= high)].tolist():
        if event != base:
            term = Term(f"event[{number_label(event)}]", "event", event_time=event)
            found.append(_Horizon(term, (event,), max(event, 0.0)))
    before = tuple(events[(events >= first) & (events < choices.reference) & (events != base)].tolist())
    if before:
        found.append(_Horizon(Term("pooled_pre"), before, 0.0))
    return found


def _rows(wide: Wide, adoption: Adoption, horizon: _Horizon, choices: AdoptionChoices) -> _Rows | None:
    """Rows of all periods of entry; None where no period has treated units and controls."""
    place = {float(value): j for j, value in enumerate(adoption.periods.tolist())}
    parts: list[_Rows] = []
    compared = False
    for t, value in enumerate(adoption.periods.tolist()):
        # with gaps, the last period observed before entry
        base = int(np.searchsorted(adoption.periods, value + choices.reference, side="right")) - 1
        after = [place[value + event] for event in horizon.events if value + event in place]
        if base < 0 or len(after) < len(horizon.events):
            continue
        there = wide.present[:, [t, base, *after]].all(axis=1)
        controls = there & event_window.clean_controls(
            adoption.cohort, value + horizon.until, choices.control_group
        )
        entering = there & (adoption.cohort == value)
        units = np.flatnonzero(controls | entering)
        if len(units) == 0:
            continue
        compared = compared or bool(controls.any() and entering.any())
        y = wide.y[np.ix_(units, np.array(after))].mean(axis=1) - wide.y[units, base]
        treated = entering[units].astype(np.float64)
        parts.append(_Rows(y, treated, units, np.full(len(units), t), wide.row[units, t]))
    if not compared:
        return None
    return _Rows(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("y", "treated", "unit", "time", "row")
        )
    )


# --- one regression ---


def _effect(design: Design, adoption: Adoption, rows: _Rows, options: LpOptions) -> _Effect:
    weights = None if design.weights is None else design.weights[rows.row]
    x = design.x[rows.row]
    interactions = np.zeros((len(rows.y), 0))
    if options.weighting == "equal" and x.shape[1]:
        interactions = _interactions(rows, x, weights)
    elif options.weighting == "equal":
        rows, weights = _reweighted(rows, weights)
        x, interactions = x[: len(rows.y)], interactions[: len(rows.y)]
    raw = np.column_stack([rows.y, rows.treated, x, interactions])
    columns, periods = _within_periods(raw, rows.time, weights)
    solution = least_squares.solve_least_squares(
        np.ascontiguousarray(columns[:, 1:]),
        np.ascontiguousarray(columns[:, 0]),
        weights=weights,
        protect=(0,),
        reference_norms=np.linalg.norm(raw[:, 1:] - raw[:, 1:].mean(axis=0), axis=0),
    )
    if solution.lost:
        raise DesignError(fault("E503", term="treatment", effects=adoption.time.name))
    kept = np.flatnonzero(solution.kept)
    scores = solution.residual if weights is None else solution.residual * weights
    influence = (columns[:, 1:][:, kept] @ solution.bread[:, 0]) * scores
    share = rows.treated if weights is None else rows.treated * weights
    # the means of the treated, about which the interactions are taken, are estimates as well
    last = kept > x.shape[1]
    own = interactions[:, kept[last] - x.shape[1] - 1] @ solution.params[last]
    influence += own * share / share.sum()
    units = adoption.unit.levels
    return _Effect(
        value=float(solution.params[0]),
        influence=np.bincount(rows.unit, weights=influence, minlength=units).astype(np.float64),
        present=np.bincount(rows.unit, minlength=units) > 0,
        n_obs=float(len(rows.y)),
        parameters=len(kept) + periods,
    )


def _within_periods(columns: Floats, time: Rows, weights: Floats | None) -> tuple[Floats, int]:
    """The columns less their means by period, and the number of periods."""
    used, codes = np.unique(time, return_inverse=True)
    means = group_means(codes.astype(np.int32), len(used), columns, weights)
    return np.asarray(columns - means[codes], dtype=np.float64), len(used)


def _reweighted(rows: _Rows, weights: Floats | None) -> tuple[_Rows, Floats]:
    """Periods with treated units and controls, weighted by the inverse share of controls.

    With a share p_t of treated rows the regression gives period t the weight n_t p_t (1 − p_t); times 1/(1 − p_t) it is
    n_t p_t, the number of treated units.
    """
    base = np.ones(len(rows.y)) if weights is None else weights
    total = np.bincount(rows.time, weights=base)
    treated = np.bincount(rows.time, weights=base * rows.treated)
    used = (treated > 0) & (treated < total)
    kept = used[rows.time]
    factor = np.divide(total, total - treated, out=np.zeros_like(total), where=used)
    taken = _Rows(*(getattr(rows, name)[kept] for name in ("y", "treated", "unit", "time", "row")))
    return taken, (base * factor[rows.time])[kept]


def _interactions(rows: _Rows, x: Floats, weights: Floats | None) -> Floats:
    """Treatment times controls and times periods, about their means among the treated.

    The coefficient of treatment is then the treated units' mean difference from the fit to the controls alone.
    """
    base = np.ones(len(rows.y)) if weights is None else weights
    entering = np.unique(rows.time[rows.treated > 0])
    columns = np.column_stack([x, (rows.time[:, None] == entering[1:]).astype(np.float64)])
    share = base * rows.treated
    mean = share @ columns / share.sum()
    return np.asarray((columns - mean) * rows.treated[:, None], dtype=np.float64)


# --- all of them ---


def _joined(design: Design, effects: list[tuple[Term, _Effect]], reference: float, *, ssc: str) -> Estimate:
    """One estimate of all regressions, with the reference, zero by definition, among the event times."""
    units = adoption_of(design, NAME).unit
    first = effects[0][1]
    zero = _Effect(
        0.0, np.zeros(units.levels), np.ones(units.levels, dtype=bool), first.n_obs, first.parameters
    )
    whole = [*effects, (Term(f"event[{number_label(reference)}]", "event", event_time=reference), zero)]
    order = {"att": 0, "event": 1}
    whole.sort(key=lambda item: (order.get(item[0].kind, 2), item[0].event_time or 0.0))
    found = [effect for _, effect in whole]
    n_obs = np.array([effect.n_obs for effect in found])
    parameters = np.array([float(effect.parameters) for effect in found])
    clusters = [cluster.levels for cluster in design.clusters.values()] or [units.levels]
    influence = Influence(
        rows=np.column_stack([effect.influence for effect in found]),
        row=first_rows(units).astype(np.int32),
        df=min(clusters) - 1.0,
        ssc=ssc,
        n_obs=n_obs,
        regressors=parameters,
        present=np.column_stack([effect.present for effect in found]),
    )
    return Estimate(
        estimator=NAME,
        terms=tuple(term for term, _ in whole),
        params=np.array([effect.value for effect in found]),
        n_obs=regression.number_of_observations(design),
        df_model=len(found),
        df_resid=float(np.max(n_obs - parameters)),
        n_units=units.levels,
        influence=influence,
        focus=(0,),
        fit={"mean_outcome": float(np.average(design.y, weights=design.weights))},
    )


ESTIMATOR = Estimator(
    summary="Local projections on entering treatment, against clean controls",
    options=LpOptions,
    fit=fit,
    references=("Dube, Girardi, Jordà and Taylor 2025",),
    accepts=(
        "adoption",
        "clusters",
        "covariates",
        "unbalanced",
        "weights:analytic",
        "weights:sampling",
    ),
)
