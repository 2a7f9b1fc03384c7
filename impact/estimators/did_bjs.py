"""Imputation of what treated units would have had without treatment (Borusyak, Jaravel and Spiess 2024).

    untreated rows   Y_it = a_i + b_t (+ x_it c) + e_it          effect of a treated row   τ_it = Y_it − Ŷ_it(0)
    target           τ = Σ w1_it E[τ_it] over treated rows: all of them (att), or those of a horizon, cohort or period

The model of outcomes without treatment is fitted on untreated rows alone and carried to the treated ones; effects may
differ between any two rows. Assumptions: outcomes without treatment follow that model (parallel paths, or the effects
and controls asked for), in every period; no anticipation, or none earlier than `anticipation` periods; treatment
never ends. Efficient where errors are homoskedastic and not correlated over time.
Errors are conservative: τ̂ = Σ v_it Y_it with weights v known in closed form, V = Σ_c (Σ v_it ẽ_it)², where ẽ of a
treated row is its effect less the mean effect of its cohort and period, weighted by v² (v times the cluster's sum with
`averages: cluster`). `errors: leave_one_out` takes that mean without the unit itself, which helps in small cohorts.
Normal law, no small-sample factor. `pretrends: k` adds event rows before treatment from a separate regression on
untreated rows with ordinary clustered errors; they are not chosen to look like the effects and say nothing about them.
Defaults elsewhere: Stata did_imputation clusters by unit, hides rows with fewer than 30 effective observations
(reported here, with W543) and stops where rows cannot be imputed (E575); R didimputation agrees without weights, and
with weights does not follow the formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.estimators._imputed as imputed
import impact.estimators._regression as regression
import impact.kernels.imputation as kernel
import impact.kernels.imputed_means as means
from impact.core.arrays import Floats
from impact.core.designs import AbsorbedFactor, Design, Factor, Term
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate, Influence
from impact.core.labels import number_label
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault, notice
from impact.estimators._adoption import choice_facts, shown
from impact.estimators._aggregate import Aggregates, aggregate_cells
from impact.estimators._design_options import Aggregate, Anticipation, Balance, Window
from impact.kernels.distributions import chi2_sf
from impact.kernels.factors import is_nested

NAME = "did_bjs"
_SINGULAR = 1e-12


class BjsOptions(Options):
    """Options of imputation."""

    errors: Literal["conservative", "leave_one_out"] = Field(
        "conservative",
        description="Means of effects within cohort and period: of all units (conservative), or without the own one.",
    )
    averages: Literal["unit", "cluster"] = Field(
        "unit",
        description="What these means weight and leave out together: a unit (as R), or a whole cluster (as Stata).",
    )
    effects: Literal["unit", "cohort", "none"] | None = Field(
        None,
        description="Effects beside those of periods and of the formula; default unit, in cross-sections cohort.",
    )
    pretrends: int = Field(
        0, ge=0, description="Event rows before treatment, from a separate regression on untreated rows."
    )
    min_effective: float = Field(
        30, ge=0, description="Rows with fewer effective treated units than this carry W543."
    )
    autosample: bool = Field(
        False,
        description="Leave out treated rows that cannot be imputed (W542) where the default is an error.",
    )
    anticipation: Anticipation = None
    window: Window = None
    aggregate: Aggregate = None
    balance: Balance = None


@dataclass(frozen=True, slots=True)
class _Imputed:
    """The fit on untreated rows, the cells, their effects (C,) and influence (m, C), and the rows made of them."""

    setting: imputed.Setting
    absorbed: tuple[AbsorbedFactor, ...]
    found: kernel.Fit
    cells: imputed.CellRows
    att: Floats
    groups: imputed.Groups
    rows: Aggregates


def fit(design: Design, options: BjsOptions) -> Estimate:
    """Effects by imputation, and their means.

    Arguments:
        design: y (n,), controls x (n, k), weights (n,), absorbed effects beside the own, and the adoption.
        options: see ``BjsOptions``.

    Returns:
        Estimate with the rows att, att_simple, att_dynamic, att_cohort, att_calendar, event[e], cohort[g],
        calendar[t] and att_gt[g,t]; influence by unit (by row where a cluster changes inside units).
        ``tables["pretest"]``: joint test of the event rows before treatment; ``tables["effective"]``: effective number
        of treated units of each overall and event row.

    Raises:
        DesignError: E560 no adoption, E561 treatment that ends, E574 no treated or untreated rows, E575 rows that
            cannot be imputed, E576 nobody to leave out, E577 effects or controls that cannot be carried over.
    """
    setting = imputed.setting_of(design, options, NAME)
    made, notices = _impute(setting, options)
    setting = made.setting
    rows, pretest, dropped = _with_pretrends(made, options)
    effective = _effective(made)
    notices = (*notices, *_thin(effective, options.min_effective))
    levels, df_absorbed = regression.rank_of_effects(
        made.absorbed, regression.effects_of(made.absorbed), exact=False
    )
    n_obs = imputed.number_of_observations(setting)
    k = len(made.found.params)
    comparison = choice_facts(
        setting.choices, control_group="not_yet", base_period="all untreated", errors=options.errors
    )
    return Estimate(
        estimator=NAME,
        terms=rows.terms,
        params=rows.params,
        n_obs=n_obs,
        df_model=k,
        df_resid=n_obs - k - df_absorbed,
        df_absorbed=df_absorbed,
        n_units=setting.adoption.unit.levels,
        influence=Influence(rows.influence, made.groups.row),
        effect_levels=levels,
        focus=(0,),
        fit={"mean_outcome": float(np.average(setting.design.y, weights=setting.weights))},
        dropped_terms={**imputed.dropped_controls(setting, made.found), **dropped},
        notices=notices,
        tables={"comparison": comparison, "pretest": pretest, "effective": effective},
        design=imputed.shown_design(setting, made.absorbed),
    )


def _impute(setting: imputed.Setting, options: BjsOptions) -> tuple[_Imputed, tuple[Notice, ...]]:
    setting, absorbed, found, notices = imputed.fit_untreated(
        setting, options.effects, autosample=options.autosample
    )
    cells = imputed.cells_of(setting, setting.treated)
    att = means.cell_means(found.residual, cells.rows)
    groups = imputed.groups_of(setting)
    deviation = _deviations(setting, found.residual, cells, options)
    influence = imputed.influence_of(found, cells.rows, deviation, groups)
    rows = aggregate_cells(imputed.aggregate_input(setting, cells, att, influence), setting.choices)
    return _Imputed(setting, absorbed, found, cells, att, groups, rows), notices


def _deviations(
    setting: imputed.Setting, effect: Floats, cells: imputed.CellRows, options: BjsOptions
) -> Floats:
    """Effects (n,) of treated rows less the mean of their cell, which has the weights Σ_c (Σ v) v.

    In a cell v is proportional to the row's weight whatever the row of the table, so one mean serves all of them.

    Raises:
        DesignError: E576 leave-one-out means in cells with a single unit or cluster.
    """
    rows = np.flatnonzero(cells.rows.codes >= 0)
    codes, weights, own = cells.rows.codes[rows], setting.weights[rows], effect[rows]
    count = len(cells.rows.size)
    together = _averaged(setting, options)
    pair = codes.astype(np.int64) * together.levels + together.codes[rows]
    first, place = np.unique(pair, return_index=True, return_inverse=True)[1:]
    mass = np.bincount(place, weights=weights)
    joint = mass[place] * weights
    mean = means.cell_means(own, means.make_cells(codes, count, joint))
    deviation = own - mean[codes]
    if options.errors == "leave_one_out":
        owner = codes[first]
        alone = np.bincount(owner, minlength=count) < 2
        if alone.any():
            raise DesignError(fault("E576", what=together.name, cells=cells.names(alone)))
        share = mass**2 / np.bincount(owner, weights=mass**2, minlength=count)[owner]
        deviation = deviation / (1.0 - share[place])
    full = np.zeros(len(effect))
    full[rows] = deviation
    return full


def _averaged(setting: imputed.Setting, options: BjsOptions) -> Factor:
    """What is weighted and left out together: the unit, or the one cluster variable."""
    if options.averages == "unit":
        return setting.adoption.unit
    clusters = list(setting.design.clusters.values())
    if len(clusters) != 1:
        problem = f"`averages: cluster` with {len(clusters)} cluster variables"
        advice = "write vcov: {cluster: NAME} with one variable, or leave `averages` out"
        raise DesignError(fault("E577", estimator=NAME, problem=problem, advice=advice))
    return clusters[0]


# --- event rows before treatment ---


def _with_pretrends(
    made: _Imputed, options: BjsOptions
) -> tuple[Aggregates, Mapping[str, object], dict[str, str]]:
    """The rows with those before treatment among the events, the joint test of these, and leads without an estimate."""
    rows, choices = made.rows, made.setting.choices
    nothing = {"statistic": None, "df": 0, "p_value": None}
    if options.pretrends == 0:
        return imputed.in_window(rows, choices), nothing, {}
    leads = -choices.anticipation - np.arange(options.pretrends, 0, -1.0)
    params, influence, kept = _lead_effects(made, leads)
    terms = tuple(
        Term(f"event[{number_label(e)}]", "event", event_time=float(e)) for e in leads[kept].tolist()
    )
    at = next((j for j, term in enumerate(rows.terms) if term.kind == "event"), len(rows.terms))
    weights = np.zeros((len(rows.weights), len(terms)))
    whole = Aggregates(
        (*rows.terms[:at], *terms, *rows.terms[at:]),
        np.concatenate([rows.params[:at], params, rows.params[at:]]),
        np.hstack([rows.influence[:, :at], influence, rows.influence[:, at:]]),
        np.hstack([rows.weights[:, :at], weights, rows.weights[:, at:]]),
    )
    reason = "no treated unit is seen then, or the effects explain it"
    dropped = {f"event[{number_label(e)}]": reason for e in leads[~kept].tolist()}
    return imputed.in_window(whole, choices), _joint_test(params, influence), dropped


def _lead_effects(made: _Imputed, leads: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Coefficients of the leads on untreated rows, their influence (m, k) with fixest's factors, and which exist."""
    setting, design = made.setting, made.setting.design
    dummies = (setting.event[:, None] == leads).astype(np.float64)
    untreated = setting.weights * ~setting.treated
    x = np.column_stack([design.x, dummies])
    found = kernel.fit(design.y, x, made.found.system.effects, untreated)
    kept = found.kept[design.x.shape[1] :]
    first = int(np.count_nonzero(found.kept)) - int(np.count_nonzero(kept))
    if made.groups.whole_units or not found.system.columns:
        scores = means.group_scores(found, made.groups.codes, made.groups.count)[1]
    else:
        scores = found.x * (untreated * found.residual)[:, None]
    influence = (scores @ found.bread)[:, first:]
    return found.params[first:], influence * np.sqrt(_factor(made, len(found.params))), kept


