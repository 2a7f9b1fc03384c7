"""Quantile regression: the linear programme to its vertex, and densities of the error at the quantile.

    min_b Σ w (τ − 1{r < 0}) r,   r = y − x b

solved in its dual, max y'a with x'a = (1 − τ) x'w, 0 ≤ a ≤ w, by a primal-dual interior method with a predictor and a
corrector (Portnoy and Koenker 1997). The rows inside their bounds name a vertex, from which exchanges of one row each
(Barrodale and Roberts 1973; Koenker and d'Orey 1987) lead to one whose own dual proves it optimal; rows that are fitted
by chance are told apart by a small fixed shift of the outcome. Densities: Koenker (2005), section 3.4: Hall and
Sheather (1988) or Bofinger (1975) bandwidths, the differences of Hendricks and Koenker (1992), the kernel of Powell
(1991), the sparsity of Siddiqui.
Shapes: n rows, k regressors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.distributions import normal_quantile
from impact.kernels.scipy_on_use import linalg

Array = npt.NDArray[np.float64]
TINY = float(np.sqrt(np.finfo(np.float64).eps))
_SHORT = 0.99995  # how far a step may go to the boundary
_MOST_STEPS = 200
_GAP = 1e-12  # of the sum of absolute residuals
_CERTAIN = 1e-8
_GOLDEN = 0.6180339887498949
_APART = 1e-10  # shift of the outcome, in mean absolute residuals, that tells tied rows apart
_BALANCED = 1e-12  # of the sum of weights: a rate of descent that is rounding
_MOVES = 1e-10  # a row's move along an edge, relative to the largest, that is none
_MOST_EXCHANGES = 10  # times rows and regressors


class NotSolvedError(ArithmeticError):
    """The programme did not reach its tolerance."""


@dataclass(frozen=True, slots=True)
class QuantileFit:
    """params (k,), residual (n,) exactly zero on the rows of the vertex, objective, and steps."""

    params: Array
    residual: Array
    objective: float
    iterations: int


@dataclass(frozen=True, slots=True)
class _Point:
    """Dual a and its slack s (n,), coefficients b (k,), positive and negative parts u, v of the residual (n,)."""

    a: Array
    s: Array
    b: Array
    u: Array
    v: Array


def fit_quantile(x: Array, y: Array, share: float, weights: Array | None = None) -> QuantileFit:
    """Coefficients of the ``share`` quantile of y given x.

    Arguments:
        x: (n, k) of full column rank; weights: (n,) positive.

    Raises:
        NotSolvedError: the gap did not close.
    """
    w = np.ones(len(y)) if weights is None else weights
    length = np.sqrt(w @ x**2 / w.sum())
    # residuals of least squares have the same solution, shifted, and no digits lost to the level of y
    near = np.linalg.lstsq(x / length, y, rcond=None)[0]
    shifted = y - x / length @ near
    spread = float(np.mean(np.abs(shifted))) or 1.0
    scaled, outcome = (x / length) * w[:, None], shifted / spread * w
    point, iterations = _interior(scaled, outcome, share)
    basis, dual = _exchanged(x / length, shifted / spread, w, share, _basis(scaled, outcome, point))
    params = np.asarray(np.linalg.solve(x[basis], y[basis]), dtype=np.float64)
    # from the residuals of least squares, so that no digits are lost to the level of y
    residual = shifted - x / length @ np.linalg.solve(x[basis] / length, shifted[basis])
    residual[basis] = 0.0
    objective = float(np.sum(w * residual * (share - (residual < 0))))
    gap = objective - float(np.sum(w * residual * dual))
    size = float(np.sum(w * np.abs(residual))) + spread
    if not gap <= _CERTAIN * size:
        raise NotSolvedError(f"{gap / size:.1e}")
    return QuantileFit(params, residual, objective, iterations)


def _exchanged(
    x: Array, y: Array, w: Array, share: float, basis: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], Array]:
    """The rows of an optimal vertex, from those of another: one leaves along the edge that falls most, one enters.

    Returns:
        The rows, and the dual (n,) over the weights: τ above, τ − 1 below, in between on the rows that are fitted.

    Raises:
        NotSolvedError: more exchanges than there are rows and regressors for.
    """
    n, k = x.shape
    # a low-discrepancy shift: rows that a vertex fits by chance are on one side of it
    y = y + _APART * ((np.arange(1, n + 1) * _GOLDEN) % 1.0 - 0.5)
    basis = basis.copy()
    for _ in range(_MOST_EXCHANGES * (n + k)):
        inverse = np.linalg.inv(x[basis])
        r = y - x @ (inverse @ y[basis])
        dual: Array = share - (r < 0).astype(np.float64)
        dual[basis] = 0.0
        own = -(inverse.T @ (x.T @ (w * dual)))
        # what the objective gains along each edge, upwards and downwards
        rates = np.stack([share * w[basis] - own, (1.0 - share) * w[basis] + own])
        side, leaving = np.unravel_index(int(np.argmin(rates)), rates.shape)
        if rates[side, leaving] >= -_BALANCED * float(np.sum(w)):
            dual[basis] = own / w[basis]
            return np.sort(basis), np.asarray(dual, dtype=np.float64)
        z = (x @ inverse[:, leaving]) * (1.0 if side == 0 else -1.0)
        entering = _entering(r, z, w, float(rates[side, leaving]), basis)
        if entering is None:
            break
        basis[leaving] = entering
    raise NotSolvedError("exchanges of rows do not end")


def _entering(r: Array, z: Array, w: Array, rate: float, basis: npt.NDArray[np.int64]) -> int | None:
    """The row whose residual r + t z reaches zero where the objective, falling at ``rate``, begins to rise."""
    crosses = r * z < 0
    crosses[basis] = False
    crosses &= np.abs(z) > _MOVES * float(np.max(np.abs(z)))
    rows = np.flatnonzero(crosses)
    if not len(rows):
        return None
    rows = rows[np.argsort(-r[rows] / z[rows], kind="stable")]
    slope = rate + np.cumsum(w[rows] * np.abs(z[rows]))
    return int(rows[min(int(np.searchsorted(slope, 0.0)), len(rows) - 1)])


def _interior(x: Array, y: Array, share: float) -> tuple[_Point, int]:
    """Steps on rows that are multiplied by their weights, until the gap is closed or does not shrink any more."""
    b = np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], dtype=np.float64)
    r = y - x @ b
    small = 0.01 * float(np.mean(np.abs(r))) + 1e-10
    a = np.full(len(y), 1.0 - share)
    point = _Point(a, 1.0 - a, b, np.maximum(r, 0.0) + small, np.maximum(-r, 0.0) + small)
    size = float(np.sum(np.abs(r))) + 1e-300
    for iteration in range(_MOST_STEPS):
        gap = float(point.s @ point.u + point.a @ point.v)
        moved = None if gap <= _GAP * size else _stepped(x, y, share, point, gap)
        if moved is None:
            return point, iteration
        point = moved
    return point, _MOST_STEPS


def _stepped(x: Array, y: Array, share: float, point: _Point, gap: float) -> _Point | None:
    """One predictor-corrector step; None where the normal equations cannot be solved any more."""
    n = len(y)
    weight = 1.0 / (point.u / point.s + point.v / point.a)
    try:
        factor = linalg().cho_factor((x * weight[:, None]).T @ x, check_finite=False)
    except np.linalg.LinAlgError:
        return None
    primal = (1.0 - share) * x.sum(axis=0) - x.T @ point.a
    dual = y - x @ point.b - point.u + point.v

    def direction(mu: float, first: Array, second: Array) -> tuple[Array, Array, Array, Array]:
        raised = (mu + first) / point.s - point.u
        lowered = (mu - second) / point.a - point.v
        right = dual - raised + lowered
        db = linalg().cho_solve(factor, x.T @ (weight * right) - primal, check_finite=False)
        da = weight * (right - x @ db)
        return da, db, raised + point.u / point.s * da, lowered - point.v / point.a * da

    nothing = np.zeros(n)
    da, _, du, dv = direction(0.0, nothing, nothing)
    along, across = _reach(point, da, du, dv)
    after = float(
        (point.s - along * da) @ (point.u + across * du) + (point.a + along * da) @ (point.v + across * dv)
    )
    mu = gap / (2.0 * n) * (after / gap) ** 3
    da, db, du, dv = direction(mu, da * du, da * dv)
    along, across = _reach(point, da, du, dv)
    return _Point(
        point.a + along * da, point.s - along * da, point.b + across * db, point.u + across * du,
        point.v + across * dv,
    )  # fmt: skip


def _reach(point: _Point, da: Array, du: Array, dv: Array) -> tuple[float, float]:
    """How far the dual, and the residual with b, may move along a step."""

    def longest(values: Array, change: Array) -> float:
        falls = change < 0
        return float(np.min(-values[falls] / change[falls], initial=np.inf))

    along = min(longest(point.a, da), longest(point.s, -da))
    across = min(longest(point.u, du), longest(point.v, dv))
    return min(1.0, _SHORT * along), min(1.0, _SHORT * across)


def _basis(x: Array, y: Array, point: _Point) -> npt.NDArray[np.int64]:
    """The k rows that a vertex fits.

    Rows inside their bounds are fitted by every solution. Where they do not fix the coefficients, these move along a
    direction that leaves them fitted, at no cost, until one row more is.
    """
    k = x.shape[1]
    slack = np.minimum(point.a, point.s)
    active = np.flatnonzero(slack > point.u + point.v)
    chosen = active[_independent(x[active])] if len(active) else active
    residual = y - x @ point.b
    if len(chosen) < k:
        residual -= x @ np.linalg.lstsq(x[chosen], residual[chosen], rcond=None)[0] if len(chosen) else 0.0
    while len(chosen) < k:
        free = np.linalg.qr(x[chosen].T, mode="complete")[0][:, -1] if len(chosen) else np.eye(k)[:, 0]
        moved = x @ free
        moves = np.abs(moved) > 1e-9 * float(np.max(np.abs(moved)))
        moves[chosen] = False
        length = np.divide(residual, moved, out=np.full(len(y), np.inf), where=moves)
        nearest = int(np.argmin(np.abs(length)))
        residual -= length[nearest] * moved
        chosen = np.append(chosen, nearest)
    return np.sort(chosen).astype(np.int64)


def _independent(rows: Array) -> npt.NDArray[np.int64]:
    """Positions of rows that span all of them."""
    triangle, pivots = linalg().qr(rows.T, mode="r", pivoting=True)
    diagonal = np.abs(np.diagonal(triangle))
    rank = int(np.count_nonzero(diagonal > 1e-9 * diagonal[0]))
    return np.asarray(pivots[:rank], dtype=np.int64)


# --- densities ---


def bandwidth(share: float, count: float, rule: str) -> float:
    """The h of a quantile: Hall and Sheather (1988) for 95 per cent intervals, or Bofinger (1975)."""
    at = float(normal_quantile(share))
    height = float(np.exp(-0.5 * at**2) / np.sqrt(2.0 * np.pi))
    if rule == "bofinger":
        h = count**-0.2 * (4.5 * height**4 / (2.0 * at**2 + 1.0) ** 2) ** 0.2
    else:
        critical = float(normal_quantile(0.975))
        h = count ** (-1 / 3) * critical ** (2 / 3) * (1.5 * height**2 / (2.0 * at**2 + 1.0)) ** (1 / 3)
    return float(h)


def inside(share: float, h: float) -> float:
    """The bandwidth halved until share ± h lies between 0 and 1."""
    while share - h < 0 or share + h > 1:
        h /= 2.0
    return h


def density_of_differences(
    x: Array, y: Array, share: float, h: float, weights: Array | None = None
) -> tuple[Array, int]:
    """Density of each row (n,): 2h over the distance of the fits at share ± h; and in how many rows these cross."""
    h = inside(share, h)
    high, low = (fit_quantile(x, y, share + sign * h, weights).residual for sign in (1.0, -1.0))
    # x (b_high − b_low): residuals do not lose their digits to the level of a column
    distance = low - high
    crossed = distance <= TINY * float(np.mean(np.abs(distance)))
    found = np.where(crossed, 0.0, 2.0 * h / np.where(crossed, 1.0, distance))
    return found, int(np.count_nonzero(crossed))


def density_of_kernel(residual: Array, share: float, h: float) -> Array:
    """Gaussian kernel at each residual (n,), with the bandwidth on the scale of residuals (Powell 1991)."""
    h = inside(share, h)
    low, high = np.percentile(residual, [25.0, 75.0])
    scale = min(float(np.std(residual, ddof=1)), float(high - low) / 1.34)
    width = float(normal_quantile(share + h) - normal_quantile(share - h)) * scale
    return np.asarray(np.exp(-0.5 * (residual / width) ** 2) / (width * np.sqrt(2.0 * np.pi)))


def sparsity(residual: Array, h: float, k: int) -> float:
    """One over a density that all rows share: slope of the residuals nearest to zero in their rank (by medians)."""
    n = len(residual)
    zero = int(np.count_nonzero(np.abs(residual) < TINY * np.mean(np.abs(residual))))
    count = max(k + 1, int(np.ceil(n * h)))
    ranks = np.arange(zero, min(zero + count + 1, n))
    nearest = np.argsort(np.abs(residual), kind="stable")[ranks]
    design = np.column_stack([np.ones(len(ranks)), (ranks + 1.0) / (n - k)])
    return float(fit_quantile(design, np.sort(residual[nearest]), 0.5).params[1])
