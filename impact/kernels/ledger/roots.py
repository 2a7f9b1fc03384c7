"""Where a function of one number crosses zero: every crossing on a grid, each refined on ever finer grids.

The function takes a vector of points and gives a vector of values, so that a vectorised model is evaluated at a whole
grid at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


POINTS = 401
TOLERANCE = 1e-12
MOST_ROUNDS = 12
Function = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Roots:
    """Crossings in a range, and the values of the function at both of its ends.

    Arguments:
        everywhere: the function is zero at every point of the grid.
    """

    found: tuple[float, ...]
    at_low: float
    at_high: float
    everywhere: bool = False


def roots_between(function: Function, low: float, high: float, *, scale: float = 1.0) -> Roots:
    """The crossings of a continuous function between two points.

    Two crossings nearer to each other than the range / 400 are not told apart.

    Arguments:
        function: (m,) → (m,). scale: values below 1e-12 times this are zero.
    """
    points = np.linspace(low, high, POINTS)
    values = function(points)
    zero = np.abs(values) <= TOLERANCE * scale
    ends = float(values[0]), float(values[-1])
    if zero.all():
        return Roots((), *ends, everywhere=True)
    found = [float(points[place]) for place in np.flatnonzero(zero).tolist()]
    signs = np.sign(np.where(zero, 0.0, values))
    found += [
        _refined(function, float(points[place]), float(points[place + 1]))
        for place in np.flatnonzero(signs[:-1] * signs[1:] < 0).tolist()
    ]
    return Roots(tuple(sorted(found)), *ends)


def _refined(function: Function, low: float, high: float) -> float:
    """The crossing between two points of different sign; the point with the smallest value of the last grid."""
    best = low
    for _ in range(MOST_ROUNDS):
        points = np.linspace(low, high, POINTS)
        values = function(points)
        best = float(points[np.argmin(np.abs(values))])
        changes = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) <= 0)
        if not changes.size or points[1] - points[0] <= np.spacing(max(abs(low), abs(high))):
            break
        low, high = float(points[changes[0]]), float(points[changes[0] + 1])
    return best
