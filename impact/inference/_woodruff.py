"""Intervals of quantiles by inverting those of the distribution function (Woodruff 1952).

    [Q(F(q) − t se), Q(F(q) + t se)],   se of the share F(q) of the population at or below the estimated quantile q

R's svyquantile with ``interval.type = "mean"``; its standard error is the length of the interval over 2 t.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact.core.estimates import Estimate, Inference
from impact.core.population_figures import QuantileCurve
from impact.inference._intervals import rescaled, test_and_interval
from impact.kernels.distributions import t_critical
from impact.kernels.surveys.weighted_quantiles import inverse


def curves_of(estimate: Estimate) -> tuple[QuantileCurve, ...]:
    """The distributions behind quantiles of a population; empty for other estimates."""
    return () if estimate.population is None else estimate.population.curves


def with_shares(estimate: Estimate) -> Estimate:
    """The estimate of the shares at or below the quantiles, whose influence the estimate holds."""
    return replace(estimate, params=np.array([curve.share for curve in curves_of(estimate)]))


def from_shares(estimate: Estimate, shares: Inference) -> Inference:
    """The inference of quantiles from that of the shares; NaN where an end lies outside 0 to 1."""
    low, high = (
        np.array(
            [
                inverse(curve.values, curve.mass, end)
                for curve, end in zip(curves_of(estimate), ends, strict=True)
            ]
        )
        for ends in (shares.ci_low, shares.ci_high)
    )
    error = (high - low) / (2.0 * t_critical(shares.level, shares.df))
    statistic, p_value, _, _ = test_and_interval(estimate.params, error, shares.df, shares.level)
    return replace(
        shares,
        vcov=rescaled(shares.vcov, error),
        std_error=error,
        statistic=statistic,
        p_value=p_value,
        ci_low=low,
        ci_high=high,
    )
