"""Robust confidence intervals of one effect, for any bound on departures from parallel trends, and breakdown values.

Sources: Rambachan and Roth (2023), A More Credible Approach to Parallel Trends, Review of Economic Studies 90.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.distributions import normal_quantile
from impact.kernels.honest.affine import shortest, trade_off
from impact.kernels.honest.conditional import (
    Vertices,
    not_rejected,
    nuisance_rays,
    vertices_of,
    with_affine,
    with_critical,
)
from impact.kernels.honest.inversion import confidence_ends
from impact.kernels.honest.restrictions import (
    Polyhedron,
    both,
    monotone,
    relative,
    second_differences,
    signed,
    smoothness,
)

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Ends = tuple[float, float]
LARGEST = 1e4


@dataclass(frozen=True, slots=True)
class Study:
    """Event-study estimates: p before the reference period, then q after it, in time order without gaps.

    Arguments:
        params: (p + q,). covariance: (p + q, p + q). before: p. target: (q,) weights l of the effect l′τ.
    """

    params: Array
    covariance: Array
    before: int
    target: Array

    @property
    def estimate(self) -> float:
        """l′β̂ after treatment."""
        return float(self.target @ self.params[self.before :])

    @property
    def std_error(self) -> float:
        """Standard error of the estimate."""
        late = self.covariance[self.before :, self.before :]
        return math.sqrt(float(self.target @ late @ self.target))


@dataclass(frozen=True, slots=True)
class Restriction:
    """What departures may be.

    Arguments:
        kind: "smoothness" (second differences at most M), "relative_magnitude" (differences at most M̄ times the largest
            before treatment) or "relative_smoothness" (second differences likewise).
        sign: "positive", "negative" or "". monotone: "increasing", "decreasing" or "".
        method: "flci", "c_f" (smoothness only) or "c_lf".
    """

    kind: str
    sign: str = ""
    monotone: str = ""
    method: str = "c_lf"


def original(study: Study, alpha: float) -> Ends:
    """The usual interval, right if trends are parallel."""
    half = float(normal_quantile(1 - alpha / 2)) * study.std_error
    return study.estimate - half, study.estimate + half


def interval_at(study: Study, restriction: Restriction, alpha: float) -> Callable[[float], Ends]:
    """The function from a bound M (or M̄) ≥ 0 to the ends of the interval of level 1 − alpha.

    Ends are NaN where the estimates reject the restriction itself, and infinite where nothing bounds the effect.

    Raises:
        ValueError: there are too few periods before treatment for the restriction, or its method is for another one.
        TooManyRaysError: the restriction has too many sides (long event studies with signs or monotone departures).
    """
    needed = {"smoothness": 1, "relative_magnitude": 1, "relative_smoothness": 2}[restriction.kind]
    if study.before < needed:
        raise ValueError(f"{restriction.kind} needs {needed} periods before the reference")
    if restriction.method == "flci":
        if restriction.kind != "smoothness" or restriction.sign or restriction.monotone:
            raise ValueError("a fixed-length interval is for smoothness alone")
        return _fixed_length(study, alpha)
    if restriction.method == "c_f" and restriction.kind != "smoothness":
        raise ValueError("the fixed-length hybrid is for smoothness")
    return _conditional(study, restriction, alpha)


def _fixed_length(study: Study, alpha: float) -> Callable[[float], Ends]:
    path = trade_off(study.covariance, study.before, study.target)

    def ends(bound: float) -> Ends:
        found = shortest(path, bound, alpha)
        centre = float(found.weights @ study.params)
        return centre - found.half_length, centre + found.half_length

    return ends


def _conditional(study: Study, restriction: Restriction, alpha: float) -> Callable[[float], Ends]:
    kappa = alpha / 10
    estimates = (study.params, study.covariance)
    rays = nuisance_rays(polyhedra(study, restriction, 1.0)[0].rows[:, study.before :], study.target)
    path = trade_off(study.covariance, study.before, study.target) if restriction.method == "c_f" else None

    def prepared(vertices: Vertices, bound: float) -> Vertices:
        if path is None:
            return with_critical(vertices, study.covariance, kappa)
        return with_affine(vertices, shortest(path, bound, kappa), *estimates)

    def ends(bound: float) -> Ends:
        parts = [
            prepared(vertices_of(rays, one, estimates, study.target), bound)
            for one in polyhedra(study, restriction, bound)
        ]

        def accepts(grid: Array) -> Mask:
            inside = np.zeros(len(grid), dtype=bool)
            for part in parts:
                inside |= not_rejected(part, grid, alpha, kappa)
            return inside

        return confidence_ends(accepts, study.estimate, study.std_error)

    return ends


def polyhedra(study: Study, restriction: Restriction, bound: float) -> list[Polyhedron]:
    """The sets whose union the restriction is."""
    before, after = study.before, len(study.target)
    if restriction.kind == "smoothness":
        found = [smoothness(before, after, bound)]
    else:
        found = relative(before, after, bound, of_slopes=restriction.kind == "relative_smoothness")
    if restriction.sign:
        extra = signed(before, after, positive=restriction.sign == "positive")
        found = [both(one, extra) for one in found]
    if restriction.monotone:
        extra = monotone(before, after, increasing=restriction.monotone == "increasing")
        found = [both(one, extra) for one in found]
    return found


def breakdown(ends: Callable[[float], Ends], start: float, *, tolerance: float = 1e-4) -> float:
    """The largest bound for which zero is outside the interval: 0 where it never is, infinity where it always is.

    Arguments:
        ends: of ``interval_at``. start: a first guess (one for relative restrictions, a standard error for smoothness).
        tolerance: relative to the answer.
    """
    margin = _margin(ends(0.0))
    if not margin > 0:
        return 0.0
    low, high, at_low = 0.0, start, margin
    while (at_high := _margin(ends(high))) > 0:
        low, high, at_low = high, 2 * high, at_high
        if high > LARGEST * start:
            return math.inf
    return _crossing(ends, (low, high), (at_low, at_high), tolerance)


def _crossing(ends: Callable[[float], Ends], between: Ends, margins: Ends, tolerance: float) -> float:
    """Illinois steps between a bound where zero is outside and one where it is inside."""
    (low, high), (at_low, at_high) = between, margins
    side = 0
    for _ in range(60):
        if high - low <= tolerance * high:
            break
        usable = math.isfinite(at_low) and math.isfinite(at_high) and at_low > at_high
        middle = (low * at_high - high * at_low) / (at_high - at_low) if usable else 0.5 * (low + high)
        middle = min(max(middle, low + 0.02 * (high - low)), high - 0.02 * (high - low))
        value = _margin(ends(middle))
        if value > 0:
            low, at_low, at_high = middle, value, at_high / 2 if side == 1 else at_high
            side = 1
        else:
            high, at_high, at_low = middle, value, at_low / 2 if side == -1 else at_low
            side = -1
    return low


def _margin(ends: Ends) -> float:
    """Distance of the interval from zero, negative where zero is inside."""
    low, high = ends
    return max(low, -high) if not math.isnan(low) else math.inf


def largest_credible(study: Study, alpha: float) -> float:
    """Upper end of the one-sided 1 − alpha intervals of second differences before treatment: a scale for M.

    NaN with fewer than two periods before the reference.
    """
    if study.before < 2:
        return math.nan
    rows = second_differences(study.before, len(study.target))[: study.before - 1]
    errors = np.sqrt(np.einsum("ij,jk,ik->i", rows, study.covariance, rows))
    return float(np.max(np.abs(rows @ study.params) + float(normal_quantile(1 - alpha)) * errors))