def _factor(made: _Imputed, k: int) -> float:
    """(N − 1)/(N − K) · G/(G − 1) on untreated rows, effects nested in clusters not counted in K."""
    design, used = made.setting.design, ~made.setting.treated
    weights = design.weights if design.weight_kind == "frequency" else None
    n_obs = float(np.count_nonzero(used)) if weights is None else float(np.sum(weights[used]))
    clusters = list(design.clusters.values()) or [made.setting.adoption.unit]
    count = regression.rank_of_effects(made.absorbed, [], exact=False)[1] + k
    for effect in made.absorbed:
        if effect.intercept and any(is_nested(effect.factor.codes, c.codes) for c in clusters):
            count -= effect.factor.levels - 1
    groups = min(len(np.unique(cluster.codes[used])) for cluster in clusters)
    if groups < 2 or n_obs <= count:
        return float("nan")
    return (n_obs - 1.0) / (n_obs - max(count, k + 1)) * groups / (groups - 1.0)


def _joint_test(params: Floats, influence: Floats) -> Mapping[str, object]:
    """Wald test that the rows before treatment are all zero, by the variance of the influence rows."""
    vcov = influence.T @ influence
    size = np.sqrt(np.diagonal(vcov))
    if len(params) == 0 or not np.isfinite(size).all() or float(size.min()) == 0:
        return {"statistic": None, "df": len(params), "p_value": None}
    values, vectors = np.linalg.eigh(vcov / np.outer(size, size))
    if values[0] <= _SINGULAR * values[-1]:
        return {"statistic": None, "df": len(params), "p_value": None}
    statistic = float(np.sum((vectors.T @ (params / size)) ** 2 / values))
    return {
        "statistic": statistic,
        "df": len(params),
        "p_value": float(chi2_sf(statistic, float(len(params)))),
    }


