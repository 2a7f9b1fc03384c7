"""What tests read from a permutation distribution: one-sided tests, common sets, step-down adjustment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from impact.core.records import Floats, Permutation

Positions = npt.NDArray[np.int64]
# Estimates of two sets that are equal in exact arithmetic may differ in the last digits: they count as equal.
TIE = 1e-10


def one_sided(permutation: Permutation, column: int, bound: float, *, estimate: float) -> tuple[float, float]:
    """p-values of "the effect is −bound or less" and of "the effect is bound or more", by permutation.

    The outcome freed of an effect of −bound treats all sets alike when that is the effect; the share of
    sets whose estimate is then at least as large as the real one is the p-value, and likewise on the other
    side.

    Arguments:
        column: treatment column. bound: in outcome units. estimate: of the set that was really treated.
    """
    found = []
    for side in (-1.0, 1.0):
        effect = side * bound
        null = permutation.estimates[:, column] - effect * permutation.slopes[:, column, column]
        found.append(
            share_at_least(-side * null, -side * (estimate - effect), enumerated=permutation.enumerated)
        )
    return found[0], found[1]


def share_at_least(values: Floats, real: float, *, enumerated: bool) -> float:
    """Share of sets at or above the real one; beside drawn sets the real one counts as one more."""
    slack = TIE * max(abs(real), float(np.max(np.abs(values), initial=0.0)))
    count = int(np.count_nonzero(values >= real - slack))
    return count / len(values) if enumerated else (count + 1) / (len(values) + 1)


def common_sets(permutations: Sequence[Permutation]) -> list[Positions] | None:
    """For each permutation the positions of the sets that all of them hold, in one order, without the real
    set.

    Sets are compared by the labels of their units. None where the real sets differ or none is shared.
    """
    if not permutations:
        return None
    names = [_set_names(permutation) for permutation in permutations]
    real = {sets[p.actual] for sets, p in zip(names, permutations, strict=True) if p.actual >= 0}
    if len(real) > 1:
        return None
    if all(sets == names[0] for sets in names):
        kept = [position for position, name in enumerate(names[0]) if name not in real]
        return [np.array(kept, dtype=np.int64)] * len(names) if kept else None
    positions = [{name: s for s, name in reversed(list(enumerate(sets)))} for sets in names]
    shared = set(positions[0]).intersection(*positions[1:]) - real
    if not shared:
        return None
    order = sorted(shared)
    return [np.array([known[name] for name in order], dtype=np.int64) for known in positions]


def _set_names(permutation: Permutation) -> list[tuple[str, ...]]:
    labels = [str(label) for label in permutation.unit_labels]
    return [tuple(sorted(labels[code] for code in members)) for members in permutation.members.tolist()]


def stepdown(statistics: Floats) -> Floats:
    """Step-down adjusted p-values of J statistics over S sets, the real one in row 0.

    The largest statistic is compared with the maximum over all, the next with the maximum over the rest,
    and so on; the p-values are made monotone. The real set counts in numerator and denominator. Source:
    Romano and Wolf (2005), algorithm 4.1, with permutations in place of bootstrap draws.

    Arguments:
        statistics: (S, J), larger means further from the null.

    Returns:
        (J,) adjusted p-values.
    """
    real = statistics[0]
    order = np.argsort(-real, kind="stable")
    adjusted = np.empty(len(real))
    so_far = 0.0
    for rank, j in enumerate(order.tolist()):
        largest = np.max(statistics[:, order[rank:]], axis=1)
        at_least = int(np.count_nonzero(largest >= real[j] * (1 - TIE)))
        so_far = max(so_far, at_least / len(largest))
        adjusted[j] = so_far
    return adjusted


def two_sided(values: Floats) -> float:
    """Share of sets at least as far from zero as the real one, which stands in front and counts."""
    sizes = np.abs(values)
    return int(np.count_nonzero(sizes >= sizes[0] * (1 - TIE))) / len(sizes)
