"""Correlated draws by a Gaussian copula, and the quantile functions of the distributions of inputs.

A vector of standard normals with correlation matrix R is turned into uniforms by the normal distribution function;
each input's quantile function then gives its draw. R is that of the normals; the rank correlation of the draws is
(6/π) arcsin(ρ/2) (Kruskal 1958). Source: Nelsen (2006), An Introduction to Copulas, section 2.3.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from impact.kernels.scipy_on_use import special

Floats = npt.NDArray[np.float64]
# the 95th percentile of the standard normal: low and high of a normal are its 5th and 95th percentiles
Z95 = 1.6448536269514722
# shape of the beta-PERT distribution (Clark 1962): weight of the mode
PERT = 4.0
SMALLEST_EIGENVALUE = 1e-10


def is_positive_definite(correlation: Floats) -> bool:
    """Whether a symmetric matrix is a correlation matrix of draws: all eigenvalues above zero."""
    return bool(np.linalg.eigvalsh(correlation)[0] > SMALLEST_EIGENVALUE)


def uniforms(normals: Floats, correlation: Floats | None = None) -> Floats:
    """Uniforms with the dependence of a Gaussian copula.

    Arguments:
        normals: (k, draws, years), independent standard normals, one block an input. correlation: (k, k) or None.
    """
    if correlation is not None:
        root = np.linalg.cholesky(correlation)
        # sums in the order of the inputs: the same bits whatever number of threads
        normals = np.stack([_combined(row, normals) for row in root])
    return np.asarray(special().ndtr(normals), dtype=np.float64)


def _combined(row: Floats, normals: Floats) -> Floats:
    total: Floats = np.zeros(normals[0].shape)
    for weight, block in zip(row.tolist(), normals, strict=True):
        if weight:
            total = total + weight * block
    return total


def quantile(dist: str, u: Floats, low: Floats, mode: Floats, high: Floats) -> Floats:
    """The quantile of a distribution at u.

    Arguments:
        dist: triangular, uniform, normal, lognormal or beta-pert. u: (draws, years or 1).
        low, mode, high: (years,) or (1,). For triangular, uniform and beta-pert low and high are the ends and mode the
            most likely value; for normal and lognormal they are the 5th, 50th and 95th percentiles.
    """
    width = high - low
    if dist == "uniform":
        return low + width * u
    if dist == "normal":
        return mode + _deviation(u) * width / (2 * Z95)
    if dist == "lognormal":
        return np.asarray(mode * np.exp(_deviation(u) * np.log(high / low) / (2 * Z95)), dtype=np.float64)
    safe = np.where(width > 0, width, 1.0)
    share = np.where(width > 0, (mode - low) / safe, 0.0)
    if dist == "beta-pert":
        shape = 1.0 + PERT * share, 1.0 + PERT * (1.0 - share)
        return low + width * np.asarray(special().betaincinv(*shape, u), dtype=np.float64)
    rising = low + width * np.sqrt(u * share)
    falling = high - width * np.sqrt((1.0 - u) * (1.0 - share))
    return np.where(u < share, rising, falling)


def _deviation(u: Floats) -> Floats:
    return np.asarray(special().ndtri(u), dtype=np.float64)
