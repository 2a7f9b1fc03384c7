"""Recentred influence functions of statistics of a weighted distribution (Firpo, Fortin and Lemieux 2009).

    RIF(y) = ν + influence(y; ν)

quantile: q + (τ − 1{y ≤ q})/f(q), f by a Gaussian kernel; variance: (y − μ)²; Gini: with Δ = E|Y − Y'| and G = Δ/2μ,
G + (E|y − Y| − Δ)/μ − G (y − μ)/μ, which is that of Firpo, Fortin and Lemieux (2018), equation 22, without a choice of
ranks among equal values. Means over the distribution are ν: exactly for Gini and variance.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
# the distance of the quartiles of a normal law, as Stata's kdensity rounds it
QUARTILES = 1.349
_BLOCK = 65536


def quantile(y: Array, weights: Array, share: float) -> float:
    """The inverse of the distribution function; the middle of the flat stretch where it meets ``share`` exactly."""
    order = np.argsort(y, kind="stable")
    mass = np.cumsum(weights[order])
    target = share * mass[-1]
    slack = 1e-12 * mass[-1]
    place = min(int(np.searchsorted(mass, target - slack)), len(y) - 1)
    value = float(y[order[place]])
    if abs(mass[place] - target) <= slack and place + 1 < len(y):
        return (value + float(y[order[place + 1]])) / 2.0
    return value


def bandwidth(y: Array, weights: Array, rule: str, count: float) -> float:
    """Silverman's 0.9 min(sd, quartiles/1.349) N^−1/5, or Scott's 1.06 sd N^−1/5.

    Arguments:
        count: N, the number of observations.
    """
    mean = float(np.average(y, weights=weights))
    spread = float(np.sqrt(np.average((y - mean) ** 2, weights=weights) * count / (count - 1.0)))
    if rule == "scott":
        return float(1.06 * spread * count**-0.2)
    quartiles = (quantile(y, weights, 0.75) - quantile(y, weights, 0.25)) / QUARTILES
    return float(0.9 * (min(spread, quartiles) if quartiles > 0 else spread) * count**-0.2)


def density(y: Array, weights: Array, at: float, width: float) -> float:
    """Gaussian kernel density."""
    total = 0.0
    for start in range(0, len(y), _BLOCK):
        own = slice(start, start + _BLOCK)
        total += float(weights[own] @ np.exp(-0.5 * ((y[own] - at) / width) ** 2))
    return total / float(weights.sum() * width * np.sqrt(2.0 * np.pi))


def of_quantile(y: Array, share: float, value: float, height: float) -> Array:
    """RIF (n,) of the quantile ``value`` of a share, with density ``height`` there."""
    return np.asarray(value + (share - (y <= value)) / height, dtype=np.float64)


def of_variance(y: Array, weights: Array) -> Array:
    """RIF (n,) of the variance."""
    return np.asarray((y - np.average(y, weights=weights)) ** 2, dtype=np.float64)


def of_gini(y: Array, weights: Array) -> Array:
    """RIF (n,) of the Gini coefficient; the mean must be positive."""
    order = np.argsort(y, kind="stable")
    values, w = y[order], weights[order] / weights.sum()
    below, sums = np.cumsum(w), np.cumsum(w * values)
    mean = float(sums[-1])
    distance = values * (2.0 * below - 1.0) + mean - 2.0 * sums
    spread = float(w @ distance)
    gini = spread / (2.0 * mean)
    found = np.empty(len(y))
    found[order] = gini + (distance - spread) / mean - gini * (values - mean) / mean
    return found
