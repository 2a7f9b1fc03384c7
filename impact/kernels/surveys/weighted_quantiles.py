"""Quantiles of a weighted distribution: the smallest value that a share of the weights reaches.

    Q(p) = min {y : F(y) ≥ p},   F(y) = Σ w 1{y_i ≤ y} / Σ w

The inverse of the distribution function, R's ``qrule = "math"``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# sums of weights that differ by rounding alone
TIE = 1e-12


def distribution(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Values (m,) in ascending order and the share of the weights (m,) up to each; rows without weight are left out."""
    there = weights > 0
    order = np.argsort(values[there], kind="stable")
    mass = np.cumsum(weights[there][order])
    return values[there][order], np.asarray(mass / mass[-1], dtype=np.float64)


def inverse(values: Floats, mass: Floats, share: float) -> float:
    """The quantile of a share; NaN for shares outside 0 to 1, which no value has."""
    if not 0.0 <= share <= 1.0:
        return float("nan")
    return float(values[min(int(np.searchsorted(mass, share - TIE)), len(values) - 1)])
