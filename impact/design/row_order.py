"""A canonical order of rows, so that sums of floats do not depend on the order of the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.design.grouping import make_factor

# Above this size rows keep the file's order: sorting would cost more than the fit, and block sums agree to 1e-12.
CANONICAL_LIMIT = 250_000
FIRST = 2


def canonical_order(columns: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.int64] | None:
    """Row numbers sorted by the columns, the first being the most important; None above the size limit.

    Arguments:
        columns: arrays (n,) of numbers or integer codes; rows equal in all of them are interchangeable.
    """
    if not columns or len(columns[0]) > CANONICAL_LIMIT:
        return None
    # unit and period stand first and mostly settle it; the others only break ties
    first = np.lexsort(tuple(reversed(list(columns[:FIRST]))))
    if len(columns) <= FIRST or not _has_ties([values[first] for values in columns[:FIRST]]):
        return first
    return np.lexsort(tuple(reversed(list(columns))))


def _has_ties(ordered: Sequence[npt.NDArray[Any]]) -> bool:
    """Whether two neighbours agree in every column; missing values agree with each other."""
    same = np.ones(max(len(ordered[0]) - 1, 0), dtype=bool)
    for values in ordered:
        here, before = values[1:], values[:-1]
        same &= (here == before) | ((here != here) & (before != before))
    return bool(same.any())


def sortable(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A column as numbers that sort: itself where it is numbers or dates, else the codes of its values."""
    return values if values.dtype.kind in "fMi" else make_factor("", [values]).codes
