"""Sums over the rows of each combination of keys, and the combinations that have no row: counts of zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.keys import key_codes

Column = npt.NDArray[Any]
Sums = dict[str, npt.NDArray[np.float64]]
# more cells than this are no panel but a mistake in the choice of keys
MOST_CELLS = 20_000_000


def summed(keys: Mapping[str, Column], values: Mapping[str, Column]) -> tuple[dict[str, Column], Sums]:
    """One row for each combination of keys that occurs, sorted; a sum is missing where all its values are.

    Arguments:
        keys: columns (n,); rows where any is missing are left out.
        values: columns (n,) that are added.
    """
    if not len(next(iter(keys.values()))):
        return {name: column[:0] for name, column in keys.items()}, {name: np.zeros(0) for name in values}
    coded = key_codes(list(keys.values()))
    known = coded.codes >= 0
    codes = coded.codes[known]
    _, first = np.unique(codes, return_index=True)
    groups = {name: column[known][first] for name, column in keys.items()}
    sums = {}
    for name, column in values.items():
        numbers = np.asarray(column, dtype=np.float64)[known]
        there = ~np.isnan(numbers)
        total = np.bincount(codes, np.where(there, numbers, 0.0), minlength=coded.count)
        sums[name] = np.where(np.bincount(codes, there, minlength=coded.count) > 0, total, np.nan)
    return groups, sums


def completed(
    groups: Sequence[Mapping[str, Column]], sums: Mapping[str, Column]
) -> tuple[dict[str, Column], Sums, int] | None:
    """Every combination of several sets of keys, 0 where there is no row; and how many had none.

    Arguments:
        groups: sets of key columns (n,) (places; periods; offences): each occurring set is kept together.
        sums: columns (n,), one row a combination. None is returned for more than MOST_CELLS.
    """
    coded = [key_codes(list(group.values())) for group in groups]
    shape = tuple(one.count for one in coded)
    size = int(np.prod(shape, dtype=object))
    if size > MOST_CELLS:
        return None
    rows = np.ravel_multi_index(tuple(one.codes for one in coded), shape)
    cells = np.unravel_index(np.arange(size), shape)
    columns: dict[str, Column] = {}
    for group, one, cell in zip(groups, coded, cells, strict=True):
        _, first = np.unique(one.codes, return_index=True)
        columns |= {name: column[first][cell] for name, column in group.items()}
    full = {}
    for name, column in sums.items():
        full[name] = np.zeros(size)
        full[name][rows] = column
    return columns, full, size - len(rows)
