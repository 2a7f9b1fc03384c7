"""Groupings as integer codes: encoding, singletons, nesting, connected components, rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import impact.kernels.compiled as compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Logicals = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Effect:
    """One absorbed effect: an intercept for each level, a slope for each level, or both.

    Arguments:
        codes: (n,) int32 in 0…levels−1; levels: number of levels G (levels without rows are allowed).
        slope: (n,) variable whose coefficient differs by level, or None.
        intercept: False for slopes alone; without a slope it must be True.
    """

    codes: Integers
    levels: int
    slope: Floats | None = None
    intercept: bool = True

    def __post_init__(self) -> None:
        """Refuse an effect that absorbs nothing."""
        if self.slope is None and not self.intercept:
            raise ValueError("an effect needs an intercept or a slope")


@dataclass(frozen=True, slots=True)
class Rank:
    """How many parameters a set of effects uses.

    Arguments:
        levels: levels with rows of each effect (intercepts and slopes counted).
        redundant: of each effect, parameters counted as redundant by the F−1 rule (0 for the first intercept effect,
            1 for each later one).
        conventional: sum of levels less the redundant ones.
        exact: rank of the dummies by connected components; exact for one or two intercept effects, otherwise an upper
            bound from pairs of each effect with the first (``is_exact`` False).
        components: connected components of each later intercept effect with the first (1 for the first itself).
    """

    levels: tuple[int, ...]
    redundant: tuple[int, ...]
    conventional: int
    exact: int
    is_exact: bool
    components: tuple[int, ...]


def encode(values: npt.NDArray[Any]) -> tuple[Integers, npt.NDArray[Any]]:
    """Codes (n,) int32 and the sorted distinct values (G,) of a column without missing values.

    Whole numbers in a narrow range are encoded by a look-up table in two passes, everything else by sorting.
    """
    found = compiled.encode_whole(values) if values.dtype.kind in "iuf" else None
    if found is not None:
        codes, whole = found
        return codes, whole.astype(values.dtype, copy=False)
    labels, inverse = np.unique(values, return_inverse=True)
    return inverse.reshape(-1).astype(np.int32), labels


def compress(codes: Integers, levels: int) -> tuple[Integers, npt.NDArray[np.int64]]:
    """Codes renumbered to the levels that have rows, and the old number of each new level (sorted)."""
    present = compiled.group_counts(codes, levels, None) > 0
    if present.all():
        return codes, np.arange(levels)
    new = np.cumsum(present, dtype=np.int32) - np.int32(1)
    return new[codes], np.flatnonzero(present)


def drop_singletons(effects: Sequence[Effect]) -> tuple[Logicals, int]:
    """Mark rows that are alone in a level of an intercept effect, again and again until none is left.

    Returns:
        keep: (n,) False for the rows to drop; rounds: passes over all effects that dropped something.

    Source: Correia (2015), "Singletons, cluster-robust standard errors and fixed effects".
    """
    used = [effect for effect in effects if effect.intercept]
    n_rows = len(effects[0].codes) if effects else 0
    if not any(compiled.has_singleton(effect.codes, effect.levels) for effect in used):
        return np.ones(n_rows, dtype=bool), 0
    counts = [compiled.group_counts(effect.codes, effect.levels, None) for effect in used]
    keep = np.ones(n_rows, dtype=bool)
    rounds = 0
    while any((count == 1).any() for count in counts):
        rounds += 1
        for effect, own in zip(used, counts, strict=True):
            if not (own == 1).any():
                continue
            lost = np.flatnonzero(keep & (own == 1)[effect.codes])
            keep[lost] = False
            for other, remaining in zip(used, counts, strict=True):
                np.subtract(remaining, np.bincount(other.codes[lost], minlength=other.levels), out=remaining)
    return keep, rounds


def first_rows(codes: npt.NDArray[Any], levels: int) -> npt.NDArray[np.int64]:
    """The first row (levels,) of each level of ``codes`` (n,); −1 for levels without rows."""
    first = np.full(levels, -1, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return first


def is_nested(inner: Integers, outer: Integers) -> bool:
    """True where every level of ``inner`` (n,) lies inside one level of ``outer`` (n,)."""
    if len(inner) == 0 or inner is outer:
        return True
    return compiled.is_nested(inner, int(inner.max()) + 1, outer, int(outer.max()) + 1)


def connected_components(first: Effect, second: Effect) -> tuple[int, Integers]:
    """Connected components of the graph whose edges are the rows and whose nodes the levels of two effects.

    Returns:
        count of components that have rows; component (G1,) int32 of each level of ``first`` (−1 without rows).
    """
    return compiled.connected_components(first.codes, first.levels, second.codes, second.levels)


def rank_of_effects(effects: Sequence[Effect]) -> Rank:
    """Parameters used by the effects, by convention and by connected components.

    The rank of two sets of dummies is L1 + L2 − C with C connected components (Abowd, Creecy and Kramarz 2002). With
    more sets the pairwise components with the first set bound the redundancy from below.
    """
    levels: list[int] = []
    redundant: list[int] = []
    components: list[int] = []
    first: Effect | None = None
    for effect in effects:
        used = compiled.count_levels(effect.codes, effect.levels)
        levels.append(used * (int(effect.intercept) + int(effect.slope is not None)))
        later = effect.intercept and first is not None
        redundant.append(int(later))
        components.append(connected_components(first, effect)[0] if later and first is not None else 1)
        if effect.intercept and first is None:
            first = effect
    intercepts = sum(effect.intercept for effect in effects)
    slopes = sum(effect.slope is not None for effect in effects)
    lost = sum(count for count, later in zip(components, redundant, strict=True) if later)
    total = sum(levels)
    return Rank(
        levels=tuple(levels),
        redundant=tuple(redundant),
        conventional=total - sum(redundant),
        exact=total - lost,
        is_exact=intercepts <= 2 and slopes == 0,
        components=tuple(components),
    )
