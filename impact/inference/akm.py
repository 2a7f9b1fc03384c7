"""Errors of shift-share designs that are robust to exposure to common shocks (AKM), also under the null (AKM0).

    se = √(Σ_s ĝ_s² R_s²) / |Σ_i ω_i Ÿ2_i Ẍ_i|,   R_s = Σ_i ω_i w_is ε̂_i,   ĝ = (W'ΩW)⁻¹ W'Ω Ẍ

Units with similar shares have similar residuals, however far apart they are: clusters of places miss that. AKM0 puts
the residual under each null in place of ε̂; its set is better centred with few shocks. A shock is a sector in a period,
independent of the others but for those of its cluster. No small-sample factor, normal law. Assumptions: shocks are as
good as random given the controls, many, and none of them dominates. Source: Adão, Kolesár and Morales (2019),
Quarterly Journal of Economics 134, 1949-2010.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

import impact.kernels.distributions as distributions
import impact.kernels.instruments.shift_share as shift_share
from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate, Inference, Linear
from impact.core.interval_sets import set_text
from impact.core.options import Options
from impact.core.registered import Variance
from impact.core.shift_share import clusters_of_shocks, shift_share_of
from impact.core.texts import fault, notice
from impact.inference._intervals import Spread, complete, describe, linear_of
from impact.kernels.group_sums import group_sums
from impact.kernels.instruments.partial_out import left_by

ShockCluster = Literal["shock", "sector", "group"]


class AkmOptions(Options):
    """Options of the exposure-robust variance."""

    instrument: str = Field(description="Name of the shift-share variable in `instruments:`.")
    null: bool = Field(False, description="AKM0: error and interval with the null imposed.")
    cluster: ShockCluster = Field(
        "shock",
        description="Which shocks move together: none (shock), those of a sector over time, or of a `group:`.",
    )


@dataclass(frozen=True, slots=True)
class _Coefficient:
    """The coefficient that the shift-share variable identifies.

    Arguments:
        position: among the terms. v: (n,) its influence on the outcome; x: (n,) its regressor without the others.
    """

    position: int
    v: Floats
    x: Floats


def columns(options: AkmOptions) -> tuple[str, ...]:
    """No column is read as a cluster."""
    return ()


def infer(estimate: Estimate, design: Design, options: AkmOptions, level: float) -> Inference:
    """Error, normal p-value and interval of the coefficient that the shift-share variable identifies; none of others.

    Raises:
        DesignError: E644 no such variable, one shock, or an estimate that it does not identify alone.
    """
    linear = linear_of(estimate, "akm")
    made = shift_share_of(design.extra, options.instrument)
    if made is None:
        raise _refused(options.instrument, "the model has no constructed shift-share variable of that name")
    cluster = clusters_of_shocks(made, options.cluster)
    if cluster is None:
        raise _refused(options.instrument, "`cluster: group` needs `group:` in its block")
    if len(made.sectors) == 1 or len(np.unique(cluster)) == 1:
        problem = f"it has one shock ({made.sectors[0]}), and errors robust to exposure need many"
        raise _refused(options.instrument, problem)
    own = _coefficient(estimate, linear, options.instrument)
    exposures = shift_share.Exposures(
        made.exposures(), made.period, len(made.periods), weights=linear.weights
    )
    effects, dropped = shift_share.shock_effects(exposures, own.v)
    beta = float(estimate.params[own.position])
    parts = shift_share.exposure_robust(
        exposures, effects, linear.residual, own.x, estimate=beta, cluster=cluster
    )
    notices = _notices(options.instrument, exposures, own.v, dropped)
    count = len(np.unique(cluster[effects != 0]))
    k = len(estimate.params)
    vcov = np.full((k, k), np.nan)
    vcov[own.position, own.position] = parts.variance()
    kind = "akm0" if options.null else "akm"
    variance: dict[str, object] = {
        "kind": "akm",
        "by": [],
        "type": kind,
        "k": None,
        "n": estimate.n_obs,
        "g": {options.cluster: count},
        "preset": "none",
        "factors": {},
        "instrument": options.instrument,
        **describe(f"inference.{kind}", instrument=options.instrument, count=count),
    }
    inference = complete(Spread(vcov, variance, float("inf"), notices=notices), estimate, design, level)
    return _with_null(inference, parts, own.position, beta) if options.null else inference


def _with_null(
    inference: Inference, parts: shift_share.ExposureRobust, position: int, estimate: float
) -> Inference:
    """The AKM0 set in place of the interval; its half length over the critical value is the error.

    The covariance matrix stays that of AKM: a test that imposes the null has none.
    """
    critical = float(distributions.normal_quantile((1 + inference.level) / 2))
    pieces = shift_share.null_imposed_set(parts, estimate, critical)
    low, high = pieces[0][0], pieces[-1][1]
    error = (high - low) / (2 * critical)
    z = abs(estimate) / np.sqrt(parts.variance_at_null())
    changed = {"ci_low": low, "ci_high": high, "std_error": error, "statistic": z * np.sign(estimate)}
    changed["p_value"] = 2.0 * (1.0 - float(distributions.normal_cdf(z)))
    fields = {name: getattr(inference, name).copy() for name in changed}
    for name, value in changed.items():
        fields[name][position] = value
    notices = inference.notices
    if np.isinf(error):
        notices = (*notices, notice("W643", set=set_text(pieces)))
    return replace(inference, notices=notices, **fields)


def _coefficient(estimate: Estimate, linear: Linear, name: str) -> _Coefficient:
    """The endogenous regressor that the variable alone instruments, or the regressor that it is."""
    if not linear.is_projection:
        raise _refused(name, "the estimate is not one of least squares or of two stages")
    own, names = estimate.instrumented, [term.name for term in estimate.terms]
    if own is not None:
        if own.instruments != (name,):
            raise _refused(name, f"the instruments of the model are {', '.join(own.instruments)}")
        position = own.focus[0]
        x = left_by(own.x[:, : own.n_exogenous], own.responses[:, 1:], linear.weights)[:, 0]
    elif name in names:
        position = names.index(name)
        x = linear.x @ linear.bread[:, position] / linear.bread[position, position]
    else:
        raise _refused(name, "it is neither a regressor nor an instrument of the model")
    return _Coefficient(position, linear.x @ linear.bread[:, position], x)


def _notices(name: str, exposures: shift_share.Exposures, v: Floats, dropped: int) -> tuple[Notice, ...]:
    """W641 collinear shares; W642 a sum of shares that is not in the span of the controls: v is orthogonal to that."""
    found = (notice("W641", name=name, count=dropped),) if dropped else ()
    total = exposures.shares.sum(axis=1)
    weights = np.ones(len(v)) if exposures.weights is None else exposures.weights
    product = group_sums(exposures.period, exposures.periods, total * v, weights)
    scale = np.sqrt(np.sum(weights * v**2) * np.sum(weights * total**2))
    if np.any(np.abs(product) > 1e-8 * scale):
        found = (*found, notice("W642", name=name))
    return found


def _refused(name: str, problem: str) -> DesignError:
    return DesignError(fault("E644", name=name, problem=problem))


VARIANCE = Variance(
    summary="Shift-share designs: robust to exposure to common shocks (AKM, AKM0)",
    options=AkmOptions,
    infer=infer,
    columns=columns,
    needs=("linear",),
    references=("Adão, Kolesár and Morales 2019",),
)
