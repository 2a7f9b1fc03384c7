"""A canonical order of rows, so that sums of floats do not depend on the order of the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.design.grouping import make_factor

# Above this size rows keep the file's order: sorting would cost more than the fit, and block sums agree to 1e-12.
CANONICAL_LIMIT = 250_000
# The same of surveys: their weighted sums take a few passes over the rows, a sort takes more.
LIMIT_OF_SUMS = 20_000


def canonical_order(
    columns: Sequence[npt.NDArray[Any]], limit: int = CANONICAL_LIMIT
) -> npt.NDArray[np.int64] | None:
    """Row numbers sorted by the columns, the first being the most important; None above the size limit.

    Arguments:
        columns: arrays (n,) of numbers or integer codes; rows equal in all of them are interchangeable.
    """
    if not columns or len(columns[0]) > limit:
        return None
    return np.lexsort(tuple(reversed(list(columns))))


def sortable(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A column as numbers that sort: itself where it is numbers or dates, else the codes of its values."""
    return values if values.dtype.kind in "fMi" else make_factor("", [values]).codes
