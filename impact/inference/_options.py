"""Options of what stands beside a model's variance: permutation of the treated units, and the wild bootstrap.

Plans read them without what computes the two.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from impact.core.options import Options, PermutedSets
from impact.inference._clusters import named

Statistic = Literal["estimate", "t"]


class PermuteOptions(PermutedSets):
    """Options of permutation inference."""

    statistic: Statistic | tuple[Statistic, ...] = Field(
        ("estimate", "t"),
        description="Statistics to compare, the primary one first; both are always printed.",
    )


class WildOptions(Options):
    """Options of the wild cluster bootstrap."""

    reps: int = Field(9999, ge=99, le=1_000_000, description="Draws; all sign vectors where they are fewer.")
    weights: Literal["rademacher", "webb", "mammen", "normal"] = Field(
        "rademacher", description="Law of the weights; webb with fewer than about ten clusters."
    )
    impose_null: bool = Field(True, description="Residuals under the null (WCR), or without it (WCU).")
    type: Literal["WCR", "WCU"] | None = Field(
        None, description="WCR or WCU: another way to write impose_null."
    )
    cluster: str | tuple[str, ...] = Field(
        (), description="Clusters of the test; default: those of the model's variance."
    )
    subcluster: str = Field(
        "", description="Column whose groups share a weight; default: the cluster with the fewest groups."
    )
    studentised: bool = Field(True, description="Compare t (true), or the estimates themselves.")
    p_value: Literal["symmetric", "equal_tail"] = Field(
        "symmetric", description="Absolute values, or twice the smaller tail."
    )
    ties: Literal["count", "strict"] = Field(
        "count",
        description="Draws equal to the actual statistic (to 1e-10): count them, or only larger ones.",
    )


def wild_columns(options: WildOptions | None) -> tuple[str, ...]:
    """The cluster variables that the options name."""
    return () if options is None else (*named(options.cluster), *named(options.subcluster))
