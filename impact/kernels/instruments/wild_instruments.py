"""The wild restricted efficient bootstrap of one instrumented coefficient, from sums by cluster.

With y, d and z freed of exogenous columns and effects, and γ₀ the hypothesis,

    u = y − γ₀ d,   d = z π + r with π from the regression of d on z and u (the efficient first stage)
    d* = z π + v r,   y* = γ₀ d* + v u      (v: one weight a cluster, the same in both equations)

are estimated again by two stages in every draw. Freed of the exogenous columns once more, everything that a draw
needs is linear in its weights: z'u*, z'r*, and by cluster z'u* and z'r* with the exogenous part of the draw taken out.
The sums are kept for the columns y, d and z, of which u and r are combinations, so that another hypothesis costs no
pass over the rows. Sources: Davidson and MacKinnon (2010), sections 2 and 3; Roodman, MacKinnon, Nielsen and Webb
(2019), section 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.cluster_robust import Part
from impact.kernels.group_sums import group_sums

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

# products (draws × clusters) held at a time
_LARGEST = 4_000_000


@dataclass(frozen=True, slots=True)
class Sums:
    """What the draws need of one instrumented coefficient; c = 2 + m columns y, d, z.

    Arguments:
        products: (c, c) of the columns. moments: (c, S, m) sums of z times each column over the groups of weights.
        maps: for each part of the variance, (c, m, S, G): what a weight of group s adds to z'column of cluster g.
        squares: for each part, (G, m, m) products of z in the cluster; signs of the parts.
    """

    products: Floats
    moments: Floats
    maps: tuple[Floats, ...]
    squares: tuple[Floats, ...]
    signs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Draws:
    """Estimate less hypothesis, and its variance without factors, in each draw."""

    distance: Floats
    variance: Floats


def sums_of(columns: Floats, basis: Floats, codes: Integers, groups: int, *, parts: Sequence[Part]) -> Sums:
    """The sums.

    Arguments:
        columns: (n, 2 + m) outcome, endogenous regressor, instruments: free of exogenous columns and effects, times
            √w. basis: (n, r) orthonormal columns that span the exogenous ones and the effects outside the clusters.
        codes: (n,) groups of rows that share a weight, 0…S−1. parts: clusters of the variance and their intersections.
    """
    count = columns.shape[1]
    z = columns[:, 2:]
    each = [np.ascontiguousarray(column) for column in columns.T]
    loads = [group_sums(codes, groups, basis, column) for column in each]
    moments = np.stack([group_sums(codes, groups, z, column) for column in each])
    maps, squares = [], []
    for part in parts:
        place = codes * np.int32(part.levels) + part.codes
        own = np.empty((count, z.shape[1], groups, part.levels))
        for j, instrument in enumerate(each[2:]):
            projected = group_sums(part.codes, part.levels, basis, instrument)
            inside = group_sums(place, groups * part.levels, columns, instrument)
            for c in range(count):
                own[c, j] = inside[:, c].reshape(groups, part.levels) - loads[c] @ projected.T
        maps.append(own)
        squares.append(
            np.stack([group_sums(part.codes, part.levels, z, own_z) for own_z in each[2:]], axis=1)
        )
    products = columns.T @ columns
    return Sums(products, moments, tuple(maps), tuple(squares), tuple(part.sign for part in parts))


def draw(sums: Sums, weights: Floats, null: float) -> Draws:
    """Draws for weights (B, S) under the hypothesis that the coefficient is ``null``.

    The draw in which every weight is one is the sample itself: its distance is estimate less hypothesis.
    """
    size = max(1, _LARGEST // max(own.shape[3] for own in sums.maps))
    made = [_drawn(sums, weights[start : start + size], null) for start in range(0, len(weights), size)]
    return Draws(
        np.concatenate([one.distance for one in made]), np.concatenate([one.variance for one in made])
    )


def _drawn(sums: Sums, weights: Floats, null: float) -> Draws:
    q = sums.products[2:, 2:]
    structural, first, pi = _equations(sums.products, null)
    of_structural = weights @ np.tensordot(structural, sums.moments, 1)
    of_first = weights @ np.tensordot(first, sums.moments, 1)
    stage = pi + np.linalg.solve(q, of_first.T).T
    numerator = np.einsum("bm,bm->b", stage, of_structural)
    denominator = np.einsum("bm,bm->b", stage, q @ pi + of_first)
    distance = numerator / denominator
    variance = np.zeros(len(weights))
    for maps, squares, sign in zip(sums.maps, sums.squares, sums.signs, strict=True):
        score = np.zeros((len(weights), maps.shape[3]))
        for j, (one, other) in enumerate(
            zip(np.tensordot(structural, maps, 1), np.tensordot(first, maps, 1), strict=True)
        ):
            moved = squares[:, j] @ pi + weights @ other
            score += stage[:, [j]] * (weights @ one - distance[:, None] * moved)
        variance += sign * np.einsum("bg,bg->b", score, score)
    return Draws(distance, variance / denominator**2)


def _equations(products: Floats, null: float) -> tuple[Floats, Floats, Floats]:
    """Weights (c,) of the columns y, d, z in the structural residual u and in the first stage's r, and π (m,)."""
    count = len(products)
    structural = np.zeros(count)
    structural[:2] = 1.0, -null
    # columns z and u in terms of y, d, z
    regressors = np.vstack([np.eye(count)[2:], structural])
    left = regressors @ products @ regressors.T
    scale = 1.0 / np.sqrt(np.diagonal(left))
    right = regressors @ products[:, 1]
    pi = (scale * np.linalg.solve(left * np.outer(scale, scale), scale * right))[:-1]
    first = np.concatenate([[0.0, 1.0], -pi])
    return structural, first, pi
