"""Record of a shift-share variable: shares, shocks and periods of the rows it was built on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats, Integers

# where a design keeps the shift-share variables of its rows
KEPT_AS = "shift_share"


@dataclass(frozen=True, slots=True)
class ShiftShare:
    """What a shift-share variable z_i = Σ_s w_is g_st was made of.

    A shock is a sector in a period. Rows point into the tables, so that units seen in many periods are held once.

    Arguments:
        name: of the variable. sectors: S labels; periods: T labels (one where the variable has no time).
        shares: (Q, S) w and share_row: (n,) the row of each observation in it.
        shocks: (R, S) g, NaN where there is none, and shock_row: (n,). period: (n,) code of the period.
        group: (S,) code of the coarser group of each sector; groups: their labels, empty where none are given.
    """

    name: str
    sectors: tuple[str, ...]
    periods: tuple[str, ...]
    shares: Floats
    share_row: npt.NDArray[np.int64]
    shocks: Floats
    shock_row: npt.NDArray[np.int64]
    period: Integers
    group: Integers
    groups: tuple[str, ...] = ()

    def take(self, rows: npt.NDArray[np.int64]) -> ShiftShare:
        """The same variable on some of its rows."""
        return replace(
            self,
            share_row=self.share_row[rows],
            shock_row=self.shock_row[rows],
            period=self.period[rows],
        )

    def exposures(self) -> Floats:
        """Shares (n, S) of the rows."""
        found: Floats = self.shares[self.share_row]
        return found

    def parts(self) -> Floats:
        """Each sector's part w_is g_st (n, S) of the variable."""
        shares, shocks = self.exposures(), self.shocks[self.shock_row]
        found: Floats = np.where(shares == 0, 0.0, shares * shocks)
        return found

    def values(self) -> Floats:
        """The variable (n,)."""
        return np.asarray(self.parts().sum(axis=1), dtype=np.float64)


def shift_share_of(extra: Mapping[str, object], name: str) -> ShiftShare | None:
    """The shift-share variable of that name that the ``extra`` of a design holds; None where there is none."""
    made: Any = extra.get(KEPT_AS, {})
    variables: Mapping[str, ShiftShare] = made
    return variables.get(name)


def clusters_of_shocks(made: ShiftShare, how: str) -> Integers | None:
    """Code (T, S) of the cluster of each shock: itself ("shock"), its "sector" or "group"; None without groups."""
    periods, sectors = len(made.periods), len(made.sectors)
    if how == "shock":
        return np.arange(periods * sectors, dtype=np.int32).reshape(periods, sectors)
    if how == "group" and not made.groups:
        return None
    codes = made.group if how == "group" else np.arange(sectors, dtype=np.int32)
    return np.ascontiguousarray(np.broadcast_to(codes, (periods, sectors)))
