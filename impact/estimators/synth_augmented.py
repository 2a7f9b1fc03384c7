"""Synthetic control corrected by ridge regression, with conformal tests and intervals.

    effect in t = treated in t − Σ_j w_j Y_jt,   w = simplex weights + ridge correction of what they miss before

The penalty is chosen by leaving out periods before treatment and then held. p-values and intervals are conformal
(each period's own effect, and for att a constant effect in all periods), or those of the jackknife+ over periods before
treatment. Errors are the spread of placebo effects.
Sources: Ben-Michael, Feller and Rothstein (2021); Chernozhukov, Wüthrich and Zhu (2021); Barber, Candès, Ramdas and
Tibshirani (2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.estimators._treated_block as treated_block
from impact.core.arrays import Floats
from impact.core.designs import Design, Term
from impact.core.estimates import Estimate, OwnVariance
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import notice
from impact.estimators._adoption import choice_facts, choices_of
from impact.estimators._refits import Refits, aggregated, fitted_rows
from impact.estimators._treated_block import Panel
from impact.kernels.conformal import moving_block_p, p_curve
from impact.kernels.ridge_augmented import augment, choose_penalty

KEYWORD = "synth_augmented"
Units = npt.NDArray[np.int64]
# p-value of no effect, hypothetical effects, their p-values
Curve = tuple[float, Floats, Floats]


class SynthAugmentedOptions(Options):
    """Options of the augmented synthetic control."""

    penalty: float | None = Field(
        None, gt=0, description="Ridge penalty, in squared outcome units; default by leaving out periods."
    )
    intervals: Literal["conformal", "jackknife_plus"] = Field(
        "conformal",
        description="Tests and intervals: conformal, or jackknife+ over periods before treatment.",
    )


def fit(design: Design, options: SynthAugmentedOptions) -> Estimate:
    """Gaps between the treated and their corrected synthetic unit.

    Arguments:
        design: a balanced panel with one date of treatment; several treated units are averaged.
        options: penalty.

    Returns:
        Estimate with rows att, event and their like; ``fit`` holds penalty, rmspe_before, negative_weights (their sum);
        ``tables`` the weights, paths, gaps and the cross-validation.

    Raises:
        DesignError: those of ``read_panel`` and ``one_block``.
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
    terms, params = aggregated(refits, gap[None], np.array([float(len(members))]))
    tables: dict[str, object] = {
        "comparison": choice_facts(choices, penalty=penalty),
        "synthetic": _tables(panel, controls, target, gap, found.weights, before),
    }
    if options.penalty is None:
        tables["penalties"] = {
            "penalty": chosen.penalties.tolist(),
            "error": chosen.error.tolist(),
            "std_error": chosen.spread.tolist(),
        }
    fit_words = f"penalty {penalty:.3g}"
    return Estimate(
        estimator=KEYWORD,
        terms=terms,
        params=params,
        n_obs=float(panel.y.size),
        df_model=len(terms),
        df_resid=float(panel.y.size - len(terms)),
        n_units=len(panel.y),
        focus=(0,),
        fit={
            "mean_outcome": float(panel.y.mean()),
            "penalty": penalty,
            "rmspe_before": float(np.sqrt(np.mean(gap[:before] ** 2))),
            "negative_weights": float(np.minimum(found.weights, 0.0).sum()),
        },
        notices=() if found.unique else (notice("W546", of=design.outcome, fit=fit_words),),
        tables=tables,
        design=panel.design,
        own_variance=_variance(_Series(target, z, before, penalty), refits, terms, options.intervals),
    )


# --- errors, tests, intervals ---


@dataclass(frozen=True, slots=True)
class _Series:
    """Treated (T,), controls (T, J), periods before treatment, and the penalty that is held."""

    target: Floats
    z: Floats
    before: int
    penalty: float


def _variance(series: _Series, refits: Refits, terms: Sequence[Term], intervals: str) -> OwnVariance:
    """Placebo spread as errors; p-values and curves of the rows after treatment, NaN before."""
    draws = np.where(fitted_rows(terms), 0.0, _placebos(series, refits))
    curves = _conformal(series) if intervals == "conformal" else _jackknife_plus(series)
    most = max(len(values) for _, values, _ in curves.values())
    values, p_values = np.full((most, len(terms)), np.nan), np.full((most, len(terms)), np.nan)
    p = np.full(len(terms), np.nan)
    for j, term in enumerate(terms):
        key = _place_of(term, refits.periods, series.before)
        if key is not None:
            p[j], own_values, own_p = curves[key]
            values[: len(own_values), j], p_values[: len(own_p), j] = own_values, own_p
    deviations = draws - draws.mean(axis=0)
    periods = len(series.target) if intervals == "conformal" else series.before
    text = treated_block.described(f"comparative_case.{intervals}", periods=periods)
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

        def p_of(effect: float, rows: Units = rows, count: int = len(places)) -> float:
            return _p_value(z[rows], target[rows], effect, count, penalty)

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


def _p_value(z: Floats, target: Floats, effect: float, treated: int, penalty: float) -> float:
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


def _placebos(series: _Series, refits: Refits) -> Floats:
    """Effects (J, k) when each control is taken for the treated unit, matched by the other controls."""
    z, before, penalty = series.z, series.before, series.penalty
    found = []
    for j in range(z.shape[1]):
        others = np.delete(z, j, axis=1)
        weights = augment(others[:before], z[:before, j], penalty).weights
        found.append(aggregated(refits, (z[:, j] - others @ weights)[None], np.ones(1))[1])
    return np.array(found)


def _tables(
    panel: Panel, controls: Units, target: Floats, gap: Floats, weights: Floats, before: int
) -> dict[str, object]:
    return {
        f"{panel.cohorts[0]:g}": {
            "periods": panel.adoption.periods.tolist(),
            "before": before,
            "treated": target.tolist(),
            "synthetic": (target - gap).tolist(),
            "gap": gap.tolist(),
            "weights": treated_block.sorted_weights(panel, controls, weights),
        }
    }


ESTIMATOR = Estimator(
    summary="Synthetic control corrected by ridge regression (Ben-Michael, Feller and Rothstein)",
    options=SynthAugmentedOptions,
    fit=fit,
    references=(
        "Ben-Michael, Feller and Rothstein 2021",
        "Chernozhukov, Wüthrich and Zhu 2021",
        "Barber et al. 2021",
    ),
    accepts=("adoption", "own_variance"),
)
