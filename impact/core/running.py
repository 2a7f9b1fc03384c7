"""Record of the running variable of a discontinuity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from impact.core.arrays import Floats


@dataclass(frozen=True, slots=True)
class Running:
    """The running variable of a design, for tests of what units did with it.

    Arguments:
        name: of the column. cutoff: as printed, a number or a date.
        distance: (n,) of each row from the cutoff, negative below it, in units of the variable (of dates: days).
        closed: the side that rows exactly at the cutoff belong to.
    """

    name: str
    cutoff: str
    distance: Floats
    closed: Literal["above", "below"]
