"""CR2 and CR3 of a linear estimate for one grouping of its rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact.core.arrays import Floats, Logicals
from impact.core.errors import EstimationError
from impact.core.estimates import Linear
from impact.core.texts import fault
from impact.inference._intervals import number
from impact.inference._refusals import effects_of, refuse_no_leverage
from impact.kernels.cluster_adjusted import AdjustedClusters, Basis, adjusted_clusters, orthonormal_basis
from impact.kernels.cluster_adjusted_weighted import weighted_clusters
from impact.kernels.cluster_robust import Part, symmetric
from impact.kernels.factors import Effect, is_nested
from impact.kernels.leverage import TooManyEffects

POWERS = {"cr0": 0.0, "cr2": -0.5, "cr3": -1.0}


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Adjusted variance (k, k), Satterthwaite df (k,), and terms (k,) that one cluster alone identifies."""

    vcov: Floats
    df: Floats
    alone: Logicals


def adjusted_influence(linear: Linear, part: Part, kind: str) -> AdjustedClusters:
    """Adjusted influence of each cluster; minus CR3's is the change of the estimate when the cluster is left
    out.

    Raises:
        EstimationError: E533 where effects outside the clusters have too many levels for an exact answer.
    """
    basis, _ = full_basis(linear, part, kind)
    return _adjusted_clusters(linear, part, kind, basis)


def adjusted(linear: Linear, part: Part, kind: str) -> Adjusted:
    """CR2 or CR3 of one grouping, NaN in the rows and columns of terms that one cluster alone identifies.

    The working model of CR2 has errors of equal variance: of persons with frequency weights, of rows with
    other weights; where a likelihood says the variance, that one.

    Raises:
        EstimationError: E533 as ``adjusted_influence``.
    """
    basis, nested = full_basis(linear, part, kind)
    found = _adjusted_clusters(linear, part, kind, basis)
    influence, df = found.influence, found.df
    own = linear.weights is not None and linear.weight_kind != "frequency" and linear.family is None
    if kind == "cr2" and own and linear.weights is not None:
        weighted = weighted_clusters(basis, linear.residual, linear.weights, nested, part.codes)
        influence, df = weighted.influence, weighted.df
    vcov = symmetric(influence.T @ influence)
    vcov[found.alone, :] = np.nan
    vcov[:, found.alone] = np.nan
    return Adjusted(vcov, np.where(found.alone, np.nan, df), found.alone)


def full_basis(linear: Linear, part: Part, kind: str) -> tuple[Basis, list[Effect]]:
    """The basis of the regressors and of effects outside the clusters, and the effects inside them."""
    refuse_no_leverage(linear, kind)
    nested: list[Effect] = []
    outside: list[Effect] = []
    for effect in effects_of(linear):
        inside = is_nested(effect.codes, part.codes)
        (nested if inside else outside).append(effect)
    try:
        return orthonormal_basis(linear.x, linear.bread, outside, nested, linear.weights), nested
    except TooManyEffects as problem:
        found = fault("E533", kind=kind, rows=number(problem.rows), levels=number(problem.levels))
        raise EstimationError(found) from problem


def _adjusted_clusters(linear: Linear, part: Part, kind: str, basis: Basis) -> AdjustedClusters:
    residual = linear.residual if linear.weights is None else np.sqrt(linear.weights) * linear.residual
    return adjusted_clusters(basis, residual, part.codes, part.levels, power=POWERS[kind])
