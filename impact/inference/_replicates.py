"""Standard errors from the replicate weights of a survey."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact.core.arrays import Floats, Logicals
from impact.core.designs import Design
from impact.core.errors import DesignError, EstimationError, Notice
from impact.core.estimates import Estimate, Inference
from impact.core.options import ReplicateWeights
from impact.core.rows.survey_rows import Replicates
from impact.core.texts import fault, notice
from impact.inference._intervals import (
    Spread,
    complete,
    describe,
    logit_interval,
    number,
    proportions_of,
)
from impact.inference._woodruff import curves_of
from impact.kernels.surveys.survey_replicates import degrees_of_freedom, replicate_variance

FEWEST = 2


def from_replicates(
    estimate: Estimate, design: Design, replicates: Replicates, options: ReplicateWeights, level: float
) -> Inference:
    """Standard errors from the estimates with each replicate weight, t with their rank less one.

    Replicates that do not identify every term are left out, as in R's survey, and counted (W690). Logit intervals of
    proportions take the spread of the replicates' log odds.

    Raises:
        EstimationError: E692 fewer than two replicates are left. DesignError: E690 weights of rank one, and
            quantiles with jackknife weights, whose error does not settle however large the sample.
    """
    assert estimate.replicates is not None
    if curves_of(estimate) and options.kind in ("jk1", "jkn"):
        problem = "jackknife replicates give quantiles no valid error; use brr or bootstrap weights, or strata and psu"
        raise DesignError(fault("E690", problem=problem))
    usable: Logicals = np.asarray(np.isfinite(estimate.replicates).all(axis=1), dtype=bool)
    lost = int(np.count_nonzero(~usable))
    if np.count_nonzero(usable & (replicates.factors > 0)) < FEWEST:
        raise EstimationError(fault("E692", lost=lost, reps=len(usable)))
    df = degrees_of_freedom(replicates.on_rows(design.sample.kept))
    if df < 1:
        raise DesignError(fault("E690", problem="the replicate weights of the domain are all alike"))
    kept = replace(replicates, factors=replicates.factors[usable])
    values = estimate.replicates[usable]
    kind = f"{options.kind}, Fay {options.fay:g}" if options.fay else options.kind
    variance: dict[str, object] = {
        "kind": "survey",
        "by": [],
        "type": options.kind,
        "k": None,
        "n": estimate.n_obs,
        "g": {"replicates": len(usable)},
        "preset": "none",
        "factors": {"scale": replicates.scale},
        "mse": options.mse,
        **describe(
            "inference.survey_replicates", reps=number(float(len(usable))), type=kind, df=number(float(df))
        ),
    }
    notices: tuple[Notice, ...] = ()
    if lost:
        notices = (notice("W690", of=design.outcome, lost=lost, reps=len(usable)),)
    vcov = _spread(values, estimate.params, kept)
    found = complete(Spread(vcov, variance, float(df), notices=notices), estimate, design, level)
    return _with_log_odds(found, estimate, values, kept)


def _spread(values: Floats, whole: Floats, replicates: Replicates) -> Floats:
    centre = whole if replicates.about_estimate else None
    return replicate_variance(values, replicates.scale, replicates.factors, centre)


def _with_log_odds(found: Inference, estimate: Estimate, values: Floats, replicates: Replicates) -> Inference:
    """Intervals of proportions from the spread of the log odds, where the estimate asks for them."""
    share, scale = proportions_of(estimate)
    columns = np.flatnonzero(np.isfinite(share))
    if len(columns) == 0:
        return found
    error = np.full(len(share), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds, whole = (np.log(one / (scale - one)) for one in (values[:, columns], estimate.params[columns]))
        error[columns] = np.sqrt(np.diagonal(_spread(odds, whole, replicates)))
    low, high = logit_interval(share, scale, error, found.df, found.level)
    inside = np.isfinite(error)
    return replace(
        found, ci_low=np.where(inside, low, found.ci_low), ci_high=np.where(inside, high, found.ci_high)
    )
