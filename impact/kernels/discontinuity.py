"""Regression discontinuity: local polynomials, the bandwidth of least mean squared error, robust bias correction.

    jump = m(0+) − m(0−),   m by weighted least squares on powers of x/h, weights K(x/h)

The bandwidth h balances the variance against the squared bias of the jump, in three steps (Calonico, Cattaneo and
Titiunik 2014, sections 4 and S.2.6; Calonico, Cattaneo, Farrell and Titiunik 2019, with covariates). The robust row
subtracts the bias, estimated by a polynomial of one order more with bandwidth b, and counts its noise. Variances from
the distance of each outcome to its three nearest neighbours on the same side.
Shapes: n rows of a side, m columns (outcome, treatment taken where fuzzy, covariates).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Kernel = Literal["triangular", "epanechnikov", "uniform"]

MATCHES = 3
PILOT = {"triangular": 2.576, "epanechnikov": 2.34, "uniform": 1.843}  # constants of the first bandwidth
MANY_TIES = 0.2  # share of repeated values from which a bandwidth must hold FEWEST distinct ones
FEWEST = 10
_EDGE = 1.0 + float(np.sqrt(np.finfo(np.float64).eps))
_TIE = float(np.sqrt(np.finfo(np.float64).eps))


class WindowError(ArithmeticError):
    """Too few distinct values in a window, or no jump in the treatment; ``reason`` "window" or "first_stage"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Side:
    """Rows of one side, sorted by distance x (n,) from the cutoff (negative on the left).

    Arguments:
        columns: (n, m) outcome, treatment taken (fuzzy), covariates. weights: (n,) sampling weights.
    """

    x: Array
    columns: Array
    weights: Array


@dataclass(frozen=True, slots=True)
class Shape:
    """What is asked for: order p of the polynomial, kernel, whether column 1 is the treatment taken."""

    order: int
    kernel: Kernel
    fuzzy: bool


@dataclass(frozen=True, slots=True)
class Jump:
    """The estimate.

    Arguments:
        conventional, robust: the jump, and less its bias. vcov: (2, 2) of both, robust in the second place.
        first: (2,) jump of the treatment taken, likewise, with first_vcov (2, 2); NaN where sharp.
        n_inside: rows within h, left and right.
    """

    conventional: float
    robust: float
    vcov: Array
    first: Array
    first_vcov: Array
    n_inside: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Fit:
    """Weighted polynomial of a side within a window: rows inside, u = x/h, powers (n, o+1), weights, inverse gram,
    coefficients (o+1, m) of powers of u.
    """

    inside: Flags
    u: Array
    powers: Array
    weights: Array
    inverse: Array
    params: Array


@dataclass(frozen=True, slots=True)
class _Piece:
    """Of a bandwidth: constants of variance, bias and regularisation of one side."""

    variance: float
    bias: float
    penalty: float


def side_of(x: Array, columns: Array, weights: Array) -> Side:
    """A side with its rows in the order of x, those of equal x in the order given."""
    order = np.argsort(x, kind="stable")
    return Side(x[order], np.ascontiguousarray(columns[order]), weights[order])


def bandwidths(left: Side, right: Side, shape: Shape, *, outcome_only: bool) -> tuple[float, float]:
    """Bandwidths h of the estimate and b of its bias, common to both sides, of least mean squared error of the jump.

    Arguments:
        outcome_only: choose them for the outcome, though the design is fuzzy (needed where one side has no variation).

    Raises:
        WindowError: too few distinct values to fit the pilots.
    """
    sides = [left, right]
    if outcome_only and shape.fuzzy:
        shape = Shape(shape.order, shape.kernel, False)
        sides = [Side(s.x, np.delete(s.columns, 1, axis=1), s.weights) for s in sides]
    p = shape.order
    distinct = [np.unique(np.abs(side.x)) for side in sides]
    x = np.sort(np.concatenate([sides[0].x, sides[1].x]))
    farthest = [float(one[-1]) for one in distinct]
    least = 0.0
    if any(1.0 - len(one) / len(side.x) >= MANY_TIES for one, side in zip(distinct, sides, strict=True)):
        least = max(float(one[min(FEWEST, len(one)) - 1]) for one in distinct) * _EDGE
    spread = min(float(np.std(x, ddof=1)), (_quantile(x, 0.75) - _quantile(x, 0.25)) / 1.349)
    pilot = PILOT[shape.kernel] * spread * sum(len(one) for one in distinct) ** -0.2
    pilot = max(min(pilot, max(farthest)), least)
    width = [one * _EDGE for one in farthest]
    found = 0.0
    # order of the fit and derivative: of the bias of the bias, of the bias, of the jump
    for order, derivative, penalty in ((p + 2, p + 2, 0.0), (p + 1, p + 1, 1.0), (p, 0, 1.0)):
        pieces = [
            _piece(side, shape, (order, derivative), (pilot, one), penalty)
            for side, one in zip(sides, width, strict=True)
        ]
        bias = (pieces[1].bias - pieces[0].bias) ** 2 + penalty * sum(one.penalty for one in pieces)
        last, found = found, _width(sum(one.variance for one in pieces) / bias, order)
        found = min(found, max(farthest))
        if order == p + 2:
            found = max(found, least)
        if not np.isfinite(found) or found <= 0:
            raise WindowError("window")
        width = [found, found]
    return found, last


