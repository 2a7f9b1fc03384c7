"""Tests of a target effect under linear restrictions on departures from parallel trends, for a whole grid at once.

H0: l′τ = θ and A(β − τ) ≤ d for some effects τ. With Y = Aβ̂ − d − A τ₀ θ the statistic is

    η(θ) = min over nuisance effects of the largest studentised violation = max over vertices γ of γ′Y,
    vertices of {γ ≥ 0, γ′A_post N = 0, γ′σ = 1},   N a basis of {τ : l′τ = 0},

which is linear in θ at each vertex, so that one table of vertices serves all θ. Given the vertex γ at the maximum and
what is independent of η, η is a normal variable cut to an interval; H0 is rejected where η > max(0, its quantile).
Hybrids first reject at level κ = α/10 (by the least favourable critical value, or outside a fixed-length interval),
and then condition on not having done so at level (α − κ)/(1 − κ). Sources: Andrews, Roth and Pakes (2023), Review of
Economic Studies 90, sections 4 and 5; Rambachan and Roth (2023), sections 3.2, 3.3 and appendix D.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.distributions import normal_quantile
from impact.kernels.honest.affine import Affine
from impact.kernels.honest.lattice import lattice
from impact.kernels.honest.rays import extreme_rays
from impact.kernels.honest.restrictions import Polyhedron
from impact.kernels.scipy_on_use import special

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
POINTS = 4096
LOAD = 2_000_000
SMALL = 1e-10


@dataclass(frozen=True, slots=True)
class Vertices:
    """The dual vertices of one set: statistics are level − θ slope, (V,) each, with covariance (V, V).

    Arguments:
        loads: (V, p + q) γ′A. critical: κ-level least favourable critical value, infinity where it is not used.
        affine: centre and half-length of the other hybrid's interval of level κ, and the (V,) covariances of its centre
            with the statistics; None where it is not used.
    """

    level: Array
    slope: Array
    covariance: Array
    loads: Array
    critical: float = math.inf
    affine: tuple[float, float, Array] | None = None


def nuisance_rays(rows: Array, target: Array) -> Array:
    """Rays γ ≥ 0 with γ′A_post N = 0, for rows A_post (K, q) and the target's weights (q,)."""
    return extreme_rays(rows @ _orthogonal(target))


def _orthogonal(target: Array) -> Array:
    """Columns (q, q − 1) that span {τ : l′τ = 0}, each on one or two periods close to each other."""
    columns = []
    last = -1
    for k, weight in enumerate(target.tolist()):
        column = np.zeros(len(target))
        if weight == 0.0:
            column[k] = 1.0
        elif last >= 0:
            column[last], column[k] = weight, -target[last]
            column /= np.max(np.abs(column))
        if column.any():
            columns.append(column)
        last = k if weight != 0.0 else last
    return np.column_stack(columns) if columns else np.zeros((len(target), 0))


def vertices_of(
    rays: Array, restriction: Polyhedron, estimates: tuple[Array, Array], target: Array
) -> Vertices:
    """Vertices of a set for estimates (β̂, Σ), from the rays of its rows."""
    params, covariance = estimates
    spread = np.sqrt(np.einsum("ij,jk,ik->i", restriction.rows, covariance, restriction.rows))
    scaled = rays / (rays @ spread)[:, None]
    loads = scaled @ restriction.rows
    unit = target / float(target @ target)
    return Vertices(
        level=loads @ params - scaled @ restriction.bounds,
        slope=loads[:, -len(target) :] @ unit,
        covariance=loads @ covariance @ loads.T,
        loads=loads,
    )


