"""The shortest fixed-length interval under smooth departures from parallel trends, Δ^SD(M).

The estimator is v′β̂ with the weights of the periods after treatment equal to the target's. Its worst bias is finite
only if v does not respond to a linear trend, and is then M Σ_j |w_j| with w_j = Σ_t v_t (|t| − |j|)₊ on the side of j.
So the weights before treatment are found in terms of w: minimising the half-length

    h(v) · cv_α(M b(w) / h(v)),   h² = v′Σv,   cv_α the 1 − α quantile of |N(x, 1)|,

runs along the path of min ½ v′Σv + λ Σ|w_j| (a lasso), whose corners are followed exactly. Sources: Rambachan and Roth
(2023), section 4.1; Armstrong and Kolesár (2018, 2020); for the path, Efron, Hastie, Johnstone and Tibshirani (2004).
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.distributions import normal_cdf, normal_quantile

Array = npt.NDArray[np.float64]
GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


@dataclass(frozen=True, slots=True)
class Affine:
    """Weights (p + q,) of the estimates, worst bias, standard error and half-length of the interval."""

    weights: Array
    bias: float
    std_error: float
    half_length: float


@dataclass(frozen=True, slots=True)
class Path:
    """Corners of the trade-off between worst bias per unit of M and variance, from least bias to least variance.

    Arguments:
        weights: (c, p + q) at the corners, linear between them. fixed: worst bias (per unit of M) of the periods after
            treatment alone, which no choice changes. loads: (p − 1, p + q) maps weights to those of the differences.
    """

    weights: Array
    fixed: float
    loads: Array
    covariance: Array


def folded_quantile(shift: float, alpha: float) -> float:
    """The 1 − alpha quantile of |N(shift, 1)|, exact to rounding (Newton steps)."""
    shift = abs(shift)
    value = shift + float(normal_quantile(1 - alpha)) if shift > 1 else float(normal_quantile(1 - alpha / 2))
    for _ in range(100):
        cover = float(normal_cdf(value - shift) - normal_cdf(-value - shift)) - (1 - alpha)
        density = (math.exp(-0.5 * (value - shift) ** 2) + math.exp(-0.5 * (value + shift) ** 2)) / math.sqrt(
            2 * math.pi
        )
        step = cover / density
        value -= step
        if abs(step) <= 1e-14 * max(1.0, value):
            break
    return value


def trade_off(covariance: Array, before: int, target: Array) -> Path:
    """The path of weights for a target l′τ on q periods after treatment, ``before`` ≥ 1 periods before it."""
    after = len(target)
    late = np.arange(1, after + 1, dtype=np.float64)
    early = np.arange(before, 0, -1, dtype=np.float64)
    fixed = float(np.sum(np.abs([np.sum(target * np.maximum(late - j, 0.0)) for j in range(after)])))
    # w_j of the differences before treatment, j = 1 … p − 1, and the weight of a linear trend
    corners = np.arange(1, before, dtype=np.float64)
    loads = np.maximum(early[None, :] - corners[:, None], 0.0)
    system = np.vstack([loads, early])
    solved = np.linalg.inv(system)
    start = np.concatenate([solved @ np.append(np.zeros(before - 1), float(target @ late)), target])
    basis = np.vstack([solved[:, : before - 1], np.zeros((after, before - 1))])
    found = _lasso_path(basis.T @ covariance @ basis, basis.T @ covariance @ start)
    padded = np.hstack([loads, np.zeros((before - 1, after))])
    return Path(start + found @ basis.T, fixed, padded, covariance)


def _lasso_path(gram: Array, gradient: Array) -> Array:
    """Corners (c, k) of argmin ½ w′Gw + g′w + λ Σ|w| as λ falls from where w = 0 to 0."""
    count = len(gradient)
    current = np.zeros(count)
    corners = [current]
    active: list[int] = []
    signs = np.zeros(count)
    penalty = float(np.max(np.abs(gradient), initial=0.0))
    if penalty == 0.0:
        return np.array(corners)
    first = int(np.argmax(np.abs(gradient)))
    active, signs[first] = [first], -np.sign(gradient[first])
    for _ in range(50 * (count + 1)):
        inner = gram[np.ix_(active, active)]
        # w(λ) on the active set is a + λ c, the gradient of the others e + λ f
        level, slope = np.linalg.solve(inner, np.column_stack([-gradient[active], -signs[active]])).T
        others = [j for j in range(count) if j not in active]
        base = gradient[others] + gram[np.ix_(others, active)] @ level
        tilt = gram[np.ix_(others, active)] @ slope
        following, event = _next_event(penalty, (level, slope, active, signs), (base, tilt, others))
        current = np.zeros(count)
        current[active] = level + following * slope
        corners.append(current)
        penalty = following
        if event is None:
            break
        index, sign = event
        if sign == 0.0:
            active.remove(index)
            signs[index] = 0.0
        else:
            active.append(index)
            signs[index] = sign
    return np.array(corners)


def _next_event(
    penalty: float,
    inside: tuple[Array, Array, list[int], Array],
    outside: tuple[Array, Array, list[int]],
) -> tuple[float, tuple[int, float] | None]:
    """The largest λ below the present one at which a weight becomes zero or leaves zero (with its sign)."""
    level, slope, active, _ = inside
    base, tilt, others = outside
    best, event = 0.0, None
    margin = penalty * (1 - 1e-10)
    for value, change, j in zip(level.tolist(), slope.tolist(), active, strict=True):
        at = -value / change if change != 0 else 0.0
        if best < at < margin:
            best, event = at, (j, 0.0)
    for value, change, j in zip(base.tolist(), tilt.tolist(), others, strict=True):
        # gradient = +λ: the weight turns negative; gradient = −λ: positive
        for side in (1.0, -1.0):
            at = value / (side - change) if side != change else 0.0
            if best < at < margin:
                best, event = at, (j, -side)
    return best, event


def shortest(path: Path, bound: float, alpha: float) -> Affine:
    """The interval of least length for one bound M ≥ 0 on the second differences."""
    best = _affine(path, path.weights[-1], bound, alpha)
    if bound == 0.0:
        return best
    for low, high in zip(path.weights[:-1], path.weights[1:], strict=True):
        found = _along(path, low, high, (bound, alpha))
        best = found if found.half_length < best.half_length else best
    return best


def _along(path: Path, low: Array, high: Array, bound_alpha: tuple[float, float]) -> Affine:
    """Golden section between two corners; the half-length is convex there."""
    left, right = 0.0, 1.0
    one, two = right - GOLDEN * (right - left), left + GOLDEN * (right - left)
    values = [_affine(path, low + s * (high - low), *bound_alpha) for s in (one, two)]
    while right - left > 1e-9:
        if values[0].half_length <= values[1].half_length:
            right, two = two, one
            one = right - GOLDEN * (right - left)
            values = [_affine(path, low + one * (high - low), *bound_alpha), values[0]]
        else:
            left, one = one, two
            two = left + GOLDEN * (right - left)
            values = [values[1], _affine(path, low + two * (high - low), *bound_alpha)]
    ends = [_affine(path, end, *bound_alpha) for end in (low, high)]
    return min([*values, *ends], key=lambda found: found.half_length)


def _affine(path: Path, weights: Array, bound: float, alpha: float) -> Affine:
    bias = bound * (path.fixed + float(np.sum(np.abs(path.loads @ weights))))
    error = math.sqrt(float(weights @ path.covariance @ weights))
    return Affine(weights, bias, error, error * folded_quantile(bias / error, alpha))