def jump(left: Side, right: Side, shape: Shape, h: float, b: float) -> Jump:
    """The jump at the cutoff, conventional and robust.

    Raises:
        WindowError: too few distinct values within h or b, or no jump in the treatment taken.
    """
    p = shape.order
    fits = [_fit(side, shape, p, h) for side in (left, right)]
    weights = [_linear(side, shape, fit, (h, b)) for side, fit in zip((left, right), fits, strict=True)]
    columns = [side.columns[one[0]] for side, one in zip((left, right), weights, strict=True)]
    slopes = _slopes(fits, [side.columns for side in (left, right)], shape)
    # (2, m): conventional and robust jump of every column
    jumps = np.array([weights[1][j] @ columns[1] - weights[0][j] @ columns[0] for j in (1, 2)])
    combination, first = _combination(jumps[0], slopes, shape, 1.0)
    residuals = [
        neighbour_residuals(side.x[one[0]], side.columns[one[0]])
        for side, one in zip((left, right), weights, strict=True)
    ]
    value = (
        jumps[0] @ first / (jumps[0] @ _treatment(slopes, shape)) if shape.fuzzy else jumps[0] @ combination
    )
    return Jump(
        float(value),
        float(value - combination @ (jumps[0] - jumps[1])),
        _covariance(weights, residuals, combination),
        jumps @ _treatment(slopes, shape) if shape.fuzzy else np.full(2, np.nan),
        _covariance(weights, residuals, _treatment(slopes, shape))
        if shape.fuzzy
        else np.full((2, 2), np.nan),
        (int(np.count_nonzero(fits[0].inside)), int(np.count_nonzero(fits[1].inside))),
    )


def neighbour_residuals(x: Array, columns: Array) -> Array:
    """Distance of each row from the mean of its three nearest, times sqrt(J/(J + 1)): (n, m).

    Rows of equal x count first, then the nearest values, both sides where they are as near; J rows in all.

    Arguments:
        x: (n,) sorted.
    """
    value, place, count = np.unique(x, return_inverse=True, return_counts=True)
    total = np.concatenate([[0], np.cumsum(count)])
    sums = np.vstack([np.zeros(columns.shape[1]), np.cumsum(_by_value(place, columns, len(value)), axis=0)])
    wanted = min(MATCHES, len(x) - 1) + 1
    low = np.arange(len(value))
    high = low.copy()
    while True:
        short = total[high + 1] - total[low] < wanted
        if not short.any():
            break
        below = np.where(low > 0, value - value[np.maximum(low - 1, 0)], np.inf)
        above = np.where(high < len(value) - 1, value[np.minimum(high + 1, len(value) - 1)] - value, np.inf)
        tie = np.where(np.isfinite(below) & np.isfinite(above), np.maximum(below, above) * _TIE, 0.0)
        low = low - (short & (below <= above + tie))
        high = high + (short & (above <= below + tie))
    others = (total[high + 1] - total[low] - 1).astype(np.float64)[place, None]
    mean = ((sums[high + 1] - sums[low])[place] - columns) / others
    return np.asarray(np.sqrt(others / (others + 1.0)) * (columns - mean))


def _by_value(place: npt.NDArray[np.intp], columns: Array, levels: int) -> Array:
    found = [np.bincount(place.reshape(-1), weights=column, minlength=levels) for column in columns.T]
    return np.column_stack(found).astype(np.float64)


def _piece(
    side: Side, shape: Shape, of: tuple[int, int], windows: tuple[float, float], penalty: float
) -> _Piece:
    """Variance at the pilot window, and bias from the coefficient of one order more in the other window."""
    order, derivative = of
    pilot, window = windows
    small = _fit(side, shape, order, pilot)
    residuals = neighbour_residuals(side.x[small.inside], side.columns[small.inside])
    slopes = _slopes([small], [side.columns], shape)
    scale = float(np.prod(np.arange(1, derivative + 1))) / pilot**derivative
    combination, _ = _combination(small.params[derivative], slopes, shape, scale)
    variance = _sandwich(small, residuals @ combination)[derivative, derivative]
    share = 2.0 * (order + 1 - derivative)
    reach = small.powers.T @ (small.weights * small.u ** (order + 1))
    constant = float((small.inverse @ reach)[derivative])
    large = _fit(side, shape, order + 1, window)
    curvature = float(large.params[-1] @ combination) / window ** (order + 1)
    noise = 0.0
    if penalty:
        apart = neighbour_residuals(side.x[large.inside], side.columns[large.inside]) @ combination
        noise = 3.0 * constant**2 * _sandwich(large, apart)[-1, -1] / window ** (2 * (order + 1))
    return _Piece(
        (2 * derivative + 1) * pilot * float(variance), np.sqrt(share) * constant * curvature, share * noise
    )


