"""Bootstrap by clusters without refitting row by row: random weights on influence, or clusters drawn with replacement.

    b* − b = Σ_g v_g ψ_g            random weights v (mean 0, variance 1) on the influence ψ_g of each cluster
    b* − b = (Σ_g m_g A_g)⁻¹ Σ_g m_g c_g     pairs: cluster g is drawn m_g times, A_g and c_g its cross-products

The standard error of influence functions is the distance of the quartiles of the draws over that of the normal law, as
in R's did; that of regressions is the standard deviation of the draws. Intervals use the normal law.
Assumption: clusters are independent and many. Sources: Callaway and Sant'Anna (2021), section 4.1; Cameron, Gelbach
and Miller (2008); Kline and Santos (2012) for random weights on the scores of a regression.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats, Integers
from impact.core.designs import Design, Factor
from impact.core.errors import DesignError, EstimationError, Notice, SpecError
from impact.core.estimates import Estimate, Inference, Linear
from impact.core.options import Options
from impact.core.registered import Variance
from impact.core.texts import fault, notice
from impact.inference._clusters import cluster_factors, named, refuse_changing_clusters
from impact.inference._intervals import (
    Spread,
    complete,
    describe,
    linear_of,
    number,
    present_levels,
    rescaled,
)
from impact.inference._leave_out import full_basis
from impact.kernels.cluster_robust import Part, cluster_scores
from impact.kernels.factors import compress
from impact.kernels.group_sums import group_sums
from impact.kernels.pairs_bootstrap import TooLarge, pairs_deviations
from impact.kernels.resampling import counts_of_draws, quartile_scale, weighted_sums

Weights = Literal["rademacher", "mammen", "webb", "pairs"]
USABLE_SHARE = 0.5


class BootstrapOptions(Options):
    """Options of the cluster bootstrap."""

    cluster: str = Field(
        "", description="What is drawn together; default: the units of influence functions, else single rows."
    )
    reps: int = Field(999, ge=99, le=1_000_000, description="Number of draws.")
    weights: Weights | None = Field(
        None,
        description="rademacher, mammen or webb: random weights on influence or scores (mammen reads order "
        "statistics as Stata's csdid); pairs: clusters drawn with replacement. Default: rademacher; pairs for "
        "regressions.",
    )


@dataclass(frozen=True, slots=True)
class _Draws:
    """Draws less the estimate (B, k), their standard errors (k,), and the covariance that gives the correlations."""

    deviations: Floats
    error: Floats
    covariance: Floats
    notices: tuple[Notice, ...] = ()


def infer(estimate: Estimate, design: Design, options: BootstrapOptions, level: float) -> Inference:
    """Standard errors from draws, normal intervals; the draws are kept (bands and joint tests read them).

    Raises:
        DesignError: E534, E535 the cluster variable, E538 it changes within units, E539 what cannot be drawn.
        EstimationError: E531 neither influence nor a linear form, E564 draws that do not identify the terms.
        SpecError: E182 no seed.
    """
    if design.seed is None:
        raise SpecError(fault("E182", what="vcov: bootstrap"))
    clusters = cluster_factors(design, named(options.cluster)) if options.cluster else ()
    by_influence = estimate.linear is None and estimate.influence is not None
    weights = options.weights or ("rademacher" if by_influence else "pairs")
    if by_influence:
        found, groups = _of_influence(estimate, design, clusters, weights, options.reps)
    else:
        linear = linear_of(estimate, "bootstrap")
        found, groups = _of_regression(linear, design, clusters, weights=weights, reps=options.reps)
    variance: dict[str, object] = {
        "kind": "bootstrap",
        "by": [cluster.name for cluster in clusters],
        "type": weights,
        "k": None,
        "n": estimate.n_obs,
        "g": {cluster.name: present_levels(cluster) for cluster in clusters},
        "preset": "none",
        "factors": {},
        "reps": options.reps,
        **_words(clusters, groups, weights, options.reps, by_influence=by_influence),
    }
    vcov = rescaled(found.covariance, found.error)
    inference = complete(
        Spread(vcov, variance, np.inf, clusters, notices=found.notices), estimate, design, level
    )
    return replace(inference, draws=estimate.params + found.deviations)


def _of_influence(
    estimate: Estimate, design: Design, clusters: tuple[Factor, ...], weights: str, reps: int
) -> tuple[_Draws, int]:
    """Random weights on influence rows, summed by cluster; pairs are how often a cluster is drawn, less one."""
    assert estimate.influence is not None
    assert design.seed is not None
    rows = influence_sums(estimate, design, clusters)
    if weights == "pairs":
        blocks = [(counts - 1.0) @ rows for counts in counts_of_draws(reps, len(rows), design.seed)]
        deviations = np.vstack(blocks)
    else:
        deviations = weighted_sums(rows, weights, reps, design.seed)
    error = quartile_scale(deviations, stata=weights == "mammen")
    return _Draws(deviations, error, rows.T @ rows), len(rows)


def influence_sums(estimate: Estimate, design: Design, clusters: tuple[Factor, ...]) -> Floats:
    """(G, k) influence of each cluster, or of each unit (row of influence) without one.

    Raises:
        DesignError: E538 the cluster variable changes within units.
    """
    influence = estimate.influence
    assert influence is not None
    if not clusters:
        return influence.rows
    refuse_changing_clusters(estimate, design, clusters)
    codes, kept = compress(clusters[0].codes[influence.row], clusters[0].levels)
    return group_sums(codes, len(kept), influence.rows)


def _of_regression(
    linear: Linear,
    design: Design,
    clusters: tuple[Factor, ...],
    *,
    weights: str,
    reps: int,
) -> tuple[_Draws, int]:
    """Pairs, or random weights on the scores of clusters."""
    assert design.seed is not None
    if not clusters and linear.weight_kind == "frequency":
        raise DesignError(fault("E539", problem="a row of frequency weights is not one observation"))
    codes, groups = _groups(clusters, len(linear.residual))
    if weights == "pairs":
        deviations, notices = _pairs(linear, design, codes, groups, reps=reps)
    else:
        scores = cluster_scores(linear.x, linear.residual, linear.weights, codes, groups)
        deviations, notices = weighted_sums(scores @ linear.bread, weights, reps, design.seed), ()
    usable = deviations[np.isfinite(deviations).all(axis=1)]
    covariance = np.atleast_2d(np.cov(usable, rowvar=False))
    return _Draws(deviations, np.sqrt(np.diagonal(covariance)), covariance, notices), groups


def _groups(clusters: tuple[Factor, ...], n_rows: int) -> tuple[Integers, int]:
    """Codes of clusters that have rows, or of rows."""
    if not clusters:
        return np.arange(n_rows, dtype=np.int32), n_rows
    codes, kept = compress(clusters[0].codes, clusters[0].levels)
    return codes, len(kept)


def _pairs(
    linear: Linear, design: Design, codes: Integers, groups: int, *, reps: int
) -> tuple[Floats, tuple[Notice, ...]]:
    if design.endogenous:
        raise DesignError(fault("E539", problem="pairs of a regression with instruments"))
    assert design.seed is not None
    basis, _ = full_basis(linear, Part((0,), 1.0, codes, groups, groups), "bootstrap pairs")
    residual = linear.residual if linear.weights is None else np.sqrt(linear.weights) * linear.residual
    try:
        found = pairs_deviations(basis, residual, codes, groups, draws=reps, seed=design.seed)
    except TooLarge as problem:
        raise DesignError(fault("E539", problem=f"pairs of {problem}")) from problem
    lost = int(np.count_nonzero(~np.isfinite(found).all(axis=1)))
    if lost > (1.0 - USABLE_SHARE) * reps:
        raise EstimationError(fault("E564", lost=number(lost), reps=number(reps)))
    return found, (notice("W530", lost=number(lost), reps=number(reps)),) if lost else ()


def _words(
    clusters: tuple[Factor, ...], groups: int, weights: str, reps: int, *, by_influence: bool
) -> dict[str, str]:
    by = clusters[0].name if clusters else ""
    key = (
        "inference.bootstrap"
        if by
        else "inference.bootstrap_units"
        if by_influence
        else "inference.bootstrap_rows"
    )
    return describe(key, reps=number(reps), weights=weights, by=by, count=number(groups))


VARIANCE = Variance(
    summary="Draws of clusters: random weights on influence, or drawn with replacement",
    options=BootstrapOptions,
    infer=infer,
    columns=lambda options: named(options.cluster),
    needs=("linear",),
    references=(
        "Callaway and Sant'Anna 2021",
        "Cameron, Gelbach and Miller 2008",
        "Kline and Santos 2012",
        "Mammen 1993",
    ),
)
