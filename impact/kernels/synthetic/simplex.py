"""Least squares over the simplex, solved exactly, with the proof of optimality beside the answer.

    min ‖b − A w‖² + ridge ‖w‖²   subject to   w ≥ 0, Σ w = 1

On the simplex b − A w = −(A − b1')w, so the answer is the point of smallest norm in the hull of the columns of
A − b1' (with √ridge I below). That point is proportional to the non-negative least-squares answer of
[(A − b1')/s; 1'] u ≈ [0; 1]: for u = t w the best t leaves ‖Cw‖²/(1 + ‖Cw‖²), which rises with ‖Cw‖².
Sources: Wolfe (1976); Lawson and Hanson (1974, ch. 23).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

TOLERANCE = 1e-12
# penalty, relative to the largest column, that picks the smallest of equally good weights
TIE_BREAK = 1e-5
SAME_WEIGHTS = 1e-6


@dataclass(frozen=True, slots=True)
class SimplexFit:
    """Weights on the simplex and what proves them.

    Arguments:
        weights: (J,). objective: ‖b − Aw‖² + ridge ‖w‖².
        gap: bound on the distance of the objective to its minimum, as a share of the squared norm of the largest
            column of A − b1' (the KKT conditions hold when it is zero).
        unique: whether no other weights reach the same objective.
    """

    weights: Floats
    objective: float
    gap: float
    unique: bool


def fit_simplex(a: Floats, b: Floats, *, ridge: float = 0.0, start: Mask | None = None) -> SimplexFit:
    """Weights on the simplex that bring A w closest to b.

    Arguments:
        a: (m, J). b: (m,). ridge: ≥ 0, penalty on ‖w‖².
        start: (J,) columns that probably carry weight: saves steps, does not change the answer.

    Returns:
        SimplexFit. Where several weights are equally good, ``unique`` is False and those of (nearly) smallest norm
        are given, so that the order of the columns does not matter.

    Raises:
        ArithmeticError: the steps do not end (values that are not finite).
    """
    c = a - b[:, None]
    if ridge > 0:
        c = np.vstack([c, np.sqrt(ridge) * np.eye(a.shape[1])])
    scale = float(np.sqrt(np.max(np.sum(c * c, axis=0))))
    if not np.isfinite(scale):
        raise ArithmeticError("values are not finite")
    if scale == 0:
        count = a.shape[1]
        return SimplexFit(np.full(count, 1.0 / count), 0.0, 0.0, count == 1)
    c = c / scale
    weights = _smallest_norm(c, start)
    unique = True
    if not _stands_alone(c, weights):
        smallest = _smallest_norm(np.vstack([c, TIE_BREAK * np.eye(c.shape[1])]), weights > 0)
        unique = bool(np.max(np.abs(smallest - weights)) < SAME_WEIGHTS)
        weights = weights if unique else smallest
    point = c @ weights
    gap = float(point @ point - np.min(c.T @ point))
    return SimplexFit(weights, float(point @ point) * scale**2, max(gap, 0.0), unique)


def quick_weights(a: Floats, b: Floats, start: Mask | None = None) -> Floats:
    """Nearly the weights (J,) of ``fit_simplex``, from cross-products: for searches, which end with the exact ones."""
    c = a - b[:, None]
    scale = float(np.sqrt(np.max(np.sum(c * c, axis=0))))
    c = c / (scale if scale > 0 else 1.0)
    count = c.shape[1]
    gram = c.T @ c + 1.0
    gram[np.diag_indices(count)] += TIE_BREAK**2
    system = _System(
        solve=lambda support: np.linalg.solve(gram[np.ix_(support, support)], np.ones(len(support))),
        slope=lambda u: 1.0 - gram @ u,
        most=count,
        first=int(np.argmin(np.diagonal(gram))),
        tolerance=1e-13,
    )
    return _weights(system, count, start)


def _smallest_norm(c: Floats, start: Mask | None) -> Floats:
    """Weights of the point of smallest norm in the hull of the columns of c."""
    rows, count = c.shape
    e = np.vstack([c, np.ones(count)])
    target = np.zeros(rows + 1)
    target[-1] = 1.0
    system = _System(
        solve=lambda support: np.linalg.lstsq(e[:, support], target, rcond=None)[0],
        slope=lambda u: e.T @ (target - e @ u),
        most=rows + 1,
        first=int(np.argmin(np.sum(e * e, axis=0))),
        tolerance=TOLERANCE,
    )
    return _weights(system, count, start)


@dataclass(frozen=True, slots=True)
class _System:
    """A non-negative least-squares problem: its answer on a support, minus half its gradient, most columns at once."""

    solve: Callable[[npt.NDArray[np.intp]], npt.NDArray[np.floating]]
    slope: Callable[[Floats], Floats]
    most: int
    first: int
    tolerance: float


def _weights(system: _System, count: int, start: Mask | None) -> Floats:
    """Non-negative least squares by Lawson and Hanson's active set, rescaled to sum to one."""
    u = _started(system, count, start)
    # columns that rounding alone let in: they are not asked again before the answer changes
    barred = np.zeros(count, dtype=bool)
    for _ in range(30 * count + 100):
        slope = system.slope(u)
        slope[(u > 0) | barred] = -np.inf
        best = int(np.argmax(slope))
        if slope[best] <= system.tolerance:
            return np.asarray(u / u.sum())
        u = _with_column(system, u, best)
        barred &= u[best] == 0
        barred[best] = u[best] == 0
    raise ArithmeticError("the weights do not settle")


def _started(system: _System, count: int, start: Mask | None) -> Floats:
    """The first answer: least squares on the columns of ``start`` if that is feasible, else the best single column."""
    u = np.zeros(count)
    if start is not None and 0 < np.count_nonzero(start) <= system.most:
        found = system.solve(np.flatnonzero(start))
        if np.all(found > 0):
            u[start] = found
            return u
    u[system.first] = system.solve(np.array([system.first], dtype=np.intp))[0]
    return u


def _with_column(system: _System, u: Floats, added: int) -> Floats:
    """Least squares with one more column, stepping back to the boundary while a weight would turn negative."""
    support = u > 0
    support[added] = True
    while True:
        wanted = np.zeros_like(u)
        wanted[support] = system.solve(np.flatnonzero(support))
        below = support & (wanted <= 0)
        if not below.any():
            return wanted
        if below[added] and u[added] == 0:
            # a column that others make up: it brings nothing, and without it nothing changes
            support[added] = False
            wanted = np.zeros_like(u)
            wanted[support] = system.solve(np.flatnonzero(support))
            return wanted if np.all(wanted >= 0) else u
        share = np.min(u[below] / (u[below] - wanted[below]))
        u = np.where(support, u + share * (wanted - u), 0.0)
        leaving = below & (u <= 1e-14)
        if not leaving.any():
            leaving = below & (u == np.min(u[below]))
        u[leaving] = 0.0
        support &= ~leaving


def _stands_alone(c: Floats, weights: Floats) -> bool:
    """Whether the columns that touch the optimal face are affinely independent: then no other weights are as good."""
    point = c @ weights
    touching = (c.T @ point - point @ point <= 1e-10) | (weights > 0)
    face = np.vstack([c[:, touching], np.ones(np.count_nonzero(touching))])
    return bool(np.linalg.matrix_rank(face, tol=1e-9) == face.shape[1])
