"""Absorbed effects level by level, from their sum in every row, and their sums in other rows where these are unique.

    s_i = sum over effects m of r_mi a_m[level of i]          (r = 1, or the slope variable)

The levels solve D a = s by conjugate gradients on the normal equations, scaled by the squares of each level's column
(Hestenes and Stiefel 1952; Björck 1996, section 7.4). They are not unique (a constant can move from one effect to
another), but the sum of a new row is wherever its row of D is a combination of the others: then no direction that the
rows leave free moves it. One random free direction tells, with probability one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from impact.kernels.factors import Effect

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Logicals = npt.NDArray[np.bool_]

TOLERANCE = 1e-11  # largest misfit of a row, relative to the largest sum
SETTLED = 1e-26  # squared slope, relative to the first, below which steps change nothing but rounding
MOST_STEPS = 20_000
FREE = 1e-6  # movement of a row by a free direction of unit spread above which its sum is not unique
SEED = 5


class LevelsError(ArithmeticError):
    """The levels of the effects were not found; ``misfit`` is the largest difference in a row."""

    def __init__(self, misfit: float) -> None:
        super().__init__(f"{misfit:.1e}")
        self.misfit = misfit


def carried_sums(
    sums: Floats, effects: Sequence[Effect], others: Sequence[Effect]
) -> tuple[Floats, Logicals]:
    """The sums of the effects in other rows.

    Arguments:
        sums: (n,) of the effects on the rows that they were estimated on.
        effects: on these rows. others: the same effects on m other rows, with the codes of ``effects``; −1 where a row
            has a level that no row of ``effects`` has.

    Returns:
        (m,) the sums, NaN where a level is unknown or the sum is not unique; (m,) where it is not unique.

    Raises:
        LevelsError: the sums of the rows were not reached, because they are no sums of such effects.
    """
    parts = [part for effect in effects for part in _parts(effect)]
    other = [part for effect in others for part in _parts(effect)]
    sizes = [effect.levels for effect in effects for _ in _parts(effect)]
    found = _solve(sums, parts, sizes)
    free = _free_direction(parts, sizes, len(sums))
    known = np.all([codes >= 0 for codes, _ in other], axis=0)
    total = np.full(len(known), np.nan)
    total[known] = _rows_of(found, _on(other, known))
    moved = np.zeros(len(known))
    moved[known] = _rows_of(free, _on(other, known))
    apart = np.abs(moved) > FREE * _size_of(other, known)
    total[apart] = np.nan
    return total, apart


Part = tuple[Integers, Floats | None]


def _parts(effect: Effect) -> list[Part]:
    """Intercepts and slopes of an effect, each with codes and values."""
    intercept: list[Part] = [(effect.codes, None)] if effect.intercept else []
    return intercept + ([(effect.codes, effect.slope)] if effect.slope is not None else [])


def _on(parts: Sequence[Part], rows: Logicals) -> list[Part]:
    return [(codes[rows], None if values is None else values[rows]) for codes, values in parts]


def _size_of(parts: Sequence[Part], known: Logicals) -> Floats:
    """(m,) length of each row of D, at least one."""
    square = np.ones(len(known))
    for _, values in parts:
        square += 0.0 if values is None else np.square(values)
    return np.sqrt(square)


def _rows_of(levels: Sequence[Floats], parts: Sequence[Part]) -> Floats:
    """D a, (rows,)."""
    total = np.zeros(len(parts[0][0]))
    for own, (codes, values) in zip(levels, parts, strict=True):
        total += own[codes] if values is None else own[codes] * values
    return total


def _levels_of(rows: Floats, parts: Sequence[Part], sizes: Sequence[int]) -> list[Floats]:
    """D'r: sums by level of each part."""
    found: list[Floats] = []
    for (codes, values), size in zip(parts, sizes, strict=True):
        own = rows if values is None else rows * values
        found.append(np.bincount(codes, weights=own, minlength=size).astype(np.float64, copy=False))
    return found


def _scales(parts: Sequence[Part], sizes: Sequence[int]) -> list[Floats]:
    """One over the length of each column of D, 0 for a level without rows."""
    found = []
    for (codes, values), size in zip(parts, sizes, strict=True):
        square = np.bincount(codes, weights=None if values is None else np.square(values), minlength=size)
        found.append(np.divide(1.0, np.sqrt(square), out=np.zeros(size), where=square > 0))
    return found


def _solve(
    sums: Floats, parts: Sequence[Part], sizes: Sequence[int], start: Sequence[Floats] | None = None
) -> list[Floats]:
    """Levels whose sums in the rows are those given; from ``start`` (in scaled units), the nearest of these.

    Raises:
        LevelsError.
    """
    scales = _scales(parts, sizes)
    scaled = [np.zeros(size) for size in sizes] if start is None else [own.copy() for own in start]
    rest = sums - _rows_of(_times(scales, scaled), parts)
    largest = max(float(np.max(np.abs(sums), initial=0.0)), float(np.max(np.abs(rest), initial=0.0)))
    slope = _times(scales, _levels_of(rest, parts, sizes))
    direction, length = slope, _square(slope)
    settled = SETTLED * length
    for _ in range(MOST_STEPS):
        misfit = float(np.max(np.abs(rest), initial=0.0))
        if misfit <= TOLERANCE * largest or length <= settled:
            break
        image = _rows_of(_times(scales, direction), parts)
        step = length / float(image @ image)
        scaled = [own + step * move for own, move in zip(scaled, direction, strict=True)]
        rest = rest - step * image
        slope = _times(scales, _levels_of(rest, parts, sizes))
        before, length = length, _square(slope)
        direction = [new + length / before * old for new, old in zip(slope, direction, strict=True)]
    misfit = float(np.max(np.abs(rest), initial=0.0))
    # absorption stops at a tolerance of its own, so that what it calls sums of effects are so up to that
    if misfit > 1e4 * TOLERANCE * largest:
        raise LevelsError(misfit)
    return _times(scales, scaled)


def _free_direction(parts: Sequence[Part], sizes: Sequence[int], n_rows: int) -> list[Floats]:
    """Levels, random otherwise, whose sums are zero in every row; their root mean square is one."""
    random = np.random.default_rng(SEED)
    start = [random.standard_normal(size) for size in sizes]
    found = _solve(np.zeros(n_rows), parts, sizes, start)
    spread = np.sqrt(_square(found) / max(sum(sizes), 1))
    return [own / spread for own in found] if spread > FREE else [np.zeros(size) for size in sizes]


def _times(scales: Sequence[Floats], levels: Sequence[Floats]) -> list[Floats]:
    return [scale * own for scale, own in zip(scales, levels, strict=True)]


def _square(levels: Sequence[Floats]) -> float:
    return float(sum(own @ own for own in levels))
