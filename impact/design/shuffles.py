"""Columns of a frame with their values shuffled: among rows, or among whole units, within groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.designs import Factor
from impact.core.errors import DesignError
from impact.core.frames import Frame
from impact.core.texts import fault
from impact.design.grouping import make_factor
from impact.design.table import column_of, is_missing

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shuffler:
    """What is needed to shuffle.

    Arguments:
        rows: (m,) rows of the frame whose values move; n_rows: of the frame.
        group: (m,) of each row, or (U,) of each unit where units move; order: (m,) or (U,) sorted by group.
        cells: (U, T) position among ``rows`` of a row of unit and period, where units move; cell: (m,) unit × T +
            period of each row.
    """

    rows: Rows
    n_rows: int
    group: npt.NDArray[np.int32]
    order: Rows
    cells: Rows | None = None
    cell: Rows | None = None

    def sources(self, seed: Sequence[int]) -> Rows:
        """(n,) row of the frame whose values each row takes in the draw of this seed."""
        taken = np.arange(self.n_rows)
        moved = np.empty(len(self.group), dtype=np.int64)
        moved[self.order] = np.lexsort(
            (np.random.default_rng(list(seed)).random(len(self.group)), self.group)
        )
        if self.cells is None or self.cell is None:
            taken[self.rows] = self.rows[moved]
            return taken
        unit, period = np.divmod(self.cell, self.cells.shape[1])
        taken[self.rows] = self.rows[self.cells[moved[unit], period]]
        return taken


def make_shuffler(
    frame: Frame, rows: Rows, names: Sequence[str], *, within: Sequence[str], unit: str | None
) -> Shuffler:
    """How the values of some columns move among rows.

    Arguments:
        rows: of the sample; those with a missing value in ``names`` keep what they have.
        names: columns that move together. within: columns within whose values they stay.
        unit: column of units that exchange their values whole. Columns of ``within`` that are the same in all rows of a
            unit are strata of units; the others are its periods, and a unit takes each period's value from the same
            period of its partner.

    Raises:
        SpecError: E514 an unknown column. DesignError: E194 values that differ within a unit and period, or a unit
            without one of the periods.
    """
    known = np.logical_or.reduce([is_missing(column_of(frame.columns, name)[rows]) for name in names])
    needed = [column_of(frame.columns, name) for name in (*within, *([unit] if unit else []))]
    for values in needed:
        known |= is_missing(values[rows])
    rows = rows[~known]
    if len(rows) < 2:
        raise DesignError(fault("E194", problem="there are no rows to shuffle"))
    keys = [make_factor(name, [column_of(frame.columns, name)[rows]]) for name in within]
    if unit is None:
        group = _joined(keys, len(rows))
        return Shuffler(rows, frame.n_rows, group, np.argsort(group, kind="stable"))
    return _of_units(frame, rows, names, keys, make_factor(unit, [column_of(frame.columns, unit)[rows]]))


def _joined(keys: Sequence[Factor], count: int) -> npt.NDArray[np.int32]:
    """One code for the values of several columns; all zero without any."""
    columns: list[npt.NDArray[Any]] = [key.codes.astype(np.float64) for key in keys]
    return make_factor("", columns).codes if columns else np.zeros(count, dtype=np.int32)


def _of_units(
    frame: Frame, rows: Rows, names: Sequence[str], keys: Sequence[Factor], units: Factor
) -> Shuffler:
    first = np.zeros(units.levels, dtype=np.int64)
    first[units.codes[::-1]] = np.arange(len(rows))[::-1]
    of_first = first[units.codes]
    strata = [key for key in keys if np.array_equal(key.codes, key.codes[of_first])]
    period = _joined([key for key in keys if key not in strata], len(rows))
    width = int(period.max()) + 1
    cell = units.codes.astype(np.int64) * width + period
    cells = np.full(units.levels * width, -1, dtype=np.int64)
    cells[cell[::-1]] = np.arange(len(rows))[::-1]
    for name in names:
        values = column_of(frame.columns, name)[rows]
        if not np.array_equal(values, values[cells[cell]]):
            problem = f"'{name}' differs between rows of one {units.name}; name the periods in within:"
            raise DesignError(fault("E194", problem=problem))
    stratum = _joined(strata, len(rows))[first]
    present = (cells >= 0).reshape(units.levels, width)
    for code in np.unique(stratum):
        own = present[stratum == code]
        if np.any(own != own[0]):
            raise DesignError(fault("E194", problem=f"not every {units.name} is seen in every period"))
    order = np.argsort(stratum, kind="stable")
    return Shuffler(rows, frame.n_rows, stratum, order, cells.reshape(units.levels, width), cell)
