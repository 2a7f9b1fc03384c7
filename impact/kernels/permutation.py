"""What a permutation distribution says: p-values, intervals by inversion, differences, families of outcomes.

The first argument is any record with ``estimates`` and ``statistics`` (S, m), ``slopes`` (S, m, m),
``actual`` (the row of the set that was treated, always among the sets), ``members`` (S, size) and
``unit_labels``. Since the actual set is one of the S, a share of sets is (1 + count)/(draws + 1) where sets
were drawn. Under the hypothesis that the effect is b0, set s has the statistic a_s − b0 c_s, with c_s its
estimate when the outcome is the actual treatment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Positions = npt.NDArray[np.int64]

TIE = 1e-10


class Distribution(Protocol):
    """The fields of a permutation record that are read here."""

    @property
    def members(self) -> Integers:
        """(S, size) unit codes of each set, padded with −1."""

    @property
    def unit_labels(self) -> tuple[object, ...]:
        """Labels of the units."""

    @property
    def estimates(self) -> Floats:
        """(S, m) estimate of each set."""

    @property
    def statistics(self) -> Floats:
        """(S, m) t of each set."""

    @property
    def slopes(self) -> Floats:
        """(S, m, m) estimates for the actual treatment columns as outcomes."""

    @property
    def actual(self) -> int:
        """Row of the actual set."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A difference between two effects: estimate, p-value, interval, and the number of common sets."""

    estimate: float
    p_value: float
    ci_low: float
    ci_high: float
    n_sets: int


def share_beyond(values: Floats, actual: int) -> float:
    """Share of sets with |value| ≥ |actual value| (1 − 1e-10); a missing value of a set counts as beyond.

    NaN where the actual value is missing.
    """
    if not np.isfinite(values[actual]):
        return float("nan")
    return float(np.mean(~(np.abs(values) < abs(values[actual]) * (1.0 - TIE))))


def p_value_at(permutation: Distribution, column: int, value: float) -> float:
    """Two-sided p-value of the hypothesis that the effect of treatment column ``column`` is ``value``."""
    estimates, slopes = permutation.estimates[:, column], permutation.slopes[:, column, column]
    return share_beyond(estimates - value * slopes, permutation.actual)


def one_sided(permutation: Distribution, column: int, bound: float) -> tuple[float, float]:
    """p-values of the hypotheses "effect ≤ −bound" and "effect ≥ bound": both small means equivalence.

    Source: Schuirmann (1987), two one-sided tests, by inversion of the permutation distribution.
    """
    estimates, slopes = permutation.estimates[:, column], permutation.slopes[:, column, column]
    low, high = estimates + bound * slopes, estimates - bound * slopes
    own_low, own_high = low[permutation.actual], high[permutation.actual]
    p_lower = float(np.mean(~(low < own_low - TIE * abs(own_low))))
    p_upper = float(np.mean(~(high > own_high + TIE * abs(own_high))))
    return p_lower, p_upper


def interval(permutation: Distribution, column: int, level: float) -> tuple[float, float]:
    """Convex hull of the effects that are not rejected at 1 − level; infinite where it has no end.

    Exact: the p-value is piecewise constant in the hypothesised effect and changes only where
    |a_s − b0 c_s| = |b − b0| for a set s.
    """
    slopes = permutation.slopes[:, column, column]
    return invert(permutation.estimates[:, column], slopes, permutation.actual, level)


def invert(values: Floats, slopes: Floats, actual: int, level: float) -> tuple[float, float]:
    """The interval of ``interval`` from the estimates (S,) and slopes (S,) of one column."""
    centre = float(values[actual])
    lows, highs = _beyond_intervals(values, slopes, actual)
    needed = (1.0 - level) * len(values) * (1.0 + 1e-12)
    slack = TIE * max(abs(centre), float(np.sqrt(np.mean(values**2))))
    sorted_lows, sorted_highs = np.sort(lows), np.sort(highs)
    ends = np.concatenate([lows[np.isfinite(lows)], highs[np.isfinite(highs)], [centre]])
    covered = np.searchsorted(sorted_lows, ends + slack, side="right")
    covered = covered - np.searchsorted(sorted_highs, ends - slack, side="left")
    kept = ends[covered > needed]
    low = -np.inf if np.count_nonzero(np.isneginf(lows)) > needed else float(kept.min())
    high = np.inf if np.count_nonzero(np.isposinf(highs)) > needed else float(kept.max())
    return low, high


