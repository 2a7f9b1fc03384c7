"""A canonical order of rows, so that sums of floats do not depend on the order of the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.design.grouping import make_factor
from impact.kernels.compiled import whole_order
from impact.schema.requests import ModelRequest

# Above this size rows keep the file's order: sorting would cost more than the fit, and block sums agree to 1e-12.
CANONICAL_LIMIT = 250_000
# The same of surveys: their weighted sums take a few passes over the rows, a sort takes more.
LIMIT_OF_SUMS = 20_000
LARGEST_CODE = 2**62


def limit_of(request: ModelRequest) -> int:
    """Rows up to which a model sorts them."""
    surveyed = request.describes or request.variance.keyword == "survey"
    return LIMIT_OF_SUMS if surveyed else CANONICAL_LIMIT


def canonical_order(
    columns: Sequence[npt.NDArray[Any]], limit: int = CANONICAL_LIMIT
) -> npt.NDArray[np.int64] | None:
    """Row numbers sorted by the columns, the first being the most important; None above the size limit.

    Arguments:
        columns: arrays (n,) of numbers or integer codes; rows equal in all of them are interchangeable.
    """
    if not columns or len(columns[0]) > limit:
        return None
    codes = _leading_codes(columns)
    order = None if codes is None else _order_of_different(codes)
    return np.lexsort(tuple(reversed(list(columns)))) if order is None else order


def _leading_codes(columns: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.int64] | None:
    """The first columns as one whole number that sorts as they do, as many as it can hold; None where none is codes."""
    found, size = None, 1
    for column in columns:
        if column.dtype.kind != "i" or not len(column) or int(column.min()) < 0:
            break
        levels = int(column.max()) + 1
        size *= levels
        if size > LARGEST_CODE:
            break
        found = column.astype(np.int64) if found is None else found * levels + column
    return found


def _order_of_different(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64] | None:
    """The order of codes no two of which are equal, so that no other column decides it; None where some are."""
    if np.all(codes[1:] > codes[:-1]):
        return np.arange(len(codes))
    order = whole_order(codes)
    ordered = codes[order]
    return order if np.all(ordered[1:] > ordered[:-1]) else None


def sortable(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A column as numbers that sort: itself where it is numbers or dates, else the codes of its values."""
    return values if values.dtype.kind in "fMi" else make_factor("", [values]).codes
