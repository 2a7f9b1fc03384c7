"""Least squares on clusters drawn with replacement, from cross-products by cluster: no row is touched twice.

With U an orthonormal basis of the (weighted) regressors and of effects outside the clusters, effects inside them
removed, a draw that takes cluster g m_g times changes the coefficients by (Σ m_g U_g'U_g)⁻¹ Σ m_g U_g'û_g. Effects
inside clusters are swept out cluster by cluster, whatever the draw. Source: Cameron, Gelbach and Miller (2008).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from impact.kernels.cluster_adjusted import Basis
from impact.kernels.resampling import counts_of_draws

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

# smallest eigenvalue of a draw's cross-product that counts as identified; over all rows each is 1
IDENTIFIED = 1e-8
LARGEST = 40_000_000
ROWS = 8192
SOLVE_BLOCK = 4_000_000


class TooLarge(ArithmeticError):
    """The cross-products by cluster do not fit in memory."""


def pairs_deviations(
    basis: Basis, residual: Floats, codes: Integers, groups: int, *, draws: int, seed: int
) -> Floats:
    """(draws, k) coefficients of each draw less the estimate; NaN for draws that do not identify all of them.

    Arguments:
        basis: of the fit, rows scaled by √w; residual: (n,) scaled likewise.
        codes: (n,) clusters in 0…G−1, each with rows.

    Raises:
        TooLarge: clusters × (regressors and effects outside)² is out of reach.
    """
    squares, products = _cross_products(basis.rows, residual, codes, groups)
    r, k = basis.rows.shape[1], basis.root.shape[0]
    found = [
        _solved((counts @ squares).reshape(-1, r, r), counts @ products)
        for counts in counts_of_draws(draws, groups, seed)
    ]
    return np.asarray(np.vstack(found)[:, r - k :] @ basis.root.T, dtype=np.float64)


def _cross_products(rows: Floats, residual: Floats, codes: Integers, groups: int) -> tuple[Floats, Floats]:
    """(G, r²) U_g'U_g and (G, r) U_g'û_g."""
    n, r = rows.shape
    if groups * r * r > LARGEST:
        raise TooLarge(f"{groups} clusters by {r} columns")
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(groups + 1))
    squares = np.empty((groups, r * r))
    products = np.empty((groups, r))
    if groups > n // 4:  # clusters of a few rows: all outer products at once
        squares[:] = 0.0
        for start in range(0, n, ROWS):
            own = rows[start : start + ROWS]
            np.add.at(
                squares, codes[start : start + ROWS], (own[:, :, None] * own[:, None, :]).reshape(-1, r * r)
            )
        products[:] = 0.0
        np.add.at(products, codes, rows * residual[:, None])
        return squares, products
    for g in range(groups):
        members = order[bounds[g] : bounds[g + 1]]
        squares[g] = (rows[members].T @ rows[members]).ravel()
        products[g] = rows[members].T @ residual[members]
    return squares, products


def _solved(matrices: Floats, right: Floats) -> Floats:
    """Solutions (b, r) of symmetric systems (b, r, r), NaN where one is singular."""
    found = np.full_like(right, np.nan)
    step = max(1, SOLVE_BLOCK // matrices.shape[1] ** 2)
    for start in range(0, len(matrices), step):
        own = slice(start, start + step)
        values = np.linalg.eigvalsh(matrices[own])[:, 0]
        used = start + np.flatnonzero(values > IDENTIFIED)
        found[used] = np.linalg.solve(matrices[used], right[used][:, :, None])[:, :, 0]
    return found
