"""Cluster-robust variances, one- and many-way: CR0, CR1, CR2, CR3.

    V = B (Σ_g X_g' A_g u_g u_g' A_g' X_g) B,   B = (X'WX)⁻¹

A_g is the identity (CR0, and CR1 with its small-sample factors), (I − H_gg)^(−1/2) (CR2) or (I − H_gg)⁻¹
(CR3), H the projection on all regressors, absorbed effects included. Assumption: errors of different clusters
are uncorrelated. Several cluster variables are combined by inclusion and exclusion of their intersections.
Sources: Liang and Zeger (1986); Cameron, Gelbach and Miller (2011); Bell and McCaffrey (2002); Pustejovsky
and Tipton (2018).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats
from impact.core.designs import Design, Factor
from impact.core.errors import EstimationError, Notice
from impact.core.estimates import Estimate, Inference, Linear
from impact.core.options import Options
from impact.core.registered import Variance
from impact.core.texts import notice
from impact.inference._clusters import cluster_factors, named
from impact.inference._influence import infer_clustered
from impact.inference._intervals import (
    Spread,
    complete,
    describe,
    linear_of,
    number,
    test_and_interval,
)
from impact.inference._leave_out import Adjusted, adjusted
from impact.inference._positive import settled
from impact.inference._small_sample import (
    SSC_DESCRIPTION,
    Convention,
    Preset,
    SmallSample,
    clustered_df,
    convention,
    counted_parameters,
    observations_factor,
)
from impact.kernels.cluster_robust import Part, cluster_scores, many_way, parts, sandwich

Kind = Literal["cr0", "cr1", "cr2", "cr3"]
FEW_CLUSTERS = 50


class ClusterOptions(Options):
    """Options of the clustered variance."""

    cluster: str | tuple[str, ...] = Field(
        (),
        description="Cluster variable, or a list for many-way clustering; a^b means the pairs of a and b.",
    )
    type: Kind = Field("cr1", description="cr0 no correction, cr1 factors, cr2 and cr3 leverage corrections.")
    ssc: Preset | SmallSample | None = Field(None, description=SSC_DESCRIPTION)
    psd: Literal["report", "clip"] = Field(
        "report",
        description="A many-way variance with negative eigenvalues: report it, or clip them at 0.",
    )


def columns(options: ClusterOptions) -> tuple[str, ...]:
    """The cluster variables asked for."""
    return named(options.cluster)


def infer(estimate: Estimate, design: Design, options: ClusterOptions, level: float) -> Inference:
    """Clustered standard errors, t with G_min − 1 degrees of freedom (CR2, one-way: Satterthwaite by term).

    With fewer than 50 clusters the CR3 error, interval and p-value stand beside (columns std_error_cr3,
    ci_low_cr3, ci_high_cr3, p_cr3) with notice W512.

    Estimates without a linear form are taken by their influence rows (CR0, CR1).

    Raises:
        DesignError: E534 without a cluster variable, E535 with fewer than two clusters.
        EstimationError: E531 CR2 or CR3 of influence rows, E533 where they cannot be computed exactly.
    """
    clusters = cluster_factors(design, columns(options))
    if estimate.linear is None and estimate.influence is not None:
        return infer_clustered(estimate, design, clusters, kind=options.type, ssc=options.ssc, level=level)
    linear = linear_of(estimate, "cluster")
    pieces = parts([cluster.codes for cluster in clusters], [cluster.levels for cluster in clusters])
    counts = {clusters[piece.members[0]].name: piece.groups for piece in pieces if len(piece.members) == 1}
    groups = min(counts.values())
    rule = convention(options.ssc, "fixest" if options.type == "cr1" else "none")
    k = counted_parameters(estimate, linear, rule, clusters)
    vcov, df, notices = _variance(estimate, linear, pieces, options, rule, k)
    factors = {**observations_factor(estimate.n_obs, k, rule), **_group_factors(pieces, clusters, rule)}
    variance: dict[str, object] = {
        "kind": "cluster",
        "by": [cluster.name for cluster in clusters],
        "type": options.type,
        "k": k if rule.n else None,
        "n": estimate.n_obs,
        "g": counts,
        "preset": rule.preset,
        "factors": factors,
        **_description(counts, options.type, factors, k),
    }
    spread = Spread(
        vcov,
        variance,
        df if df is not None else clustered_df(groups, estimate.n_obs, k, rule),
        clusters,
        notices=notices,
    )
    if groups < FEW_CLUSTERS and options.type != "cr3" and linear.is_projection:
        spread = _with_cr3(spread, estimate, linear, pieces, level)
    return complete(spread, estimate, design, level)


def _variance(
    estimate: Estimate,
    linear: Linear,
    pieces: tuple[Part, ...],
    options: ClusterOptions,
    rule: Convention,
    k: int,
) -> tuple[Floats, Floats | None, tuple[Notice, ...]]:
    """The variance, Satterthwaite degrees of freedom for one-way CR2, and what the reader should know."""
    vcov, satterthwaite, notices = _combined(estimate, linear, pieces, options.type, rule)
    if rule.n:
        vcov = vcov * ((estimate.n_obs - 1.0) / (estimate.n_obs - k))
    if len(pieces) == 1:
        return vcov, satterthwaite, notices
    vcov, found = settled(vcov, options.psd)
    return vcov, satterthwaite, (*notices, *found)


def _combined(
    estimate: Estimate, linear: Linear, pieces: tuple[Part, ...], kind: str, rule: Convention
) -> tuple[Floats, Floats | None, tuple[Notice, ...]]:
    """Signed sum over the parts with their group factors."""
    smallest = min(piece.groups for piece in pieces if len(piece.members) == 1)

    def factor(part: Part) -> float:
        if rule.g == "none":
            return 1.0
        groups = smallest if rule.g == "min" else part.groups
        return groups / (groups - 1.0)

    if kind in {"cr0", "cr1"}:

        def plain(part: Part) -> Floats:
            scores = cluster_scores(linear.x, linear.residual, linear.weights, part.codes, part.levels)
            return sandwich(linear.bread, scores)

        return many_way(pieces, plain, factor), None, ()

    found: list[Adjusted] = []

    def leverage(part: Part) -> Floats:
        found.append(adjusted(linear, part, kind))
        return found[-1].vcov

    vcov = many_way(pieces, leverage, factor)
    alone = np.any([own.alone for own in found], axis=0)
    names = ", ".join(term.name for term, lost in zip(estimate.terms, alone, strict=True) if lost)
    notices = (notice("W513", terms=names, kind=kind.upper()),) if names else ()
    satterthwaite = found[0].df if kind == "cr2" and len(pieces) == 1 else None
    return vcov, satterthwaite, notices


def _group_factors(
    pieces: tuple[Part, ...], clusters: tuple[Factor, ...], rule: Convention
) -> dict[str, float]:
    """{"G/(G-1)": value}, one for each part where the convention takes each part's own G."""
    if rule.g == "none":
        return {}
    smallest = min(piece.groups for piece in pieces if len(piece.members) == 1)
    if rule.g == "min" or len(pieces) == 1:
        return {"G/(G-1)": smallest / (smallest - 1.0)}
    return {
        "G/(G-1) " + "^".join(clusters[j].name for j in piece.members): piece.groups / (piece.groups - 1.0)
        for piece in pieces
    }


