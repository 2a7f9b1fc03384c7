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
    deviations, total = _deviations(y, weights)
    path, inverse = np.zeros((n_groups, y.shape[1])), np.zeros((n_groups, y.shape[1], y.shape[1]))
    scores, rss = np.empty_like(deviations), 0.0
    for g in range(n_groups):
        rows = np.flatnonzero(group == g)
        w, d = weights[rows], deviations[rows]
        inverse[g] = _inverse(_level_free(w, total[rows]))
        path[g] = inverse[g] @ np.einsum("ij,ij->j", w, d)
        scores[rows], squares = _scores(w, d - path[g], total[rows])
        rss += squares
    return Paths(path, inverse, scores, rss)


def _deviations(y: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """The outcome (U, T) less the unit's mean, zero where it is absent, and the sum of its weights (U,)."""
    total = weights.sum(axis=1)
    outcome = np.where(weights > 0, y, 0.0)
    level = np.einsum("ij,ij->i", weights, outcome) / total
    return np.where(weights > 0, outcome - level[:, None], 0.0), total


def _level_free(weights: Floats, total: Floats) -> Floats:
    """S = Σ M_i (T, T) of some units."""
    return np.asarray(np.diag(weights.sum(axis=0)) - weights.T @ (weights / total[:, None]), dtype=np.float64)


def _scores(weights: Floats, residual: Floats, total: Floats) -> tuple[Floats, float]:
    """M_i e_i (m, T) of some units, and the sum of their squared residuals; ``residual`` is overwritten."""
    residual -= (np.einsum("ij,ij->i", weights, residual) / total)[:, None]
    scores = weights * residual
    return scores, float(np.einsum("ij,ij->", scores, residual))


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


@dataclass(frozen=True, slots=True)
class Restricted:
    """A regression on columns that are the same for all units of a group: b (p,), influence (U, p), Σ w (y − fit)²."""

    params: Floats
    influence: Floats
    rss: float


def restricted_paths(y: Floats, weights: Floats, group: Integers, columns: Floats) -> Restricted:
    """Least squares with unit and period effects where the path of group g is X_g b and a common path.

    Normal equations from S_g: Σ_g [X_g I]' S_g [X_g I], the common path taken out.

    Arguments:
        y, weights, group: as in ``group_paths``. columns: (G, T, p) X_g.

    Raises:
        NotLinkedError: the columns are collinear with the effects, or periods are not linked.
    """
    deviations, total = _deviations(y, weights)
    n_groups, periods, p = columns.shape
    whole, cross, own = np.zeros((periods, periods)), np.zeros((p, periods)), np.zeros((p, p))
    right, right_own = np.zeros(periods), np.zeros(p)
    rows_of = [np.flatnonzero(group == g) for g in range(n_groups)]
    for x, rows in zip(columns, rows_of, strict=True):
        moments = _level_free(weights[rows], total[rows])
        sums = np.einsum("ij,ij->j", weights[rows], deviations[rows])
        whole += moments
        cross += x.T @ moments
        own += x.T @ moments @ x
        right += sums
        right_own += x.T @ sums
    inverse = _inverse(whole)
    loadings = cross @ inverse
    bread = _positive_inverse(own - loadings @ cross.T, np.diagonal(own))
    params = bread @ (right_own - loadings @ right)
    path = inverse @ (right - cross.T @ params)
    influence, rss = np.empty((len(y), p)), 0.0
    for x, rows in zip(columns, rows_of, strict=True):
        scores, squares = _scores(weights[rows], deviations[rows] - (x @ params + path), total[rows])
        influence[rows] = scores @ ((x - loadings.T) @ bread)
        rss += squares
    return Restricted(params, influence, rss)


def _positive_inverse(matrix: Floats, before: Floats) -> Floats:
    """Inverse of what is left of the columns' squares after the effects, which must not be nothing."""
    if np.any(before <= 0):
        raise NotLinkedError
    scale = 1.0 / np.sqrt(before)
    values, vectors = np.linalg.eigh(matrix * np.outer(scale, scale))
    if values[0] <= RANK_TOLERANCE * 100:
        raise NotLinkedError
    inverse = (vectors / values) @ vectors.T
    return np.asarray(inverse * np.outer(scale, scale), dtype=np.float64)
