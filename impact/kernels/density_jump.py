"""The jump of a density at zero, by local polynomials of the distribution function.

    b = argmin Σ_i K(x_i / h) (F(x_i) − Σ_k b_k x_i^k)²  on each side,   density = b_1

F is the share of the other rows that are at or below a value, of both sides together: no bins are needed. The density
on each side has order p + 1 within the windows that are best for order p, so that its bias does not matter; its
variance is the jackknife's, from what each row adds to F at the others.
Windows: those of least mean squared error of the density of the side, of the difference, and of the sum, of which each
side takes the middle one; pilots from a normal law with the constants of a uniform kernel. A window holds at least
20 + p + 1 distinct values.
Sources: Cattaneo, Jansson and Ma (2020), sections 3 and 4 (estimator, jackknife, windows); the pilots and least windows
are those of the R, Stata and Python packages rddensity.
Shapes: n rows, p order.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
import numpy.typing as npt

from impact.kernels.discontinuity import Kernel, WindowError, kernel_weights

Array = npt.NDArray[np.float64]

FEWEST = 20  # distinct values in a window, beside one for each coefficient
_NODES = 40  # exact for polynomials up to degree 79


@dataclass(frozen=True, slots=True)
class DensityJump:
    """Densities at zero from below and from above, with errors and windows; rows (2,) within the windows."""

    density: tuple[float, float]
    std_error: tuple[float, float]
    difference: float
    difference_error: float
    windows: tuple[float, float]
    inside: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Values:
    """Sorted values x (n,) with the share of rows at or below each, and the first place of equal values."""

    x: Array
    share: Array
    first: npt.NDArray[np.intp]


def density_jump(
    x: Array, *, order: int = 2, kernel: Kernel = "triangular", window: float | None = None
) -> DensityJump:
    """The densities on both sides of zero; rows at zero belong above.

    Arguments:
        x: (n,) distances from the cutoff, some on each side. order: p ≥ 1. window: of both sides, else the best.

    Raises:
        WindowError: too few distinct values in a window.
    """
    x = np.sort(x)
    share = np.asarray((np.searchsorted(x, x, side="right") - 1) / (len(x) - 1), dtype=np.float64)
    values = _Values(x, share, np.searchsorted(x, x, side="left"))
    windows = (window, window) if window is not None else _windows(values, order, kernel)
    sides = [_coefficient(values, side, (order + 1, 1), windows[side], kernel) for side in (0, 1)]
    variances = [one[1] for one in sides]
    return DensityJump(
        (sides[0][0], sides[1][0]),
        (float(np.sqrt(variances[0])), float(np.sqrt(variances[1]))),
        sides[1][0] - sides[0][0],
        # the weights of a side sum to zero, so that the two sides do not covary
        float(np.sqrt(sum(variances))),
        windows,
        (int(np.sum((x < 0) & (x >= -windows[0]))), int(np.sum((x >= 0) & (x <= windows[1])))),
    )


def _windows(values: _Values, p: int, kernel: Kernel) -> tuple[float, float]:
    """The middle of three windows for each side."""
    n = len(values.x)
    distinct = [np.unique(-values.x[values.x < 0]), np.unique(values.x[values.x >= 0])]
    farthest = [float(one[-1]) for one in distinct]
    curvature_window, density_window = _pilots(values.x, p)
    curvature_window = _held(curvature_window, max(farthest), _least(distinct, FEWEST + p + 3))
    density_window = _held(density_window, max(farthest), _least(distinct, FEWEST + p + 1))
    curvatures = [_coefficient(values, side, (p + 2, p + 1), curvature_window, kernel)[0] for side in (0, 1)]
    variances = [
        n * density_window * _coefficient(values, side, (p, 1), density_window, kernel)[1] for side in (0, 1)
    ]
    constant = _constants(p, 1, kernel)[1]
    left, right = (-1.0) ** p * constant * curvatures[0], constant * curvatures[1]
    least = [_least([one], FEWEST + p + 1) for one in distinct]
    both = [
        _held(_best(sum(variances), bias, n, p), max(farthest), max(least))
        for bias in (right - left, right + left)
    ]
    found = [
        sorted([_held(_best(variances[side], bias, n, p), farthest[side], least[side]), *both])[1]
        for side, bias in ((0, left), (1, right))
    ]
    return found[0], found[1]


def _pilots(x: Array, p: int) -> tuple[float, float]:
    """Windows for the curvature of order p + 1 and for the density, were x normal."""
    n, sd = len(x), float(np.std(x, ddof=1))
    z = float(np.mean(x)) / sd
    density = float(np.exp(-(z**2) / 2.0) / np.sqrt(2.0 * np.pi))
    of_curvature, of_density = (
        _ratio(order, derivative) / (_hermite(z, order) ** 2 * density)
        for order, derivative in ((p + 2, p + 1), (p, 1))
    )
    curvature = ((2 * p + 1) / 4.0 * of_curvature / n) ** (1.0 / (2 * p + 5))
    return sd * curvature, sd * (of_density / (2.0 * p) / n) ** (1.0 / (2 * p + 1))


def _ratio(order: int, derivative: int) -> float:
    """Variance over squared bias of a coefficient at an edge, for a uniform kernel and a unit law."""
    variance, bias = _constants(order, derivative, "uniform")
    return factorial(order + 1) ** 2 * variance / bias**2


def _hermite(z: float, order: int) -> float:
    """The polynomial (−1)^k φ^(k)(z) / φ(z)."""
    return float(np.polynomial.hermite_e.hermeval(z, [0.0] * order + [1.0]))


def _constants(order: int, derivative: int, kernel: Kernel) -> tuple[float, float]:
    """Variance and bias of a coefficient at an edge: (S⁻¹ G S⁻¹)_kk and (S⁻¹ C)_k, integrals over [0, 1].

    S = ∫ K u^(i+j), C = ∫ K u^(i+p+1), G = ∫∫ min(u, v) K K u^i v^j, which is ∫ T_i T_j with T_i(t) = ∫_t^1 K u^i.
    """
    nodes, mass = np.polynomial.legendre.leggauss(_NODES)
    u, mass = (nodes + 1.0) / 2.0, mass / 2.0
    powers, weighted = np.vander(u, order + 1, increasing=True), mass * kernel_weights(u, kernel)
    inverse = np.linalg.inv((powers * weighted[:, None]).T @ powers)
    bias = inverse @ (powers.T @ (weighted * u ** (order + 1)))
    above = u[:, None] + (1.0 - u[:, None]) * u[None, :]
    heights = kernel_weights(above, kernel) * mass[None, :] * (1.0 - u[:, None])
    tails = np.einsum("tu,tuk->tk", heights, above[:, :, None] ** np.arange(order + 1))
    variance = inverse @ ((tails * mass[:, None]).T @ tails) @ inverse
    return float(variance[derivative, derivative]), float(bias[derivative])


def _coefficient(
    values: _Values, side: int, of: tuple[int, int], window: float, kernel: Kernel
) -> tuple[float, float]:
    """A coefficient of the polynomial of a side (0 below, 1 above) and its jackknife variance.

    Arguments:
        of: order of the polynomial, and which coefficient.

    Raises:
        WindowError: fewer distinct values than coefficients.
    """
    order, place = of
    x = values.x
    inside = (x >= 0) & (x <= window) if side else (x < 0) & (x >= -window)
    u = np.asarray(x[inside] / window, dtype=np.float64)
    weight = kernel_weights(u, kernel)
    if len(np.unique(u[weight > 0])) < order + 1:
        raise WindowError("window")
    powers = np.vander(u, order + 1, increasing=True)
    weighted = powers * weight[:, None]
    rows = weighted @ np.linalg.inv(weighted.T @ powers)[:, place] / window**place
    # a row adds to the share of every other row at or above it
    above = np.cumsum(rows[::-1])[::-1][values.first[inside] - int(np.argmax(inside))] - rows
    return float(rows @ values.share[inside]), float(np.sum((above / (len(x) - 1.0)) ** 2))


def _best(variance: float, bias: float, n: int, p: int) -> float:
    """The window h that balances variance / (n h) and bias² h^(2p)."""
    return float("inf") if bias == 0 else float((variance / (2.0 * p * bias**2) / n) ** (1.0 / (2 * p + 1)))


def _least(distinct: list[Array], count: int) -> float:
    """The window that holds ``count`` distinct values, or all, on each side."""
    return max(float(one[min(count, len(one)) - 1]) for one in distinct)


def _held(window: float, most: float, least: float) -> float:
    return max(min(window, most), least)