def _beyond_intervals(values: Floats, slopes: Floats, actual: int) -> tuple[Floats, Floats]:
    """Closed intervals of b0 on which (a − b0 c)² ≥ (b − b0)², of all sets together.

    For |c| < 1 one interval between the roots (a−b)/(c−1) and (a+b)/(c+1), for |c| > 1 the two sides
    outside, for c = ±1 a half-line.
    """
    centre = values[actual]
    a, c = np.delete(values, actual), np.delete(slopes, actual)
    flat = np.abs(np.abs(c) - 1.0) < 1e-12
    inside, outside = (np.abs(c) < 1.0) & ~flat, (np.abs(c) > 1.0) & ~flat
    curved = inside | outside
    first = np.divide(a - centre, c - 1.0, out=np.zeros_like(a), where=curved)
    second = np.divide(a + centre, c + 1.0, out=np.zeros_like(a), where=curved)
    small, large = np.minimum(first, second), np.maximum(first, second)
    infinite = np.full(int(outside.sum()), np.inf)
    lows = [small[inside], -infinite, large[outside], [-np.inf]]
    highs = [large[inside], small[outside], infinite, [np.inf]]
    for value, slope in zip(a[flat].tolist(), c[flat].tolist(), strict=True):
        # c = 1: (a−b)(a+b−2b0) ≥ 0;  c = −1: (a+b)(a−b+2b0) ≥ 0
        sign = (value - centre) if slope > 0 else -(value + centre)
        end = (value + centre) / 2.0 if slope > 0 else (centre - value) / 2.0
        tied = abs(sign) <= TIE * max(abs(centre), abs(value))
        lows.append([-np.inf if tied or sign > 0 else end])
        highs.append([np.inf if tied or sign < 0 else end])
    return np.concatenate(lows), np.concatenate(highs)


def common_sets(permutations: Sequence[Distribution]) -> list[Positions]:
    """Rows of each permutation that hold the same sets of unit labels, in the order of the first, actual
    set first.

    Raises:
        ValueError: the actual sets differ.
    """
    first = permutations[0]
    if all(_same_sets(first, other) for other in permutations[1:]):
        rows = np.concatenate([[first.actual], np.delete(np.arange(len(first.members)), first.actual)])
        return [rows.astype(np.int64) for _ in permutations]
    keys = [_labelled(permutation) for permutation in permutations]
    if any(
        own[permutation.actual] != keys[0][first.actual]
        for own, permutation in zip(keys, permutations, strict=True)
    ):
        raise ValueError("the permutations do not have the same treated units")
    lookups = [{key: row for row, key in reversed(list(enumerate(own)))} for own in keys]
    shared = [keys[0][first.actual]]
    seen = set(shared)
    for key in keys[0]:
        if key not in seen and all(key in lookup for lookup in lookups):
            shared.append(key)
            seen.add(key)
    return [np.array([lookup[key] for key in shared], dtype=np.int64) for lookup in lookups]


def difference(first: Distribution, second: Distribution, column: int, level: float) -> Compared:
    """Effect of ``first`` less that of ``second`` (two groups, the same units treated), over their common
    sets.

    The p-value is the share of sets whose difference is at least as large. The interval moves the two
    groups by half the hypothesised difference each, so that it leaves their mean where it is.

    Raises:
        ValueError: the actual sets differ.
    """
    rows, others = common_sets([first, second])
    values = first.estimates[rows, column] - second.estimates[others, column]
    slopes = (first.slopes[rows, column, column] + second.slopes[others, column, column]) / 2.0
    low, high = invert(values, slopes, 0, level)
    return Compared(float(values[0]), share_beyond(values, 0), low, high, len(values))


