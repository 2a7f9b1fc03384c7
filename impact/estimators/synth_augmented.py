"""Synthetic control corrected by ridge regression, with conformal tests and intervals.

    effect in t = treated in t − Σ_j w_j Y_jt,   w = simplex weights + ridge correction of what they miss before

The penalty is chosen by leaving out periods before treatment and then held. p-values and intervals are conformal
(each period's own effect, and for att a constant effect in all periods), or those of the jackknife+ over periods before
treatment. Errors are the spread of placebo effects: the same estimate for every other set of units of the same size.
The conformal test has its size where gaps without treatment are exchangeable over time; the jackknife+ at 95 % is sure
to cover in 90 % of samples, and in 95 % where the fit is stable. Interval ends are exact at levels 90, 95 and 99 %, and
to a fifteenth of the outcome's spread at others.
Sources: Ben-Michael, Feller and Rothstein (2021); Chernozhukov, Wüthrich and Zhu (2021); Barber, Candès, Ramdas and
Tibshirani (2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.estimators._treated_block as treated_block
from impact.core.arrays import Floats
from impact.core.designs import Design, Term
from impact.core.errors import Notice
from impact.core.estimates import Estimate, OwnVariance
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import notice
from impact.estimators._adoption import choice_facts, choices_of
from impact.estimators._placebo_ranks import few_before, placebo_sets, ranked
from impact.estimators._refits import Refits, aggregated, fitted_rows
from impact.estimators._treated_block import Panel
from impact.kernels.synthetic.conformal import moving_block_p, p_curve
from impact.kernels.synthetic.ridge_augmented import Chosen, augment, choose_penalty

KEYWORD = "synth_augmented"
Units = npt.NDArray[np.int64]
# p-value of no effect, hypothetical effects, their p-values
Curve = tuple[float, Floats, Floats]


class SynthAugmentedOptions(Options):
    """Options of the augmented synthetic control."""

    penalty: float | None = Field(
        None, gt=0, description="Ridge penalty, in squared outcome units; default by leaving out periods."
    )
    reps: int = Field(
        2000, ge=99, description="Placebo sets drawn where there are more; fewer are listed one by one."
    )
    intervals: Literal["conformal", "jackknife_plus"] = Field(
        "conformal",
        description="Tests and intervals: conformal, or jackknife+ over periods before treatment.",
    )


def fit(design: Design, options: SynthAugmentedOptions) -> Estimate:
    """Gaps between the treated and their corrected synthetic unit.

    Arguments:
        design: a balanced panel with one date of treatment; several treated units are averaged.
        options: penalty, intervals, reps.

    Returns:
        Estimate with rows att, event and their like; ``fit`` holds penalty, rmspe_before, negative_weights (their sum)
        and the ranks of ``ranked``; ``tables`` the weights, paths, gaps, placebo gaps and the cross-validation.

    Raises:
        DesignError: those of ``read_panel`` and ``one_block``; E586 fewer never treated units than treated ones.
        SpecError: E182 more placebo sets than are listed, and no seed.
    """
    panel = treated_block.read_panel(design, KEYWORD)
    treated, before = treated_block.one_block(panel, KEYWORD)
    members, controls = np.flatnonzero(treated), np.flatnonzero(~treated)
    target, z = panel.y[members].mean(axis=0), np.ascontiguousarray(panel.y[controls].T)
    chosen = choose_penalty(z[:before], target[:before])
    penalty = chosen.penalty if options.penalty is None else options.penalty
    found = augment(z[:before], target[:before], penalty)
    gap = target - z @ found.weights
    choices = choices_of(design, options, KEYWORD)
    refits = Refits(panel.cohorts, panel.adoption.periods, choices)
    sizes = np.array([float(len(members))])
    terms, params = aggregated(refits, gap[None], sizes)
    sets = placebo_sets(panel, len(members), options.reps)
    gaps = _placebo_gaps(panel.y, sets, before, penalty)
    draws = np.array([aggregated(refits, own[None], sizes)[1] for own in gaps])
    weights = treated_block.sorted_weights(panel, controls, found.weights)
    paths = treated_block.path_table(panel, before, target, gap, weights)
    tables: dict[str, object] = {
        "comparison": choice_facts(choices, penalty=penalty),
        "synthetic": {f"{panel.cohorts[0]:g}": paths},
        "placebos": treated_block.placebo_table(panel, sets, gaps),
    }
    if options.penalty is None:
        tables["penalties"] = _choice_table(chosen)
    return Estimate(
        estimator=KEYWORD,
        terms=terms,
        params=params,
        n_obs=float(panel.y.size),
        df_model=len(terms),
        df_resid=float(panel.y.size - len(terms)),
        n_units=len(panel.y),
        focus=(0,),
        fit={**_fit_facts(panel, gap[:before], found.weights, penalty), **ranked(gap, gaps, before).facts},
        notices=_notices(found.unique, penalty, before, design.outcome),
        tables=tables,
        design=panel.design,
        own_variance=_variance(
            _Series(target, z, before, penalty), draws, terms, panel.adoption.periods, options.intervals
        ),
    )


# --- errors, tests, intervals ---


@dataclass(frozen=True, slots=True)
class _Series:
    """Treated (T,), controls (T, J), periods before treatment, and the penalty that is held."""

    target: Floats
    z: Floats
    before: int
    penalty: float


def _variance(
    series: _Series, draws: Floats, terms: Sequence[Term], periods: Floats, intervals: str
) -> OwnVariance:
    """Placebo spread as errors; p-values and curves of the rows after treatment, NaN before."""
    draws = np.where(fitted_rows(terms), 0.0, draws)
    curves = _conformal(series) if intervals == "conformal" else _jackknife_plus(series)
    most = max(len(values) for _, values, _ in curves.values())
    values, p_values = np.full((most, len(terms)), np.nan), np.full((most, len(terms)), np.nan)
    p = np.full(len(terms), np.nan)
    for j, term in enumerate(terms):
        key = _place_of(term, periods, series.before)
        if key is not None:
            p[j], own_values, own_p = curves[key]
            values[: len(own_values), j], p_values[: len(own_p), j] = own_values, own_p
    deviations = draws - draws.mean(axis=0)
    compared = len(series.target) if intervals == "conformal" else series.before
    text = treated_block.described(f"comparative_case.{intervals}", periods=compared)
    vcov = deviations.T @ deviations / len(draws)
    return OwnVariance(vcov, intervals, text, p_value=p, curve_values=values, curve_p=p_values)


def _conformal(series: _Series) -> Mapping[int, Curve]:
    """p-value of no effect and the curve of effects by period after treatment, and of a constant one (key T)."""
    target, z, before, penalty = series.target, series.z, series.before, series.penalty
    scale = float(np.sqrt(np.mean(np.var(z, axis=1)))) or 1.0
    gap = target - z @ augment(z[:before], target[:before], penalty).weights
    found = {}
    for period in range(before, len(target) + 1):
        places = np.arange(before, len(target)) if period == len(target) else np.array([period])
        rows = np.r_[np.arange(before), places]
        p_of = partial(_p_value, z[rows], target[rows], len(places), penalty)
        found[period] = (p_of(0.0), *p_curve(p_of, float(gap[places].mean()), scale))
    return found


def _jackknife_plus(series: _Series) -> Mapping[int, Curve]:
    """The same by the jackknife+: effects without each period before treatment, less and plus its own miss."""
    target, z, before = series.target, series.z, series.before
    effects, misses = np.empty((before, len(target) + 1)), np.empty((before, 1))
    for t in range(before):
        kept = np.arange(before) != t
        gap = target - z @ augment(z[:before][kept], target[:before][kept], series.penalty).weights
        effects[t] = np.r_[gap, gap[before:].mean()]
        misses[t] = abs(gap[t])
    low, high = np.sort(effects - misses, axis=0), np.sort(effects + misses, axis=0)[::-1]
    p = np.arange(2.0, before + 2) / (before + 1)
    p = np.minimum(np.r_[1.0 / (before + 1), p], 1.0)
    found = {}
    for period in range(before, len(target) + 1):
        edges = (low[:, period], high[:, period])
        outside = [min(1.0, (1.0 + np.count_nonzero(edges[0] <= 0)) / (before + 1))]
        outside.append(min(1.0, (1.0 + np.count_nonzero(edges[1] >= 0)) / (before + 1)))
        step = 1e-9 * (1.0 + float(np.abs(edges[0][0]) + np.abs(edges[1][0])))
        values = np.r_[edges[0][0] - step, edges[0], edges[1][::-1], edges[1][0] + step]
        found[period] = (float(min(outside)), values, np.r_[p, p[::-1]])
    return found


def _p_value(z: Floats, target: Floats, treated: int, penalty: float, effect: float) -> float:
    """Conformal p-value that the last ``treated`` periods have this effect, the fit made on all periods."""
    adjusted = target.copy()
    adjusted[len(target) - treated :] -= effect
    return moving_block_p(adjusted - z @ augment(z, adjusted, penalty).weights, treated)


def _place_of(term: Term, periods: Floats, before: int) -> int | None:
    """The period of a row (T for rows of all treated periods), None before treatment."""
    if term.kind in ("att", "cohort"):
        return len(periods)
    start = periods[before]
    time = term.time if term.time is not None else start + (term.event_time or 0.0)
    place = int(np.searchsorted(periods, float(str(time))))
    return place if place >= before else None


def _placebo_gaps(y: Floats, sets: Sequence[Units], before: int, penalty: float) -> Floats:
    """Gaps (S, T) of the mean of each set of units (U, T), matched by all other units with the same penalty."""
    found = []
    for own in sets:
        target, others = y[own].mean(axis=0), np.delete(y, own, axis=0).T
        found.append(target - others @ augment(others[:before], target[:before], penalty).weights)
    return np.array(found)


def _fit_facts(panel: Panel, missed: Floats, weights: Floats, penalty: float) -> dict[str, float]:
    return {
        "mean_outcome": float(panel.y.mean()),
        "penalty": penalty,
        "rmspe_before": float(np.sqrt(np.mean(missed**2))),
        "negative_weights": float(np.minimum(weights, 0.0).sum()),
    }


def _choice_table(chosen: Chosen) -> dict[str, object]:
    return {
        "penalty": chosen.penalties.tolist(),
        "error": chosen.error.tolist(),
        "std_error": chosen.spread.tolist(),
    }


def _notices(unique: bool, penalty: float, before: int, outcome: str) -> tuple[Notice, ...]:
    found = few_before(before, outcome)
    return found if unique else (*found, notice("W546", of=outcome, fit=f"penalty {penalty:.3g}"))


ESTIMATOR = Estimator(
    summary="Synthetic control corrected by ridge regression (Ben-Michael et al.)",
    options=SynthAugmentedOptions,
    fit=fit,
    references=(
        "Ben-Michael, Feller and Rothstein 2021",
        "Chernozhukov, Wüthrich and Zhu 2021",
        "Barber et al. 2021",
    ),
    accepts=("adoption", "own_variance"),
)
