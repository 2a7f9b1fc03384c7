"""Confidence sets by inversion: a grid around the estimate, refined at its ends and widened where it is too short."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
POINTS = 1001
REACH = 20.0
WIDENINGS = 12
ROUNDS = 4
FINER = 33


def confidence_ends(accepts: Callable[[Array], Mask], centre: float, error: float) -> tuple[float, float]:
    """Ends of the smallest interval that holds every accepted value.

    The first grid has 1,001 points within 20 standard errors of the centre; ends are refined to 1e-7 standard errors.
    Where the end of the grid is accepted it is widened, up to 4,096 times; after that the end is infinite. NaN for both
    where nothing is accepted.
    """
    grid = centre + REACH * error * np.linspace(-1.0, 1.0, POINTS)
    inside = accepts(grid)
    if not inside.any():
        return float("nan"), float("nan")
    return _end(accepts, grid, inside, side=-1.0), _end(accepts, grid, inside, side=1.0)


def _end(accepts: Callable[[Array], Mask], grid: Array, inside: Mask, *, side: float) -> float:
    ordered, accepted = (grid, inside) if side > 0 else (grid[::-1], inside[::-1])
    last = int(np.flatnonzero(accepted)[-1])
    if last == len(ordered) - 1:
        return _widened(accepts, float(ordered[-1]), side * float(np.ptp(grid)))
    return _refined(accepts, float(ordered[last]), float(ordered[last + 1]))


def _refined(accepts: Callable[[Array], Mask], inner: float, outer: float) -> float:
    """The end between an accepted value and a rejected one, where the last accepted point of each round starts anew."""
    for _ in range(ROUNDS):
        points = np.linspace(inner, outer, FINER)
        accepted = accepts(points[1:-1])
        last = 1 + int(np.flatnonzero(accepted)[-1]) if accepted.any() else 0
        inner, outer = float(points[last]), float(points[last + 1])
    return 0.5 * (inner + outer)


def _widened(accepts: Callable[[Array], Mask], start: float, width: float) -> float:
    for _ in range(WIDENINGS):
        points = start + width * np.linspace(0.0, 1.0, POINTS)
        accepted = accepts(points)
        last = int(np.flatnonzero(accepted)[-1]) if accepted.any() else 0
        if last < POINTS - 1:
            return _refined(accepts, float(points[last]), float(points[last + 1]))
        start, width = float(points[-1]), 2.0 * width
    return float("inf") if width > 0 else float("-inf")
