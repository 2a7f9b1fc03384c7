"""CR2 and CR3 of a linear estimate for one grouping of its rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact.core.arrays import Floats, Logicals
from impact.core.errors import EstimationError
from impact.core.estimates import Linear
from impact.core.texts import fault
from impact.inference._intervals import number
from impact.inference._refusals import effects_of
from impact.kernels.cluster_adjusted import AdjustedClusters, adjusted_clusters, orthonormal_basis
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
    nested: list[Effect] = []
    outside: list[Effect] = []
    for effect in effects_of(linear):
        inside = is_nested(effect.codes, part.codes)
        (nested if inside else outside).append(effect)
    try:
        basis = orthonormal_basis(linear.x, linear.bread, outside, nested, linear.weights)
    except TooManyEffects as problem:
        found = fault("E533", kind=kind, rows=number(problem.rows), levels=number(problem.levels))
        raise EstimationError(found) from problem
    residual = linear.residual if linear.weights is None else np.sqrt(linear.weights) * linear.residual
    return adjusted_clusters(basis, residual, part.codes, part.levels, power=POWERS[kind])


def adjusted(linear: Linear, part: Part, kind: str) -> Adjusted:
    """CR2 or CR3 of one grouping, NaN in the rows and columns of terms that one cluster alone identifies."""
    found = adjusted_influence(linear, part, kind)
    vcov = symmetric(found.influence.T @ found.influence)
    vcov[found.alone, :] = np.nan
    vcov[:, found.alone] = np.nan
    return Adjusted(vcov, np.where(found.alone, np.nan, found.df), found.alone)