# --- thin rows ---


def _effective(made: _Imputed) -> Mapping[str, float]:
    """1 / Σ (weight of a unit)² of the treated rows behind each overall and event row."""
    cells, unit = made.cells.rows, made.setting.adoption.unit
    inside = np.flatnonzero(cells.codes >= 0)
    codes = cells.codes[inside]
    place = unit.codes[inside].astype(np.int64) * len(cells.size) + codes
    shares = np.bincount(
        place, weights=cells.weights[inside] / cells.size[codes], minlength=unit.levels * len(cells.size)
    )
    kinds = [j for j, term in enumerate(made.rows.terms) if term.kind in {"att", "event"}]
    weights = shares.reshape(unit.levels, -1) @ np.abs(made.rows.weights[:, kinds])
    found = 1.0 / np.sum(np.square(weights), axis=0)
    return {made.rows.terms[j].name: float(value) for j, value in zip(kinds, found.tolist(), strict=True)}


def _thin(effective: Mapping[str, float], least: float) -> tuple[Notice, ...]:
    """W543 for rows that rest on few treated units."""
    few = {name: value for name, value in effective.items() if value < least * (1.0 - 1e-9)}
    if not few:
        return ()
    names = shown([f"{name} ({value:.3g})" for name, value in few.items()])
    return (notice("W543", of=NAME, least=f"{least:g}", rows=names),)


ESTIMATOR = Estimator(
    summary="Imputation of outcomes without treatment (Borusyak, Jaravel and Spiess)",
    options=BjsOptions,
    fit=fit,
    references=("Borusyak, Jaravel and Spiess 2024",),
    accepts=(
        "adoption",
        "absorb",
        "anticipation",
        "clusters",
        "covariates",
        "cross_section",
        "unbalanced",
        "weights",
    ),
)
