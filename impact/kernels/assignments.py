"""Sets of units that might have been treated: counted, listed, or drawn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb, prod

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int32]

DRAW_BLOCK = 4_000_000


def count_sets(strata: Sequence[Integers], sizes: Sequence[int]) -> int:
    """Number of ways to choose ``sizes[s]`` units of each stratum's candidates."""
    return prod(comb(len(units), size) for units, size in zip(strata, sizes, strict=True))


def list_sets(strata: Sequence[Integers], sizes: Sequence[int]) -> Integers:
    """Every choice of ``sizes[s]`` of the candidates (unit codes) of each stratum: (S, size), rows sorted."""
    rows = np.zeros((1, 0), dtype=np.int32)
    for units, size in zip(strata, sizes, strict=True):
        choices = list(combinations(np.sort(units).tolist(), size))
        chosen = np.array(choices, dtype=np.int32).reshape(len(choices), size)
        left = np.repeat(rows, len(chosen), axis=0)
        rows = np.hstack([left, np.tile(chosen, (len(rows), 1))])
    return np.sort(rows, axis=1)


def draw_sets(strata: Sequence[Integers], sizes: Sequence[int], draws: int, seed: int) -> Integers:
    """Independent random choices of ``sizes[s]`` of the candidates of each stratum: (draws, size), rows
    sorted.

    The same seed gives the same sets whatever the machine (PCG64).
    """
    random = np.random.Generator(np.random.PCG64(seed))
    columns: list[Integers] = []
    for units, size in zip(strata, sizes, strict=True):
        candidates = np.sort(units)
        step = max(1, DRAW_BLOCK // max(len(candidates), 1))
        found = np.empty((draws, size), dtype=np.int32)
        for start in range(0, draws, step):
            block = min(step, draws - start)
            order = np.argsort(random.random((block, len(candidates))), axis=1, kind="stable")
            found[start : start + block] = candidates[order[:, :size]]
        columns.append(found)
    return np.sort(np.hstack(columns), axis=1)


def with_actual(sets: Integers, actual: Integers) -> tuple[Integers, int]:
    """The sets with the actual one among them, and its row; it goes first where it was not there.

    Sets of fewer units than the widest are padded with −1 in front.
    """
    width = max(sets.shape[1], len(actual))
    padded = _padded(sets, width)
    own = _padded(np.sort(actual)[None, :].astype(np.int32), width)
    same = np.flatnonzero(np.all(padded == own, axis=1))
    if len(same):
        return padded, int(same[0])
    return np.vstack([own, padded]), 0


def indicators(sets: Integers, n_units: int) -> npt.NDArray[np.float64]:
    """1 where a unit belongs to the set: (S, U)."""
    found = np.zeros((len(sets), n_units + 1))
    np.put_along_axis(found, np.where(sets < 0, n_units, sets).astype(np.int64), 1.0, axis=1)
    return found[:, :n_units]


def _padded(sets: Integers, width: int) -> Integers:
    missing = width - sets.shape[1]
    if not missing:
        return sets
    filler = np.full((len(sets), missing), -1, dtype=np.int32)
    return np.hstack([filler, sets])
