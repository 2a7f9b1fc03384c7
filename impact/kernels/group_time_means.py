"""Effects by cohort and period without covariates: means by cohort and period are all that is needed.

Every cell is a difference of means, so the influence of a unit is linear in its own outcomes, with a map that is
the same in its cohort: for a unit of cohort h with weight w

    ψ_i = w_i (y_i L_h + l_h)

and any set of aggregates, each a combination of cells and of the cohorts' shares, is one matrix product a cohort. Cells
by units are never formed.
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

_BLOCK = 1024  # rows whose influence stays in the cache until it is put in its place


@dataclass(frozen=True, slots=True)
class MeanEffects:
    """Effects, and what their influence is made of.

    Arguments:
        att: (C,), NaN where there is nobody to compare with; reasons: cell → "empty".
        y: (U, T); weights: (U,) or None; levels: (H,) the cohorts; units: the units of each.
        moments: (H, T + 2, T + 2) sums of products of z = (weight × outcomes, weight, 1) over the units of a cohort.
        maps: (H, T + 2, C) from z to the influence of cells, divided by the number of units.
    """

    att: Array
    reasons: dict[int, str]
    y: Array
    weights: Array | None
    levels: Array
    units: tuple[Rows, ...]
    moments: Array
    maps: Array

    def influence(self, weights: Array, shares: Array, members: Members) -> Array:
        """(U, k) influence of aggregates.

        Arguments:
            weights: (C, k) of the cells in each; shares: (G, k) loadings on the estimation error of the shares.
        """
        count = len(self.y)
        found = np.empty((count, weights.shape[1]))
        part = np.empty((_BLOCK, weights.shape[1]))
        z = np.ones((_BLOCK, self.y.shape[1] + 2))
        for h, matrix in enumerate(self._matrices(weights, shares, members)):
            for start in range(0, len(self.units[h]), _BLOCK):
                block = self.units[h][start : start + _BLOCK]
                own = part[: len(block)]
                z[: len(block), :-2] = self.y[block]
                if self.weights is not None:
                    z[: len(block), -2] = self.weights[block]
                    z[: len(block), :-2] *= self.weights[block][:, None]
                np.matmul(z[: len(block)], matrix, out=own)
                found[block] = own
        return found

    def gram(self, weights: Array, shares: Array, members: Members) -> Array:
        """(k, k) sum over units of the products of the influence of aggregates, from the moments alone."""
        matrices = self._matrices(weights, shares, members)
        products = [matrix.T @ own @ matrix for own, matrix in zip(self.moments, matrices, strict=True)]
        return np.asarray(np.sum(products, axis=0), dtype=np.float64)

    def _matrices(self, weights: Array, shares: Array, members: Members) -> list[Array]:
        """For each cohort (T + 2, k) from z to the influence of aggregates."""
        count = len(self.y)
        constant = -(members.share @ shares) / count
        found = []
        for h, level in enumerate(self.levels.tolist()):
            matrix = self.maps[h] @ weights
            matrix[-1] += constant
            place = np.flatnonzero(members.cohorts == level)
            if len(place):
                matrix[-2] += shares[place[0]] / count
            found.append(matrix)
        return found

    def variance(self, columns: Rows) -> Array:
        """(c, c) sum over units of the products of the influence of some cells."""
        total = np.zeros((len(columns), len(columns)))
        for moments, own in zip(self.moments, self.maps, strict=True):
            matrix = own[:, columns]
            total += matrix.T @ moments @ matrix
        return total


def mean_effects(y: Array, cohort: Array, weights: Array | None, cells: Sequence[Cell]) -> MeanEffects:
    """Effects of all cells as differences of means.

    Arguments:
        y: (U, T) complete; cohort: (U,) infinity where never treated; weights: (U,) or None.
    """
    width = y.shape[1] + 2
    levels = np.unique(cohort)
    units = tuple(np.flatnonzero(cohort == level) for level in levels.tolist())
    sums = np.zeros((len(levels), width))
    moments = np.zeros((len(levels), width, width))
    for h, own in enumerate(units):
        z = _z(y, weights, own)
        sums[h] = z.sum(axis=0)
        moments[h] = z.T @ z
    att, maps, reasons = _maps(sums, levels, cells)
    return MeanEffects(att, reasons, y, weights, levels, units, moments, maps)


def _z(y: Array, weights: Array | None, units: Rows) -> Array:
    """(u, T + 2) weight × outcomes less the unit's mean, which cancels in differences; weight; 1."""
    periods = y.shape[1]
    z = np.ones((len(units), periods + 2))
    own = y[units]
    own -= (own @ np.full(periods, 1.0 / periods))[:, None]
    z[:, :periods] = own
    if weights is not None:
        z[:, : periods + 1] *= weights[units][:, None]
    return z


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
