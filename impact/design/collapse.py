"""Rows that stand for several persons and are alike in everything but the outcome, as one row.

Persons with the same regressors, effects and clusters enter least squares through their number, mean and sum of squares
alone, so points and all variances stay the persons' own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats


@dataclass(frozen=True, slots=True)
class Collapsed:
    """The rows that are left.

    Arguments:
        first: (g,) position of the first row of each group, ascending; y, weights, within: (g,).
    """

    first: npt.NDArray[np.int64]
    y: Floats
    weights: Floats
    within: Floats


def collapse(
    y: Floats, weights: Floats, within: Floats, alike: Sequence[npt.NDArray[Any]]
) -> Collapsed | None:
    """Neighbouring rows that agree in all arrays of ``alike`` (n,); None where no two do.

    Arguments:
        y: (n,) means; weights: (n,) persons; within: (n,) sums of squares about the means. Rows are in canonical order,
            so that rows that are alike stand together.
    """
    starts = np.ones(len(y), dtype=bool)
    starts[1:] = False
    for values in alike:
        starts[1:] |= np.asarray(values[1:] != values[:-1], dtype=bool)
    first = np.flatnonzero(starts)
    if len(first) == len(y):
        return None
    total = np.add.reduceat(weights, first)
    mean = np.add.reduceat(weights * y, first) / total
    deviation = y - np.repeat(mean, np.diff(np.append(first, len(y))))
    spread = np.add.reduceat(within + weights * deviation**2, first)
    return Collapsed(first, mean, total, spread)
