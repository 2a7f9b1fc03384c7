"""Clustered and robust inference from influence rows: V = Σ_g ψ_g ψ_g′, ψ_g the sum of the rows of cluster g.

The rows are divided by n already, so that no factor applies unless the estimate's convention or ``ssc:`` asks for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from impact.core.arrays import Floats
from impact.core.designs import Design, Factor
from impact.core.errors import EstimationError, Notice
from impact.core.estimates import Estimate, Inference, Influence
from impact.core.texts import fault
from impact.inference._clusters import refuse_changing_clusters
from impact.inference._influence_factors import (
    clustered,
    group_counts,
    influence_convention,
    observations_factors,
)
from impact.inference._intervals import Spread, complete, describe, number, present_levels
from impact.inference._positive import settled
from impact.inference._small_sample import Convention, Preset, SmallSample, convention, group_factor
from impact.kernels.cluster_robust import fewest_groups, many_way, parts

LEVERAGE_KINDS = ("cr2", "cr3", "hc2", "hc3", "hc4")


def influence_of(estimate: Estimate, kind: str) -> Influence:
    """The influence rows of an estimate that has no linear form.

    Raises:
        EstimationError: E531 where it has none, or where the variance needs leverages.
    """
    if estimate.influence is None or kind in LEVERAGE_KINDS:
        raise EstimationError(fault("E531", kind=kind, estimator=estimate.estimator))
    return estimate.influence


def infer_clustered(
    estimate: Estimate,
    design: Design,
    clusters: tuple[Factor, ...],
    *,
    kind: str,
    ssc: Preset | SmallSample | None,
    level: float,
) -> Inference:
    """Clustered inference of influence rows, one- or many-way.

    Arguments:
        clusters: the cluster variables. kind: cr0 or cr1. ssc: small-sample convention, None for the estimate's own.

    Raises:
        DesignError: E538 a cluster variable changes inside the units of the influence rows.
        EstimationError: E531 for cr2 and cr3, which need the regressors.
    """
    influence = influence_of(estimate, kind)
    refuse_changing_clusters(estimate, design, clusters)
    rule = convention("none") if kind == "cr0" and ssc is None else influence_convention(influence, ssc)
    vcov, notices = _combined(estimate, influence, rule, clusters)
    groups = min(present_levels(cluster) for cluster in clusters)
    factors = _factors(estimate, influence, rule, clusters)
    by = ", ".join(f"{cluster.name} ({present_levels(cluster):,})" for cluster in clusters)
    words = describe(
        "inference.influence_factor" if factors else "inference.influence",
        by=by,
        parts=", ".join(factors),
    )
    variance: dict[str, object] = {
        "kind": "cluster",
        "by": [cluster.name for cluster in clusters],
        "type": kind if factors else "cr0",
        "k": None,
        "n": estimate.n_obs,
        "g": {cluster.name: present_levels(cluster) for cluster in clusters},
        "preset": rule.preset,
        "factors": factors,
        **words,
    }
    df = _law(influence, rule, groups - 1.0)
    return complete(Spread(vcov, variance, df, clusters, notices=notices), estimate, design, level)


def infer_robust(
    estimate: Estimate, design: Design, *, kind: str, ssc: Preset | SmallSample | None, level: float
) -> Inference:
    """Robust inference of influence rows, each row a cluster of its own.

    Raises:
        EstimationError: E531 for hc2, hc3 and hc4, which need the regressors.
    """
    influence = influence_of(estimate, kind)
    rule = convention("none") if kind == "hc0" and ssc is None else influence_convention(influence, ssc)
    scale = np.sqrt(observations_factors(estimate, influence, rule, ()))
    count = len(influence.rows)
    scale = scale * np.sqrt(count / (count - 1.0)) if rule.g != "none" and count > 1 else scale
    rows = influence.rows * scale
    factors = _factors(estimate, influence, rule, ())
    variance: dict[str, object] = {
        "kind": "hetero",
        "by": [],
        "type": kind if factors else "hc0",
        "k": None,
        "n": estimate.n_obs,
        "g": None,
        "preset": rule.preset,
        "factors": factors,
        **describe("inference.influence_robust", count=number(float(count))),
    }
    vcov = np.asarray(rows.T @ rows, dtype=np.float64)
    df = _law(influence, rule, estimate.n_obs - estimate.df_model - estimate.df_absorbed)
    return complete(Spread(vcov, variance, df), estimate, design, level)


def _law(influence: Influence, rule: Convention, df: float) -> float:
    """Degrees of freedom: those of the reference implementation, unless a convention is asked for that has its own."""
    if rule.preset == "none":
        return influence.df
    return np.inf if rule.law == "normal" else df


def _combined(
    estimate: Estimate, influence: Influence, rule: Convention, clusters: tuple[Factor, ...]
) -> tuple[Floats, tuple[Notice, ...]]:
    """The variance: of one cluster variable, or the signed sum over the intersections of several."""
    if len(clusters) == 1:
        return clustered(estimate, influence, rule, clusters[0], clusters), ()
    pieces = parts([cluster.codes for cluster in clusters], [cluster.levels for cluster in clusters])
    smallest = fewest_groups(pieces)
    bare = replace(rule, g="none")

    vcov = many_way(
        pieces,
        lambda piece: clustered(
            estimate, influence, bare, Factor("", piece.codes, tuple(range(piece.levels))), clusters
        ),
        lambda piece: group_factor(piece.groups, smallest, rule),
    )
    return settled(vcov, "report")


def _factors(
    estimate: Estimate, influence: Influence, rule: Convention, clusters: Sequence[Factor]
) -> Mapping[str, float]:
    """The factors of the first term by name, as they are printed."""
    found: dict[str, float] = {}
    if rule.n:
        found["(N-1)/(N-K)"] = float(observations_factors(estimate, influence, rule, clusters)[0])
    if rule.g != "none" and clusters:
        groups = min(float(group_counts(influence, cluster)[0]) for cluster in clusters)
        found["G/(G-1)"] = groups / (groups - 1.0) if groups > 1 else 1.0
    return found
