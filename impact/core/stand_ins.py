"""Other coefficients on the rows of an estimate, put in its place for a variance to judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from impact.core.arrays import Floats
from impact.core.designs import Term
from impact.core.estimates import Estimate, Linear


def regression_on(
    estimate: Estimate,
    *,
    names: Sequence[str],
    x: Floats,
    params: Floats,
    residual: Floats,
    bread: Floats,
    share: float = 1.0,
) -> Estimate:
    """A least-squares regression on the rows of an estimate, for its variance.

    Arguments:
        names, x, params, residual, bread: its k terms, (n, k), (k,), (n,), (k, k). share: how much of the outcome is in
        the left side, for rows that hold the sums of several persons: deviations inside rows belong to the outcome.
    """
    linear = estimate.linear
    assert linear is not None
    squares = None
    if linear.row_sum_of_squares is not None and linear.weights is not None:
        inside = linear.row_sum_of_squares - linear.weights * linear.residual**2
        squares = linear.weights * residual**2 + share**2 * np.maximum(inside, 0.0)
    whole = replace(
        linear,
        x=x,
        residual=residual,
        bread=bread,
        row_sum_of_squares=squares,
        is_projection=True,
        spread=None,
    )
    return standing_for(estimate, names, params, whole, df_model=x.shape[1])


def standing_for(
    estimate: Estimate, names: Sequence[str], params: Floats, linear: Linear, *, df_model: int
) -> Estimate:
    """Other coefficients (k,) on the rows of an estimate, for its variance: they have nothing to say for themselves."""
    return replace(
        estimate,
        terms=tuple(Term(name) for name in names),
        params=params,
        linear=linear,
        df_model=df_model,
        focus=(),
        notices=(),
        tables={},
        instrumented=None,
    )
