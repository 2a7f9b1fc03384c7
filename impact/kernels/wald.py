"""Joint tests of linear restrictions R b = r."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.distributions import f_sf

Floats = npt.NDArray[np.float64]

SMALLEST = 1e-10


@dataclass(frozen=True, slots=True)
class WaldTest:
    """An F statistic, its degrees of freedom and p-value; df is the rank of the restrictions' variance."""

    statistic: float
    df: int
    df2: float
    p_value: float


def wald(params: Floats, vcov: Floats, restrictions: Floats, values: Floats, df2: float) -> WaldTest:
    """F = (Rb − r)'(RVR')⁺(Rb − r)/q, q the rank of RVR'; with df2 = inf, qF is chi-squared.

    A clustered variance has rank G − 1 at most: with more restrictions than that, q is the rank. Not
    defined (NaN, df 0) where RVR' is not finite or is zero, and where it has a negative eigenvalue.

    Arguments:
        params: (k,); vcov: (k, k); restrictions: R (q, k); values: r (q,); df2: denominator degrees of
            freedom.
    """
    quadratic, rank = _quadratic_form(params, vcov, restrictions, values)
    if rank == 0:
        return WaldTest(float("nan"), 0, df2, float("nan"))
    statistic = quadratic / rank
    return WaldTest(statistic, rank, df2, float(f_sf(statistic, rank, df2)))


def wald_hotelling(
    params: Floats, vcov: Floats, restrictions: Floats, values: Floats, wishart_df: float
) -> WaldTest:
    """Approximate Hotelling test with the variance's own degrees of freedom η (see ``wishart_degrees``).

    F = (η − q + 1)/(ηq) · (Rb − r)'(RVR')⁻¹(Rb − r) on q and η − q + 1 degrees of freedom.

    Source: Pustejovsky and Tipton (2018), equation 19.
    """
    quadratic, rank = _quadratic_form(params, vcov, restrictions, values)
    df2 = wishart_df - rank + 1.0
    if rank == 0 or not df2 > 0:
        return WaldTest(float("nan"), rank, df2, float("nan"))
    statistic = df2 / (wishart_df * rank) * quadratic
    return WaldTest(statistic, rank, df2, float(f_sf(statistic, rank, df2)))


def _quadratic_form(params: Floats, vcov: Floats, restrictions: Floats, values: Floats) -> tuple[float, int]:
    """(Rb − r)'(RVR')⁺(Rb − r) and the rank of RVR'; rank 0 where it is no variance."""
    distance = restrictions @ params - values
    spread = restrictions @ vcov @ restrictions.T
    if not np.all(np.isfinite(spread)):
        return float("nan"), 0
    if np.any(np.diagonal(spread) < 0):
        return float("nan"), 0
    scale = np.sqrt(np.diagonal(spread))
    unit = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    eigenvalues, vectors = np.linalg.eigh(spread * np.outer(unit, unit))
    if eigenvalues[0] < -SMALLEST * max(abs(eigenvalues[-1]), SMALLEST):
        return float("nan"), 0
    kept = eigenvalues > SMALLEST * len(scale)
    turned = vectors[:, kept].T @ (unit * distance)
    return float(np.sum(turned**2 / eigenvalues[kept])), int(kept.sum())
