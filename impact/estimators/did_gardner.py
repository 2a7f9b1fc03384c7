"""Two-stage difference-in-differences (Gardner 2022).

    first stage, untreated rows   Y_it = a_i + b_t (+ x_it c) + e_it
    second stage, all rows        Y_it − â_i − b̂_t (− x_it ĉ) on dummies of what is asked for, without a constant

The static second stage (one dummy: treated) gives att; dummies of event times give event[e], of cohorts cohort[g], of
treated periods calendar[t], of cells att_gt[g,t]. As dummies do not overlap, each coefficient is a mean over its rows:
after treatment the same number as in did_bjs. Before treatment it is a mean of residuals of the first stage, which are
small by construction: event rows before treatment are not comparable with those of did_bjs or did_sa, and no test of
trends. Assumptions: outcomes without treatment follow the first stage in every period; no effect before treatment, or
none before `anticipation` periods ahead; treatment never ends.
Errors are those of both stages as one generalised method of moments:

    ψ_i = (X2'WX2)⁻¹ [X2_i'W û2_i − X2'WX1 (X10'WX10)⁻¹ X10_i'W û1_i],   V = Σ_c (Σ_{i in c} ψ_i)²

with X10 the first-stage regressors of untreated rows; no small-sample factor, t with N − 1 degrees of freedom.
Defaults elsewhere: R did2s has the same errors, and takes any second-stage formula.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

import impact.estimators._event_window as event_window
import impact.estimators._imputed as imputed
import impact.estimators._regression as regression
import impact.kernels.imputation as kernel
import impact.kernels.imputed_means as means
from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.errors import DesignError
from impact.core.estimates import Estimate, Influence
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault
from impact.estimators._adoption import choice_facts
from impact.estimators._aggregate import Aggregates, aggregate_cells
from impact.estimators._design_options import Aggregate, Anticipation, Balance, Window

NAME = "did_gardner"


class GardnerOptions(Options):
    """Options of two-stage difference-in-differences."""

    effects: Literal["unit", "cohort", "none"] | None = Field(
        None,
        description="Effects beside those of periods and of the formula; default unit, in cross-sections cohort.",
    )
    autosample: bool = Field(
        False, description="Leave out treated rows without an estimate (W542) where the default is an error."
    )
    reference: float | None = Field(
        None,
        description="Event time without a dummy, zero by definition; default: that of the design, or -1.",
    )
    anticipation: Anticipation = None
    window: Window = None
    aggregate: Aggregate = None
    balance: Balance = None


def fit(design: Design, options: GardnerOptions) -> Estimate:
    """Effects by two stages, and their means.

    Arguments:
        design: y (n,), controls x (n, k) of the first stage, weights (n,), absorbed effects, and the adoption.
        options: see ``GardnerOptions``.

    Returns:
        Estimate with the rows att, att_simple, att_dynamic, att_cohort, att_calendar, event[e] (also before
        treatment), cohort[g], calendar[t] and att_gt[g,t]; influence by unit (by row where a cluster changes inside
        units).

    Raises:
        DesignError: E560 no adoption, E561 treatment that ends, E573 a treated reference, E574 no treated or untreated
            rows, E575 treated rows without an estimate, E577 effects or controls that cannot be carried over.
    """
    setting = imputed.setting_of(design, options, NAME)
    reference = setting.choices.reference - setting.choices.anticipation
    if setting.choices.reference >= 0:
        problem = f"`reference: {setting.choices.reference:g}`, a treated period"
        raise DesignError(fault("E573", estimator=NAME, problem=problem, advice="write -1 or an earlier one"))
    setting, absorbed, found, notices = imputed.fit_untreated(
        setting, options.effects, autosample=options.autosample
    )
    rows, groups = _second_stage(setting, found, reference)
    levels, df_absorbed = regression.rank_of_effects(absorbed, [], exact=False)
    n_obs = imputed.number_of_observations(setting)
    return Estimate(
        estimator=NAME,
        terms=rows.terms,
        params=rows.params,
        n_obs=n_obs,
        df_model=len(found.params),
        df_resid=n_obs - len(found.params) - df_absorbed,
        df_absorbed=df_absorbed,
        n_units=setting.adoption.unit.levels,
        influence=Influence(rows.influence, groups.row, df=n_obs - 1.0),
        effect_levels=levels,
        focus=(0,),
        fit={"mean_outcome": float(np.average(setting.design.y, weights=setting.weights))},
        dropped_terms=imputed.dropped_controls(setting, found),
        notices=notices,
        tables={
            "comparison": choice_facts(
                setting.choices, control_group="not_yet", base_period="all untreated", reference=reference
            )
        },
        design=imputed.shown_design(setting, absorbed),
    )


def _second_stage(
    setting: imputed.Setting, found: kernel.Fit, reference: float
) -> tuple[Aggregates, imputed.Groups]:
    """Means of what the first stage leaves, over the cells of ever treated units, and the rows made of them."""
    cells = imputed.cells_of(setting, np.isfinite(setting.cohort))
    groups = imputed.groups_of(setting)
    att = means.cell_means(found.residual, cells.rows)
    influence = imputed.influence_of(found, cells.rows, found.residual - att[cells.rows.codes], groups)
    observed = event_window.observed_reference(np.unique(cells.event), reference)
    base = cells.event == (reference if observed is None else observed)
    att = np.where(base, 0.0, att)
    influence[:, base] = 0.0
    choices = setting.choices
    rows = aggregate_cells(
        imputed.aggregate_input(setting, cells, att, influence), replace(choices, window=None)
    )
    rows = _with_sizes(rows, setting, cells, att, groups)
    return imputed.in_window(rows, choices), groups


def _with_sizes(
    rows: Aggregates,
    setting: imputed.Setting,
    cells: imputed.CellRows,
    att: Floats,
    groups: imputed.Groups,
) -> Aggregates:
    """The influence of rows that are means over several cells: residuals of the second stage are about their mean.

    A coefficient δ over cells c has residuals τ_it − δ = (τ_it − τ_c) + (τ_c − δ); the second part is what the sizes
    of the cells add.
    """
    size = cells.rows.size
    loadings = (att[:, None] - rows.params) * rows.weights / size[:, None]
    kinds = np.array([term.kind for term in rows.terms])
    place = {term.name: j for j, term in enumerate(rows.terms)}
    events = [j for j, t in enumerate(rows.terms) if t.kind == "event" and (t.event_time or 0.0) >= 0]
    loadings[:, place["att_dynamic"]] = loadings[:, events].mean(axis=1)
    loadings[:, place["att_calendar"]] = loadings[:, np.flatnonzero(kinds == "calendar")].mean(axis=1)
    cohorts = np.flatnonzero(kinds == "cohort")
    values = np.array([rows.terms[j].cohort for j in cohorts.tolist()], dtype=np.float64)
    share = imputed.cohort_shares(setting, values)
    loadings[:, place["att_cohort"]] = loadings[:, cohorts] @ (share / share.sum())
    several = int(np.count_nonzero(kinds != "att_gt"))  # cells stand last, and one alone has one size
    influence = rows.influence
    means.add_product(influence[:, :several], _row_weights(cells.rows, groups), loadings[:, :several])
    of_shares = (rows.params[cohorts] - rows.params[place["att_cohort"]]) / share.sum()
    influence[:, place["att_cohort"]] += imputed.membership(setting, values, groups) @ of_shares
    overall = place[f"att_{setting.choices.aggregate}"]
    influence[:, place["att"]] = influence[:, overall]
    return replace(rows, influence=influence)


def _row_weights(cells: means.Cells, groups: imputed.Groups) -> Floats:
    """(m, C) weight of the rows of each group in each cell."""
    count = len(cells.size)
    inside = np.flatnonzero(cells.codes >= 0)
    place = groups.codes[inside].astype(np.int64) * count + cells.codes[inside]
    found = np.bincount(place, weights=cells.weights[inside], minlength=groups.count * count)
    return np.asarray(found, dtype=np.float64).reshape(groups.count, count)


ESTIMATOR = Estimator(
    summary="Two stages: effects from untreated rows, then means of what they leave (Gardner)",
    options=GardnerOptions,
    fit=fit,
    references=("Gardner 2022", "Butts and Gardner 2022"),
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
