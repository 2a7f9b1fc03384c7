"""Regression with a dummy for every treated cell (Wooldridge 2021; 2023 for Poisson and logit).

    linear           Y_it = c_g (or a_i) + b_t + Σ_{g,t} δ_gt 1{G_i = g} 1{period = t} + u_it
    poisson, logit   E[Y_it] = m(c_g + b_t + Σ_{g,t} δ_gt 1{G_i = g} 1{period = t}),   m = exp or logistic

With `control_group: not_yet` (R's default, and here unless the design writes another) cells are those from
treatment on, so that never treated and not yet treated rows are compared with. With `never` each treated cohort
also has cells before treatment, all but its base period: an event study whose comparison is the never treated.
Covariates x enter by cohort and by period, and in each cell about the means of their cohort: δ_gt stays the mean
effect. The effect of a cell is the mean over its rows of
m(with δ) − m(without), with errors by the delta method; rows of the table are means over cells weighted by their rows.
Assumptions: parallel paths without treatment on the scale of the linear index (levels, logarithms, log odds) given
covariates; no effect before treatment, or none before `anticipation` periods ahead; treatment never ends.
Effects of cohorts (as R etwfe) and of units give the same points in balanced panels; Poisson and logit take effects of
cohorts alone. Errors carry fixest's factors: effects nested in the cluster do not count.
Defaults elsewhere: R etwfe as here; Stata jwdid has unit effects in the linear model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.estimators._imputed as imputed
import impact.estimators._regression as regression
import impact.estimators._treated_cells as treated_cells
import impact.kernels.compiled as compiled
import impact.kernels.imputation as kernel
import impact.kernels.imputed_means as means
import impact.kernels.likelihood.glm as glm
from impact.core.arrays import Floats
from impact.core.designs import AbsorbedFactor, Design
from impact.core.errors import DesignError, EstimationError, Notice
from impact.core.estimates import Estimate, Influence
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault
from impact.estimators._adoption import choice_facts, shown
from impact.estimators._aggregate import Aggregates, aggregate_cells
from impact.estimators._controls import redundant_controls
from impact.estimators._design_options import Aggregate, Anticipation, Balance, Window

NAME = "did_etwfe"


class EtwfeOptions(Options):
    """Options of the regression with treated cells."""

    family: Literal["linear", "poisson", "logit"] = Field(
        "linear",
        description="linear, poisson (counts) or logit (0/1 and shares); effects are on the outcome's scale.",
    )
    control_group: Literal["never", "not_yet"] | None = Field(
        None,
        description="not_yet: cells from treatment on; never: also before, but the base period. "
        "Default: what the design writes, or not_yet.",
    )
    effects: Literal["unit", "cohort"] = Field(
        "cohort", description="Effects beside those of periods: of cohorts, or of units (linear)."
    )
    autosample: bool = Field(
        False, description="Leave out treated rows without an estimate (W542) where the default is an error."
    )
    reference: float | None = Field(
        None, description="Event time of the base period of `never`; default: that of the design, or -1."
    )
    anticipation: Anticipation = None
    window: Window = None
    aggregate: Aggregate = None
    balance: Balance = None


@dataclass(frozen=True, slots=True)
class _Regression:
    """What is regressed: the setting, its cells, levels beside the unit's, and their normal equations.

    asked: (q, C) weights of the coefficients in the mean effect of each cell.
    """

    setting: imputed.Setting
    made: treated_cells.Saturated
    effects: kernel.Effects
    system: kernel.System
    asked: Floats


@dataclass(frozen=True, slots=True)
class _Effects:
    """Effects (C,) of the cells, their influence (m, C), regressors beside absorbed effects, and further numbers."""

    att: Floats
    influence: Floats
    df_model: int
    converged: bool = True


def fit(design: Design, options: EtwfeOptions) -> Estimate:
    """Effects by cohort and period from one regression, and their means.

    Arguments:
        design: y (n,), covariates x (n, k), weights, and the adoption. options: see ``EtwfeOptions``.

    Returns:
        Estimate with the rows att, att_simple, att_dynamic, att_cohort, att_calendar, event[e], cohort[g],
        calendar[t] and att_gt[g,t]; influence by unit (by row where a cluster changes inside units).

    Raises:
        DesignError: E560 no adoption, E561 treatment that ends, E573 options that do not go together, E574 no treated
            or untreated rows, E575 treated rows without an estimate, E577 too many levels, E596 an outcome or effects
            that do not suit the family.
        EstimationError: E595 rows fitted without error (separation).
    """
    setting = imputed.setting_of(design, options, NAME)
    _refuse(setting, options)
    problem, notices = _identified(setting, options)
    groups = imputed.groups_of(problem.setting)
    linear = options.family == "linear"
    found = _linear(problem, groups) if linear else _nonlinear(problem, groups, options)
    absorbed = _absorbed(problem.setting, options) if linear else ()
    return _estimate(problem, found, groups, (options, absorbed, notices))


def _refuse(setting: imputed.Setting, options: EtwfeOptions) -> None:
    """E573 and E596: options and outcomes that do not go together."""
    reference = setting.choices.reference
    if _never(setting, options) and reference >= 0:
        problem = f"`reference: {reference:g}`, a treated period"
        raise DesignError(fault("E573", estimator=NAME, problem=problem, advice="write -1 or an earlier one"))
    if options.effects == "unit":
        imputed.default_effects(setting, "unit")
    if options.family == "linear":
        return
    if options.effects == "unit":
        problem, advice = "effects of units", "write effects: cohort"
        raise DesignError(
            fault("E596", estimator=NAME, family=options.family, problem=problem, advice=advice)
        )
    try:
        glm.check_outcome(setting.design.y, options.family)
    except glm.OutcomeError as error:
        problem = f"an outcome of {error}"
        advice = "counts from 0 for poisson, 0 to 1 for logit; otherwise family: linear"
        raise DesignError(
            fault("E596", estimator=NAME, family=options.family, problem=problem, advice=advice)
        ) from error


def _never(setting: imputed.Setting, options: EtwfeOptions) -> bool:
    """Whether the never treated alone are compared with: asked for here, or written in the design."""
    choices = setting.choices
    written = choices.control_group if "control_group" in choices.written else "not_yet"
    return (options.control_group or written) == "never"


# --- what is regressed ---


def _identified(setting: imputed.Setting, options: EtwfeOptions) -> tuple[_Regression, tuple[Notice, ...]]:
    """The regression on the rows whose cells have an effect (E575, W542)."""
    problem = _regression(setting, options)
    inside = problem.made.cells.rows.codes
    lost = ~means.identified(problem.system, problem.asked)
    if not lost.any():
        return problem, ()
    dropped = (inside >= 0) & lost[inside]
    left, notices = imputed.without_estimate(
        setting, dropped, autosample=options.autosample, untreated=inside < 0
    )
    return _regression(left, options), notices


def _regression(setting: imputed.Setting, options: EtwfeOptions) -> _Regression:
    reference = setting.choices.reference - setting.choices.anticipation
    made = treated_cells.saturate(setting, never=_never(setting, options), reference=reference)
    unit = setting.adoption.unit
    by_unit = options.effects == "unit"
    parts = treated_cells.parts_of(setting, made, cohort_effects=not by_unit)
    effects = kernel.Effects(parts, unit.codes, unit.levels, (None,) if by_unit else ())
    try:
        system = kernel.prepare(effects, setting.weights)
    except kernel.TooManyLevelsError as error:
        problem = f"cells and their slopes with {error} levels (at most {kernel.MOST_LEVELS})"
        advice = "use did_bjs, whose cost does not grow with cells, or fewer covariates"
        raise DesignError(fault("E577", estimator=NAME, problem=problem, advice=advice)) from error
    asked = treated_cells.effects_asked(made, len(system.inverse))
    return _Regression(setting, made, effects, system, asked)


def _absorbed(setting: imputed.Setting, options: EtwfeOptions) -> tuple[AbsorbedFactor, ...]:
    first = setting.adoption.unit if options.effects == "unit" else imputed.cohort_factor(setting)
    return (AbsorbedFactor(first), AbsorbedFactor(setting.adoption.time))


# --- effects of cells ---


def _linear(problem: _Regression, groups: imputed.Groups) -> _Effects:
    """Least squares by the normal equations of the levels; units are eliminated one by one."""
    setting, system = problem.setting, problem.system
    nothing = np.zeros((len(setting.design.y), 0))
    found = imputed.fit_effects(setting, nothing, problem.effects, setting.weights)
    influence = means.influence_of_levels(
        found, problem.asked, groups.codes, groups.count, whole_units=groups.whole_units
    )
    rank = len(system.inverse) - system.null.shape[1]
    # slopes by cohort and by period overlap in one parameter, which fixest counts all the same
    rank += problem.made.slopes.shape[1]
    effects = setting.adoption.time.levels - 1 + (0 if system.columns else problem.made.cohort.levels)
    return _Effects(found.levels @ problem.asked, influence, rank - effects)


def _nonlinear(problem: _Regression, groups: imputed.Groups, options: EtwfeOptions) -> _Effects:
    """Maximum likelihood, and mean differences of responses with and without the cell's coefficients.

    Without covariates rows of a cohort and period are alike, and one row with their sum of weights stands for them.

    Raises:
        EstimationError: E595 separation.
    """
    assert options.family != "linear"
    setting, made = problem.setting, problem.made
    number, first = treated_cells.cohort_periods(setting, made.cohort)
    if made.slopes.shape[1]:
        number = np.arange(len(number), dtype=np.int32)
        first = np.arange(len(number), dtype=np.int64)
    count = len(first)
    weights = kernel.sums_by(number, count, setting.weights)
    y = kernel.sums_by(number, count, setting.weights * setting.design.y) / weights
    x = treated_cells.columns_of(problem.effects.parts, first)
    found = glm.fit_glm(x, y, options.family, weights=weights)
    if found.separated.any():
        raise _separation(setting, found.separated[number], options.family)
    att, jacobian = _response_effects(problem, found, (x, first, number), options.family)
    score = setting.weights * (setting.design.y - found.mean[number])  # canonical links
    table = _grouped(groups, number, count, score, x[:, found.kept])
    return _Effects(att, table @ (found.bread @ jacobian), len(found.params), found.converged)


def _grouped(
    groups: imputed.Groups, number: npt.NDArray[np.int32], count: int, score: Floats, x: Floats
) -> Floats:
    """(m, k) sums over the rows of each group of score times regressors, rows sharing the regressors of ``number``."""
    if count == len(score):
        return compiled.group_sums(groups.codes, groups.count, (x,), score)
    if groups.count * count > 8 * len(score):
        return compiled.group_sums(groups.codes, groups.count, (x[number],), score)
    place = groups.codes.astype(np.int64) * count + number
    table = np.bincount(place, weights=score, minlength=groups.count * count)
    return np.asarray(table.reshape(groups.count, count) @ x)


def _response_effects(
    problem: _Regression,
    found: glm.Glm,
    rows: tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int32]],
    family: glm.Family,
) -> tuple[Floats, Floats]:
    """Mean effect (C,) on the response in each cell, and its derivatives (k, C) by the coefficients."""
    x, first, number = rows
    cells = problem.made.cells.rows
    count = len(cells.size)
    own = count * (problem.made.means.shape[1] + 1)
    without = x.copy()
    without[:, x.shape[1] - own :] = 0.0
    x, without = x[:, found.kept], without[:, found.kept]
    mean, slope = glm.mean_of(without @ found.params, family)
    codes = cells.codes[first]
    inside = np.flatnonzero(codes >= 0)
    share = kernel.sums_by(number, len(first), cells.weights)[inside] / cells.size[codes[inside]]
    att = kernel.sums_by(codes[inside], count, share * (found.mean - mean)[inside])
    change = x[inside] * found.slope[inside, None] - without[inside] * slope[inside, None]
    return att, compiled.group_sums(codes[inside], count, (change,), share).T


def _separation(setting: imputed.Setting, rows: npt.NDArray[np.bool_], family: str) -> EstimationError:
    """E595 with the cohorts and periods of the rows."""
    periods = setting.adoption.periods[setting.adoption.time.codes]
    pairs = np.unique(np.column_stack([setting.cohort, periods])[rows], axis=0)
    names = [f"({'never' if np.isinf(g) else f'{g:g}'}, {t:g})" for g, t in pairs.tolist()]
    return EstimationError(
        fault(
            "E595",
            estimator=NAME,
            family=family,
            count=int(np.count_nonzero(rows)),
            cells=shown(names),
        )
    )


# --- the estimate ---


def _estimate(
    problem: _Regression,
    found: _Effects,
    groups: imputed.Groups,
    context: tuple[EtwfeOptions, tuple[AbsorbedFactor, ...], tuple[Notice, ...]],
) -> Estimate:
    options, absorbed, notices = context
    setting = problem.setting
    rows = _rows(problem, found)
    levels, df_absorbed = regression.rank_of_effects(absorbed, [], exact=False)
    n_obs = imputed.number_of_observations(setting)
    facts = choice_facts(
        setting.choices,
        control_group="never" if _never(setting, options) else "not_yet",
        base_period="universal" if _never(setting, options) else "all untreated",
        family=options.family,
        effects=options.effects,
    )
    return Estimate(
        estimator=NAME,
        terms=rows.terms,
        params=rows.params,
        n_obs=n_obs,
        df_model=found.df_model,
        df_resid=n_obs - found.df_model - df_absorbed,
        df_absorbed=df_absorbed,
        n_units=setting.adoption.unit.levels,
        influence=Influence(rows.influence, groups.row, ssc="fixest", absorb=absorbed),
        effect_levels=levels,
        focus=(0,),
        fit={"mean_outcome": float(np.average(setting.design.y, weights=setting.weights))},
        converged=found.converged,
        dropped_terms=redundant_controls(setting.design),
        notices=notices,
        tables={"comparison": facts},
        design=imputed.shown_design(setting, absorbed),
    )


def _rows(problem: _Regression, found: _Effects) -> Aggregates:
    """The rows made of the cells; base periods are zero by definition."""
    cells, base = problem.made.cells, problem.made.base
    cohort = np.concatenate([cells.cohort, base[:, 0]])
    time = np.concatenate([cells.time, base[:, 1]])
    order = np.lexsort((time, cohort))
    att = np.concatenate([found.att, np.zeros(len(base))])[order]
    influence = np.hstack([found.influence, np.zeros((len(found.influence), len(base)))])[:, order]
    size = np.concatenate([cells.rows.size, np.ones(len(base))])[order]
    whole = imputed.CellRows(
        cohort[order], time[order], means.Cells(cells.rows.codes, cells.rows.weights, size)
    )
    setting = problem.setting
    return aggregate_cells(imputed.aggregate_input(setting, whole, att, influence), setting.choices)


ESTIMATOR = Estimator(
    summary="A dummy for each cohort and period; linear, Poisson or logit (Wooldridge)",
    options=EtwfeOptions,
    fit=fit,
    references=("Wooldridge 2021", "Wooldridge 2023"),
    accepts=(
        "adoption",
        "anticipation",
        "clusters",
        "covariates",
        "cross_section",
        "unbalanced",
        "weights",
    ),
)
