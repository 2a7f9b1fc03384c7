"""Variance under independent errors of equal variance.

    V = s² (X'WX)⁻¹,   s² = Σ w u² / (N − K)

Assumptions: errors are uncorrelated and have one variance (divided by the weight for analytic weights). Where a
likelihood fixes the variance (counts, choices) V is its inverse information times (N − 1)/(N − K). K counts every
absorbed effect. With outcomes given as sums the residual sum of squares holds the persons' own deviations.
Source: Greene (2018), ch. 4.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.errors import DesignError
from impact.core.estimates import Estimate, Inference, Linear
from impact.core.options import Options
from impact.core.registered import Variance
from impact.core.texts import fault
from impact.inference._intervals import Spread, complete, describe, linear_of, number
from impact.inference._refusals import refuse_cell_means
from impact.inference._small_sample import (
    SSC_DESCRIPTION,
    Preset,
    SmallSample,
    convention,
    counted_parameters,
)


class IidOptions(Options):
    """Options of the classical variance."""

    ssc: Preset | SmallSample | None = Field(None, description=SSC_DESCRIPTION)


def infer(estimate: Estimate, design: Design, options: IidOptions, level: float) -> Inference:
    """Classical standard errors, t with N − K degrees of freedom.

    Raises:
        DesignError: E530 with sampling weights, E532 on means of cells without sums of squares.
    """
    linear = linear_of(estimate, "iid")
    if linear.weight_kind == "sampling":
        raise DesignError(fault("E530"))
    refuse_cell_means(design, "iid")
    rule = convention(options.ssc)
    k = counted_parameters(estimate, linear, rule)
    divisor = estimate.n_obs - k if rule.n else estimate.n_obs - 1.0
    factor = "1/(N-K)" if rule.n else "1/(N-1)"
    squares = residual_sum_of_squares(linear)
    if linear.family is not None:
        # the likelihood fixes the variance: (N-1)/(N-K) is all that is left of the factor
        squares, factor = estimate.n_obs - 1.0, "(N-1)/(N-K)" if rule.n else "1"
    variance: dict[str, object] = {
        "kind": "iid",
        "by": [],
        "type": "iid",
        "k": k,
        "n": estimate.n_obs,
        "g": None,
        "preset": rule.preset,
        "factors": {factor: (1.0 if linear.family is None else estimate.n_obs - 1.0) / divisor},
        **describe(
            "inference.iid" if linear.family is None else "inference.information",
            n=number(estimate.n_obs),
            k=k,
            divisor=number(divisor),
        ),
    }
    df = estimate.n_obs - k
    return complete(
        Spread(_unit_spread(linear) * (squares / divisor), variance, df),
        estimate,
        design,
        level,
    )


def _unit_spread(linear: Linear) -> Floats:
    return linear.bread if linear.spread is None else linear.spread


def residual_sum_of_squares(linear: Linear) -> float:
    """Σ w u², the persons' own where the outcome was given as sums."""
    if linear.row_sum_of_squares is not None:
        return float(np.sum(linear.row_sum_of_squares))
    squares = linear.residual**2
    return float(np.sum(squares if linear.weights is None else linear.weights * squares))


VARIANCE = Variance(
    summary="Independent errors of equal variance",
    options=IidOptions,
    infer=infer,
    columns=lambda options: (),
    needs=("linear",),
    references=("Greene 2018, chapter 4",),
)
