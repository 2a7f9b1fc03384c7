"""The wild cluster bootstrap of one coefficient from sums by cluster: no residual is formed in any draw.

With h the coefficient's row of the pseudo-inverse, x̃ = h/h'h the regressor freed of all others, and U an orthonormal
basis of regressors and effects, a draw v multiplies the residuals ũ = û + (b − b₀) x̃ of each cluster, so that

    b* − b₀ = Σ_s v_s h_s'ũ_s,    score of cluster g = Σ_s v_s (h'ũ over s and g) − (h_g'U_g) Σ_s v_s U_s'ũ_s

Both are affine in b₀: a p-value for any hypothesis costs one pass over the draws, and the interval is found by
inversion. Effects outside the clusters are projected out of every draw; effects inside them are unchanged by weights
that are constant there. Sources: Cameron, Gelbach and Miller (2008); Roodman, MacKinnon, Nielsen and Webb (2019);
MacKinnon and Webb (2018) for weights by subcluster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from impact.kernels.cluster_robust import Part

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

# statistics this close, relative to the actual one, are equal to it
TIE = 1e-10
# doublings of one standard error before an interval counts as endless; farther out rounding would decide ties
DOUBLINGS = 14
PRECISION = 1e-9


@dataclass(frozen=True, slots=True)
class Sums:
    """What the draws need of one coefficient: the part at b₀ = b first, its slope in b − b₀ second.

    Arguments:
        numerator: (2, S) h'û and h'x̃ of each drawn group.
        maps: for each part of the variance, (2, S, G): score of cluster g = Σ_s v_s maps[s, g]; signs of the parts.
        error: standard error of b from unrestricted residuals, without factors.
    """

    numerator: Floats
    maps: tuple[Floats, ...]
    signs: tuple[float, ...]
    error: float


@dataclass(frozen=True, slots=True)
class Draws:
    """All draws of one coefficient, as quadratics in b − b₀.

    Arguments:
        numerator: (2, B) b* − b₀; variance: (3, B) coefficients of 1, d and d² in se*².
        error: as in ``Sums``; restricted: whether the null is imposed on the residuals.
    """

    numerator: Floats
    variance: Floats
    error: float
    restricted: bool


def sums_of(
    h: Floats, basis: Floats, residual: Floats, codes: Integers, groups: int, *, parts: Sequence[Part]
) -> Sums:
    """The sums of one coefficient.

    Arguments:
        h: (n,) the coefficient's row of the pseudo-inverse; basis: (n, r) U; residual: (n,) û: all scaled by √w.
        codes: (n,) groups of rows that share a weight, 0…S−1. parts: clusters of the variance and their intersections.
    """
    slope = h / float(h @ h)
    numerator = _by_group(codes, groups, np.stack([h * residual, h * slope], axis=1)).T
    loads = [_by_group(codes, groups, basis * own[:, None]) for own in (residual, slope)]
    maps = []
    total = 0.0
    for part in parts:
        projected = _by_group(part.codes, part.levels, basis * h[:, None])
        place = codes.astype(np.int64) * part.levels + part.codes
        own = [
            np.bincount(place, weights=h * values, minlength=groups * part.levels).reshape(
                groups, part.levels
            )
            for values in (residual, slope)
        ]
        total += part.sign * float((own[0].sum(axis=0) ** 2).sum())
        maps.append(np.stack([own[j] - loads[j] @ projected.T for j in range(2)]))
    return Sums(numerator, tuple(maps), tuple(part.sign for part in parts), float(np.sqrt(max(total, 0.0))))


def draw(sums: Sums, weights: Floats, *, restricted: bool) -> Draws:
    """The draws for weights (B, S)."""
    variance = np.zeros((3, len(weights)))
    for own, sign in zip(sums.maps, sums.signs, strict=True):
        constant, slope = weights @ own[0], weights @ own[1]
        for row, (left, right) in enumerate(((constant, constant), (constant, slope), (slope, slope))):
            variance[row] += sign * np.einsum("bg,bg->b", left, right)
    variance[1] *= 2.0
    return Draws(sums.numerator @ weights.T, variance, sums.error, restricted)


def p_value(
    draws: Draws,
    distance: float,
    *,
    studentised: bool = True,
    tail: str = "symmetric",
    count_ties: bool = True,
) -> float:
    """p-value of the hypothesis b₀ = b − distance; NaN where no draw has a positive variance.

    Arguments:
        studentised: compare t, else the estimates themselves. tail: "symmetric" compares absolute values, "equal"
            doubles the smaller tail. count_ties: draws equal to the actual statistic (to 1e-10) count as beyond it.
    """
    imposed = distance if draws.restricted else 0.0
    statistics = draws.numerator[0] + imposed * draws.numerator[1]
    actual = distance
    if studentised:
        squares = draws.variance[0] + imposed * (draws.variance[1] + imposed * draws.variance[2])
        positive = squares > 0
        statistics = statistics[positive] / np.sqrt(squares[positive])
        actual = distance / draws.error
    return share_beyond(statistics, actual, tail=tail, count_ties=count_ties)


def share_beyond(statistics: Floats, actual: float, *, tail: str, count_ties: bool) -> float:
    """Share of statistics (B,) at least as far out as the actual one; NaN where there are none.

    Arguments:
        tail, count_ties: as in ``p_value``.
    """
    if len(statistics) == 0:
        return float("nan")
    slack = TIE * abs(actual) * (-1.0 if count_ties else 1.0)
    if tail == "equal":
        above = _share(statistics >= actual + slack if count_ties else statistics > actual + slack)
        below = _share(statistics <= actual - slack if count_ties else statistics < actual - slack)
        return min(1.0, 2.0 * min(above, below))
    sizes = np.abs(statistics)
    return _share(sizes >= abs(actual) + slack if count_ties else sizes > abs(actual) + slack)


def invert(
    p_at: Callable[[float], float], estimate: float, error: float, level: float
) -> tuple[float, float]:
    """The hypotheses around an estimate whose p-value is above 1 − level; infinite where the test never rejects.

    Arguments:
        p_at: p-value of the hypothesis estimate − distance. error: standard error of the estimate, the first step.
    """

    def rejected(distance: float) -> bool:
        return not p_at(distance) > 1.0 - level + 1e-12

    if not error > 0:
        return float("nan"), float("nan")
    ends = []
    for side in (1.0, -1.0):
        inside, outside = 0.0, side * error
        for _ in range(DOUBLINGS):
            if rejected(outside):
                break
            inside, outside = outside, 2.0 * outside
        else:
            ends.append(estimate - side * float("inf"))
            continue
        while abs(outside - inside) > PRECISION * error:
            middle = (inside + outside) / 2.0
            inside, outside = (inside, middle) if rejected(middle) else (middle, outside)
        ends.append(estimate - outside)
    return ends[0], ends[1]


def _by_group(codes: Integers, groups: int, values: Floats) -> Floats:
    """(groups, r) sums of the columns of (n, r)."""
    found = [np.bincount(codes, weights=column, minlength=groups) for column in values.T]
    return np.stack(found, axis=1) if found else np.zeros((groups, 0))


def _share(where: npt.NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(where)) / len(where)
