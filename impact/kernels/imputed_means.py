"""Means over cells of outcomes less their predictions: estimates, weights of each outcome, influence.

A mean effect of a cell is linear in the outcomes. What it asks of the coefficients comes from one small system (see
``impact.kernels.imputation``), so that its influence by unit needs no weights by row.
Source: Borusyak, Jaravel and Spiess (2024), Proposition 3 and appendix A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.compiled as compiled
from impact.kernels.imputation import (
    NOT_REACHED,
    Effects,
    Fit,
    System,
    group_table,
    level_values,
    over,
    part_of,
    sums_by,
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

_BLOCK = 1024  # rows whose product stays in the cache until it is added


@dataclass(frozen=True, slots=True)
class Cells:
    """Groups of rows whose mean is taken: codes (n,), −1 for rows in none, and weights (n,) of the rows in it.

    size: (C,) sum of the weights.
    """

    codes: Integers
    weights: Floats
    size: Floats


@dataclass(frozen=True, slots=True)
class Reach:
    """Solution of the normal equations for the mean regressors of each cell: levels (q, C) and params (k, C)."""

    levels: Floats
    params: Floats


def make_cells(codes: Integers, count: int, weights: Floats) -> Cells:
    """Cells from their codes (n,), −1 for rows in none, and the rows' weights (n,)."""
    return Cells(codes, weights, sums_by(codes, count, weights))


def cell_means(values: Floats, cells: Cells) -> Floats:
    """(C,) weighted mean of values (n,) in each cell, NaN in empty ones."""
    size = np.where(cells.size > 0, cells.size, np.nan)
    return sums_by(cells.codes, len(cells.size), cells.weights * values) / size


def reach(found: Fit, cells: Cells) -> Reach:
    """What each cell's mean prediction asks of the coefficients: the equations solved for its mean regressors."""
    system, effects = found.system, found.system.effects
    count = len(cells.size)
    inside = np.flatnonzero(cells.codes >= 0)
    codes, unit = cells.codes[inside], effects.unit[inside]
    own = cells.weights[inside] / cells.size[codes]
    some = Effects(
        tuple(part_of(part, inside) for part in effects.parts), unit, effects.units, effects.within
    )
    right = group_table(some, own, codes, count)
    place = unit.astype(np.int64) * count + codes
    for column, total, table in zip(system.columns, system.totals, system.tables, strict=True):
        sums = np.bincount(place, weights=own * column[inside], minlength=effects.units * count)
        right -= sums.reshape(effects.units, count).T @ over(table, total)
    controls = compiled.group_sums(codes, count, (found.x[inside],), own) if found.x.shape[1] else None
    params = np.zeros((0, count)) if controls is None else found.bread @ controls.T
    return Reach(system.inverse @ right.T, params)


def influence_of_cells(found: Fit, cells: Cells, own: Floats, group: Integers, groups: int) -> Floats:
    """Influence (groups, C) of each cell's mean effect: own (n,) is what stands for the rows of the cells themselves.

    Every group must hold whole units (or the regression have no unit effects): the units' own coefficients then
    drop out, because their residuals sum to zero.
    """
    asked = reach(found, cells)
    count = len(cells.size)
    inside = np.flatnonzero(cells.codes >= 0)
    codes = cells.codes[inside]
    place = group[inside].astype(np.int64) * count + codes
    values = own[inside] * cells.weights[inside] / cells.size[codes]
    summed = np.bincount(place, weights=values, minlength=groups * count)
    influence = np.asarray(summed, dtype=np.float64).reshape(groups, count)
    scores, controls = group_scores(found, group, groups)
    add_product(influence, scores, -asked.levels)
    if found.x.shape[1]:
        add_product(influence, controls, -asked.params)
    return influence


def add_product(target: Floats, left: Floats, right: Floats) -> None:
    """Add left (m, q) @ right (q, C) to target (m, C) in place, in blocks that stay in the cache."""
    part = np.empty((_BLOCK, right.shape[1]))
    for start in range(0, len(left), _BLOCK):
        block = left[start : start + _BLOCK]
        own = part[: len(block)]
        np.matmul(block, right, out=own)
        target[start : start + _BLOCK] += own


def group_scores(found: Fit, group: Integers, groups: int) -> tuple[Floats, Floats]:
    """Sums by group of weight times residual, times Q (groups, q) and times the controls (groups, k)."""
    weights = found.system.weights * found.residual
    scores = group_table(found.system.effects, weights, group, groups)
    if found.x.shape[1] == 0:
        return scores, np.zeros((groups, 0))
    return scores, compiled.group_sums(group, groups, (found.x,), weights)


def implied_weights(found: Fit, cells: Cells) -> Floats:
    """Weights v (n, C) of the outcomes in each cell's mean effect: Σ v y is that effect, exactly.

    v = w / size in the cell, less W Z (Z'WZ)⁻¹ z̄ on the rows that the regression is fitted on, with z̄ the mean
    regressors of the cell. Memory grows with n times C: for few cells, or rows as groups of their own.
    """
    system, effects = found.system, found.system.effects
    asked = reach(found, cells)
    count = len(cells.size)
    inside = np.flatnonzero(cells.codes >= 0)
    codes, unit = cells.codes[inside], effects.unit[inside]
    own = np.zeros((len(cells.codes), count))
    own[inside, codes] = cells.weights[inside] / cells.size[codes]
    fitted = level_values(effects, asked.levels)
    for column, total, table in zip(system.columns, system.totals, system.tables, strict=True):
        place = unit.astype(np.int64) * count + codes
        sums = np.bincount(
            place, weights=own[inside, codes] * column[inside], minlength=effects.units * count
        )
        gains = over(sums.reshape(effects.units, count) - table @ asked.levels, total)
        fitted += column[:, None] * gains[effects.unit]
    if found.x.shape[1]:
        fitted += found.x @ asked.params
    return np.asarray(own - system.weights[:, None] * fitted)


def influence_of_levels(
    found: Fit, asked: Floats, group: Integers, groups: int, *, whole_units: bool = True
) -> Floats:
    """Influence (groups, R) of linear functions of the other effects' coefficients, asked (q, R) holding their weights.

    Arguments:
        whole_units: every group holds whole units (or there are no unit effects); otherwise groups are single rows.
    """
    system, effects = found.system, found.system.effects
    loads = system.inverse @ asked
    if whole_units or not system.columns:
        return group_scores(found, group, groups)[0] @ loads
    fitted = level_values(effects, loads)
    for column, total, table in zip(system.columns, system.totals, system.tables, strict=True):
        fitted -= column[:, None] * over(table @ loads, total)[effects.unit]
    return compiled.group_sums(group, groups, (fitted,), system.weights * found.residual)


def identified(system: System, asked: Floats) -> npt.NDArray[np.bool_]:
    """(R,) which linear functions of the other effects' coefficients, asked (q, R), the rows with weight identify."""
    null = system.null / np.maximum(np.max(np.abs(system.null), axis=0, initial=0.0), 1e-300)
    return np.asarray(np.max(np.abs(null.T @ asked), axis=0, initial=0.0) <= NOT_REACHED)
