"""Minimum of a function without derivatives: Nelder and Mead's simplex with coefficients that follow the dimension.

Sources: Nelder and Mead (1965); coefficients of Gao and Han (2012).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def minimise(
    loss: Callable[[Floats], float],
    start: Floats,
    *,
    step: float = 0.5,
    steps: int = 1000,
    close: float = 1e-8,
) -> tuple[Floats, float]:
    """A local minimum (k,) near a start and its loss; never worse than the start.

    Arguments:
        step: length of the first simplex's edges. steps: most iterations. close: the search ends when the losses of
            the corners differ by less than this share of the best one.
    """
    k = len(start)
    if k == 0:
        return start, loss(start)
    expand, contract, shrink = 1.0 + 2.0 / k, 0.75 - 0.5 / k, 1.0 - 1.0 / k if k > 1 else 0.5
    contract = max(contract, 0.25)
    corners = np.vstack([start, start + step * np.eye(k)])
    values = np.array([loss(corner) for corner in corners])
    for _ in range(steps):
        order = np.argsort(values, kind="stable")
        corners, values = corners[order], values[order]
        if values[-1] - values[0] <= close * abs(values[0]):
            break
        centre = corners[:-1].mean(axis=0)
        away = centre - corners[-1]
        point, value = centre + away, loss(centre + away)
        if value < values[0]:
            further = centre + expand * away
            beyond = loss(further)
            point, value = (further, beyond) if beyond < value else (point, value)
        elif value >= values[-2]:
            nearer = centre + contract * away if value < values[-1] else centre - contract * away
            inside = loss(nearer)
            if inside >= min(value, values[-1]):
                corners[1:] = corners[0] + shrink * (corners[1:] - corners[0])
                values[1:] = [loss(corner) for corner in corners[1:]]
                continue
            point, value = nearer, inside
        corners[-1], values[-1] = point, value
    best = int(np.argmin(values))
    return corners[best], float(values[best])
