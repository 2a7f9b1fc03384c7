"""Synthetic-control weights corrected by ridge regression.

    w_aug = w + X0 (X0'X0 + λI)⁻¹ (x1 − X0'w),   X0 (J, T0) outcomes of controls minus their mean in each period

w on the simplex. The same number as the gap of the synthetic control minus the gap that a ridge regression of later
outcomes on earlier ones predicts for it. Weights sum to one and may be negative.
Source: Ben-Michael, Feller and Rothstein (2021), lemma 1 and section 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.synthetic.simplex import fit_simplex

Floats = npt.NDArray[np.float64]

# the grid of penalties: from the largest eigenvalue down to this share of it
SMALLEST_SHARE = 1e-8
STEPS = 20


@dataclass(frozen=True, slots=True)
class Augmented:
    """Weights (J,), those on the simplex they start from (J,), and whether the latter are unique."""

    weights: Floats
    simplex: Floats
    unique: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """Cross-validation: the grid (m,), mean squared errors (m,), their standard errors (m,), and the choice."""

    penalties: Floats
    error: Floats
    spread: Floats
    penalty: float


def augment(z: Floats, target: Floats, penalty: float) -> Augmented:
    """Corrected weights.

    Arguments:
        z: (T0, J) outcomes of controls. target: (T0,) of the treated. penalty: λ > 0.
    """
    found = fit_simplex(z, target)
    return Augmented(
        _corrected(z, target, found.weights, np.array([penalty]))[0], found.weights, found.unique
    )


def choose_penalty(z: Floats, target: Floats) -> Chosen:
    """The largest penalty whose error in periods left out is within one standard error of the smallest.

    Every period before treatment is left out in turn; the standard error is that of the mean squared error at its
    minimum.
    """
    centred = z - z.mean(axis=1, keepdims=True)
    largest = float(np.linalg.norm(centred, 2)) ** 2
    if largest == 0:
        return Chosen(np.ones(1), np.zeros(1), np.zeros(1), 1.0)
    penalties = largest * SMALLEST_SHARE ** (np.arange(STEPS + 1) / STEPS)
    squares = np.empty((len(z), len(penalties)))
    for t in range(len(z)):
        kept = np.arange(len(z)) != t
        simplex = fit_simplex(z[kept], target[kept]).weights
        weights = _corrected(z[kept], target[kept], simplex, penalties)
        squares[t] = (target[t] - weights @ z[t]) ** 2
    error = squares.mean(axis=0)
    spread = squares.std(axis=0, ddof=1) / np.sqrt(len(z))
    best = int(np.argmin(error))
    within = penalties[error <= error[best] + spread[best]]
    return Chosen(penalties, error, spread, float(within.max()))


def _corrected(z: Floats, target: Floats, simplex: Floats, penalties: Floats) -> Floats:
    """Weights (m, J) for each penalty, from one decomposition."""
    mean = z.mean(axis=1)
    left, values, right = np.linalg.svd((z - mean[:, None]).T, full_matrices=False)
    missed = right @ (target - z @ simplex)
    shrunk = missed * values / (values**2 + penalties[:, None])
    return np.asarray(simplex + shrunk @ left.T)