def _width(ratio: float, order: int) -> float:
    return float(ratio ** (1.0 / (2 * order + 3))) if np.isfinite(ratio) else float("nan")


def _fit(side: Side, shape: Shape, order: int, window: float) -> _Fit:
    u = side.x / window
    weight = kernel_weights(u, shape.kernel) * side.weights
    inside = weight > 0
    if len(np.unique(side.x[inside])) < order + 1:
        raise WindowError("window")
    u = np.asarray(u[inside], dtype=np.float64)
    weight = np.asarray(weight[inside], dtype=np.float64)
    powers = np.vander(u, order + 1, increasing=True)
    gram = (powers * weight[:, None]).T @ powers
    inverse = np.asarray(np.linalg.pinv(gram, hermitian=True), dtype=np.float64)
    params = inverse @ ((powers * weight[:, None]).T @ side.columns[inside])
    return _Fit(inside, u, powers, weight, inverse, params)


def kernel_weights(u: Array, kernel: Kernel) -> Array:
    """K(u), zero outside ±1."""
    inside = np.abs(u) <= 1.0
    if kernel == "uniform":
        return np.asarray(0.5 * inside, dtype=np.float64)
    if kernel == "epanechnikov":
        return np.asarray(0.75 * (1.0 - u**2) * inside)
    return np.asarray((1.0 - np.abs(u)) * inside)


def _linear(side: Side, shape: Shape, fit: _Fit, windows: tuple[float, float]) -> tuple[Flags, Array, Array]:
    """Rows within the larger window, and their weights in the conventional and in the robust level at the cutoff."""
    h, b = windows
    p = shape.order
    curved = _fit(side, shape, p + 1, b)
    both = fit.inside | curved.inside
    level, bend = np.zeros(len(side.x)), np.zeros(len(side.x))
    level[fit.inside] = fit.weights * (fit.powers @ fit.inverse[0])
    bend[curved.inside] = curved.weights * (curved.powers @ curved.inverse[p + 1])
    reach = fit.powers.T @ (fit.weights * fit.u ** (p + 1))
    bias = float(fit.inverse[0] @ reach) * (h / b) ** (p + 1)
    return both, level[both], (level - bias * bend)[both]


def _slopes(fits: list[_Fit], columns: list[Array], shape: Shape) -> Array:
    """Slopes (q, 1 or 2) of outcome and treatment on the covariates, common to the sides, about the polynomials."""
    lead = 2 if shape.fuzzy else 1
    if columns[0].shape[1] == lead:
        return np.zeros((0, lead))
    total = np.zeros((columns[0].shape[1],) * 2)
    for fit, one in zip(fits, columns, strict=True):
        own = one[fit.inside]
        weighted = own * fit.weights[:, None]
        crossed = fit.powers.T @ weighted
        total += own.T @ weighted - crossed.T @ fit.inverse @ crossed
    return np.asarray(np.linalg.pinv(total[lead:, lead:], hermitian=True) @ total[lead:, :lead])


def _combination(level: Array, slopes: Array, shape: Shape, scale: float) -> tuple[Array, Array]:
    """The combination (m,) of columns whose level is the effect, linearised where it is a ratio; that of the outcome.

    Raises:
        WindowError: "first_stage" where the treatment taken does not move.
    """
    outcome = np.concatenate([[1.0], *([[0.0]] if shape.fuzzy else []), -slopes[:, 0]])
    if not shape.fuzzy:
        return outcome, outcome
    taken = _treatment(slopes, shape)
    top, bottom = scale * float(level @ outcome), scale * float(level @ taken)
    if bottom == 0:
        raise WindowError("first_stage")
    return outcome / bottom - top / bottom**2 * taken, outcome


def _treatment(slopes: Array, shape: Shape) -> Array:
    return np.concatenate([[0.0, 1.0], -slopes[:, 1]]) if shape.fuzzy else np.zeros(0)


def _sandwich(fit: _Fit, residual: Array) -> Array:
    scores = fit.powers * (fit.weights * residual)[:, None]
    return np.asarray(fit.inverse @ (scores.T @ scores) @ fit.inverse)


def _covariance(
    weights: list[tuple[Flags, Array, Array]], residuals: list[Array], combination: Array
) -> Array:
    total = np.zeros((2, 2))
    for (_, conventional, robust), residual in zip(weights, residuals, strict=True):
        rows = np.column_stack([conventional, robust]) * (residual @ combination)[:, None]
        total += rows.T @ rows
    return total


def _quantile(x: Array, share: float) -> float:
    """The value at a share of sorted x, the mean of two where it falls between (type 2 of Hyndman and Fan 1996)."""
    place = len(x) * share
    whole = int(np.floor(place))
    return float((x[whole - 1] + x[whole]) / 2.0 if place == whole else x[whole])
