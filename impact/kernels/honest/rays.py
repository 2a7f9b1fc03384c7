"""Extreme rays of the cone {γ ≥ 0, γ′X = 0}, by the double description method.

Starting from the axes, each equation keeps the rays on it and joins every adjacent pair from its two sides; two rays
are adjacent when no third has its support inside the union of theirs. Source: Fukuda and Prodon (1996), Double
description method revisited, section 3.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
LIMIT = 4000
ZERO = 1e-11


class TooManyRaysError(ValueError):
    """The cone has more extreme rays than can be handled."""


def extreme_rays(equations: Array, *, limit: int = LIMIT) -> Array:
    """Rays (V, K), each with entries that add up to one.

    Arguments:
        equations: X (K, q).

    Raises:
        TooManyRaysError: more than ``limit`` rays.
    """
    rays = np.eye(equations.shape[0])
    for column in equations.T:
        rays = _cut(rays, column)
        if len(rays) > limit:
            raise TooManyRaysError(f"more than {limit} rays")
    return rays


def _cut(rays: Array, normal: Array) -> Array:
    value = rays @ normal
    value[np.abs(value) <= ZERO * max(1.0, float(np.max(np.abs(normal), initial=0.0)))] = 0.0
    kept = [rays[value == 0.0]]
    above, below = np.flatnonzero(value > 0), np.flatnonzero(value < 0)
    support = rays > ZERO
    outside = (~support).astype(np.float64)
    for i in above.tolist():
        union = support[i] | support[below]
        # (below, rays): how many entries of each ray lie outside the union; zero for those inside it
        beyond = (~union).astype(np.float64) @ (1.0 - outside).T
        adjacent = np.count_nonzero(beyond == 0, axis=1) == 2
        mates = below[adjacent]
        joined = value[i] * rays[mates] - value[mates, None] * rays[i]
        kept.append(joined / joined.sum(axis=1, keepdims=True))
    return np.vstack(kept)
