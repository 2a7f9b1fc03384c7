"""Values of a quantity over years from the few years in which it is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


LINEAR, GEOMETRIC, STEP = "linear", "geometric", "step"


def values_between(
    known_years: Sequence[int], known: Sequence[float], years: npt.NDArray[np.int64], how: str
) -> Floats:
    """Values at years within the known ones.

    Linear: equal steps between known years; geometric: equal growth rates (all values above zero); step: the last
    known value holds until the next.

    Arguments:
        known_years: increasing. known: values at them. years: within the first and last known year.

    Raises:
        ValueError: geometric interpolation of values that are not all above zero.
    """
    at = np.asarray(known_years, dtype=np.float64)
    values = np.asarray(known, dtype=np.float64)
    wanted = years.astype(np.float64)
    if how == STEP:
        return values[np.searchsorted(at, wanted, side="right") - 1]
    if how == GEOMETRIC:
        if np.any(values <= 0):
            raise ValueError(how)
        found = np.exp(np.interp(wanted, at, np.log(values)))
        exact = np.searchsorted(at, wanted)
        hit = at[np.minimum(exact, len(at) - 1)] == wanted
        # logarithm and exponential do not undo each other to the last bit: known values stay as written
        return np.where(hit, values[np.minimum(exact, len(at) - 1)], found)
    return np.asarray(np.interp(wanted, at, values), dtype=np.float64)
