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
        equations: X (K, q); sparse ones in a band are quick.

    Raises:
        TooManyRaysError: more than ``limit`` rays, also on the way.
    """
    rays = np.eye(equations.shape[0])
    for done, column in enumerate(equations.T):
        rays = _cut(rays, column, done + 2, limit)
    return rays


def _cut(rays: Array, normal: Array, most: int, limit: int) -> Array:
    """Rays on one more hyperplane; a ray has at most ``most`` positive entries."""
    value = rays @ normal
    value[np.abs(value) <= ZERO * max(1.0, float(np.max(np.abs(normal), initial=0.0)))] = 0.0
    kept = [rays[value == 0.0]]
    above, below = np.flatnonzero(value > 0), np.flatnonzero(value < 0)
    support = rays > ZERO
    outside = (~support).astype(np.float64)
    inside = support.astype(np.float64)
    count = len(kept[0])
    for i in above.tolist():
        mates = below[np.count_nonzero(support[i] | support[below], axis=1) <= most]
        if len(mates) == 0:
            continue
        # entries of each ray outside the union of the pair's supports: only the two themselves have none
        beyond = (outside[i] * outside[mates]) @ inside.T
        mates = mates[np.count_nonzero(beyond < 0.5, axis=1) == 2]
        joined = value[i] * rays[mates] - value[mates, None] * rays[i]
        kept.append(joined / joined.sum(axis=1, keepdims=True))
        count += len(mates)
        if count > limit:
            raise TooManyRaysError(f"more than {limit} rays")
    return np.vstack(kept)
