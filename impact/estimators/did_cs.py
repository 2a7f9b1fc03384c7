"""Effects by cohort and period, and their means (Callaway and Sant'Anna 2021).

    ATT(g, t) = E[Y_t(g) − Y_t(∞) | G = g]

the mean effect in period t on units first treated in g. It is estimated by the change of cohort g from its base period
to t, less the change of units not treated then: the never treated, or with `control_group: not_yet` also those treated
later. Covariates enter as a regression of changes on the comparison group (reg), by reweighting it with the odds of
being treated (ipw, divided by its own weights), or both (dr: right if either model is).

Assumptions: paths without treatment are parallel given covariates, between each cohort and its comparison, from the
base period on; no effect before treatment, or none before `anticipation` periods ahead; treatment never ends; for each
value of the covariates some units are not treated (overlap); panels or cross-sections sampled from one population.

Base period of t >= g: the last period before treatment. Before treatment: the period just before (`varying`), or that
same period (`universal`, which draws the usual event study). Covariates and weights are those of the earlier period.
The error sums the influence of units, or of clusters, without small-sample factors, and uses the normal law.

Defaults elsewhere: R did and Stata csdid compare with the never treated, by dr, with varying base periods; R adds
bootstrap bands (Rademacher signs), Stata analytic errors; Python csdid follows R.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

import impact.kernels.group_time as kernel
import impact.kernels.group_time_means as means
from impact.core.arrays import Floats
from impact.core.designs import AdoptionChoices, Design
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate, Influence
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault, notice, text
from impact.estimators._adoption import (
    adoption_of,
    choice_facts,
    choices_of,
    require_absorbing,
    shown,
)
from impact.estimators._aggregate import Aggregates, Cells, aggregate_cells
from impact.estimators._design_options import Aggregate, Anticipation, BasePeriod, ControlGroup, Trim, Window
from impact.estimators._group_time import (
    REASONS,
    Sample,
    panel_arrays,
    refuse_without_use,
    regressors_of,
    row_arrays,
    rows_of_units,
    settle,
    unit_weights,
    varying_covariates,
)
from impact.kernels.distributions import chi2_sf
from impact.kernels.doubly_robust import TRIM

NAME = "did_cs"
_KERNEL_METHODS = {"dr": "dr", "ipw": "ipw_hajek", "reg": "reg"}
_SINGULAR = 1e-12


class CsOptions(Options):
    """Options of effects by cohort and period."""

    method: Literal["dr", "ipw", "reg"] = Field(
        "dr",
        description="With covariates: dr (doubly robust), ipw (reweighting, normalised) or reg (regression).",
    )
    control_group: ControlGroup = None
    base_period: BasePeriod = None
    reference: float | None = Field(
        None, description="Event time of the universal base period; default: that of the design, or -1."
    )
    anticipation: Anticipation = None
    window: Window = None
    aggregate: Aggregate = None
    balance: Literal["drop", "keep"] | None = Field(
        None, description="Units that miss a period: drop them (default), or keep their rows as levels."
    )
    balance_event: float | None = Field(
        None,
        ge=0,
        description="Event rows only of cohorts seen this many periods after treatment; default: all cohorts.",
    )
    trim: Trim = TRIM


@dataclass(frozen=True, slots=True)
class _Found:
    """The rows of the estimate, their influence by unit and its products, tables and notices."""

    rows: Aggregates
    influence: Floats
    gram: Floats | None
    covariates: str
    pretest: Mapping[str, object]
    notices: tuple[Notice, ...]


def fit(design: Design, options: CsOptions) -> Estimate:
    """Effects by cohort and period, their means, and the joint test that those before treatment are zero.

    Arguments:
        design: y (n,), covariates x (n, k), weights (n,), and the adoption. options: see ``CsOptions``.

    Returns:
        Estimate with the rows att, att_simple, att_dynamic, att_cohort, att_calendar, event[e], cohort[g],
        calendar[t] and att_gt[g,t]; influence rows of units. ``tables["pretest"]``: the Wald test of the effects before
        treatment; ``tables["comparison"]``: what was compared. Cells without an estimate are left out with W540.

    Raises:
        DesignError: E560 no adoption, E561 treatment that ends, E571 nothing to compare, E572 covariates that are
            constant or collinear, E573 options that do not go together.
    """
    require_absorbing(adoption_of(design, NAME), NAME)
    choices = choices_of(design, options, NAME)
    _refuse(choices)
    refuse_without_use(
        design,
        NAME,
        trim=options.trim != TRIM,
        weighted=options.method != "reg",
        balance=options.balance is not None,
    )
    sample = settle(design, choices, NAME)
    found = _estimate(sample, choices, options)
    made = sample.design
    adoption = adoption_of(made, NAME)
    facts: Mapping[str, object] = choice_facts(
        choices,
        method=options.method,
        covariates=found.covariates,
        last_cohort=sample.last,
        balance_event=options.balance_event,
        law="levels" if sample.wide is None else "changes",
    )
    return Estimate(
        estimator=NAME,
        terms=found.rows.terms,
        params=found.rows.params,
        n_obs=float(len(made.y)),
        df_model=0,
        df_resid=float(adoption.unit.levels - 1),
        n_units=adoption.unit.levels,
        influence=Influence(found.influence, rows_of_units(sample).astype(np.int32), gram=found.gram),
        focus=(0,),
        fit={"mean_outcome": float(np.average(made.y, weights=made.weights))},
        notices=found.notices,
        tables={"comparison": facts, "pretest": found.pretest},
        design=made,
    )


def _refuse(choices: AdoptionChoices) -> None:
    """E573: a reference that the base periods do not use."""
    if choices.base_period == "varying" and choices.reference != -1:
        problem = f"`reference: {choices.reference:g}` with `base_period: varying`"
        advice = "write `base_period: universal`, or leave out `reference`"
        raise DesignError(fault("E573", estimator=NAME, problem=problem, advice=advice))
    if choices.reference >= 0:
        problem = f"`reference: {choices.reference:g}`, a treated period"
        raise DesignError(fault("E573", estimator=NAME, problem=problem, advice="write -1 or an earlier one"))


def _estimate(sample: Sample, choices: AdoptionChoices, options: CsOptions) -> _Found:
    design = sample.design
    adoption = adoption_of(design, NAME)
    timing = kernel.Timing(
        universal=choices.base_period == "universal",
        not_yet=choices.control_group == "not_yet",
        anticipation=choices.anticipation,
        reference=choices.reference,
    )
    plan = kernel.plan_cells(sample.cohorts, adoption.periods, timing)
    x = regressors_of(design, NAME)
    varying = varying_covariates(design, adoption) if x is not None and sample.wide is not None else []
    effects = _effects(sample, x, plan, (options, bool(varying)))
    notices = _left_out(plan, effects, adoption.periods)
    if varying:
        notices += (notice("W541", of=NAME, names=", ".join(varying), unit=adoption.unit.name),)
    members = _members(sample)
    rows = aggregate_cells(
        _cells(plan, effects.att, adoption.periods, members), choices, balance_event=options.balance_event
    )
    parts = rows.influence[: len(plan)], rows.influence[len(plan) :], members
    return _Found(
        rows=rows,
        influence=effects.influence(*parts),
        gram=effects.gram(*parts) if isinstance(effects, means.MeanEffects) else None,
        covariates=""
        if x is None
        else "row"
        if sample.wide is None
        else "base_period"
        if varying
        else "constant",
        pretest=_pretest(plan, effects, adoption.periods, choices.anticipation),
        notices=notices,
    )


def _effects(
    sample: Sample, x: Floats | None, plan: list[kernel.Cell], how: tuple[CsOptions, bool]
) -> kernel.Effects | means.MeanEffects:
    """Effects from levels, from means alone, or from changes with covariates or weights that change."""
    options, varying = how
    rules = kernel.Rules(_KERNEL_METHODS[options.method], options.trim)
    if sample.wide is None:
        return kernel.row_effects(row_arrays(sample, x), plan, rules)
    panel = panel_arrays(sample, x, varying=varying)
    if x is None and panel.fixed:
        weights = None if panel.weights is None else unit_weights(sample)
        return means.mean_effects(panel.y, panel.cohort, weights, plan)
    return kernel.panel_effects(panel, plan, rules)


def _left_out(
    plan: list[kernel.Cell], effects: kernel.Effects | means.MeanEffects, periods: Floats
) -> tuple[Notice, ...]:
    """W540 for cells without an estimate, one for each reason; E571 where none has one after treatment."""
    named: dict[str, list[str]] = {}
    for j, reason in effects.reasons.items():
        named.setdefault(reason, []).append(f"({plan[j].cohort:g}, {periods[plan[j].time]:g})")
    treated = np.array([periods[cell.time] >= cell.cohort for cell in plan])
    if not np.any(np.isfinite(effects.att) & treated):
        said = "; ".join(f"{text(REASONS[reason])}: {shown(names)}" for reason, names in named.items())
        raise DesignError(fault("E571", estimator=NAME, reason=said or "no period after treatment"))
    return tuple(
        notice("W540", of=NAME, count=len(names), cells=shown(names), reason=text(REASONS[reason]))
        for reason, names in named.items()
    )


def _members(sample: Sample) -> kernel.Members:
    """Cohorts, their shares and what units weigh in them."""
    cohort = adoption_of(sample.design, NAME).cohort
    weights = unit_weights(sample)
    cohorts = np.array(sample.cohorts)
    place = np.searchsorted(cohorts, cohort)
    place[~np.isin(cohort, cohorts)] = len(cohorts)
    share = np.bincount(place, weights=weights, minlength=len(cohorts) + 1)[:-1] / len(cohort)
    return kernel.Members(cohorts, share, cohort, weights)


def _cells(plan: list[kernel.Cell], att: Floats, periods: Floats, members: kernel.Members) -> Cells:
    """Cells whose influence is that of themselves and of the shares: aggregates then carry their weights on both."""
    cohort = np.array([cell.cohort for cell in plan])
    one, other = len(plan), len(members.cohorts)
    return Cells(
        cohort=cohort,
        time=periods[[cell.time for cell in plan]],
        att=att,
        influence=np.eye(one + other, one),
        size=members.share[np.searchsorted(members.cohorts, cohort)],
        cohorts=members.cohorts,
        share=members.share,
        membership=np.eye(one + other, other, -one),
    )


def _pretest(
    plan: list[kernel.Cell], effects: kernel.Effects | means.MeanEffects, periods: Floats, ahead: float
) -> Mapping[str, object]:
    """Wald test that all effects before treatment (and before anticipation) are zero.

    Its variance is that of units: W = b' V⁻¹ b is chi-squared with as many degrees of freedom as effects. Where V has
    no inverse (as many effects as units, say) there is no test.
    """
    before = [periods[cell.time] < cell.cohort - ahead and cell.time != cell.base for cell in plan]
    used = np.flatnonzero(before & np.isfinite(effects.att))
    if len(used) == 0:
        return {"statistic": None, "df": 0, "p_value": None}
    vcov = effects.variance(used)
    scale = np.sqrt(np.maximum(np.diagonal(vcov), 0.0))
    values, vectors = np.linalg.eigh(vcov / np.outer(scale, scale)) if scale.all() else (np.zeros(1), vcov)
    if values[0] <= _SINGULAR * values[-1]:
        return {"statistic": None, "df": len(used), "p_value": None}
    statistic = float(np.sum((vectors.T @ (effects.att[used] / scale)) ** 2 / values))
    p_value = float(chi2_sf(statistic, float(len(used))))
    return {"statistic": statistic, "df": len(used), "p_value": p_value}


ESTIMATOR = Estimator(
    summary="Effects by cohort and period, and their means (Callaway and Sant'Anna)",
    options=CsOptions,
    fit=fit,
    references=("Callaway and Sant'Anna 2021", "Sant'Anna and Zhao 2020"),
    accepts=(
        "adoption",
        "anticipation",
        "clusters",
        "covariates",
        "cross_section",
        "unbalanced",
        "weights:analytic",
        "weights:sampling",
    ),
)
