"""What a curve of S estimates says as a whole, and how that compares with curves under the null hypothesis.

Statistics of Simonsohn, Simmons and Nelson (2020), "Specification curve analysis", Nature Human Behaviour 4: the median
estimate, the share of estimates that are significant in the dominant direction, and Stouffer's Σ z / √S over the
z-values of the p-values; beside them the share of estimates with the sign of the median.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.distributions import normal_quantile

Floats = npt.NDArray[np.float64]

TIE = 1e-10
SMALLEST_P = 1e-300


@dataclass(frozen=True, slots=True)
class CurveStatistics:
    """Of one curve or of R: each field (R,) or a number.

    Arguments:
        median: of the estimates. same_sign: share with the sign of the direction. significant: share with p below
            alpha, whatever their sign. in_direction: the share of those with the sign of the direction.
        stouffer: Σ z / √S.
    """

    median: Floats
    same_sign: Floats
    significant: Floats
    in_direction: Floats
    stouffer: Floats


def curve_statistics(
    estimates: Floats, p_values: Floats, *, alpha: float, direction: int = 0
) -> CurveStatistics:
    """The statistics of curves.

    Arguments:
        estimates, p_values: (S,) or (R, S), NaN where a specification could not be estimated; a row has one number.
        direction: predicted sign, 0 for that of the curve's own median.
    """
    known = np.isfinite(estimates) & np.isfinite(p_values)
    count = known.sum(axis=-1)
    value = np.where(known, estimates, np.nan)
    median = np.nanmedian(value, axis=-1)
    sign = np.where(median < 0, -1.0, 1.0) if direction == 0 else np.full_like(median, float(direction))
    along = known & (np.sign(value) == sign[..., None])
    beyond = known & (np.where(known, p_values, 1.0) < alpha)
    z = -normal_quantile(np.maximum(np.where(known, p_values, 1.0), SMALLEST_P) / 2.0)
    signed = np.where(known, np.sign(np.where(known, estimates, 0.0)) * z, 0.0)
    return CurveStatistics(
        median=np.asarray(median),
        same_sign=np.asarray(along.sum(axis=-1) / count),
        significant=np.asarray(beyond.sum(axis=-1) / count),
        in_direction=np.asarray((beyond & along).sum(axis=-1) / count),
        stouffer=np.asarray(signed.sum(axis=-1) / np.sqrt(count)),
    )


def curve_p_values(
    actual: CurveStatistics, drawn: CurveStatistics, *, direction: int = 0
) -> dict[str, float]:
    """(1 + curves under the null at least as extreme) / (R + 1), for each statistic.

    Median and Stouffer's z count by size where no direction was predicted, else by their value along it; shares count
    along the direction of each curve.
    """

    def size(values: Floats) -> Floats:
        return np.abs(values) if direction == 0 else direction * values

    pairs = {
        "median": (size(actual.median), size(drawn.median)),
        "same_sign": (actual.same_sign, drawn.same_sign),
        "in_direction": (actual.in_direction, drawn.in_direction),
        "stouffer": (size(actual.stouffer), size(drawn.stouffer)),
    }
    return {
        name: float(1 + np.count_nonzero(~(draws < own - TIE * abs(own)))) / (len(draws) + 1)
        for name, (own, draws) in pairs.items()
    }