def family_sizes(items: Sequence[tuple[Distribution, int]], *, statistic: str = "t") -> Floats:
    """Sizes of the statistics of several outcomes over their common sets (S, H), the actual set first.

    Arguments:
        items: a permutation and the treatment column for each outcome.
        statistic: "t", or "estimate" (over its root mean square across the sets, so that units do not
            matter).

    Raises:
        ValueError: the actual sets differ.
    """
    rows = common_sets([permutation for permutation, _ in items])
    columns: list[Floats] = []
    for own, (permutation, column) in zip(rows, items, strict=True):
        values = (
            permutation.statistics[own, column] if statistic == "t" else permutation.estimates[own, column]
        )
        size = np.abs(values)
        columns.append(size if statistic == "t" else size / np.sqrt(np.nanmean(values**2)))
    return np.column_stack(columns)


def smallest_detectable(
    null: Floats, crossings: Floats, probes: Positions, *, size: float = 0.05, power: float = 0.8
) -> float:
    """Smallest effect that the permutation test of level ``size`` finds in a share ``power`` of cases.

    Each probe set in turn is given the effect ±d on outcomes from which the estimated effect was removed;
    the test then compares it with all sets. The share of rejections over probes and signs defines the
    power; infinite where no effect reaches it (too few sets).

    Arguments:
        null: (S,) estimates without the effect. crossings: (S, p) estimate of each set for the column of
            each probe.
        probes: (p,) rows of the probe sets.
    """
    spread = float(np.sqrt(np.mean(null**2)))
    if not np.isfinite(spread) or spread == 0 or 1.0 / len(null) > size:
        return float("inf") if spread != 0 else 0.0

    along = np.ascontiguousarray(crossings.T)
    shifted = np.empty_like(along)

    def share(effect: float) -> float:
        total = 0.0
        for signed in (effect, -effect):
            own = np.abs(null[probes] + signed) * (1.0 - TIE)
            np.multiply(along, signed, out=shifted)
            np.add(shifted, null, out=shifted)
            np.abs(shifted, out=shifted)
            p_values = np.count_nonzero(shifted >= own[:, None], axis=1) / len(null)
            total += float(np.mean(p_values <= size * (1.0 + 1e-12)))
        return total / 2.0

    high = spread
    while share(high) < power:
        high *= 2.0
        if high > 1e6 * spread:
            return float("inf")
    low = 0.0
    while high - low > 1e-6 * high:
        middle = (low + high) / 2.0
        if share(middle) >= power:
            high = middle
        else:
            low = middle
    return high


def predicted_spread(effects: Floats, weights: Floats, used: npt.NDArray[np.bool_], sets: Integers) -> Floats:
    """Spread of each set's estimate by its size: sqrt(A Σ share² + B/weight), (S,).

    A and B (not negative) come from the squares of the single units' placebo effects on 1 and 1/weight;
    shares are the units' weights within the set.

    Arguments:
        effects: (U,) effect of each unit as if it alone were treated; weights: (U,) its weight.
        used: (U,) units that enter the fit (those never treated); sets: (S, size), padded with −1.

    Source: Ferman and Pinto (2019), section 3.
    """
    chosen = used & np.isfinite(effects) & (weights > 0)
    square, inverse = effects[chosen] ** 2, 1.0 / weights[chosen]
    constant, slope = _nonnegative_line(inverse, square)
    padded = np.append(weights, 0.0)
    own = padded[sets]
    total = own.sum(axis=1)
    shares = np.sum(own**2, axis=1) / total**2
    spread: Floats = np.sqrt(constant * shares + slope / total)
    return spread


def _nonnegative_line(x: Floats, y: Floats) -> tuple[float, float]:
    """Least squares of y on 1 and x with both coefficients not negative."""
    centred = x - x.mean()
    variation = float(centred @ centred)
    slope = float(centred @ y) / variation if variation > 0 else 0.0
    constant = float(y.mean()) - slope * float(x.mean())
    if slope < 0:
        return float(y.mean()), 0.0
    if constant < 0:
        return 0.0, float(x @ y) / float(x @ x)
    return constant, slope


def _same_sets(first: Distribution, second: Distribution) -> bool:
    return (
        first.unit_labels == second.unit_labels
        and first.actual == second.actual
        and np.array_equal(first.members, second.members)
    )


def _labelled(permutation: Distribution) -> list[tuple[str, ...]]:
    labels = [str(label) for label in permutation.unit_labels]
    return [tuple(sorted(labels[code] for code in row if code >= 0)) for row in permutation.members.tolist()]
