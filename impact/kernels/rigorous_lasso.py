"""Lasso with a penalty from theory, not from cross-validation.

    min_b  Σ (y − x b)² + Σ_j λ l_j |b_j|,   λ = 2 c √n Φ^-1(1 − γ / (2 p)),   l_j = √(Σ x_j² e² / n)

The loadings l_j use the residuals e of least squares on the columns found before, iterated; the first ones those of the
five columns most correlated with y, and half the penalty. Independent errors of unequal size are allowed.
Sources: Belloni, Chen, Chernozhukov and Hansen (2012), Algorithm A.1; Belloni, Chernozhukov and Hansen (2014),
section 4; the starting values are those of the R package hdm.
Shapes: n rows, p columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.scipy_on_use import special

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FIRST = 5  # columns of the first residuals
_STILL = 1e-10  # change of a coefficient, relative to the outcome's spread in units of its column
_MOST_SWEEPS = 10_000
_SETTLED = 1e-5  # change of the residual's standard deviation, relative, that ends the loadings


@dataclass(frozen=True, slots=True)
class Selection:
    """What the lasso kept.

    Arguments:
        kept: (p,) flags. params: (p,) of least squares on the kept, zero elsewhere. residual: (n,).
        lasso: (p,) the shrunken coefficients. penalty: (p,) λ l_j of the last step. iterations: of the loadings.
        settled: whether the loadings did; the algorithm takes those of its last step where they did not.
        converged: whether the coefficients did at every step.
    """

    kept: Flags
    params: Array
    residual: Array
    lasso: Array
    penalty: Array
    iterations: int
    settled: bool
    converged: bool


def select(x: Array, y: Array, *, c: float = 1.1, gamma: float | None = None, most: int = 15) -> Selection:
    """Lasso with iterated loadings.

    Arguments:
        x: (n, p) and y: (n,), both about their means (or about what is never penalised).
        c: slack of the penalty; gamma: chance of keeping a column that does not matter, default 0.1 / log n.
        most: iterations of the loadings.
    """
    n, p = x.shape
    chance = 0.1 / np.log(n) if gamma is None else gamma
    level = float(2.0 * c * np.sqrt(n) * special().ndtri(1.0 - chance / (2.0 * p)))
    squares, gram, moments = x**2, x.T @ x, x.T @ y
    residual = _first_residual(x, y, np.diagonal(gram), moments)
    penalty = level * np.sqrt(residual**2 @ squares / n)
    kept, params = np.zeros(p, dtype=bool), np.zeros(p)
    lasso, spread, settled, converged = np.zeros(p), float(np.std(y, ddof=1)), False, True
    for step in range(1, most + 1):
        lasso, reached = _descend(gram, moments, penalty / 2.0 if step == 1 else penalty, lasso)
        converged = converged and reached
        kept = lasso != 0
        params = np.zeros(p)
        if not kept.any():
            return Selection(kept, params, y, lasso, penalty, step, True, converged)
        params[kept] = np.linalg.lstsq(x[:, kept], y, rcond=None)[0]
        residual = y - x @ params
        before, spread = spread, float(np.std(residual, ddof=1))
        settled = step > 1 and abs(before - spread) <= _SETTLED * max(spread, before)
        if settled or step == most:
            break
        penalty = level * np.sqrt(residual**2 @ squares / n)
    return Selection(kept, params, residual, lasso, penalty, step, settled, converged)


def _first_residual(x: Array, y: Array, squares: Array, moments: Array) -> Array:
    lengths = np.sqrt(squares)
    correlation = np.abs(np.divide(moments, lengths, out=np.zeros(len(moments)), where=lengths > 0))
    first = np.argsort(-correlation, kind="stable")[:FIRST]
    params = np.linalg.lstsq(x[:, first], y, rcond=None)[0]
    return np.asarray(y - x[:, first] @ params, dtype=np.float64)


def _descend(gram: Array, moments: Array, penalty: Array, start: Array) -> tuple[Array, bool]:
    """One coefficient after the other, until none moves the fit."""
    b = start.copy()
    squares = np.diagonal(gram)
    usable = np.flatnonzero(squares > 0)
    lengths = np.sqrt(squares)
    scale = float(np.max(np.abs(moments[usable]) / lengths[usable], initial=0.0))
    left = moments - gram @ b  # x' residual
    for _ in range(_MOST_SWEEPS):
        largest = 0.0
        for j in usable.tolist():
            pull = left[j] + squares[j] * b[j]
            new = np.sign(pull) * max(abs(pull) - penalty[j] / 2.0, 0.0) / squares[j]
            move = new - b[j]
            if move != 0.0:
                left -= gram[:, j] * move
                b[j] = new
                largest = max(largest, abs(move) * float(lengths[j]))
        if largest <= _STILL * scale:
            return b, True
    return b, False
