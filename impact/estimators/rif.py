"""Regressions of recentred influence functions: unconditional quantiles, variance, Gini (Firpo, Fortin, Lemieux 2009).

    E[RIF(y; ν) | x] = x b + effects

b is what a small shift of the distribution of x does to the statistic ν of the whole distribution of y, others held
fixed; for a dummy, what a small rise of its share does. It is not the effect at that quantile of the people who are
there, nor that of moving everybody. A quantile's density is Gaussian, with bandwidth 0.9 min(sd, quartiles/1.349)
N^−1/5 unless another is asked for; W653 prints it.
The errors of `vcov:` are those of least squares on the RIF, as in Stata's rifreg, and take density and quantile as
known; with `reps` and `vcov: own` they come from draws of rows (or of the model's first cluster variable) that make
the RIF anew each time.
Assumptions: the conditional mean of the RIF is linear; the distribution of y given x stays as it is when x shifts.
Defaults elsewhere: Stata rifhdreg the same bandwidth; R dineq R's nrd0, which divides the quartiles by 1.34.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.estimators._regression as regression
import impact.kernels.recentered as kernel
from impact.core.arrays import Floats
from impact.core.designs import INTERCEPT, Design, Term
from impact.core.errors import DesignError, SpecError
from impact.core.estimates import Estimate, OwnVariance
from impact.core.labels import number_label
from impact.core.registered import Estimator
from impact.core.rows.design_rows import design_on_rows
from impact.core.texts import fault, in_all_languages, notice
from impact.estimators._distributions import refuse_what_is_not_taken, row_weights, unsupported
from impact.kernels.resampling import counts_of_draws

NAME = "rif"
ACCEPTS = ("weights", "absorb", "clusters", "own_on_request")
FEWEST = 0.9  # share of draws that must identify every coefficient
Rows = npt.NDArray[np.int64]


class RifOptions(regression.RegressionOptions):
    """Options of regressions of recentred influence functions."""

    statistic: Literal["quantile", "variance", "gini"] = Field(
        "quantile", description="quantile, variance or gini of the outcome."
    )
    quantiles: tuple[float, ...] | float = Field(
        (0.1, 0.25, 0.5, 0.75, 0.9), description="Quantiles, between 0 and 1."
    )
    bandwidth: Literal["silverman", "scott"] | float = Field(
        "silverman", description="Of the density: silverman (0.9 rule), scott (1.06 sd), or a number."
    )
    reps: int = Field(
        0, ge=0, le=100_000, description="Draws of the bootstrap that `vcov: own` uses; 0 makes none."
    )


@dataclass(frozen=True, slots=True)
class _Recentred:
    """RIFs (n,) with the suffix of the names of their terms, and what is told about them."""

    outcomes: tuple[Floats, ...]
    suffixes: tuple[str, ...]
    facts: dict[str, float]


def fit(design: Design, options: RifOptions) -> Estimate:
    """One least-squares regression for each statistic.

    Arguments:
        design: y (n,), x (n, k), weights, absorbed effects.
        options: see ``RifOptions``.

    Returns:
        Estimate with a part for each quantile, terms ``x[0.5]``; with variance or Gini terms are those of the formula.

    Raises:
        DesignError: E502, E650 what it does not take, E656 a statistic that is not defined, and those of least squares.
        SpecError: E182 draws without a seed.
    """
    refuse_what_is_not_taken(design, NAME, ACCEPTS)
    quantiles = _quantiles(options)
    recentred = _recentred(design, options, quantiles)
    parts = [
        _named(regression.fit_regression(replace(design, y=outcome), options), suffix)
        for outcome, suffix in zip(recentred.outcomes, recentred.suffixes, strict=True)
    ]
    if options.reps:
        parts = _with_draws(design, options, quantiles, parts)
    mean = float(np.average(design.y, weights=design.weights))
    parts = [replace(part, fit={**part.fit, "mean_outcome": mean}) for part in parts]
    facts = recentred.facts
    notices = parts[0].notices
    if options.statistic == "quantile":
        notices = (*notices, notice("W653", outcome=design.outcome, bandwidth=f"{facts['bandwidth']:.4g}"))
    first = replace(parts[0], fit={**parts[0].fit, **facts}, notices=notices)
    return first if len(parts) == 1 else _together(first, parts)


def _together(first: Estimate, parts: Sequence[Estimate]) -> Estimate:
    starts = np.cumsum([0, *(len(part.terms) for part in parts)])
    dropped: dict[str, str] = {}
    for part in parts:
        dropped |= part.dropped_terms
    # fits of separate regressions are not joined: only what they share
    shared = ("mean_outcome", "bandwidth", "attained")
    fit = {name: value for name, value in first.fit.items() if name in shared or "[" in name}
    return replace(
        first,
        terms=tuple(term for part in parts for term in part.terms),
        params=np.concatenate([part.params for part in parts]),
        linear=None,
        own_variance=None,
        focus=tuple(
            int(start) + j for start, part in zip(starts[:-1], parts, strict=True) for j in part.focus
        ),
        fit=fit,
        dropped_terms=dropped,
        parts=tuple(parts),
    )


def _named(estimate: Estimate, suffix: str) -> Estimate:
    terms = tuple(Term(f"{term.name}{suffix}", term.kind) if suffix else term for term in estimate.terms)
    dropped = {f"{name}{suffix}": why for name, why in estimate.dropped_terms.items()}
    # least squares without a treatment has its first regressor in focus
    constant = [j for j, term in enumerate(estimate.terms) if term.name == INTERCEPT]
    focus = estimate.focus or tuple(j for j in range(len(terms)) if j not in constant)[:1] or (0,)
    return replace(estimate, estimator=NAME, terms=terms, dropped_terms=dropped, focus=focus)


def _quantiles(options: RifOptions) -> tuple[float, ...]:
    found = options.quantiles if isinstance(options.quantiles, tuple) else (options.quantiles,)
    if options.statistic != "quantile":
        return ()
    if not found or not all(0 < share < 1 for share in found) or len(set(found)) < len(found):
        raise unsupported(
            NAME, "quantiles outside 0 to 1, or twice the same", "write shares such as 0.5, each once"
        )
    return found


# --- the recentred outcomes ---


def _recentred(design: Design, options: RifOptions, quantiles: Sequence[float]) -> _Recentred:
    weights = row_weights(design)
    if options.statistic == "variance":
        outcome = kernel.of_variance(design.y, weights)
        return _Recentred((outcome,), ("",), {"variance": float(np.average(outcome, weights=weights))})
    if options.statistic == "gini":
        if not np.average(design.y, weights=weights) > 0 or float(design.y.min()) < 0:
            problem = "the Gini coefficient needs an outcome that is not negative, with a positive mean"
            raise DesignError(fault("E656", problem=problem))
        outcome = kernel.of_gini(design.y, weights)
        return _Recentred((outcome,), ("",), {"gini": float(np.average(outcome, weights=weights))})
    width = options.bandwidth
    if isinstance(width, str):
        width = kernel.bandwidth(design.y, weights, width, regression.number_of_observations(design))
    if not width > 0:
        raise DesignError(fault("E656", problem="the bandwidth of the density is not positive"))
    facts = {"bandwidth": float(width)}
    outcomes = []
    for share in quantiles:
        value = kernel.quantile(design.y, weights, share)
        outcome = kernel.of_quantile(design.y, share, value, kernel.density(design.y, weights, value, width))
        if float(np.ptp(outcome)) == 0:
            problem = f"the {share:g} quantile is the largest value: nobody is above it"
            raise DesignError(fault("E656", problem=problem))
        outcomes.append(outcome)
        facts[f"quantile[{number_label(share)}]"] = value
        facts[f"density[{number_label(share)}]"] = kernel.density(design.y, weights, value, width)
    return _Recentred(tuple(outcomes), tuple(f"[{number_label(share)}]" for share in quantiles), facts)


# --- bootstrap ---


def _with_draws(
    design: Design, options: RifOptions, quantiles: Sequence[float], parts: Sequence[Estimate]
) -> list[Estimate]:
    """The parts with the covariance of draws in which quantile, density and regression are made anew.

    Raises:
        SpecError: E182 no seed. DesignError: E656 too many draws do not identify the coefficients.
    """
    if design.seed is None:
        raise SpecError(fault("E182", what="reps"))
    cluster = next(iter(design.clusters.values()), None)
    groups = len(design.y) if cluster is None else cluster.levels
    found: list[list[Floats]] = []
    for block in counts_of_draws(options.reps, groups, design.seed):
        for counts in block:
            drawn = _drawn(design, counts if cluster is None else counts[cluster.codes])
            one = _refit(drawn, options, quantiles, parts)
            if one is not None:
                found.append(one)
    if len(found) < FEWEST * options.reps:
        problem = f"{options.reps - len(found)} of {options.reps} draws do not identify every coefficient"
        raise DesignError(fault("E656", problem=problem))
    over = "rows" if cluster is None else cluster.name
    words = in_all_languages("rif.draws", reps=len(found), over=over)
    made = []
    for number, part in enumerate(parts):
        draws = np.array([one[number] for one in found])
        vcov = np.atleast_2d(np.cov(draws, rowvar=False))
        made.append(replace(part, own_variance=OwnVariance(vcov, "bootstrap", words, draws=draws)))
    return made


def _drawn(design: Design, counts: Floats) -> Design:
    """The rows that were drawn, weighted by how often; effects without rows are taken out."""
    rows = np.flatnonzero(counts)
    weights = row_weights(design)[rows] * counts[rows]
    return replace(
        design_on_rows(replace(design, clusters={}, panel=None, treatment=None), rows),
        weights=weights,
        weight_kind="frequency" if design.weights is None else design.weight_kind,
        focus=(),
    )


def _refit(
    design: Design, options: RifOptions, quantiles: Sequence[float], parts: Sequence[Estimate]
) -> list[Floats] | None:
    """Coefficients of each part, None where a draw loses one."""
    try:
        outcomes = _recentred(design, options, quantiles).outcomes
        made = [regression.fit_regression(replace(design, y=outcome), options) for outcome in outcomes]
    except DesignError:
        return None
    if any(len(one.params) != len(part.params) for one, part in zip(made, parts, strict=True)):
        return None
    return [one.params for one in made]


ESTIMATOR = Estimator(
    summary="Unconditional quantiles, variance and Gini by recentred influence (RIF)",
    options=RifOptions,
    fit=fit,
    references=("Firpo, Fortin and Lemieux 2009", "Firpo, Fortin and Lemieux 2018"),
    accepts=ACCEPTS,
)
