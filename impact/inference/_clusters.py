"""Cluster variables of a design by name."""

from __future__ import annotations

from impact.core.designs import Design, Factor
from impact.core.errors import DesignError
from impact.core.estimates import Estimate
from impact.core.texts import fault
from impact.inference._intervals import present_levels
from impact.kernels.factors import is_nested
from impact.kernels.group_sums import count_levels


def named(cluster: str | tuple[str, ...]) -> tuple[str, ...]:
    """One name or several as a tuple; an empty name is none."""
    names = (cluster,) if isinstance(cluster, str) else tuple(cluster)
    return tuple(name for name in names if name)


def cluster_factors(design: Design, names: tuple[str, ...]) -> tuple[Factor, ...]:
    """The cluster variables of a design by name.

    Raises:
        DesignError: E534 where one is not among the design's clusters, E535 where it has fewer than two
            groups.
    """
    missing = [name for name in names if name not in design.clusters]
    if missing or not names:
        raise DesignError(fault("E534", name=", ".join(missing), names=", ".join(design.clusters)))
    found = tuple(design.clusters[name] for name in names)
    for factor in found:
        # The first rows settle it nearly always.
        if count_levels(factor.codes[:4096], factor.levels) < 2 and present_levels(factor) < 2:
            raise DesignError(fault("E535", name=factor.name, count=present_levels(factor)))
    return found


def refuse_changing_clusters(estimate: Estimate, design: Design, clusters: tuple[Factor, ...]) -> None:
    """Refuse clusters that change inside the units that influence rows stand for.

    Raises:
        DesignError: E538.
    """
    influence, adoption = estimate.influence, design.adoption
    if influence is None or adoption is None or len(influence.row) != adoption.unit.levels:
        return
    for cluster in clusters:
        if not is_nested(adoption.unit.codes, cluster.codes):
            raise DesignError(
                fault("E538", cluster=cluster.name, unit=adoption.unit.name, estimator=estimate.estimator)
            )
