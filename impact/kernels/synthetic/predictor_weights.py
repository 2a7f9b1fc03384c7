"""Synthetic-control weights from predictors whose importance V is chosen by the fit before treatment.

    inner   w(V) = argmin Σ_k v_k (b_k − a_k'w)²  over the simplex
    outer   V    = argmin mean over periods before treatment of (z_t − Z_t'w(V))²

The outer problem is not convex: it is searched from importances found by regression and from equal ones, and the
better end is kept. Where the predictors are all outcomes before treatment, equal importances are the optimum, since
inner and outer problem are then the same.
Source: Abadie and Gardeazabal (2003), appendix B; Abadie, Diamond and Hainmueller (2010, section 2.3; 2015).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.nelder_mead import minimise
from impact.kernels.synthetic.simplex import SimplexFit, fit_simplex, quick_weights

Floats = npt.NDArray[np.float64]

SEARCH_STEPS = 300


@dataclass(frozen=True, slots=True)
class Nested:
    """Weights, importances (k,) summing to one, and the mean squared gap before treatment."""

    fit: SimplexFit
    importance: Floats
    loss: float


def fit_predictors(a: Floats, b: Floats, z: Floats, target: Floats) -> Nested:
    """Weights of J controls that match predictors of the treated unit.

    Arguments:
        a: (k, J), b: (k,) predictors of controls and treated. z: (T0, J), target: (T0,) outcomes before treatment.

    Raises:
        ArithmeticError: values that are not finite.
    """
    both = np.column_stack([b, a])
    spread = both.std(axis=1, ddof=1)
    scale = np.where(spread > 0, spread, 1.0)
    a, b = a / scale[:, None], b / scale

    last = np.zeros(a.shape[1])

    def loss(roots: Floats) -> float:
        root = np.sqrt(_importance(roots))
        last[:] = quick_weights(root[:, None] * a, root * b, last > 0)
        return float(np.mean((target - z @ last) ** 2))

    starts = [np.ones(len(b)), _regression_start(a, b, z, target)]
    ends = [
        minimise(loss, np.sqrt(start * len(b) / start.sum()), steps=SEARCH_STEPS, close=1e-7)
        for start in starts
    ]
    importance = _importance(min(ends, key=lambda end: end[1])[0])
    root = np.sqrt(importance)
    found = fit_simplex(root[:, None] * a, root * b)
    return Nested(found, importance, float(np.mean((target - z @ found.weights) ** 2)))


def _importance(roots: Floats) -> Floats:
    squares = roots**2
    total = float(squares.sum())
    return squares / total if total > 0 else np.full(len(roots), 1.0 / len(roots))


def _regression_start(a: Floats, b: Floats, z: Floats, target: Floats) -> Floats:
    """Sum over periods of squared coefficients of the outcome on the predictors, over treated and controls."""
    units = np.column_stack([np.ones(a.shape[1] + 1), np.vstack([b, a.T])])
    outcomes = np.column_stack([target, z]).T
    squares = np.sum(np.linalg.lstsq(units, outcomes, rcond=None)[0][1:] ** 2, axis=1)
    return squares if squares.sum() > 0 else np.ones(len(b))
