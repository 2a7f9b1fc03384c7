"""Least squares on unit effects, dummies and slopes that are fitted on some rows and carried to others.

    y = Σ_m r_m a_m[unit] + Q b + x c + e          on rows with weight

Unit effects (m = 1) and unit slopes (m = 2, …) are eliminated exactly, one unit at a time; what is left is a dense
system of the q other levels, so that cost grows linearly in units and rows. A mean of outcomes less their predictions
over a cell is linear in y: its weights and its influence come from the same system without forming weights by row.
Rows without weight (treated ones) are predicted. Sources: Borusyak, Jaravel and Spiess (2024), Propositions 3 to 6;
Wooldridge (2021), section 5, for the regression that is saturated in treated cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.compiled as compiled
import impact.kernels.least_squares as least_squares

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

MOST_LEVELS = 2000  # above, taking the dense system apart costs more than everything else
SMALLEST_EIGENVALUE = 1e-11
NOT_REACHED = 1e-6  # part of a row in the null space above which its prediction is not unique
ROUNDS = 2


class TooManyLevelsError(ValueError):
    """The effects beside those of the unit have more levels than a dense system can hold."""


@dataclass(frozen=True, slots=True)
class Part:
    """Levels of one effect: codes (n,) in 0…levels−1, −1 for rows in none; slope values (n,) or None for dummies."""

    codes: Integers
    levels: int
    values: Floats | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """What is fitted beside common controls.

    Arguments:
        parts: the effects that are not the unit's own. unit: codes (n,) of U units; units: U.
        within: variables (n,) with a coefficient for each unit, None for the intercept; empty without unit effects.
    """

    parts: tuple[Part, ...]
    unit: Integers
    units: int
    within: tuple[Floats | None, ...] = (None,)


@dataclass(frozen=True, slots=True)
class System:
    """The normal equations, taken apart.

    Arguments:
        effects: as given. weights: (n,), 0 for rows that are predicted only.
        columns: the unit's variables, orthogonal inside each unit; totals: (U,) their weighted squares, 0 where a unit
            does not identify them; tables: (U, q) each, their products with Q.
        inverse: (q, q) generalised; null: (q, p) directions that the rows with weight do not identify.
    """

    effects: Effects
    weights: Floats
    columns: tuple[Floats, ...]
    totals: tuple[Floats, ...]
    tables: tuple[Floats, ...]
    inverse: Floats
    null: Floats


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted regression.

    Arguments:
        residual: (n,) y less its prediction, on all rows. levels: (q,) coefficients of the other effects.
        x: (n, k) kept controls without their effects; params, bread: (k,), (k, k); kept: (k_all,).
        carried: (k_all,) dropped controls that vary on predicted rows all the same: no prediction exists.
    """

    system: System
    residual: Floats
    levels: Floats
    x: Floats
    params: Floats
    bread: Floats
    kept: Mask
    carried: Mask


# --- the system ---


def prepare(effects: Effects, weights: Floats) -> System:
    """Take the normal equations of the effects apart.

    Raises:
        TooManyLevelsError: more than 2,000 levels beside the unit's.
    """
    size = sum(part.levels for part in effects.parts)
    if size > MOST_LEVELS:
        raise TooManyLevelsError(str(size))
    columns: list[Floats] = []
    totals: list[Floats] = []
    for variable in effects.within:
        column, total = _orthogonal(variable, columns, totals, effects, weights)
        columns.append(column)
        totals.append(total)
    tables = tuple(group_table(effects, weights * column, effects.unit, effects.units) for column in columns)
    moments = _moments(effects.parts, weights)
    left = moments.copy()
    for table, total in zip(tables, totals, strict=True):
        left -= table.T @ over(table, total)
    inverse, null = _taken_apart(left, np.diagonal(moments))
    return System(effects, weights, tuple(columns), tuple(totals), tables, inverse, null)


