"""How much single clusters weigh in a regression: leverage, partial leverage, and how many clusters they count as.

    L_g  = tr(W_g^½ X_g B X_g' W_g^½)                leverage: adds up to the number of regressors
    L_gj = Σ_{i in g} w_i x̃_ij² / Σ_i w_i x̃_ij²      partial leverage of regressor j: adds up to one

with B = (X'WX)^-1 and x̃_j what the other regressors leave of x_j, which is X B e_j over its j-th element of B.
Sources: MacKinnon, Nielsen and Webb (2023), "Leverage, influence, and the jackknife in clustered regression models:
Reliable inference using summclust", Stata Journal 23; Carter, Schnepel and Steigerwald (2017),
"Asymptotic behavior of a t-test robust to cluster heterogeneity", Review of Economics and Statistics 99.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from impact.kernels.least_squares import leverage

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]


def cluster_leverage(
    x: Floats, bread: Floats, weights: Floats | None, codes: Integers, levels: int
) -> Floats:
    """Leverage (G,) of each cluster among the regressors x (n, k), of which effects may have been absorbed."""
    own = np.bincount(codes, weights=leverage(x, bread, weights), minlength=levels)
    return np.asarray(own, dtype=np.float64)


def partial_leverage(
    x: Floats, bread: Floats, weights: Floats | None, codes: Integers, levels: int, column: int
) -> Floats:
    """Partial leverage (G,) of each cluster in one column of x."""
    squares = (x @ bread[:, column]) ** 2
    own = np.bincount(codes, weights=squares if weights is None else squares * weights, minlength=levels)
    return np.asarray(own / own.sum())


def effective_clusters(partial: Floats) -> float:
    """G / (1 + Γ) with Γ the squared coefficient of variation of the parts: G*(0), no correlation inside clusters.

    Arguments:
        partial: (G,) partial leverage of the clusters that there are.
    """
    return float(len(partial) / (1.0 + np.var(partial) / np.mean(partial) ** 2))
