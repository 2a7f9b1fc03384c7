"""The saturated event study: every cohort by period effect beside unit and period effects, without dummies.

With unit and period effects and all terms of cohort by period, each cohort is a problem of T unknowns of its own. For
unit i with weights w_i (T,), zero where it is absent, M_i = diag(w_i) − w_i w_i'/Σ w_i removes its level:

    S_g = Σ M_i,   r_g = Σ M_i y_i,   η_g = S_g⁺ r_g,   score_i = M_i (y_i − η_g)

The effect of cohort g in period t is η_g(t) − η_g(base) − (η_0(t) − η_0(base)), group 0 being the comparison. The
estimates and the residuals are those of the regression with all dummies (Frisch and Waugh 1933; the regression is that
of Sun and Abraham 2021, equation 26). Shapes: U units, T periods, G groups, C cells, k aggregates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# singular values of S_g, relative to the largest, that count as zero: one for each part of periods that no unit links
RANK_TOLERANCE = 1e-10


class NotLinkedError(ArithmeticError):
    """Units of one group do not link all of its periods, so that its path is not identified."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The path of each group, up to a level.

    Arguments:
        path: (G, T) η_g. inverse: (G, T, T) S_g⁺. scores: (U, T) M_i (y_i − η_g). rss: Σ w (y − fit)².
    """

    path: Floats
    inverse: Floats
    scores: Floats
    rss: float


def group_paths(y: Floats, weights: Floats, group: Integers, n_groups: int) -> Paths:
    """η_g, S_g⁺ and the scores of every unit.

    Arguments:
        y: (U, T), anything where the weight is zero. weights: (U, T), zero where the unit is absent.
        group: (U,) 0…G−1. Units of one group may stand in any order.

    Raises:
        NotLinkedError: the periods of a group fall into parts that no unit of it links, or it misses a period.
    """
    periods = y.shape[1]
    total = weights.sum(axis=1)
    outcome = np.where(weights > 0, y, 0.0)
    level = np.einsum("ij,ij->i", weights, outcome) / total
    deviations = np.where(weights > 0, outcome - level[:, None], 0.0)
    path, inverse = np.zeros((n_groups, periods)), np.zeros((n_groups, periods, periods))
    scores, rss = np.empty_like(outcome), 0.0
    for g in range(n_groups):
        rows = np.flatnonzero(group == g)
        w, d = weights[rows], deviations[rows]
        inverse[g] = _inverse(np.diag(w.sum(axis=0)) - w.T @ (w / total[rows, None]))
        path[g] = inverse[g] @ np.einsum("ij,ij->j", w, d)
        residual = d - path[g]
        residual -= (np.einsum("ij,ij->i", w, residual) / total[rows])[:, None]
        scores[rows] = w * residual
        rss += float(np.einsum("ij,ij->", scores[rows], residual))
    return Paths(path, inverse, scores, rss)


def _inverse(matrix: Floats) -> Floats:
    """Pseudo-inverse of S_g, whose null space is the constant and nothing else."""
    values, vectors = np.linalg.eigh(matrix)
    if len(values) > 1 and values[1] <= RANK_TOLERANCE * max(values[-1], np.finfo(np.float64).tiny):
        raise NotLinkedError
    kept = vectors[:, 1:]
    return np.asarray((kept / values[1:]) @ kept.T, dtype=np.float64)


def cell_effects(paths: Paths, group: Integers, period: Integers, base: Integers) -> Floats:
    """(C,) effects of cells: group (C,) not 0, period and base period (C,)."""
    change = paths.path[group, period] - paths.path[group, base]
    return np.asarray(change - (paths.path[0, period] - paths.path[0, base]), dtype=np.float64)


def cell_influence(
    paths: Paths, unit_group: Integers, cells: tuple[Integers, Integers, Integers], weights: Floats
) -> Floats:
    """Influence (U, k) of aggregates of cells; the sum of squares of its sums by cluster is the CR0 variance.

    Arguments:
        unit_group: (U,) group of each unit. cells: group, period and base (C,) of the cells.
        weights: (C, k) of the cells in each aggregate. Cells are never formed unit by unit.
    """
    group, period, base = cells
    n_groups, periods = paths.path.shape
    found = np.zeros((len(unit_group), weights.shape[1]))
    comparison = np.zeros((periods, weights.shape[1]))
    for g in range(1, n_groups):
        own = np.flatnonzero(group == g)
        contrast = np.zeros((periods, weights.shape[1]))
        np.add.at(contrast, period[own], weights[own])
        np.add.at(contrast, base[own], -weights[own])
        rows = np.flatnonzero(unit_group == g)
        found[rows] = paths.scores[rows] @ (paths.inverse[g] @ contrast)
        comparison -= contrast
    rows = np.flatnonzero(unit_group == 0)
    found[rows] = paths.scores[rows] @ (paths.inverse[0] @ comparison)
    return found
