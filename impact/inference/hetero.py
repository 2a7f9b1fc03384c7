"""Variances that allow a different error variance in each row: HC0, HC1, HC2, HC3, HC4.

    V = B (Σ_i w_i² u_i² a_i x_i x_i') B,   B = (X'WX)⁻¹

a_i is 1 (HC0), N/(N−K) (HC1), 1/(1−h_i) (HC2), 1/(1−h_i)² (HC3) or 1/(1−h_i)^min(4, N h_i / K) (HC4).
Assumption: rows are independent. h_i is the leverage of the full model: absorbed effects count as the dummies
they stand for.
With frequency weights the sum runs over persons (MacKinnon and White 1985; Cribari-Neto 2004).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.errors import EstimationError, Notice
from impact.core.estimates import Estimate, Inference, Linear
from impact.core.options import Options
from impact.core.registered import Variance
from impact.core.texts import fault, notice
from impact.inference._influence import infer_robust
from impact.inference._intervals import Spread, complete, describe, linear_of, number
from impact.inference._refusals import effects_of, refuse_cell_means, refuse_no_leverage
from impact.inference._small_sample import (
    SSC_DESCRIPTION,
    Preset,
    SmallSample,
    convention,
    counted_parameters,
    robust_factors,
)
from impact.kernels.bread_root import bread_root, is_delicate
from impact.kernels.gram import cross_product
from impact.kernels.leverage import TooManyEffects, full_leverage

Kind = Literal["hc0", "hc1", "hc2", "hc3", "hc4"]
FULL_LEVERAGE = 1e-10


class HeteroOptions(Options):
    """Options of the heteroskedasticity-robust variances."""

    type: Kind = Field("hc1", description="Which correction; the keyword itself (hc0 … hc4) sets it.")
    ssc: Preset | SmallSample | None = Field(None, description=SSC_DESCRIPTION)


def infer(estimate: Estimate, design: Design, options: HeteroOptions, level: float) -> Inference:
    """Robust standard errors, t with N − K degrees of freedom.

    Raises:
        DesignError: E532 on means of cells without sums of squares.
        EstimationError: E533 where the leverage with so many effects cannot be computed exactly.
    """
    if estimate.linear is None and estimate.influence is not None:
        return infer_robust(estimate, design, kind=options.type, ssc=options.ssc, level=level)
    linear = linear_of(estimate, options.type)
    refuse_cell_means(design, options.type)
    plain = options.type != "hc1"
    rule = convention(options.ssc, "none" if plain else "fixest")
    full = estimate.df_model + estimate.df_absorbed
    k = counted_parameters(estimate, linear, rule)
    factors = robust_factors(estimate.n_obs, k, rule)
    scaling, notices = _scaling(estimate, linear, options.type, design.weights)
    vcov = meat_sandwich(linear, scaling) * float(np.prod(list(factors.values())))
    variance: dict[str, object] = {
        "kind": "hetero",
        "by": [],
        "type": options.type,
        "k": k if factors else None,
        "n": estimate.n_obs,
        "g": None,
        "preset": rule.preset,
        "factors": factors,
        **describe(
            "inference.hetero_factor" if factors else "inference.hetero",
            type=options.type.upper(),
            n=number(estimate.n_obs),
            k=k,
        ),
    }
    df = np.inf if rule.law == "normal" else estimate.n_obs - full
    return complete(Spread(vcov, variance, df, notices=notices), estimate, design, level)


def meat_sandwich(linear: Linear, scaling: Floats | None) -> Floats:
    """B (Σ squared scores × scaling) B; over persons with frequency weights."""
    if linear.weight_kind == "frequency" and linear.weights is not None:
        squares = linear.row_sum_of_squares
        if squares is None:
            squares = linear.weights * linear.residual**2
    else:
        weighted = linear.residual if linear.weights is None else linear.weights * linear.residual
        squares = weighted**2
    if scaling is not None:
        squares = squares * scaling
    if linear.is_projection and is_delicate(linear.bread):
        root = bread_root(linear.x, linear.bread, linear.weights)
        delicate: Floats = root @ cross_product(linear.x @ root, squares) @ root.T
        return (delicate + delicate.T) / 2.0
    vcov: Floats = linear.bread @ cross_product(linear.x, squares) @ linear.bread
    return (vcov + vcov.T) / 2.0


def _scaling(
    estimate: Estimate, linear: Linear, kind: str, persons: Floats | None
) -> tuple[Floats | None, tuple[Notice, ...]]:
    """1/(1−h)^δ of each row, or person with frequency weights; 0 where a row has leverage 1, whose residual is 0."""
    if kind in {"hc0", "hc1"}:
        return None, ()
    refuse_no_leverage(linear, kind)
    try:
        leverage = full_leverage(linear.x, linear.bread, effects_of(linear), linear.weights)
    except TooManyEffects as problem:
        found = fault("E533", kind=kind, rows=number(problem.rows), levels=number(problem.levels))
        raise EstimationError(found) from problem
    if linear.weights is not None and linear.weight_kind != "frequency":
        leverage = leverage * linear.weights
    elif linear.family is not None and linear.weights is not None and persons is not None:
        leverage = leverage * linear.weights / persons
    free = 1.0 - leverage
    alone = free < FULL_LEVERAGE
    power: Floats | float = {"hc2": 1.0, "hc3": 2.0}.get(kind, 0.0)
    if kind == "hc4":
        # the leverages add up to the rank, which is below K where effects overlap more than K's rule assumes
        counted = persons if linear.weight_kind == "frequency" else None
        rank = np.rint(leverage.sum() if counted is None else counted @ leverage)
        power = np.minimum(4.0, estimate.n_obs * leverage / rank)
    scaling = np.where(alone, 0.0, np.where(alone, 1.0, free) ** -power)
    count = int(np.count_nonzero(alone))
    return scaling, (notice("W515", count=count, kind=kind),) if count else ()


VARIANCE = Variance(
    summary="Robust to a different error variance in each row (HC0 to HC4)",
    options=HeteroOptions,
    infer=infer,
    columns=lambda options: (),
    needs=("linear",),
    references=("White 1980", "MacKinnon and White 1985", "Cribari-Neto 2004"),
    keywords=("hc0", "hc1", "hc2", "hc3", "hc4"),
)