def least_favourable(vertices: Vertices, covariance: Array, kappa: float) -> float:
    """The 1 − κ quantile of the largest of the statistics when all have mean zero.

    P(max > c) = Σ_j P(ξ_j > c) E[1/N | ξ_j > c] with N the number of statistics above c, which in the tail is near one:
    the means are taken over 4,096 points of a lattice (down to 1,024 for more than 500 vertices). Exact for one
    statistic and for one with its opposite; otherwise the quantile is off by less than 5e-4. Source: Adler, Blanchet
    and Liu (2012), Annals of Applied Probability 22.
    """
    factor = vertices.loads @ np.linalg.cholesky(covariance)
    spread = np.sqrt(np.sum(factor * factor, axis=1))
    factor = factor[spread > SMALL * max(float(spread.max()), 1e-300)]
    if len(factor) == 0:
        return 0.0
    left, scale, _ = np.linalg.svd(factor, full_matrices=False)
    kept = scale > SMALL * float(scale[0])
    points = max(1024, min(POINTS, LOAD // len(factor)))
    table = _tail_table(left[:, kept] * scale[kept], points)
    return _root(lambda value: table(value) / kappa)


def _tail_table(factor: Array, points: int) -> Callable[[float], float]:
    """The function c → P(max of factor z > c), z standard normal."""
    uniform = lattice(points, factor.shape[1] + 2)
    base = normal_quantile(uniform[:, 2:]) @ factor.T
    covariance = factor @ factor.T
    spread = np.sqrt(np.diag(covariance))
    rows = np.arange(points)

    def tail(value: float) -> float:
        chances = special().ndtr(-value / spread)
        total = float(chances.sum())
        if total == 0.0:
            return 0.0
        place = np.minimum(np.searchsorted(np.cumsum(chances) / total, uniform[:, 0]), len(spread) - 1)
        above = -spread[place] * special().ndtri(uniform[:, 1] * chances[place])
        slope = covariance[place] / (spread[place] ** 2)[:, None]
        drawn = base + slope * (above - base[rows, place])[:, None]
        drawn[rows, place] = np.inf
        return total * float(np.mean(1.0 / np.count_nonzero(drawn > value, axis=1)))

    return tail


def _root(ratio: Callable[[float], float]) -> float:
    """Where a falling function equals one: secants in its square, where logarithms are near linear."""
    low, high = 1.0, 9.0
    values = [math.log(max(ratio(math.sqrt(at)), 1e-300)) for at in (low, high)]
    for _ in range(30):
        change = values[1] - values[0]
        at = high - values[1] * (high - low) / change if change != 0 else 2 * high
        low, high = high, min(max(at, 1e-4), 4 * max(low, high))
        if abs(high - low) <= 1e-7 * high:
            break
        values = [values[1], math.log(max(ratio(math.sqrt(high)), 1e-300))]
    return math.sqrt(high)


def not_rejected(vertices: Vertices, grid: Array, alpha: float, kappa: float) -> Mask:
    """(n,) whether each θ of the grid (n,) is in the confidence set.

    Arguments:
        alpha: level of the test. kappa: level of the first stage, zero without one.
    """
    values = vertices.level[None, :] - np.outer(grid, vertices.slope)
    statistic = np.max(values, axis=1)
    kept = statistic <= vertices.critical
    if vertices.affine is not None:
        kept &= np.abs(vertices.affine[0] - grid) <= vertices.affine[1]
    # only what the first stage leaves and is above zero can be rejected by the second
    open_to = np.flatnonzero(kept & (statistic > 1e-12 * float(np.max(np.abs(vertices.level)))))
    if len(open_to):
        size = (alpha - kappa) / (1 - kappa)
        kept[open_to] = _second_stage(vertices, grid[open_to], values[open_to]) >= size
    return np.asarray(kept)


def _second_stage(vertices: Vertices, grid: Array, values: Array) -> Array:
    """(n,) probability of a larger statistic given the vertex at the maximum and that the first stage was passed."""
    place = np.argmax(values, axis=1)
    statistic = values[np.arange(len(grid)), place]
    variance = np.diag(vertices.covariance)[place]
    flat = variance <= SMALL * float(np.max(np.diag(vertices.covariance)))
    safe = np.where(flat, 1.0, variance)
    low, high = _limits(values, vertices.covariance[place] / safe[:, None], statistic)
    high = np.minimum(high, vertices.critical)
    if vertices.affine is not None:
        low, high = _fixed_length(vertices, (grid, place, statistic), (low, high), safe)
    error = np.sqrt(safe)
    # a violation without any error is certain
    return np.where(flat, 0.0, _upper_share(statistic / error, low / error, high / error))


def _limits(values: Array, ratio: Array, statistic: Array) -> tuple[Array, Array]:
    """Interval (n,) of η in which the same vertex stays the largest, given what is independent of η."""
    rest = values - ratio * statistic[:, None]
    room = 1.0 - ratio
    near = np.abs(room) <= 1e-9
    bound = rest / np.where(near, 1.0, room)
    low = np.max(np.where((room > 0) & ~near, bound, -np.inf), axis=1)
    high = np.min(np.where((room < 0) & ~near, bound, np.inf), axis=1)
    # rounding must not put η outside its own interval
    return np.minimum(low, statistic), np.maximum(high, statistic)


def _fixed_length(
    vertices: Vertices,
    at: tuple[Array, npt.NDArray[np.intp], Array],
    limits: tuple[Array, Array],
    variance: Array,
) -> tuple[Array, Array]:
    """The limits of η given that θ is inside the fixed-length interval."""
    grid, place, statistic = at
    assert vertices.affine is not None
    centre, half, covariances = vertices.affine
    slope = covariances[place] / variance
    distance = centre - grid
    rest = distance - slope * statistic
    moves = np.abs(slope) > 1e-14
    ends = [(side * half - rest) / np.where(moves, slope, 1.0) for side in (-1.0, 1.0)]
    low = np.where(moves, np.minimum(*ends), -np.inf)
    high = np.where(moves, np.maximum(*ends), np.inf)
    low, high = np.maximum(low, limits[0]), np.minimum(high, limits[1])
    return np.minimum(low, statistic), np.maximum(high, statistic)


def _upper_share(value: Array, low: Array, high: Array) -> Array:
    """P(Z > value | low ≤ Z ≤ high) of a standard normal variable, from logarithms of tails."""
    tail = special().log_ndtr
    start, at = tail(-low), tail(-value)
    end = np.minimum(tail(-high), at)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.exp(at - start) * -np.expm1(end - at) / -np.expm1(end - start)
    return np.where(high <= low, 1.0, np.nan_to_num(share, nan=1.0))


def with_affine(vertices: Vertices, found: Affine, params: Array, covariance: Array) -> Vertices:
    """Vertices whose first stage is the fixed-length interval ``found`` of level κ."""
    return Vertices(
        level=vertices.level,
        slope=vertices.slope,
        covariance=vertices.covariance,
        loads=vertices.loads,
        affine=(
            float(found.weights @ params),
            found.half_length,
            vertices.loads @ covariance @ found.weights,
        ),
    )


def with_critical(vertices: Vertices, covariance: Array, kappa: float) -> Vertices:
    """Vertices whose first stage is the least favourable critical value of level κ."""
    return Vertices(
        level=vertices.level,
        slope=vertices.slope,
        covariance=vertices.covariance,
        loads=vertices.loads,
        critical=least_favourable(vertices, covariance, kappa),
    )
