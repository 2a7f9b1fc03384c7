"""Estimates with instruments beyond two-stage least squares: k-class roots and coefficients, weights of GMM.

k-class (Theil; Anderson and Rubin 1949; Fuller 1977, Econometrica 45, 939-953):

    b(k) = (X'(I − k M) X)⁻¹ X'(I − k M) y,   M the annihilator of all instruments, exogenous columns included
    LIML: k = smallest root of |Y'M₁Y − k Y'MY|, Y = [y, endogenous], M₁ the annihilator of the exogenous columns
    Fuller(a): k = k_LIML − a / (N − L), L all instruments and effects

GMM (Hansen 1982, Econometrica 50, 1029-1054): b = (X'Z W Z'X)⁻¹ X'Z W Z'y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.cluster_robust import cluster_scores
from impact.kernels.compiled import cross_product
from impact.kernels.scipy_on_use import linalg

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

# share of a moment's own length below which the weight matrix of GMM is taken as singular
SINGULAR = 1e-12


class SingularMoments(ValueError):
    """The covariance of the moments has no inverse: rank of it, and number of moments."""

    def __init__(self, rank: int, count: int) -> None:
        super().__init__(f"{rank} of {count}")
        self.rank, self.count = rank, count


@dataclass(frozen=True, slots=True)
class Moments:
    """A solution of GMM: coefficients (k,), projected (n, k) = Z W Z'X, bread (k, k) = (X'Z W Z'X)⁻¹, J statistic."""

    params: Floats
    projected: Floats
    bread: Floats
    j: float


def weighted(columns: Floats, weights: Floats | None) -> Floats:
    """Columns times weights."""
    return columns if weights is None else columns * weights[:, None]


def smallest_root(without: Floats, within: Floats) -> float:
    """LIML's k: smallest root of |A − k B|, at least 1.

    Arguments:
        without: (1 + p, 1 + p) A = Y'M₁Y. within: (1 + p, 1 + p) B = Y'MY.
    """
    scale = np.sqrt(np.diagonal(within))
    both = np.outer(scale, scale)
    roots = linalg().eigh(without / both, within / both, eigvals_only=True)
    return max(float(roots[0]), 1.0)


def k_class(
    x: Floats, y: Floats, left: Floats, k: float, *, start: Floats, weights: Floats | None = None
) -> tuple[Floats, Floats]:
    """Coefficients (kx,) and bread (kx, kx) = (X'W(I − kM)X)⁻¹ of the k-class.

    Arguments:
        x: (n, kx). y: (n,). left: (n, kx) M x, zero for exogenous columns. k: of the class. start: (kx,) coefficients
            near the solution, from which one Newton step gives it to full precision.
    """
    instrument = x - k * left
    products = weighted(instrument, weights).T @ x
    bread = _inverse((products + products.T) / 2.0)
    params = start
    for _ in range(3):
        params = params + bread @ (weighted(instrument, weights).T @ (y - x @ params))
    return params, bread


def moment_covariance(
    z: Floats,
    residual: Floats,
    weights: Floats | None,
    *,
    frequency: bool = False,
    groups: tuple[Integers, int] | None = None,
) -> Floats:
    """Covariance (m, m) of the moments Σ z w u: by rows, or by groups given as (codes, levels)."""
    if groups is not None:
        sums = cluster_scores(z, residual, weights, *groups)
        return np.asarray(sums.T @ sums, dtype=np.float64)
    power = 1.0 if frequency else 2.0
    squares = residual**2 if weights is None else weights**power * residual**2
    return np.asarray((z * squares[:, None]).T @ z, dtype=np.float64)


def moments_solution(
    z: Floats, x: Floats, y: Floats, covariance: Floats, *, weights: Floats | None = None
) -> Moments:
    """GMM with the inverse of the moments' covariance as weight.

    Arguments:
        z: (n, m) all instruments; x: (n, k); y: (n,); covariance: (m, m).

    Raises:
        SingularMoments: the covariance has no inverse.
    """
    scale = np.sqrt(np.diagonal(covariance))
    if not np.all(scale > 0):
        raise SingularMoments(int(np.count_nonzero(scale)), len(scale))
    correlation = covariance / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(correlation)
    rank = int(np.count_nonzero(values > SINGULAR * len(values) * values[-1]))
    if rank < len(values):
        raise SingularMoments(rank, len(values))
    root = vectors / np.sqrt(values) / scale[:, None]  # root root' = S⁻¹
    zw = weighted(z, weights)
    slopes = root.T @ (zw.T @ x)
    basis, triangle = np.linalg.qr(slopes)
    params = np.linalg.solve(triangle, basis.T @ (root.T @ (zw.T @ y)))
    correction = root.T @ (zw.T @ (y - x @ params))
    params = params + np.linalg.solve(triangle, basis.T @ correction)
    inverse = np.linalg.inv(triangle)
    moments = root.T @ (zw.T @ (y - x @ params))
    return Moments(params, z @ (root @ slopes), inverse @ inverse.T, float(moments @ moments))


def _inverse(products: Floats) -> Floats:
    scale = 1.0 / np.sqrt(np.abs(np.diagonal(products)))
    both = np.outer(scale, scale)
    inverse: Floats = np.linalg.inv(products * both) * both
    return (inverse + inverse.T) / 2.0


def squares(columns: Floats, weights: Floats | None) -> Floats:
    """Weighted cross-products (k, k) of columns (n, k)."""
    return np.asarray(cross_product([columns], weights, np.zeros(columns.shape[1])), dtype=np.float64)
