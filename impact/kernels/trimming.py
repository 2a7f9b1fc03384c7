"""Trimming bounds of Lee (2009) in one cell, with influence, and the interval of Imbens and Manski (2004).

    lower = E[Y | D=1, S=1, Y <= q(a)] − E[Y | D=0, S=1],   a = P(S=1 | D=0) / P(S=1 | D=1)

where treatment raises selection; otherwise the control group is trimmed. A row on the threshold is kept in the part
that makes the kept mass exactly a, so that equal outcomes make no difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.distributions import normal_cdf, normal_quantile

Array = npt.NDArray[np.float64]
_STEPS = 200


@dataclass(frozen=True, slots=True)
class CellBounds:
    """Bounds of one cell of n rows.

    Arguments:
        bounds: (2,) lower, upper; influence: (n, 2) their influence, divided by the weight of the cell's arms.
        rate: smaller rate of selection, with influence rate_influence (n,).
        rates: (2,) rates of control and treated; kept: share of the trimmed arm that is kept.
        raises: whether treatment raises selection (or leaves it).
    """

    bounds: Array
    influence: Array
    rate: float
    rate_influence: Array
    rates: tuple[float, float]
    kept: float
    raises: bool


def cell_bounds(y: Array, treated: Array, selected: Array, weights: Array) -> CellBounds:
    """Bounds on the effect on those who are selected under both treatments.

    Arguments:
        y: (n,) outcome, read where selected; treated, selected: (n,) 0 or 1; weights: (n,) positive. Each arm has
            selected rows.
    """
    arms = (treated == 0, treated == 1)
    known = selected == 1
    rates, rate_rows = zip(*(_mean(selected, weights, arm) for arm in arms), strict=True)
    high = 1 if rates[1] >= rates[0] else 0
    low = 1 - high
    kept = rates[low] / rates[high]
    kept_rows = kept * (rate_rows[low] / rates[low] - rate_rows[high] / rates[high])
    mean, mean_rows = _mean(y, weights, arms[low] & known)
    ends, rows = [], []
    for sign in (1.0, -1.0):
        value, own, slope = _trimmed_mean(sign * y, weights, arms[high] & known, kept)
        difference = sign * value - mean
        effect = difference if high == 1 else -difference
        influence = sign * (own + slope * kept_rows) - mean_rows
        ends.append(effect)
        rows.append(influence if high == 1 else -influence)
    order = [0, 1] if high == 1 else [1, 0]
    return CellBounds(
        bounds=np.array([ends[j] for j in order]),
        influence=np.column_stack([rows[j] for j in order]),
        rate=rates[low],
        rate_influence=rate_rows[low],
        rates=(rates[0], rates[1]),
        kept=kept,
        raises=high == 1,
    )


def imbens_manski(bounds: Array, errors: Array, level: float) -> tuple[float, float]:
    """The interval that holds the effect (not the whole set) with probability ``level`` (their equations 6 and 7).

    Arguments:
        bounds, errors: (2,) lower and upper.
    """
    largest = float(np.max(errors))
    if not largest > 0:
        return float(bounds[0]), float(bounds[1])
    width = float(bounds[1] - bounds[0]) / largest
    low, high = 0.0, float(normal_quantile(0.5 + level / 2.0))
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        covered = float(normal_cdf(middle + width) - normal_cdf(-middle))
        low, high = (middle, high) if covered < level else (low, middle)
    return float(bounds[0] - high * errors[0]), float(bounds[1] + high * errors[1])


def _mean(values: Array, weights: Array, inside: npt.NDArray[np.bool_]) -> tuple[float, Array]:
    """Weighted mean of some rows and its influence (n,)."""
    w = weights[inside]
    total = float(w.sum())
    mean = float(w @ values[inside]) / total
    influence = np.zeros(len(values))
    influence[inside] = w * (values[inside] - mean) / total
    return mean, influence


def _trimmed_mean(
    values: Array, weights: Array, inside: npt.NDArray[np.bool_], kept: float
) -> tuple[float, Array, float]:
    """Mean of the smallest share ``kept`` of some rows, its influence (n,) at that share, and its slope in the share.

    With threshold q: influence ((min(y, q) − q)/a + q − mean)/Σw, slope (q − mean)/a.
    """
    y, w = values[inside], weights[inside]
    order = np.argsort(y, kind="stable")
    total = float(w.sum())
    mass = np.cumsum(w[order])
    place = min(int(np.searchsorted(mass, kept * total * (1.0 - 1e-14))), len(y) - 1)
    q = float(y[order[place]])
    lowered = np.minimum(y, q) - q
    mean = float(w @ lowered) / (kept * total) + q
    influence = np.zeros(len(values))
    influence[inside] = w * (lowered / kept + q - mean) / total
    return mean, influence, (q - mean) / kept
