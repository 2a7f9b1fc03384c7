"""Effects by cohort and period without covariates: means by cohort and period are all that is needed.

Every cell is a difference of means, so the influence of a unit is linear in its own outcomes, with a map that is
the same in its cohort: for a unit of cohort h with weight w

    ψ_i = w_i (y_i L_h + l_h)

and any set of aggregates, each a combination of cells and of the cohorts' shares, is one matrix product a cohort. Cells
by units are never formed. Unit means are taken out first: they cancel, and digits are kept where levels are large.
Shapes: U units, T periods, C cells, H cohorts with the never treated, k aggregates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isinf

import numpy as np
import numpy.typing as npt

from impact.kernels.group_time import Cell, Members

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

_BLOCK = 512  # rows whose influence stays in the cache until it is put in its place


@dataclass(frozen=True, slots=True)
class MeanEffects:
    """Effects, and what their influence is made of.

    Arguments:
        att: (C,), NaN where there is nobody to compare with; reasons: cell → "empty".
        order: (U,) units sorted by cohort; starts: (H + 1,) where each cohort begins; levels: (H,) the cohorts.
        z: (U, T + 2) in that order: weight × outcomes, weight, 1.
        maps: (H, T + 2, C) from z to the influence of cells, divided by the number of units.
    """

    att: Array
    reasons: dict[int, str]
    order: Rows
    starts: Rows
    levels: Array
    z: Array
    maps: Array

    def influence(self, weights: Array, shares: Array, members: Members) -> Array:
        """(U, k) influence of aggregates.

        Arguments:
            weights: (C, k) of the cells in each; shares: (G, k) loadings on the estimation error of the shares.
        """
        units = len(self.order)
        found = np.empty((units, weights.shape[1]))
        part = np.empty((min(_BLOCK, units), weights.shape[1]))
        constant = -(members.share @ shares) / units
        for h, level in enumerate(self.levels.tolist()):
            matrix = self.maps[h] @ weights
            matrix[-1] += constant
            place = np.flatnonzero(members.cohorts == level)
            if len(place):
                matrix[-2] += shares[place[0]] / units
            for start in range(self.starts[h], self.starts[h + 1], _BLOCK):
                block = slice(start, min(start + _BLOCK, self.starts[h + 1]))
                own = part[: block.stop - start]
                np.matmul(self.z[block], matrix, out=own)
                found[self.order[block]] = own
        return found

    def variance(self, columns: Rows) -> Array:
        """(c, c) sum over units of the products of the influence of some cells."""
        total = np.zeros((len(columns), len(columns)))
        for h in range(len(self.levels)):
            block = self.z[self.starts[h] : self.starts[h + 1]]
            matrix = self.maps[h][:, columns]
            total += matrix.T @ (block.T @ block) @ matrix
        return total


def mean_effects(y: Array, cohort: Array, weights: Array | None, cells: Sequence[Cell]) -> MeanEffects:
    """Effects of all cells as differences of means.

    Arguments:
        y: (U, T) complete; cohort: (U,) infinity where never treated; weights: (U,) or None.
    """
    units, periods = y.shape
    levels = np.unique(cohort)
    members = [np.flatnonzero(cohort == level) for level in levels.tolist()]
    order = np.concatenate(members)
    starts = np.cumsum([0, *(len(own) for own in members)])
    mean = y @ np.full(periods, 1.0 / periods)
    z = np.empty((units, periods + 2))
    z[:, periods:] = 1.0
    np.subtract(y[order], mean[order, None], out=z[:, :periods])
    if weights is not None:
        z[:, : periods + 1] *= weights[order][:, None]
    sums = np.add.reduceat(z, starts[:-1], axis=0)
    att, maps, reasons = _maps(sums, levels, cells)
    return MeanEffects(att, reasons, order, starts, levels, z, maps)


def _maps(sums: Array, levels: Array, cells: Sequence[Cell]) -> tuple[Array, Array, dict[int, str]]:
    """Effects (C,), maps (H, T + 2, C), and the cells with nobody to compare with."""
    cohorts, width = sums.shape
    total, values, names = sums[:, width - 2].tolist(), sums.tolist(), levels.tolist()
    att = np.full(len(cells), np.nan)
    maps = np.zeros((cohorts, width, len(cells)))
    reasons: dict[int, str] = {}
    for j, cell in enumerate(cells):
        if cell.time == cell.base:
            att[j] = 0.0
            continue
        own = [h for h in range(cohorts) if names[h] == cell.cohort]
        others = [
            h
            for h in range(cohorts)
            if (isinf(names[h]) or names[h] > cell.until) and names[h] != cell.cohort
        ]
        if not others:
            reasons[j] = "empty"
            continue
        effect = 0.0
        for sign, group in ((1.0, own), (-1.0, others)):
            mass = sum(total[h] for h in group)
            mean = sum(values[h][cell.time] - values[h][cell.base] for h in group) / mass
            effect += sign * mean
            for h in group:
                maps[h, cell.time, j] += sign / mass
                maps[h, cell.base, j] -= sign / mass
                maps[h, width - 2, j] -= sign * mean / mass
        att[j] = effect
    return att, maps, reasons
