"""The wild cluster bootstrap of one coefficient as a p-value that can be asked of any hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

import impact.kernels.instruments.wild_instruments as instrumented_kernel
import impact.kernels.wild_bootstrap as kernel
from impact.core.arrays import Floats, Integers
from impact.core.errors import EstimationError
from impact.core.estimates import Estimate, Linear
from impact.core.instrumented import Instrumented
from impact.core.texts import fault
from impact.inference._leave_out import full_basis
from impact.kernels.cluster_robust import Part

# p-value of the hypothesis: estimate less this distance
PValue = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Setting:
    """What the coefficients of a model share.

    Arguments:
        parts: clusters of the variance and their intersections. codes (n,), groups S: rows that share a weight.
        weights: (B, S) of the draws, all sign vectors where ``enumerated``.
    """

    parts: tuple[Part, ...]
    codes: Integers
    groups: int
    weights: Floats
    enumerated: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """How draws are compared: null imposed or not, t or estimates, absolute values or the smaller tail, ties."""

    restricted: bool
    studentised: bool
    tail: str
    count_ties: bool


def basis_of(linear: Linear, setting: Setting) -> Floats:
    """(n, r) orthonormal columns of the regressors and of effects outside the groups of weights, times √w.

    Raises:
        EstimationError: E533 too many effects outside the groups, E640 not a projection.
    """
    whole = Part((0,), 1.0, setting.codes, setting.groups, setting.groups)
    return full_basis(linear, whole, "wild")[0].rows


def root_of(linear: Linear) -> Floats:
    """(n,) √w."""
    return np.ones(len(linear.residual)) if linear.weights is None else np.sqrt(linear.weights)


def of_column(
    linear: Linear, basis: Floats, setting: Setting, how: Comparison, j: int
) -> tuple[PValue, float]:
    """p-value and standard error (without factors) of the coefficient j of a least-squares regression."""
    root = root_of(linear)
    row = (linear.x @ linear.bread[:, j]) * root
    sums = kernel.sums_of(
        row, basis, linear.residual * root, setting.codes, setting.groups, parts=setting.parts
    )
    draws = kernel.draw(sums, setting.weights, restricted=how.restricted)

    def p_at(distance: float) -> float:
        return kernel.p_value(
            draws, distance, studentised=how.studentised, tail=how.tail, count_ties=how.count_ties
        )

    return p_at, draws.error


def of_instrumented(
    estimate: Estimate, linear: Linear, setting: Setting, how: Comparison
) -> tuple[PValue, float]:
    """p-value and standard error (without factors) of the one coefficient that two stages instrument.

    Raises:
        EstimationError: E566 several of them, another method than two stages, or estimates compared instead of t.
    """
    instrumented = estimate.instrumented
    assert instrumented is not None
    if len(instrumented.endogenous) > 1:
        raise EstimationError(fault("E566", problem="several endogenous regressors"))
    if not linear.is_projection:
        raise EstimationError(fault("E566", problem=f"method {estimate.tables['method']} of iv"))
    if not how.studentised:
        # under a false hypothesis the estimates' spread grows with its distance: such a test has no interval
        raise EstimationError(fault("E566", problem="instruments with studentised: false"))
    value = float(estimate.params[instrumented.focus[0]])
    basis = basis_of(_exogenous(linear, instrumented), setting)
    columns = np.column_stack([instrumented.responses, instrumented.x[:, instrumented.n_exogenous :]])
    columns = columns * root_of(linear)[:, None]
    columns -= basis @ (basis.T @ columns)
    sums = instrumented_kernel.sums_of(columns, basis, setting.codes, setting.groups, parts=setting.parts)
    sample = instrumented_kernel.draw(sums, np.ones((1, setting.groups)), value)
    error = float(np.sqrt(max(sample.variance[0], 0.0)))
    fixed = None if how.restricted else instrumented_kernel.draw(sums, setting.weights, value)

    def p_at(distance: float) -> float:
        draws = instrumented_kernel.draw(sums, setting.weights, value - distance) if fixed is None else fixed
        positive = draws.variance > 0
        statistics = draws.distance[positive] / np.sqrt(draws.variance[positive])
        return kernel.share_beyond(statistics, distance / error, tail=how.tail, count_ties=how.count_ties)

    return p_at, error


def _exogenous(linear: Linear, instrumented: Instrumented) -> Linear:
    """The exogenous columns with the effects, as a regression of their own."""
    x = np.ascontiguousarray(instrumented.x[:, : instrumented.n_exogenous])
    weighted = x if linear.weights is None else x * linear.weights[:, None]
    products = weighted.T @ x
    scale = 1.0 / np.sqrt(np.diagonal(products))
    both = np.outer(scale, scale)
    return replace(linear, x=x, bread=np.linalg.inv(products * both) * both)