def _orthogonal(
    variable: Floats | None,
    columns: list[Floats],
    totals: list[Floats],
    effects: Effects,
    weights: Floats,
) -> tuple[Floats, Floats]:
    """A variable less its fit inside each unit on those before it, and its weighted square by unit (U,)."""
    column = np.ones(len(weights)) if variable is None else np.array(variable, dtype=np.float64)
    whole = sums_by(effects.unit, effects.units, weights * np.square(column))
    for _ in range(ROUNDS):
        for other, total in zip(columns, totals, strict=True):
            share = over(sums_by(effects.unit, effects.units, weights * other * column), total)
            column = column - share[effects.unit] * other
    total = sums_by(effects.unit, effects.units, weights * np.square(column))
    return column, np.where(total > 1e-14 * whole, total, 0.0)


def sums_by(codes: Integers, levels: int, values: Floats) -> Floats:
    """(levels,) sums; rows with code −1 are in none."""
    return np.bincount(codes + 1, weights=values, minlength=levels + 1)[1:].astype(np.float64)


def over(values: Floats, total: Floats) -> Floats:
    """Values (U,) or (U, q) divided by totals (U,), zero where the total is."""
    divisor = np.where(total > 0, total, np.inf)
    return np.asarray(values / (divisor if values.ndim == 1 else divisor[:, None]))


def group_table(effects: Effects, weights: Floats, group: Integers, groups: int) -> Floats:
    """(groups, q) sums over the rows of each group of weight times the columns of Q."""
    found = [
        np.bincount(
            group.astype(np.int64) * (part.levels + 1) + part.codes + 1,
            weights=weights if part.values is None else weights * part.values,
            minlength=groups * (part.levels + 1),
        ).reshape(groups, part.levels + 1)[:, 1:]
        for part in effects.parts
    ]
    return np.ascontiguousarray(np.hstack(found)) if found else np.zeros((groups, 0))


def _moments(parts: tuple[Part, ...], weights: Floats) -> Floats:
    """Q'WQ (q, q)."""
    if not parts:
        return np.zeros((0, 0))
    rows = []
    for part in parts:
        own = weights if part.values is None else weights * part.values
        whole = Effects(parts, part.codes, part.levels)
        rows.append(group_table(whole, own, part.codes + np.int32(1), part.levels + 1)[1:])
    return np.vstack(rows)


def _taken_apart(matrix: Floats, diagonal: Floats) -> tuple[Floats, Floats]:
    """Generalised inverse (q, q) and null space (q, p) after scaling to a unit diagonal of the full table."""
    scale = np.where(diagonal > 0, 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)), 1.0)
    values, vectors = np.linalg.eigh(matrix * scale[:, None] * scale)
    kept = values > SMALLEST_EIGENVALUE * max(float(values.max(initial=0.0)), 1.0)
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    return inverse * scale[:, None] * scale, vectors[:, ~kept] * scale[:, None]


def _level_rows(effects: Effects, levels: Floats) -> Iterator[tuple[slice, Part]]:
    start = 0
    for part in effects.parts:
        yield slice(start, start + part.levels), part
        start += part.levels
    if start != len(levels):
        raise ValueError(f"{len(levels)} coefficients for {start} levels")


def level_values(effects: Effects, levels: Floats) -> Floats:
    """Q b (n, p) of coefficients b (q, p)."""
    found = np.zeros((len(effects.unit), levels.shape[1]))
    for rows, part in _level_rows(effects, levels):
        # the last row is what code −1 picks
        own = np.vstack([levels[rows], np.zeros((1, levels.shape[1]))])[part.codes]
        found += own if part.values is None else own * part.values[:, None]
    return found


# --- fitting ---


def without_effects(columns: Floats, system: System) -> tuple[Floats, Floats]:
    """Columns (n, p) less their fit on the effects, on all rows, and the coefficients (q, p) of the other effects."""
    left = np.array(columns, dtype=np.float64, order="C")
    levels = np.zeros((len(system.inverse), left.shape[1]))
    for _ in range(ROUNDS):
        own, step = _solved(left, system)
        levels += step
        left -= level_values(system.effects, step)
        for column, gains in zip(system.columns, own, strict=True):
            left -= column[:, None] * gains[system.effects.unit]
    return left, levels


