"""Weights of effects in a two-way coefficient, and how heterogeneous effects must be to overturn it.

Under parallel paths the coefficient of treatment D in a regression on unit and period effects is Σ ω Δ over treated
cells with ω = w D ε / Σ w D ε, ε the residual of D on the effects (and controls) and w the cell's weight. With
p = w D / Σ w D and W = ω / p (mean 1), the smallest standard deviations of effects compatible with

    a mean effect of zero                     |β| / sd_p(W)
    effects of the sign opposite to β's       |β| / sqrt(T_s + S_s² / (1 − P_s)),

with cells in descending order of W, P_k, S_k, T_k = Σ_{i ≥ k} p_i, p_i W_i, p_i W_i² and s the first i with
W_i < −S_i / (1 − P_i). Source: de Chaisemartin and D'Haultfœuille (2020), theorem 1 and corollary 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WeightFacts:
    """What the weights of a coefficient say.

    Arguments:
        n_treated, n_negative: treated cells, and those with a negative weight. negative_sum: of all weights, sum 1.
        sigma_zero: breakdown for a mean effect of zero. sigma_sign: for effects all of the other sign, infinite where
            no weight is negative.
    """

    n_treated: int
    n_negative: int
    negative_sum: float
    sigma_zero: float
    sigma_sign: float


def cell_weights(treatment: Floats, residual: Floats, weights: Floats | None = None) -> Floats:
    """(n,) weights ω of the cells, sum 1, zero where untreated.

    Arguments:
        treatment, residual: (n,) D and ε. weights: (n,) or None.
    """
    found = treatment * residual if weights is None else weights * treatment * residual
    return np.asarray(found / found.sum(), dtype=np.float64)


def weight_facts(
    treatment: Floats, residual: Floats, coefficient: float, weights: Floats | None = None
) -> WeightFacts:
    """Share and sum of negative weights, and both breakdown values. Arguments as in ``cell_weights``."""
    omega = cell_weights(treatment, residual, weights)
    treated = treatment != 0
    mass = treatment if weights is None else treatment * weights
    p = mass[treated] / mass[treated].sum()
    omega = omega[treated]
    spread = float(np.sqrt(np.sum(p * (omega / p - 1.0) ** 2)))
    return WeightFacts(
        n_treated=int(np.count_nonzero(treated)),
        n_negative=int(np.count_nonzero(omega < 0)),
        negative_sum=float(omega[omega < 0].sum()),
        sigma_zero=abs(coefficient) / spread if spread > 1e-10 else float("inf"),
        sigma_sign=_other_sign(p, omega / p, abs(coefficient)),
    )


def _other_sign(p: Floats, relative: Floats, coefficient: float) -> float:
    if not np.any(relative < 0):
        return float("inf")
    order = np.argsort(-relative, kind="stable")
    p, relative = p[order], relative[order]
    tails = [np.cumsum((p * relative**power)[::-1])[::-1] for power in (0, 1, 2)]
    rest = 1.0 - tails[0]
    # the first cell has no cells before it: nothing to be moved against it
    eligible = np.flatnonzero((rest > 1e-12) & (relative * rest < -tails[1]))
    if len(eligible) == 0:
        return float("inf")
    s = int(eligible[0])
    return coefficient / float(np.sqrt(tails[2][s] + tails[1][s] ** 2 / rest[s]))
