"""Synthetic difference-in-differences, with synthetic control and difference-in-differences by the same code.

    τ = (treated mean − Σ ω_i Y_i) after treatment − the same before, periods weighted by λ

Unit weights ω make the controls run parallel to the treated before treatment, period weights λ pick the periods before
that resemble those after. Several cohorts: each against the never treated, averaged by treated cells.
Sources: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), equation 2.1 and algorithms 1 to 4; several
cohorts: their appendix A, and Clarke, Pailanir, Athey and Imbens (2023); controls: Kranz (2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.estimators._treated_block as treated_block
import impact.kernels.synthetic.synthetic_did as kernel
from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.estimates import Estimate, OwnVariance
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.estimators._adoption import choice_facts, choices_of
from impact.estimators._design_options import Aggregate
from impact.estimators._placebo_ranks import Judged, judged
from impact.estimators._refits import (
    Refits,
    aggregated,
    bootstrap_units,
    chosen_errors,
    placebo_orders,
    spread_of_draws,
)
from impact.estimators._treated_block import Panel
from impact.estimators._untreated_fit import without_controls

KEYWORD = "synth_did"
ETA_LAMBDA = 1e-6
ETA_CONTROL = 1e-6
STOP = 1e-5


class SynthDidOptions(Options):
    """Options of synthetic difference-in-differences."""

    method: Literal["sdid", "sc", "did"] = Field(
        "sdid",
        description="sdid, sc (unit weights alone, no constant distance), or did (equal weights).",
    )
    errors: Literal["placebo", "jackknife", "bootstrap"] | None = Field(
        None, description="How the error is made; default bootstrap, placebo where a cohort has one unit."
    )
    reps: int = Field(200, ge=20, description="Refits of placebo and bootstrap errors.")
    aggregate: Aggregate = None


@dataclass(frozen=True, slots=True)
class _Cohort:
    """One cohort against the never treated: rows of the units, weights, and effects (T,) by period."""

    date: float
    before: int
    units: npt.NDArray[np.int64]
    rules: kernel.Rules
    omega: Floats
    periods: Floats
    effects: Floats


def fit(design: Design, options: SynthDidOptions) -> Estimate:
    """Effects by cohort and period, their aggregates, and the error by refits.

    Arguments:
        design: a balanced panel with never treated units and at least three periods before treatment; controls in x
            are taken out with the coefficients of untreated rows.
        options: method, errors, reps.

    Returns:
        Estimate with rows att, event, cohort, calendar, att_gt; periods before treatment are gaps from the weighted
        mean before. ``tables`` holds weights by unit and by period, paths and gaps of each cohort.

    Raises:
        DesignError: E559, E560, E561, E582, E583, E585 (see ``read_panel``), E586 errors that do not exist here.
        SpecError: E182 refits without a seed.
    """
    panel = treated_block.read_panel(design, KEYWORD)
    panel, dropped = without_controls(panel)
    controls = np.flatnonzero(panel.never)
    cohorts = tuple(_fit_cohort(panel, controls, date, options) for date in panel.cohorts.tolist())
    choices = choices_of(design, options, KEYWORD)
    sizes = np.array([len(cohort.units) for cohort in cohorts], dtype=np.float64)
    refits = Refits(panel.cohorts, panel.adoption.periods, choices)
    terms, params = aggregated(refits, np.array([cohort.effects for cohort in cohorts]), sizes)
    errors = chosen_errors(options.errors, sizes, len(controls))
    found = _errors(panel, cohorts, refits, params, errors, options)
    return Estimate(
        estimator=KEYWORD,
        terms=terms,
        params=params,
        n_obs=float(panel.y.size),
        df_model=len(terms),
        df_resid=float(panel.y.size - len(terms)),
        n_units=len(panel.y),
        focus=(0,),
        fit={**_fit_facts(panel, cohorts), **found.facts},
        notices=found.notices,
        dropped_terms=dropped,
        tables={
            "comparison": choice_facts(choices, method=options.method, errors=errors),
            **_tables(panel, controls, cohorts),
        },
        design=panel.design,
        own_variance=found.own,
    )


# --- point estimates ---


def _fit_cohort(
    panel: Panel, controls: npt.NDArray[np.int64], date: float, options: SynthDidOptions
) -> _Cohort:
    units = np.flatnonzero(~panel.never & (panel.adoption.cohort == date))
    before = int(panel.before[units[0]])
    control = panel.y[controls]
    after = panel.y.shape[1] - before
    noise = kernel.noise_level(control, before)
    eta = (len(units) * after) ** 0.25 if options.method == "sdid" else ETA_CONTROL
    rules = kernel.Rules(
        zeta_omega=eta * noise,
        zeta_lambda=ETA_LAMBDA * noise,
        min_decrease=STOP * noise,
        omega_intercept=options.method != "sc",
        update_omega=options.method != "did",
        update_lambda=options.method == "sdid",
    )
    blocks = _blocks(control[None], panel.y[units].mean(axis=0)[None], before)
    omega = np.full((1, len(controls)), 1.0 / len(controls))
    periods = np.full((1, before), 0.0 if options.method == "sc" else 1.0 / before)
    omega, periods = kernel.find_weights(blocks, rules, omega, periods)
    found = kernel.effects(blocks, omega, periods)[0]
    return _Cohort(date, before, units, rules, omega[0], periods[0], found)


def _blocks(control: Floats, treated: Floats, before: int) -> kernel.Blocks:
    return kernel.Blocks(control, treated, np.ones(control.shape[:2], dtype=bool), before)


# --- errors ---


def _errors(
    panel: Panel,
    cohorts: Sequence[_Cohort],
    refits: Refits,
    params: Floats,
    errors: str,
    options: SynthDidOptions,
) -> Judged:
    if errors == "jackknife":
        return Judged(_jackknife(panel, cohorts, refits), {}, ())
    generator = treated_block.generator_of(panel.design, f"errors: {errors}")
    if errors == "bootstrap":
        draws = _bootstrap_draws(panel, cohorts, refits, generator, options.reps)
        return Judged(spread_of_draws(draws, errors, panel.adoption.unit.name), {}, ())
    orders = placebo_orders(generator, int(panel.never.sum()), options.reps)
    draws = _placebo_draws(panel, cohorts, refits, orders)
    roles = np.repeat(np.arange(len(cohorts)), [len(cohort.units) for cohort in cohorts])
    return judged(panel, params, draws, orders, roles)


def _placebo_draws(
    panel: Panel, cohorts: Sequence[_Cohort], refits: Refits, orders: npt.NDArray[np.int64]
) -> Floats:
    """Algorithm 4: never treated units, drawn in the number of the treated ones, in their place."""
    control = panel.y[np.flatnonzero(panel.never)]
    sizes = np.array([len(cohort.units) for cohort in cohorts])
    ends = len(control) - int(sizes.sum()) + np.cumsum(sizes)
    rest = orders[:, : len(control) - int(sizes.sum())]
    found = np.empty((len(orders), len(cohorts), panel.y.shape[1]))
    for g, (cohort, end, size) in enumerate(zip(cohorts, ends.tolist(), sizes.tolist(), strict=True)):
        treated = control[orders[:, end - size : end]].mean(axis=1)
        blocks = _blocks(control[rest], treated, cohort.before)
        found[:, g] = _refitted(blocks, cohort, _rescaled(cohort.omega[rest], blocks.present))
    return np.array([aggregated(refits, draw, sizes.astype(np.float64))[1] for draw in found])


def _bootstrap_draws(
    panel: Panel,
    cohorts: Sequence[_Cohort],
    refits: Refits,
    generator: np.random.Generator,
    reps: int,
) -> Floats:
    """Algorithm 2: units drawn with replacement, weights found again from the renormalised ones."""
    groups = [np.flatnonzero(panel.never), *(cohort.units for cohort in cohorts)]
    units = bootstrap_units(generator, groups, len(panel.y), reps)
    times_drawn = np.array([np.bincount(row, minlength=len(panel.y)) for row in units], dtype=np.float64)
    place = np.full(len(panel.y), -1, dtype=np.int64)
    place[groups[0]] = np.arange(len(groups[0]))
    drawn = [np.sort(place[row][place[row] >= 0]) for row in units]
    most = max(len(row) for row in drawn)
    chosen = np.array([np.pad(row, (0, most - len(row))) for row in drawn])
    present = np.arange(most) < np.array([len(row) for row in drawn])[:, None]
    control = np.where(present[:, :, None], panel.y[groups[0]][chosen], 0.0)
    found = np.empty((reps, len(cohorts), panel.y.shape[1]))
    sizes = np.empty((reps, len(cohorts)))
    for g, cohort in enumerate(cohorts):
        counts = times_drawn[:, cohort.units]
        sizes[:, g] = counts.sum(axis=1)
        treated = counts @ panel.y[cohort.units] / sizes[:, [g]]
        blocks = kernel.Blocks(control, treated, present, cohort.before)
        found[:, g] = _refitted(blocks, cohort, _rescaled(cohort.omega[chosen], present))
    return np.array([aggregated(refits, draw, size)[1] for draw, size in zip(found, sizes, strict=True)])


def _refitted(blocks: kernel.Blocks, cohort: _Cohort, omega: Floats) -> Floats:
    periods = np.broadcast_to(cohort.periods, (len(omega), cohort.before)).copy()
    omega, periods = kernel.find_weights(blocks, cohort.rules, omega, periods)
    return kernel.effects(blocks, omega, periods)


def _rescaled(omega: Floats, present: npt.NDArray[np.bool_]) -> Floats:
    """Weights (R, J) of the units present, summing to one; equal where none of them has weight."""
    omega = np.where(present, omega, 0.0)
    total = omega.sum(axis=1, keepdims=True)
    equal = present / present.sum(axis=1, keepdims=True)
    return np.asarray(np.where(total > 0, omega / np.where(total > 0, total, 1.0), equal))


def _jackknife(panel: Panel, cohorts: Sequence[_Cohort], refits: Refits) -> OwnVariance:
    """Algorithm 3: each unit left out in turn, weights kept and renormalised.

    Raises:
        DesignError: E586 where one control carries all the weight.
    """
    if any(np.count_nonzero(cohort.omega) == 1 for cohort in cohorts):
        problem, advice = "one control unit carries all the weight", "use errors: placebo"
        raise treated_block.undefined_errors("jackknife", problem, advice)
    controls = np.flatnonzero(panel.never)
    effects = np.array([cohort.effects for cohort in cohorts])
    sizes = np.array([len(cohort.units) for cohort in cohorts], dtype=np.float64)
    draws = []
    for j in range(len(controls)):
        kept = np.arange(len(controls)) != j
        changed = [_fixed(panel, cohort, controls[kept], cohort.units, kept) for cohort in cohorts]
        draws.append(aggregated(refits, np.array(changed), sizes)[1])
    everyone = np.ones(len(controls), dtype=bool)
    for g, cohort in enumerate(cohorts):
        for unit in cohort.units.tolist():
            changed_effects, changed_sizes = effects.copy(), sizes.copy()
            others = cohort.units[cohort.units != unit]
            changed_effects[g] = _fixed(panel, cohort, controls, others, everyone)
            changed_sizes[g] -= 1.0
            draws.append(aggregated(refits, changed_effects, changed_sizes)[1])
    found = np.array(draws)
    deviations = found - found.mean(axis=0)
    count = len(found)
    text = treated_block.described("comparative_case.jackknife")
    return OwnVariance(deviations.T @ deviations * (count - 1.0) / count, "jackknife", text)


def _fixed(
    panel: Panel,
    cohort: _Cohort,
    controls: npt.NDArray[np.int64],
    units: npt.NDArray[np.int64],
    kept: npt.NDArray[np.bool_],
) -> Floats:
    """Effects (T,) of a cohort with some of the units, weights kept."""
    blocks = _blocks(panel.y[controls][None], panel.y[units].mean(axis=0)[None], cohort.before)
    omega = _rescaled(cohort.omega[kept][None], blocks.present)
    return np.asarray(kernel.effects(blocks, omega, cohort.periods[None])[0])


# --- what is reported ---


def _fit_facts(panel: Panel, cohorts: Sequence[_Cohort]) -> dict[str, float]:
    first = cohorts[0]
    facts = {"mean_outcome": float(panel.y.mean())}
    if len(cohorts) == 1:
        facts["zeta_omega"] = first.rules.zeta_omega
        facts["zeta_lambda"] = first.rules.zeta_lambda
        facts["rmspe_before"] = float(np.sqrt(np.mean(first.effects[: first.before] ** 2)))
    return facts


def _tables(panel: Panel, controls: npt.NDArray[np.int64], cohorts: Sequence[_Cohort]) -> dict[str, object]:
    """Weights, paths and gaps by cohort, for figures."""
    found: dict[str, object] = {}
    for cohort in cohorts:
        treated = panel.y[cohort.units].mean(axis=0)
        found[f"{cohort.date:g}"] = {
            "periods": panel.adoption.periods.tolist(),
            "before": cohort.before,
            "treated": treated.tolist(),
            "synthetic": (cohort.omega @ panel.y[controls]).tolist(),
            "gap": cohort.effects.tolist(),
            "weights": treated_block.sorted_weights(panel, controls, cohort.omega),
            "period_weights": cohort.periods.tolist(),
        }
    return {"synthetic": found}


ESTIMATOR = Estimator(
    summary="Synthetic difference-in-differences, also for several cohorts",
    options=SynthDidOptions,
    fit=fit,
    references=("Arkhangelsky et al. 2021", "Clarke, Pailanir, Athey and Imbens 2023", "Kranz 2022"),
    accepts=("adoption", "covariates", "own_variance"),
)
