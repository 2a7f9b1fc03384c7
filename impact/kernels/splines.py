"""B-spline and natural cubic spline columns, with knots that are remembered for prediction.

Conventions of R's ``splines``: no constant among the columns, interior knots at equally spaced quantiles,
boundary knots at the smallest and largest value. Source: de Boor 2001, A Practical Guide to Splines, ch.
IX-X.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SplineBasis:
    """Degree, interior knots, boundary (low, high); natural: (m,df) map to natural splines, or None."""

    degree: int
    interior: tuple[float, ...]
    boundary: tuple[float, float]
    natural: Array | None


def fit_bspline(
    x: Array, df: int, *, degree: int = 3, boundary: tuple[float, float] | None = None
) -> SplineBasis:
    """B-splines with ``df`` columns: df - degree interior knots at quantiles of x, as R's ``bs``.

    Raises ValueError when df is below the degree, or x has missing values or too few different ones.
    """
    if degree < 1 or df < degree:
        raise ValueError(f"B-splines of degree {degree} have at least {max(degree, 1)} columns, got {df}")
    ends, interior = _knots(x, df - degree, boundary)
    return SplineBasis(degree, interior, ends, None)


def fit_natural(x: Array, df: int, *, boundary: tuple[float, float] | None = None) -> SplineBasis:
    """Natural cubic splines (linear outside the boundary) with ``df`` columns, as R's ``ns``.

    Raises ValueError when df is below 1, or x has missing values or too few different ones.
    """
    if df < 1:
        raise ValueError(f"natural splines have at least 1 column, got df = {df}")
    ends, interior = _knots(x, df - 1, boundary)
    plain = SplineBasis(3, interior, ends, None)
    second = _values(plain, np.array(ends), derivative=2)[:, 1:]
    # The columns orthogonal to the two second derivatives span the splines that are linear at the ends.
    rotation = np.linalg.qr(second.T, mode="complete")[0]
    return SplineBasis(3, interior, ends, np.ascontiguousarray(rotation[:, 2:]))


def evaluate_spline(basis: SplineBasis, x: Array) -> Array:
    """The spline columns (n,df) at x; outside the boundary natural ones are lines, B-splines polynomials."""
    x = np.asarray(x, dtype=np.float64)
    if basis.natural is None:
        return _values(basis, x)[:, 1:]
    low, high = basis.boundary
    inside = np.clip(x, low, high)
    columns = _values(basis, inside)
    outside = x != inside
    if outside.any():
        slope = _values(basis, inside[outside], derivative=1)
        columns[outside] += slope * (x[outside] - inside[outside])[:, None]
    return columns[:, 1:] @ basis.natural


def spline_slopes(basis: SplineBasis, x: Array) -> Array:
    """First derivatives (n,df) of B-spline columns at x; outside the boundary those of the outer polynomials.

    Raises ValueError for natural splines.
    """
    if basis.natural is not None:
        raise ValueError("slopes of natural splines are not available")
    return _values(basis, np.asarray(x, dtype=np.float64), derivative=1)[:, 1:]


def _knots(
    x: Array, count: int, boundary: tuple[float, float] | None
) -> tuple[tuple[float, float], tuple[float, ...]]:
    """Boundary and ``count`` interior knots at equally spaced quantiles of the values inside the boundary."""
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 1 or x.size == 0 or not np.isfinite(x).all():
        raise ValueError("x must be a vector of finite numbers")
    low, high = boundary if boundary is not None else (float(x.min()), float(x.max()))
    if not low < high:
        raise ValueError(f"the lower boundary must be below the upper one, got {low} and {high}")
    inside = x[(x >= low) & (x <= high)]
    if inside.size == 0:
        raise ValueError(f"no value lies between the boundary knots {low} and {high}")
    knots = np.quantile(inside, np.linspace(0.0, 1.0, count + 2)[1:-1])
    if np.any(np.diff(np.concatenate([[low], knots, [high]])) <= 0):
        raise ValueError(f"x has too few different values for {count} interior knots: some knots coincide")
    return (low, high), tuple(float(knot) for knot in knots)


def _values(basis: SplineBasis, x: Array, *, derivative: int = 0) -> Array:
    """All B-splines (n,m), the first included, or a derivative of them."""
    degree, (low, high) = basis.degree, basis.boundary
    knots = np.concatenate([np.repeat(low, degree + 1), basis.interior, np.repeat(high, degree + 1)])
    map_down = np.eye(knots.size - degree - 1)
    for _ in range(derivative):
        # Derivative of a spline: differences of its coefficients over the knots' distances, a degree lower.
        widths = knots[degree + 1 : -1] - knots[1 : -degree - 1]
        map_down = degree * np.diff(map_down, axis=0) / widths[:, None]
        knots, degree = knots[1:-1], degree - 1
    return _recursion(knots, degree, x) @ map_down


def _recursion(knots: Array, degree: int, x: Array) -> Array:
    """Cox and de Boor: B-splines (n, len(knots) - degree - 1); beyond the ends the outer pieces go on."""
    size = knots.size - degree - 1
    span = np.clip(np.searchsorted(knots, x, side="right") - 1, degree, size - 1)
    local = np.zeros((x.size, degree + 1))
    local[:, 0] = 1.0
    for j in range(1, degree + 1):
        saved = np.zeros(x.size)
        for r in range(j):
            right, left = knots[span + r + 1] - x, x - knots[span + 1 - j + r]
            share = local[:, r] / (right + left)
            local[:, r] = saved + right * share
            saved = left * share
        local[:, j] = saved
    values = np.zeros((x.size, size))
    values[np.arange(x.size)[:, None], span[:, None] + np.arange(-degree, 1)] = local
    return values
