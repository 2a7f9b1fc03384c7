"""Goodman-Bacon's decomposition: the two-way coefficient as a mean of comparisons of two groups.

Without controls, in a balanced panel, with n shares of units and D̄ shares of treated periods (Goodman-Bacon 2021,
theorem 1):

    k treated, u not (or always) treated   s ∝ (n_k + n_u)² n_ku (1 − n_ku) D̄_k (1 − D̄_k)
    k earlier than l, before l             s ∝ ((n_k + n_l)(1 − D̄_l))² n_kl (1 − n_kl) (D̄_k − D̄_l)(1 − D̄_k) / (1 − D̄_l)²
    l later than k, after k                s ∝ ((n_k + n_l) D̄_k)² n_kl (1 − n_kl) D̄_l (D̄_k − D̄_l) / D̄_k²

With controls (section 5 there): d, the treatment less its regression on effects and controls, is split in the means of
groups by periods (between) and the rest (within), β = Ω β_w + (1 − Ω) β_b, and, as Σ_k n_k d_kt = 0 in each period,
(1 − Ω) β_b is a sum over pairs of groups of n_k n_l Σ_t (d_kt − d_lt)(ȳ_kt − ȳ_lt). Shapes: G groups, T periods.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

TREATED_UNTREATED, LATER_ALWAYS, EARLIER_LATER, LATER_EARLIER, BOTH_TREATED, ALWAYS_NEVER, WITHIN = range(7)


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Comparisons of two groups.

    Arguments:
        treated, control: (P,) numbers of the groups, −1 for the within term. kind: (P,) one of the constants above.
        estimate: (P,), weight: (P,) with sum 1, so that weight · estimate is the coefficient.
    """

    treated: Integers
    control: Integers
    kind: Integers
    estimate: Floats
    weight: Floats

    @property
    def coefficient(self) -> float:
        """The two-way coefficient."""
        return float(self.weight @ self.estimate)


def decompose(mean: Floats, size: Floats, first: Integers) -> Comparisons:
    """The comparisons of a balanced panel without controls.

    Arguments:
        mean: (G, T) mean outcome of each group and period. size: (G,) units.
        first: (G,) number of the first treated period, 0 for always treated, T for never treated; all different.
    """
    periods = mean.shape[1]
    share = size / size.sum()
    timing = [g for g in range(len(first)) if 0 < first[g] < periods]
    rows: list[tuple[int, int, int, float, float]] = []
    for k in timing:
        for u in range(len(first)):
            if first[u] == periods or first[u] == 0:
                kind = TREATED_UNTREATED if first[u] == periods else LATER_ALWAYS
                rows.append((k, u, kind, *_pair(mean, share, k, u, (0, int(first[k]), periods))))
    for k in timing:
        for other in timing:
            if first[k] < first[other]:
                early, late = int(first[k]), int(first[other])
                rows.append((k, other, EARLIER_LATER, *_pair(mean, share, k, other, (0, early, late))))
                rows.append((other, k, LATER_EARLIER, *_pair(mean, share, other, k, (early, late, periods))))
    return _normalised(rows)


def _pair(
    mean: Floats, share: Floats, treated: int, control: int, cuts: tuple[int, int, int]
) -> tuple[float, float]:
    """The difference in differences of two groups in periods [start, stop) with treatment from ``change``, and its
    weight before division by the sum: (sum of shares × share of periods)² times the variance of the demeaned treatment.
    """
    start, change, stop = cuts
    difference = mean[treated] - mean[control]
    estimate = difference[change:stop].mean() - difference[start:change].mean()
    pair = share[treated] + share[control]
    part = share[treated] / pair
    within = (stop - change) / (stop - start)
    length = (stop - start) / mean.shape[1]
    weight = (pair * length) ** 2 * part * (1.0 - part) * within * (1.0 - within)
    return float(estimate), float(weight)


def decompose_with_controls(mean: Floats, residual: Floats, size: Floats, first: Integers) -> Comparisons:
    """The comparisons between groups where the treatment has been regressed on controls; ``weight`` sums to 1.

    Arguments:
        mean, residual: (G, T) means of the outcome and of the residual treatment. size, first: as in ``decompose``.
    """
    periods = mean.shape[1]
    share = size / size.sum()
    rows: list[tuple[int, int, int, float, float]] = []
    for k in range(len(first)):
        for other in range(len(first)):
            if (first[k], k) >= (first[other], other):
                continue
            d = residual[k] - residual[other]
            squares = float(d @ d)
            estimate = float(d @ (mean[k] - mean[other])) / squares if squares > 0 else 0.0
            weight = float(share[k] * share[other]) * squares
            rows.append((*_ordered(k, other, first, periods), estimate, weight))
    return _normalised(rows)


def _ordered(early: int, late: int, first: Integers, periods: int) -> tuple[int, int, int]:
    always, never = first[early] == 0, first[late] == periods
    if always and never:
        return early, late, ALWAYS_NEVER
    if always:
        return late, early, LATER_ALWAYS
    return early, late, TREATED_UNTREATED if never else BOTH_TREATED


def with_within(comparisons: Comparisons, estimate: float, share: float) -> Comparisons:
    """The comparisons between groups and, with weight ``share`` (Ω), the estimate within them."""
    return Comparisons(
        np.append(comparisons.treated, -1),
        np.append(comparisons.control, -1),
        np.append(comparisons.kind, WITHIN),
        np.append(comparisons.estimate, estimate),
        np.append(comparisons.weight * (1.0 - share), share),
    )


def _normalised(rows: list[tuple[int, int, int, float, float]]) -> Comparisons:
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    total = table[:, 4].sum()
    weight = table[:, 4] / total if total > 0 else table[:, 4]
    treated, control, kind = (table[:, j].astype(np.int64) for j in range(3))
    return Comparisons(treated, control, kind, table[:, 3].copy(), weight)


def group_table(values: Floats, group: Integers, n_groups: int) -> Floats:
    """Means (G, T) of the rows of a (U, T) table by group (U,)."""
    sums = np.zeros((n_groups, values.shape[1]))
    for g in range(n_groups):
        sums[g] = values[group == g].mean(axis=0)
    return sums


def timing_groups(cohort: Floats, periods: Floats) -> tuple[Integers, Floats, Integers]:
    """Group (U,) of each unit, its cohort (G,), and the number (G,) of its first treated period.

    Units treated in or before the first period are one group, as nothing tells them apart.

    Arguments:
        cohort: (U,) first treated period, infinity for never treated. periods: (T,) ascending.
    """
    cohorts, group = np.unique(np.maximum(cohort, periods[0]), return_inverse=True)
    return group.astype(np.int64), cohorts, np.searchsorted(periods, cohorts).astype(np.int64)
