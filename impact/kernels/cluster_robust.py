"""Cluster-robust variances: scores by cluster, and many-way sums by inclusion and exclusion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from impact.kernels.factors import encode
from impact.kernels.group_sums import count_levels, group_sums

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Part:
    """One term of the many-way variance: the intersection of some cluster variables.

    Arguments:
        members: positions of the cluster variables that are intersected; sign: +1 or −1.
        codes: (n,) of the intersection; levels: codes run below it; groups: levels that have rows.
    """

    members: tuple[int, ...]
    sign: float
    codes: Integers
    levels: int
    groups: int


def cluster_scores(
    x: Floats, residual: Floats, weights: Floats | None, codes: Integers, levels: int
) -> Floats:
    """Scores Σ w x u of each cluster: (G, k)."""
    return group_sums(codes, levels, x, residual if weights is None else residual * weights)


def sandwich(bread: Floats, scores: Floats) -> Floats:
    """B (Σ_g s_g s_g') B, (k, k), symmetric to the last bit."""
    influence = scores @ bread
    return symmetric(influence.T @ influence)


def symmetric(matrix: Floats) -> Floats:
    """The mean of a matrix and its transpose."""
    mean: Floats = (matrix + matrix.T) / 2.0
    return mean


def intersect(codes: Sequence[Integers], levels: Sequence[int]) -> tuple[Integers, int]:
    """Codes of the intersection of several groupings and their number, numbered in sorted order."""
    if len(codes) == 1:
        return codes[0], levels[0]
    joined, count = codes[0].astype(np.int64), levels[0]
    for own, own_levels in zip(codes[1:], levels[1:], strict=True):
        compact, labels = encode(joined * own_levels + own)
        joined, count = compact.astype(np.int64), len(labels)
    return joined.astype(np.int32), count


def parts(codes: Sequence[Integers], levels: Sequence[int]) -> tuple[Part, ...]:
    """The 2^m − 1 intersections of m cluster variables and their signs (Cameron, Gelbach, Miller 2011)."""
    found: list[Part] = []
    for size in range(1, len(codes) + 1):
        for members in combinations(range(len(codes)), size):
            own, count = intersect([codes[j] for j in members], [levels[j] for j in members])
            groups = count_levels(own, count)
            found.append(Part(members, 1.0 if size % 2 else -1.0, own, count, groups))
    return tuple(found)


def fewest_groups(pieces: Sequence[Part]) -> int:
    """Groups of the cluster variable that has the fewest."""
    return min(piece.groups for piece in pieces if len(piece.members) == 1)


def many_way(
    pieces: Sequence[Part], variance: Callable[[Part], Floats], factor: Callable[[Part], float]
) -> Floats:
    """Signed sum of the parts' variances, each times its own factor."""
    total: Floats | None = None
    for part in pieces:
        own = part.sign * factor(part) * variance(part)
        total = own if total is None else total + own
    if total is None:
        raise ValueError("a clustered variance needs at least one cluster variable")
    return symmetric(total)
