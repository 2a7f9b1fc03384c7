"""The temporary permit: who may have one, who takes it up, and the advantage that nobody observes."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc
from typing import Protocol

import numpy as np
import numpy.typing as npt

from impact.data.peru_lab.settings import Settings
from impact.data.peru_lab.stocks import FIRST_YEAR

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# entry by 31 October 2018, as a date in years and as a day
CUT_OFF, CUT_OFF_DAY = 2018 + 304 / 365, "2018-10-31"
# quarters from arrival to the permit, and the first quarter with permits: the third of 2017
DELAY, FIRST_PERMIT = 2, 14


class Visits(Protocol):
    """Rows with a person and a quarter."""

    @property
    def person(self) -> Whole:
        """Position of the person."""

    @property
    def quarter(self) -> Whole:
        """Quarter, from 0."""


@dataclass(frozen=True, slots=True)
class Permits:
    """Permits of persons, arrays (n,): the unobserved advantage, who takes one up, and its first quarter."""

    advantage: Floats
    takes: Flags
    quarter: Whole

    def holds(self, rows: Visits) -> Flags:
        """Whether the person of each row has the permit by then."""
        return np.asarray(self.takes[rows.person] & (rows.quarter >= self.quarter[rows.person]))


def take_up(advantage: Floats, share: float, gap: float, random: np.random.Generator) -> Flags:
    """Who takes the permit up among those who may.

    Arguments:
        advantage: standard normal. share: of all who may. gap: between takers and others, in standard deviations.

    Returns:
        Flags such that the mean advantage of takers exceeds that of the others by ``gap``: those whose index
        ``r a + sqrt(1 - r^2) e`` lies above a quantile, whose mean differs between the two by phi/(share (1 - share)).
    """
    threshold, density = _upper_quantile(share)
    r = gap * share * (1 - share) / density
    index = r * advantage + np.sqrt(1 - r**2) * random.standard_normal(len(advantage))
    return np.asarray(index > threshold)


def make_permits(migrant: Flags, arrival: Floats, effects: dict[str, float], settings: Settings) -> Permits:
    """Permits of the persons of the household sample."""
    random = settings.generator(part="permits")
    advantage = random.standard_normal(len(migrant))
    takes = take_up(advantage, effects["G3"], effects["G6"], random) & migrant & (arrival <= CUT_OFF)
    arrived = np.floor((arrival - FIRST_YEAR) * 4).astype(np.int64)
    return Permits(advantage, takes, np.maximum(arrived + DELAY, FIRST_PERMIT))


def _upper_quantile(share: float) -> tuple[float, float]:
    """Point with ``share`` of a standard normal above it, by bisection, and the density there."""
    low, high = -8.0, 8.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _above(middle) > share else (low, middle)
    return low, float(np.exp(-0.5 * low**2) / np.sqrt(2 * np.pi))


def _above(point: float) -> float:
    return 0.5 * erfc(point / np.sqrt(2.0))
