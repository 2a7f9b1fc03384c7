"""Selection on what is not observed, as a multiple of selection on what is (Oster 2019).

    y = β x + ψ w + W₂ + e,   δ Cov(x, ψw)/Var(ψw) = Cov(x, W₂)/Var(W₂)

A regression without the controls w gives β° and R°, with them β̃ and R̃; with W₂ beside them R² would be R_max. With
b = β° − β̃, σ = Var(x), τ = Var(x given w), N = (R̃ − R°) Var(y) and M = (R_max − R̃) Var(y), the bias
ν = β̃ − β solves (Oster 2019, propositions 1 to 3 and appendix A.1)

    (δ−1)(τσ − τ²) ν³ + τbσ(δ−2) ν² + (δM(σ−τ) − Nτ − στb²) ν + δMbσ = 0

which is quadratic at δ = 1 and linear in δ at a given β. Variances may be sums of squares throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.partial_variation import held_fixed

Floats = npt.NDArray[np.float64]

# size of the imaginary part of a root, relative to the root, that is rounding
REAL = 1e-7


@dataclass(frozen=True, slots=True)
class Movement:
    """How coefficient and fit move when the controls enter.

    Arguments:
        short, long: β° and β̃. r2_short, r2_long: R° and R̃. outcome, treatment, left: Var(y), Var(x), Var(x given w),
            all three as variances or all as sums of squares.
    """

    short: float
    long: float
    r2_short: float
    r2_long: float
    outcome: float
    treatment: float
    left: float


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The bias-adjusted coefficient, the other solutions, and whether it keeps the direction of the movement."""

    value: float
    others: tuple[float, ...]
    keeps_direction: bool


def movement(
    gram: Floats, cross: Floats, outcome: float, *, treatment: int, always: Sequence[int] = ()
) -> Movement:
    """The movement of the coefficient of one column.

    Arguments:
        gram: (k, k) products of the columns. cross: (k,) with the outcome. outcome: of the outcome with itself.
        treatment: position of x. always: columns in both regressions; everything is given these.
    """
    count = len(gram)
    table = np.empty((count + 1, count + 1))
    table[:count, :count], table[:count, count], table[count, :count] = gram, cross, cross
    table[count, count] = outcome
    base = held_fixed(table, always)
    controls = [j for j in range(count) if j != treatment and j not in always]
    given = held_fixed(base, controls)
    total = float(base[count, count])
    short = float(base[treatment, count] / base[treatment, treatment])
    long = float(given[treatment, count] / given[treatment, treatment])
    residual = float(given[count, count] - long * given[treatment, count])
    return Movement(
        short=short,
        long=long,
        r2_short=short * float(base[treatment, count]) / total,
        r2_long=1.0 - residual / total,
        outcome=total,
        treatment=float(base[treatment, treatment]),
        left=float(given[treatment, treatment]),
    )


def selection_for(moved: Movement, target: float, r_max: float) -> float:
    """δ at which the coefficient would be ``target`` (proposition 3); infinite where no δ brings it there."""
    b, sigma, tau = moved.short - moved.long, moved.treatment, moved.left
    explained = (moved.r2_long - moved.r2_short) * moved.outcome
    missing = (r_max - moved.r2_long) * moved.outcome
    bias = moved.long - target
    cubic = bias**3 * tau * (sigma - tau)
    above = bias * (explained * tau + sigma * tau * b**2) + 2.0 * bias**2 * tau * b * sigma + cubic
    below = missing * (b * sigma + bias * (sigma - tau)) + bias**2 * tau * b * sigma + cubic
    return above / below if below != 0 else float(np.copysign(np.inf, above))


def adjust(moved: Movement, delta: float, r_max: float) -> Adjusted:
    """The coefficient at a given δ and R_max.

    Of several real solutions it is the nearest to β̃ among those whose bias has the sign of β° − β̃ (the paper's
    assumption 3: controls do not turn the direction of the bias); the nearest of all where none does.
    """
    b, sigma, tau = moved.short - moved.long, moved.treatment, moved.left
    explained = (moved.r2_long - moved.r2_short) * moved.outcome
    missing = (r_max - moved.r2_long) * moved.outcome
    coefficients = np.array(
        [
            (delta - 1.0) * tau * (sigma - tau),
            tau * b * sigma * (delta - 2.0),
            delta * missing * (sigma - tau) - explained * tau - sigma * tau * b**2,
            delta * missing * b * sigma,
        ]
    )
    if b == 0.0 or missing == 0.0:  # nothing moved, or nothing is left to explain: no bias
        return Adjusted(moved.long, (), keeps_direction=True)
    roots = np.roots(coefficients)
    biases = [float(root.real) for root in roots if abs(root.imag) <= REAL * abs(root)]
    ordered = sorted(biases, key=lambda bias: (bias * b < 0, abs(bias)))
    values = [moved.long - bias for bias in ordered]
    return Adjusted(values[0], tuple(values[1:]), keeps_direction=ordered[0] * b >= 0)
