"""Pearson's chi-squared of a two-way table from a survey, with the correction of Rao and Scott.

    X² = n Σ (p_ij − p_i. p_.j)² / (p_i. p_.j),   F = X² / tr Δ   with d = (tr Δ)² / tr Δ² and d ν degrees of freedom
    Δ = (C′ D⁻¹ C / n)⁻¹ C′ D⁻¹ V D⁻¹ C,   D = diag(p), C: the interaction columns less what the margins explain

Δ holds the design effects of the contrasts, V is the covariance of the cell shares under the design, ν its degrees of
freedom. Sources: Rao and Scott (1984), the second-order correction; Thomas and Rao (1987) for F; Lumley (2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# share of the largest diagonal entry below which a contrast has no spread
SINGULAR = 1e-12


@dataclass(frozen=True, slots=True)
class Association:
    """Pearson's X², the trace of Δ, its number of contrasts, and d."""

    pearson: float
    trace: float
    contrasts: int
    df: float


def association(shares: Floats, covariance: Floats, count: float) -> Association | None:
    """The test of independence of rows and columns; None where the table or its covariance does not allow one.

    Arguments:
        shares: (r, c) of the population, adding up to 1. covariance: (rc, rc) of them, rows of the table one after the
            other. count: rows of the sample.
    """
    r, c = shares.shape
    expected = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    if min(r, c) < 2 or expected.min() <= 0 or not np.isfinite(covariance).all():
        return None
    pearson = count * float(np.sum((shares - expected) ** 2 / expected))
    contrasts = _interactions(r, c)
    p = shares.ravel()
    inverse = np.divide(1.0, p, out=np.zeros_like(p), where=p > 0)
    left = contrasts.T @ (inverse[:, None] * contrasts) / count
    if np.linalg.matrix_rank(left, tol=SINGULAR * left.max(), hermitian=True) < len(left):
        return None
    scaled = inverse[:, None] * contrasts
    delta = np.linalg.solve(left, scaled.T @ covariance @ scaled)
    trace, squares = float(np.trace(delta)), float(np.trace(delta @ delta))
    if not trace > 0:
        return None
    return Association(pearson, trace, len(delta), trace**2 / squares)


def _interactions(r: int, c: int) -> Floats:
    """(rc, (r − 1)(c − 1)) columns of the interaction that are orthogonal to those of the margins."""
    row, column = (np.repeat(np.eye(r), c, axis=0), np.tile(np.eye(c), (r, 1)))
    margins = np.hstack([row, column[:, 1:]])
    products = np.stack([row[:, i] * column[:, j] for i in range(1, r) for j in range(1, c)], axis=1)
    fitted = margins @ np.linalg.lstsq(margins, products, rcond=None)[0]
    return np.asarray(products - fitted, dtype=np.float64)