def _with_cr3(
    spread: Spread, estimate: Estimate, linear: Linear, pieces: tuple[Part, ...], level: float
) -> Spread:
    """The same with CR3 beside, where it can be computed exactly; W518 where it cannot."""
    groups = min(piece.groups for piece in pieces if len(piece.members) == 1)
    by = ", ".join(cluster.name for cluster in spread.clusters)
    try:
        vcov, _, notices = _combined(estimate, linear, pieces, "cr3", convention("none"))
    except EstimationError:
        return replace(spread, notices=(*spread.notices, notice("W518", n=groups, by=by)))
    diagonal = np.diagonal(vcov)
    error = np.sqrt(np.where(diagonal >= 0, diagonal, np.nan))
    df = np.full_like(error, groups - 1.0)
    _, p_value, low, high = test_and_interval(estimate.params, error, df, level)
    extra = {**spread.extra, "std_error_cr3": error, "p_cr3": p_value, "ci_low_cr3": low, "ci_high_cr3": high}
    known = {found.code for found in spread.notices}
    fresh = tuple(found for found in notices if found.code not in known)
    return replace(spread, extra=extra, notices=(*spread.notices, notice("W512", n=groups, by=by), *fresh))


def _description(counts: dict[str, int], kind: str, factors: dict[str, float], k: int) -> dict[str, str]:
    by = ", ".join(f"{name} ({groups:,})" for name, groups in counts.items())
    product = float(np.prod(list(factors.values())))
    key = "inference.cluster_factor" if factors else "inference.cluster"
    if any("N-1" in name for name in factors):
        key = "inference.cluster_full"
    return describe(
        key,
        type=kind.upper(),
        by=by,
        k=k,
        factor=number(product),
        parts=", ".join(factors),
    )


VARIANCE = Variance(
    summary="Correlated errors within clusters, one- or many-way (CR0 to CR3)",
    options=ClusterOptions,
    infer=infer,
    columns=columns,
    needs=("linear",),
    references=(
        "Liang and Zeger 1986",
        "Cameron, Gelbach and Miller 2011",
        "Bell and McCaffrey 2002",
        "Pustejovsky and Tipton 2018",
    ),
)
