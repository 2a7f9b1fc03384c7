"""Variance from replicate weights: the spread of estimates made anew with each of R sets of weights.

    V = a Σ_r b_r (θ_r − c)(θ_r − c)′

c is the mean of the replicates with b_r > 0, or the estimate of the whole sample. Balanced repeated replication:
a = 1/(R(1 − ρ)²) with Fay's ρ; jackknife: a = (R − 1)/R without strata, b_r = (n_h − 1)/n_h of the stratum of the unit
that is left out with them; bootstrap: a = 1/(R − 1). Sources: Wolter (2007), ch. 3 and 4; Judkins (1990); Lumley
(2004), whose R package survey gives the defaults.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# a replicate that is a combination of others to this share adds no degree of freedom (R's survey: 1e-5 of its length)
INDEPENDENT = 1e-10
SAME = 1e-6


def replicate_variance(estimates: Floats, scale: float, factors: Floats, centre: Floats | None) -> Floats:
    """(k, k) variance from estimates (R, k); about ``centre`` (k,), or their mean where it is None."""
    if centre is None:
        centre = estimates[factors > 0].mean(axis=0)
    moved = (estimates - centre) * np.sqrt(scale * factors)[:, None]
    return np.asarray(moved.T @ moved, dtype=np.float64)


def degrees_of_freedom(weights: Floats) -> int:
    """Rank of replicate weights (n, R), less one."""
    products = weights.T @ weights
    length = np.sqrt(np.diagonal(products))
    there = length > 0
    cosines = products[np.ix_(there, there)] / np.outer(length[there], length[there])
    return int(np.count_nonzero(np.linalg.eigvalsh(cosines) > INDEPENDENT)) - 1


def scales_of_deletion(ratio: Floats) -> Floats | None:
    """(R,) factors (n_h − 1)/n_h of replicates that leave one unit of a stratum out.

    Arguments:
        ratio: (n, R) replicate weight over sampling weight: 0 in the unit, n_h/(n_h − 1) in the rest of its stratum, 1
            elsewhere.

    Returns:
        None where a column is not of this form.
    """
    largest = ratio.max(axis=0)
    known = (ratio == 0) | (np.abs(ratio - 1) < SAME) | (np.abs(ratio - largest) < SAME * largest)
    if not known.all() or np.any(largest <= 1 + SAME) or np.any(ratio.min(axis=0) > 0):
        return None
    return np.asarray(1.0 / largest, dtype=np.float64)
