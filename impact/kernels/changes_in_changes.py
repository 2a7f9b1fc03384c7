"""Changes-in-changes: the distribution that the treated would have had, from the distributions of four cells.

With F_gt the distribution of group g (1 treated) in period t (1 later), in the model of Athey and Imbens (2006):

    continuous   mean(Y_11) − mean of F_01⁻¹(F_00(Y_10)),  F⁻¹(q) = inf{y: F(y) ≥ q}               (their eq. 9, 36)
    discrete     F_10(F_00⁽⁻¹⁾(F_01(y))) ≤ F_N(y) ≤ F_10(F_00⁻¹(F_01(y))),  F⁽⁻¹⁾(q) = sup{y: F(y) ≤ q}   (eq. 25)
                 and between them by the place of F_01(y) in the step of F_00                             (eq. 29)

Inverses run over the values of all four cells, as in the authors' own code: bounds are in order where the treated's
values before are among the comparison group's, as the model asks. Quantile difference-in-differences adds the
change of the comparison group's quantiles instead (their section 3.3), with interpolated quantiles.
Shapes: L distinct values, Q quantiles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
METHODS = ("continuous", "discrete", "qdid")
_TIE = 1e-12  # cumulated shares that are equal but for rounding


@dataclass(frozen=True, slots=True)
class FourCells:
    """Mass (4, L) of each cell — comparison before, after, treated before, after — at the values (L,), ascending."""

    values: Array
    mass: Array


def effects(cells: FourCells, quantiles: Array, method: str) -> Array:
    """Effect on the treated's mean, then on their quantiles (1 + Q,); discrete: those, then lower and upper bounds."""
    if method == "qdid":
        return _quantile_differences(cells, quantiles)
    cdf = np.cumsum(cells.mass, axis=1) / cells.mass.sum(axis=1)[:, None]
    if method == "continuous":
        return _continuous(cells, cdf, quantiles)
    seen = np.flatnonzero(cells.mass[1] > 0)
    ranks = cdf[1]
    high = np.searchsorted(cdf[0], ranks - _TIE)
    low = np.searchsorted(cdf[0], ranks + _TIE, side="right") - 1
    lower, upper = _at(cdf[2], low), _at(cdf[2], high)
    floor = _at(cdf[0], low)
    step = _at(cdf[0], high) - floor
    share = np.divide(ranks - floor, step, out=np.zeros_like(step), where=step > _TIE)
    # a counterfactual with less mass on low values is larger, and the effect smaller
    found = [lower + (upper - lower) * share, lower, upper]
    for own in found:  # nobody lies outside the comparison group's values after
        own[: seen[0]], own[seen[-1] :] = 0.0, 1.0
    return np.concatenate([_against(cells.values, cdf[3], own, quantiles) for own in found])


def _at(cdf: Array, place: npt.NDArray[np.int64]) -> Array:
    """The distribution at places, 0 before the first value."""
    return np.where(place >= 0, cdf[np.clip(place, 0, len(cdf) - 1)], 0.0)


def _continuous(cells: FourCells, cdf: Array, quantiles: Array) -> Array:
    """Each value of the treated before goes to the value of the same rank among the comparison group after."""
    values, lowest = cells.values, int(np.argmax(cells.mass[1] > 0))
    target = np.clip(np.searchsorted(cdf[1], cdf[0] - _TIE), lowest, len(values) - 1)
    mass = np.diff(cdf[2], prepend=0.0)
    actual = np.diff(cdf[3], prepend=0.0)
    place = np.minimum(np.searchsorted(cdf[2], quantiles - _TIE), len(values) - 1)
    mean = actual @ values - mass @ values[target]
    return np.concatenate([[mean], _quantiles(values, cdf[3], quantiles) - values[target[place]]])


def _against(values: Array, actual: Array, other: Array, quantiles: Array) -> Array:
    """Mean and quantiles of the actual distribution less those of another one."""
    mean = np.diff(actual, prepend=0.0) @ values - np.diff(other, prepend=0.0) @ values
    return np.concatenate(
        [[mean], _quantiles(values, actual, quantiles) - _quantiles(values, other, quantiles)]
    )


def _quantiles(values: Array, cdf: Array, quantiles: Array) -> Array:
    return np.asarray(values[np.minimum(np.searchsorted(cdf, quantiles - _TIE), len(values) - 1)])


def _quantile_differences(cells: FourCells, quantiles: Array) -> Array:
    """Changes of quantiles; mean: the treated's values before, moved by the comparison group's change at their rank."""
    sample = [np.repeat(cells.values, mass.astype(np.int64)) for mass in cells.mass]
    before, after, own_before, own_after = sample
    ranks = np.searchsorted(own_before, own_before, side="right") / len(own_before)
    moved = own_before + np.quantile(after, ranks) - np.quantile(before, ranks)
    change = np.quantile(own_after, quantiles) - np.quantile(own_before, quantiles)
    change -= np.quantile(after, quantiles) - np.quantile(before, quantiles)
    return np.concatenate([[own_after.mean() - moved.mean()], change])


def outside_support(cells: FourCells, *, exact: bool = False) -> float:
    """Share of the treated's values before outside the range of the comparison group's (exact: not among them)."""
    outside = cells.mass[0] == 0
    if not exact:
        seen = np.flatnonzero(~outside)
        outside[seen[0] : seen[-1] + 1] = False
    return float(cells.mass[2][outside].sum() / cells.mass[2].sum())
