"""Jackknife variance: the estimate without each cluster in turn.

    V = (G−1)/G Σ_g (b_(g) − c)(b_(g) − c)',   c = b (CV3) or the mean of the b_(g) (CV3J)

For least squares b_(g) − b = −B X_g'(I − H_gg)⁻¹ u_g, so nothing is fitted again; effects inside the left-out
cluster leave with it. Assumption: errors of different clusters are uncorrelated. Source: MacKinnon, Nielsen
and Webb (2023).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats, Logicals
from impact.core.designs import Design
from impact.core.estimates import Estimate, Inference
from impact.core.options import Options
from impact.core.registered import Variance
from impact.core.texts import notice
from impact.inference._clusters import cluster_factors, named
from impact.inference._intervals import Spread, complete, describe, linear_of, number, present_levels
from impact.inference._leave_out import adjusted_influence
from impact.kernels.cluster_robust import parts


class JackknifeOptions(Options):
    """Options of the cluster jackknife."""

    cluster: str = Field("", description="Cluster variable whose groups are left out one at a time.")
    centre: Literal["estimate", "mean"] = Field(
        "estimate",
        description="Centre at the estimate (CV3) or at the mean of the estimates without one (CV3J).",
    )


def infer(estimate: Estimate, design: Design, options: JackknifeOptions, level: float) -> Inference:
    """Jackknife standard errors, t with G − 1 degrees of freedom; NaN for terms that one cluster alone
    identifies.

    Raises:
        DesignError: E534 without a cluster variable, E535 with fewer than two clusters.
        EstimationError: E533 where effects outside the clusters have too many levels.
    """
    linear = linear_of(estimate, "jackknife")
    clusters = cluster_factors(design, named(options.cluster))
    (part,) = parts([clusters[0].codes], [clusters[0].levels])
    found = adjusted_influence(linear, part, "cr3")
    present = np.bincount(part.codes, minlength=part.levels) > 0
    vcov = _vcov(found.influence[present], found.alone, options.centre)
    groups = present_levels(clusters[0])
    names = ", ".join(term.name for term, lost in zip(estimate.terms, found.alone, strict=True) if lost)
    variance: dict[str, object] = {
        "kind": "jackknife",
        "by": [clusters[0].name],
        "type": "cv3" if options.centre == "estimate" else "cv3j",
        "k": None,
        "n": estimate.n_obs,
        "g": {clusters[0].name: groups},
        "preset": "none",
        "factors": {"(G-1)/G": (groups - 1.0) / groups},
        **describe("inference.jackknife", by=clusters[0].name, count=number(groups)),
    }
    notices = (notice("W513", terms=names, kind="JACKKNIFE"),) if names else ()
    return complete(Spread(vcov, variance, groups - 1.0, clusters, notices=notices), estimate, design, level)


def _vcov(influence: Floats, alone: Logicals, centre: str) -> Floats:
    """(G−1)/G times the cross-product of the changes (G, k), about zero or about their mean."""
    groups = len(influence)
    changes = influence if centre == "estimate" else influence - influence.mean(axis=0)
    vcov: Floats = changes.T @ changes * ((groups - 1.0) / groups)
    vcov[alone, :] = np.nan
    vcov[:, alone] = np.nan
    return vcov


VARIANCE = Variance(
    summary="The estimate without each cluster in turn (cluster jackknife)",
    options=JackknifeOptions,
    infer=infer,
    columns=lambda options: named(options.cluster),
    needs=("linear",),
    references=("MacKinnon, Nielsen and Webb 2023",),
)
