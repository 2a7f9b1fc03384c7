"""Shift-share designs: errors robust to exposure to common shocks, weights of the shocks, their own regression.

Rows i have shares w_is of S sectors and a period t; a shock is a sector in a period. v (n,) is the influence of the
coefficient on the outcome: β̂ = Σ ω_i v_i y_i, and Σ ω_i v_i x_i = 1 for the (endogenous) regressor x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.least_squares as least_squares
from impact.kernels.group_sums import group_sums

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Intervals = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Exposures:
    """Shares (n, S) and period (n,) of the rows, T periods, weights (n,) or None."""

    shares: Floats
    period: Codes
    periods: int
    weights: Floats | None = None

    def sums(self, values: Floats) -> Floats:
        """Σ_i ω_i w_is values_i of each shock, (T, S)."""
        weighted = values if self.weights is None else values * self.weights
        return group_sums(self.period, self.periods, self.shares * weighted[:, None])


def shock_effects(exposures: Exposures, v: Floats) -> tuple[Floats, int]:
    """Coefficients (T, S) of v on the shares of each period, without constant, and how many collinear shares had none.

    Shares that nobody holds in a period, and collinear ones, get 0. Source: Adão, Kolesár and Morales (2019),
    Quarterly Journal of Economics 134, 1949-2010, section IV.
    """
    found = np.zeros((exposures.periods, exposures.shares.shape[1]))
    dropped = 0
    for period in range(exposures.periods):
        rows = np.flatnonzero(exposures.period == period)
        shares = exposures.shares[rows]
        held = np.flatnonzero(shares.any(axis=0))
        if len(rows) == 0 or len(held) == 0:
            continue
        weights = None if exposures.weights is None else exposures.weights[rows]
        fit = least_squares.solve_least_squares(
            np.ascontiguousarray(shares[:, held]), v[rows], weights=weights
        )
        found[period, held[fit.kept]] = fit.params
        dropped += int(np.count_nonzero(~fit.kept))
    return found, dropped


@dataclass(frozen=True, slots=True)
class ExposureRobust:
    """Sums by cluster of shocks: of the residual, of the outcome less the null times x, and of x (each (C,))."""

    residual: Floats
    null: Floats
    regressor: Floats

    def variance(self) -> float:
        """AKM: Σ c² with the residual of the estimate."""
        return float(np.sum(self.residual**2))

    def variance_at_null(self) -> float:
        """AKM0: Σ c² with the residual under the null."""
        return float(np.sum(self.null**2))


def exposure_robust(
    exposures: Exposures, effects: Floats, residual: Floats, x: Floats, *, estimate: float, cluster: Codes
) -> ExposureRobust:
    """Products of shock effects and exposure sums, added up by clusters of shocks.

    Arguments:
        effects: (T, S) of ``shock_effects``. residual: (n,) structural; x: (n,) the regressor without what the other
        columns explain. cluster: (T, S) codes.

    Source: Adão, Kolesár and Morales (2019), equations 25 to 28 (AKM, AKM0; Y2 = X in a reduced form).
    """
    count = int(cluster.max()) + 1

    def summed(values: Floats) -> Floats:
        products = effects * exposures.sums(values)
        return group_sums(cluster.ravel(), count, products.ravel())

    return ExposureRobust(summed(residual), summed(residual + estimate * x), summed(x))


def null_imposed_set(parts: ExposureRobust, estimate: float, critical: float) -> Intervals:
    """All values that AKM0 does not reject: one interval, two half-lines, or the whole line.

    With Q = 1/z² − Σ c_x² (Σ ω v x = 1): mid = β̂ − Σ c_e c_x / Q, half = √((Σ c_e c_x / Q)² + Σ c_e² / Q).
    Source: Adão, Kolesár and Morales (2019), remark 6.
    """
    q = 1.0 / critical**2 - float(np.sum(parts.regressor**2))
    shift = float(np.sum(parts.residual * parts.regressor)) / q
    square = shift**2 + parts.variance() / q
    middle = estimate - shift
    if q > 0:
        half = float(np.sqrt(square))
        return ((middle - half, middle + half),)
    if square <= 0:
        return ((-np.inf, np.inf),)
    half = float(np.sqrt(square))
    return (-np.inf, middle - half), (middle + half, np.inf)


def mean_shocks(exposures: Exposures, shocks: Floats) -> Floats:
    """Exposure-weighted mean (T, S) of the shocks (n, S) of rows; NaN where nobody is exposed or there is none."""
    shares = exposures.shares
    held = Exposures(
        np.where(shares == 0, 0.0, shares * shocks), exposures.period, exposures.periods, exposures.weights
    )
    ones = np.ones(len(shares))
    size = exposures.sums(ones)
    return np.divide(held.sums(ones), size, out=np.full_like(size, np.nan), where=size > 0)


def are_common(exposures: Exposures, shocks: Floats) -> bool:
    """Whether all exposed rows of a period have the same shock (n, S) of a sector."""
    gap = np.abs(shocks - mean_shocks(exposures, shocks)[exposures.period])
    exposed = exposures.shares != 0
    return bool(np.all(gap[exposed] <= 1e-9 * np.maximum(1.0, np.abs(shocks[exposed]))))


@dataclass(frozen=True, slots=True)
class Rotemberg:
    """Weight and estimate of each shock, (T, S); the estimate is NaN where its part does not move the regressor."""

    weight: Floats
    estimate: Floats


def rotemberg(exposures: Exposures, shocks: Floats, x: Floats, y: Floats) -> Rotemberg:
    """α_st = g Z'x / Σ g Z'x and β_st = Z'y / Z'x, with Z'x = Σ_i ω_i w_is g_ist x_i in period t.

    Arguments:
        shocks: (n, S) of each row (own ones where shocks leave the unit out). x, y: (n,) regressor and outcome without
        what the controls explain.

    Source: Goldsmith-Pinkham, Sorkin and Swift (2020), American Economic Review 110, 2586-2624, proposition 3.
    """
    parts = Exposures(
        np.where(exposures.shares == 0, 0.0, exposures.shares * shocks),
        exposures.period,
        exposures.periods,
        exposures.weights,
    )
    on_x, on_y = parts.sums(x), parts.sums(y)
    scale = np.abs(on_x).max(initial=0.0)
    moves = np.abs(on_x) > 1e-12 * scale
    estimate = np.divide(on_y, on_x, out=np.full_like(on_y, np.nan), where=moves)
    return Rotemberg(on_x / on_x.sum(), estimate)


@dataclass(frozen=True, slots=True)
class ShockLevel:
    """The regression of shocks.

    Arguments:
        estimate, std_error: of the instrumented regression, robust or clustered by shocks. first_stage_f: robust F.
        count: shocks with exposure; effective: 1 / Σ s² of their shares s of all exposure; largest: the largest s.
    """

    estimate: float
    std_error: float
    first_stage_f: float
    count: int
    effective: float
    largest: float


def shock_level(exposures: Exposures, shocks: Floats, x: Floats, y: Floats, *, cluster: Codes) -> ShockLevel:
    """ȳ_st on x̄_st with g_st as instrument, weights s_st, and a constant for each period.

    s_st = Σ_i ω_i w_is, and x̄, ȳ are exposure-weighted means of x and y (n,) without what the controls explain. The
    estimate is that of the rows where the sum of shares of each period is among the controls. Errors: residuals of the
    shocks, summed by cluster.

    Arguments:
        shocks: (T, S), NaN where there is none. cluster: (T, S) codes.

    Source: Borusyak, Hull and Jaravel (2022), Review of Economic Studies 89, 181-213, propositions 1 and 5.
    """
    size = exposures.sums(np.ones(len(x)))
    used = (size > 0) & np.isfinite(shocks)
    period = np.broadcast_to(np.arange(exposures.periods)[:, None], size.shape)[used]
    s, g, codes = size[used], shocks[used], cluster[used]
    of_x, of_y = exposures.sums(x)[used], exposures.sums(y)[used]

    def centred(values: Floats) -> Floats:
        total = np.bincount(period, weights=s * values) / np.bincount(period, weights=s)
        return values - total[period]

    cleaned = centred(g)
    mean_x, mean_y = centred(of_x / s), centred(of_y / s)
    denominator = float(np.sum(s * cleaned * mean_x))
    estimate = float(np.sum(s * cleaned * mean_y)) / denominator
    square = float(np.sum(s * cleaned**2))
    slope = denominator / square

    def spread(residual: Floats) -> float:
        sums = np.bincount(codes, weights=s * cleaned * residual)
        return float(np.sqrt(np.sum(sums**2)))

    share = s / s.sum()
    first = spread(mean_x - slope * cleaned) / square
    return ShockLevel(
        estimate=estimate,
        std_error=spread(mean_y - estimate * mean_x) / abs(denominator),
        first_stage_f=(slope / first) ** 2 if first > 0 else float("inf"),
        count=len(s),
        effective=float(1.0 / np.sum(share**2)),
        largest=float(share.max()),
    )