def _solved(columns: Floats, system: System) -> tuple[list[Floats], Floats]:
    """Coefficients of the unit's variables (U, p) each, and of the other effects (q, p)."""
    effects = system.effects
    shares = []
    right = _level_sums(effects, columns, system.weights)
    for column, total, table in zip(system.columns, system.totals, system.tables, strict=True):
        sums = compiled.group_sums(effects.unit, effects.units, (columns,), system.weights * column)
        shares.append(over(sums, total))
        right -= table.T @ shares[-1]
    levels = system.inverse @ right
    own = [
        share - over(table @ levels, total)
        for share, total, table in zip(shares, system.totals, system.tables, strict=True)
    ]
    return own, levels


def _level_sums(effects: Effects, columns: Floats, weights: Floats) -> Floats:
    """Q'W z (q, p) of columns z (n, p)."""
    found = []
    for part in effects.parts:
        own = weights if part.values is None else weights * part.values
        codes = part.codes + np.int32(1)
        found.append(compiled.group_sums(codes, part.levels + 1, (columns,), own)[1:])
    return np.vstack(found) if found else np.zeros((0, columns.shape[1]))


def fit(y: Floats, x: Floats, effects: Effects, weights: Floats) -> Fit:
    """Fit y on the effects and the controls x (n, k) where weights (n,) are positive; residuals on all rows.

    Raises:
        TooManyLevelsError: as ``prepare``.
    """
    system = prepare(effects, weights)
    left, levels = without_effects(np.column_stack([y, x]), system)
    residual, inside = left[:, 0].copy(), np.ascontiguousarray(left[:, 1:])
    k = x.shape[1]
    if k == 0:
        nothing = np.zeros(0, dtype=np.bool_)
        return Fit(system, residual, levels[:, 0], inside, np.zeros(0), np.zeros((0, 0)), nothing, nothing)
    used = np.flatnonzero(weights > 0)
    w = weights[used]
    centred = x[used] - np.average(x[used], axis=0, weights=w)
    norms = np.sqrt(w @ np.square(centred))
    found = least_squares.solve_least_squares(
        np.ascontiguousarray(inside[used]), residual[used], weights=w, reference_norms=norms
    )
    kept = np.flatnonzero(found.kept)
    residual -= inside[:, kept] @ found.params
    return Fit(
        system=system,
        residual=residual,
        levels=levels[:, 0] - levels[:, 1:][:, kept] @ found.params,
        x=np.ascontiguousarray(inside[:, kept]),
        params=found.params,
        bread=found.bread,
        kept=found.kept,
        carried=_carried(inside, x, used, found),
    )


def _carried(
    inside: Floats, x: Floats, used: npt.NDArray[np.int64], found: least_squares.LeastSquares
) -> Mask:
    """Dropped controls that the kept ones and the effects do not explain on predicted rows."""
    flags = np.zeros(len(found.kept), dtype=np.bool_)
    kept = np.flatnonzero(found.kept)
    for j in np.flatnonzero(~found.kept).tolist():
        slopes = np.linalg.lstsq(inside[used][:, kept], inside[used, j], rcond=None)[0]
        left = inside[:, j] - inside[:, kept] @ slopes
        flags[j] = bool(np.max(np.abs(left), initial=0.0) > 1e-6 * max(float(np.ptp(x[:, j])), 1e-300))
    return flags


def reached(system: System, rows: npt.NDArray[np.int64]) -> Mask:
    """Which of the rows have one prediction: their regressors are spanned by those of the rows with weight.

    A unit without rows with weight has none, nor has a level without them or cut off from the unit's other rows.
    """
    effects, unit = system.effects, system.effects.unit[rows]
    fine = np.ones(len(rows), dtype=np.bool_)
    null = system.null / np.maximum(np.max(np.abs(system.null), axis=0, initial=0.0), 1e-300)
    some = Effects(tuple(part_of(part, rows) for part in effects.parts), unit, effects.units, effects.within)
    left = level_values(some, null)
    for column, total, table in zip(system.columns, system.totals, system.tables, strict=True):
        left -= column[rows][:, None] * over(table @ null, total)[unit]
        fine &= (total[unit] > 0) | (np.abs(column[rows]) <= NOT_REACHED)
    return np.asarray(fine & (np.max(np.abs(left), axis=1, initial=0.0) <= NOT_REACHED))


def part_of(part: Part, rows: npt.NDArray[np.int64]) -> Part:
    """A part on some of its rows."""
    return Part(part.codes[rows], part.levels, None if part.values is None else part.values[rows])
