"""Distribution functions that intervals of quantiles are read from."""

from __future__ import annotations

from dataclasses import dataclass

from impact.core.arrays import Floats


@dataclass(frozen=True, slots=True)
class QuantileCurve:
    """The distribution of one variable in one domain.

    Arguments:
        share: of the population at or below the estimated quantile. values: (m,) ascending; mass: (m,) share of the
            population at or below each.
    """

    share: float
    values: Floats
    mass: Floats
