"""Synthetic control of one block of treated units, with ranks among placebos.

    effect in t = mean of the treated in t − Σ_j w_j Y_jt,   w on the simplex, matched before treatment

Weights follow all outcomes before treatment, or predictors whose importance is chosen by the fit before treatment.
Inference is by placebos in space: the same estimate for every other set of units of the same size; p is the rank of
the treated among all sets over their number.
Sources: Abadie, Diamond and Hainmueller (2010, 2015); intervals by inversion: Firpo and Possebom (2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.estimators._treated_block as treated_block
from impact.core.arrays import Floats
from impact.core.designs import Design, Factor
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate, OwnVariance
from impact.core.labels import number_label
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault, in_all_languages, notice
from impact.estimators._adoption import choice_facts, choices_of
from impact.estimators._placebo_ranks import Sets, few_before, placebo_sets, ranked, ranks_by_size
from impact.estimators._refits import Refits, aggregated, covariance_of_draws, fitted_rows
from impact.estimators._treated_block import Panel
from impact.kernels.synthetic.predictor_weights import fit_predictors
from impact.kernels.synthetic.simplex import SimplexFit, fit_simplex

KEYWORD = "synth"
POOR_FIT = 0.5
Units = npt.NDArray[np.int64]


class SynthOptions(Options):
    """Options of the synthetic control."""

    predictors: tuple[str, ...] = Field(
        (), description="Columns whose means before treatment are matched; default: every outcome before."
    )
    lags: tuple[float, ...] = Field(
        (), description="Periods before treatment whose outcome is a predictor beside the columns."
    )
    predictor_window: tuple[float, float] | None = Field(
        None, description="First and last period over which predictors are averaged; default all before."
    )
    placebo_pool: Literal["all", "controls"] = Field(
        "all", description="Controls of a placebo: all other units, or only those that are never treated."
    )
    reps: Sets = 2000


@dataclass(frozen=True, slots=True)
class _Matched:
    """What weights are fitted to: outcomes (U, T), predictors (U, k) or None for all outcomes before treatment."""

    y: Floats
    before: int
    predictors: Floats | None


@dataclass(frozen=True, slots=True)
class _Synthetic:
    """One synthetic unit: its controls, their weights, importances (k,) of predictors, and gaps (T,)."""

    controls: Units
    fit: SimplexFit
    importance: Floats | None
    gap: Floats


def columns(options: SynthOptions) -> Mapping[str, str]:
    """The columns that predictors are read from."""
    return {f"predictors.{name}": name for name in options.predictors}


def fit(design: Design, options: SynthOptions) -> Estimate:
    """Gaps between the treated and their synthetic unit, and their ranks among placebos.

    Arguments:
        design: a balanced panel with one date of treatment; several treated units are averaged.
        options: predictors, lags, placebo_pool, reps.

    Returns:
        Estimate with rows att, event and their like. ``fit`` holds rmspe_before, rmspe_after, p_effect, p_ratio,
        rank_effect, rank_ratio, smallest_p; ``tables`` the weights, paths, gaps and placebo gaps.

    Raises:
        DesignError: those of ``read_panel`` and ``one_block``; E559 also for periods of ``lags`` that are not
            before treatment; E586 fewer never treated units than treated ones. SpecError: E182 more sets than are
            listed, and no seed.
    """
    panel = treated_block.read_panel(design, KEYWORD)
    treated, before = treated_block.one_block(panel, KEYWORD)
    matched = _Matched(panel.y, before, _predictors(panel, before, options))
    members = np.flatnonzero(treated)
    actual = _synthetic(matched, members, np.flatnonzero(~treated))
    sets = placebo_sets(panel, len(members), options.reps)
    pool = np.arange(len(panel.y)) if options.placebo_pool == "all" else np.flatnonzero(~treated)
    gaps = np.array([_synthetic(matched, own, np.setdiff1d(pool, own)).gap for own in sets])
    choices = choices_of(design, options, KEYWORD)
    refits = Refits(panel.cohorts, panel.adoption.periods, choices)
    sizes = np.array([float(len(members))])
    terms, params = aggregated(refits, actual.gap[None], sizes)
    draws = np.array([aggregated(refits, gap[None], sizes)[1] for gap in gaps])
    ranks = ranked(actual.gap, gaps, before)
    facts = {**_fit_facts(panel, actual, before, members), **ranks.facts}
    return Estimate(
        estimator=KEYWORD,
        terms=terms,
        params=params,
        n_obs=float(panel.y.size),
        df_model=len(terms),
        df_resid=float(panel.y.size - len(terms)),
        n_units=len(panel.y),
        focus=(0,),
        fit=facts,
        notices=_notices(actual, facts, before, design.outcome),
        tables={
            "comparison": choice_facts(choices, placebo_pool=options.placebo_pool),
            "synthetic": _tables(panel, actual, members, before, options),
            "placebos": treated_block.placebo_table(panel, sets, gaps),
        },
        design=panel.design,
        own_variance=_variance(params, draws, fitted_rows(terms), ranks.p_ratio),
    )


# --- weights ---


def _synthetic(matched: _Matched, members: Units, controls: Units) -> _Synthetic:
    y, before = matched.y, matched.before
    treated, z = y[members].mean(axis=0), y[controls].T
    importance = None
    if matched.predictors is None:
        found = fit_simplex(z[:before], treated[:before])
    else:
        a, b = matched.predictors[controls].T, matched.predictors[members].mean(axis=0)
        nested = fit_predictors(a, b, z[:before], treated[:before])
        found, importance = nested.fit, nested.importance
    return _Synthetic(controls, found, importance, np.asarray(treated - z @ found.weights))


def _predictors(panel: Panel, before: int, options: SynthOptions) -> Floats | None:
    """Predictors (U, k): means of the columns over the window, and outcomes of single periods."""
    if not options.predictors and not options.lags:
        return None
    periods = panel.adoption.periods
    first, last = options.predictor_window or (periods[0], periods[before - 1])
    inside = (periods[:before] >= first) & (periods[:before] <= last)
    if not inside.any():
        raise _not_before(panel, before, f"{first:g} to {last:g}")
    found = []
    for name in columns(options):
        values = panel.design.columns[name]
        assert not isinstance(values, Factor)
        found.append(treated_block.with_columns(panel, values)[:, :before][:, inside].mean(axis=1))
    for period in options.lags:
        place = np.flatnonzero(periods[:before] == period)
        if len(place) == 0:
            raise _not_before(panel, before, f"{period:g}")
        found.append(panel.y[:, place[0]])
    return np.column_stack(found)


def _not_before(panel: Panel, before: int, asked: str) -> DesignError:
    shown = f"{panel.adoption.periods[0]:g} to {panel.adoption.periods[before - 1]:g}"
    advice = f"periods before treatment are {shown}"
    return DesignError(fault("E559", estimator=KEYWORD, what=f"predictors of period {asked}", advice=advice))


# --- errors, tests, intervals ---


def _variance(
    params: Floats, draws: Floats, fitted: npt.NDArray[np.bool_], p_ratio: float | None
) -> OwnVariance:
    """Spread of the placebo effects; p by rank, intervals of the shifts that the rank of the effect does not reject."""
    count = len(draws) + 1.0
    size = np.abs(draws)
    p = ranks_by_size(params, draws) / count
    if p_ratio is not None:
        p[0] = p_ratio
    else:
        # ranks by effect stand among the facts: nothing is decided on so few periods
        p[:] = np.nan
    p[fitted] = np.nan
    ordered = np.sort(size, axis=0)
    rank = (1.0 + len(draws) - np.arange(len(draws)))[:, None] / count
    beyond = ordered[-1] * (1 + 1e-9) + 1e-300
    values = np.vstack([params - beyond, params - ordered[::-1], params + ordered, params + beyond])
    smallest = np.full(1, 1.0 / count)
    curve = np.concatenate([smallest, rank[::-1, 0], rank[:, 0], smallest])[:, None]
    values[:, fitted] = np.nan
    draws = np.where(fitted, 0.0, draws)
    key = "comparative_case.ranks" if p_ratio is None else "comparative_case.ranks_ratio"
    text = in_all_languages(key, sets=len(draws), smallest=f"{1 / count:.3g}")
    return OwnVariance(
        covariance_of_draws(draws),
        "placebo",
        text,
        draws=draws,
        p_value=p,
        curve_values=values,
        curve_p=np.broadcast_to(curve, values.shape).copy(),
    )


# --- what is reported ---


def _fit_facts(panel: Panel, actual: _Synthetic, before: int, members: Units) -> dict[str, float]:
    plain = panel.y[members].mean(axis=0) - panel.y[actual.controls].mean(axis=0)
    fitted = float(np.sqrt(np.mean(actual.gap[:before] ** 2)))
    unweighted = float(np.sqrt(np.mean(plain[:before] ** 2)))
    return {
        "mean_outcome": float(panel.y.mean()),
        "rmspe_before": fitted,
        "rmspe_after": float(np.sqrt(np.mean(actual.gap[before:] ** 2))),
        "rmspe_share": fitted / unweighted if unweighted > 0 else 0.0,
        "kkt_gap": actual.fit.gap,
    }


def _notices(actual: _Synthetic, facts: Mapping[str, float], before: int, outcome: str) -> tuple[Notice, ...]:
    found = list(few_before(before, outcome))
    if not actual.fit.unique:
        found.append(notice("W546", of=outcome, fit=f"rmspe {facts['rmspe_before']:.3g}"))
    if facts["rmspe_share"] >= POOR_FIT:
        share = f"{100 * facts['rmspe_share']:.0f}"
        found.append(notice("W547", of=outcome, rmspe=f"{facts['rmspe_before']:.3g}", share=share))
    return tuple(found)


def _tables(
    panel: Panel, actual: _Synthetic, members: Units, before: int, options: SynthOptions
) -> dict[str, object]:
    treated = panel.y[members].mean(axis=0)
    weights = treated_block.sorted_weights(panel, actual.controls, actual.fit.weights)
    found = treated_block.path_table(panel, before, treated, actual.gap, weights)
    if actual.importance is not None:
        names = [
            *options.predictors,
            *(f"{panel.design.outcome}[{number_label(lag)}]" for lag in options.lags),
        ]
        found["importance"] = dict(zip(names, actual.importance.tolist(), strict=True))
    return {f"{panel.cohorts[0]:g}": found}


ESTIMATOR = Estimator(
    summary="Synthetic control of one treated block, with ranks among placebos",
    options=SynthOptions,
    fit=fit,
    references=("Abadie, Diamond and Hainmueller 2010", "Abadie 2021", "Firpo and Possebom 2018"),
    accepts=("adoption", "own_variance"),
    columns=columns,
)
