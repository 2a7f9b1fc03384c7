"""Controls taken out of the outcome with coefficients of untreated rows, unit and period effects beside them.

    Y_it = α_i + δ_t + X_it b + e_it   over rows not yet treated;   Y_it − X_it b goes on.

Source: Kranz (2022), the projected variant of Clarke, Pailanir, Athey and Imbens (2023).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

import impact.estimators._treated_block as treated_block
from impact.core.arrays import Floats, Integers
from impact.estimators._treated_block import Panel

# share of a control's length below which what effects leave of it counts as nothing
COLLINEAR = 1e-9


def without_controls(panel: Panel) -> tuple[Panel, Mapping[str, str]]:
    """The panel with the part of the outcome taken out that the controls explain in untreated rows.

    Returns:
        The panel, and the controls that unit and period effects or earlier controls explain (name → reason): those are
        left out, since taking them out would change nothing.
    """
    x = panel.design.x
    if x.shape[1] == 0:
        return panel, {}
    adoption = panel.adoption
    untreated = adoption.time.codes < panel.before[adoption.unit.codes]
    columns = np.column_stack([panel.design.y, x])[untreated]
    codes = (adoption.unit.codes[untreated], adoption.time.codes[untreated])
    within = _without_effects(columns, codes, panel.y.shape)
    kept = _independent(within[:, 1:], np.linalg.norm(columns[:, 1:], axis=0))
    coefficients = np.linalg.lstsq(within[:, 1:][:, kept], within[:, 0], rcond=None)[0]
    taken = panel.design.y - x[:, kept] @ coefficients
    dropped = [term.name for j, term in enumerate(panel.design.terms) if j not in kept]
    reason = "explained by unit and period effects or by earlier controls"
    return replace(panel, y=treated_block.with_columns(panel, taken)), dict.fromkeys(dropped, reason)


def _independent(within: Floats, scale: Floats) -> list[int]:
    """Columns that are not explained by effects or by the columns before them."""
    kept: list[int] = []
    for j in range(within.shape[1]):
        left = within[:, j]
        if kept:
            left = left - within[:, kept] @ np.linalg.lstsq(within[:, kept], left, rcond=None)[0]
        if np.linalg.norm(left) > COLLINEAR * scale[j]:
            kept.append(j)
    return kept


def _without_effects(columns: Floats, codes: tuple[Integers, Integers], shape: tuple[int, int]) -> Floats:
    """Columns (n, k) minus unit and period effects: the period effects from the equations left by the units'."""
    unit, time = codes
    units, periods = shape
    present = np.zeros(shape)
    np.add.at(present, (unit, time), 1.0)
    rows = present.sum(axis=1)
    shares = present / np.where(rows > 0, rows, 1.0)[:, None]
    gram = np.diag(present.sum(axis=0)) - present.T @ shares
    found = np.empty_like(columns)
    for j, column in enumerate(columns.T):
        by_unit = np.bincount(unit, weights=column, minlength=units)
        by_time = np.bincount(time, weights=column, minlength=periods)
        effect_time = np.linalg.lstsq(gram, by_time - shares.T @ by_unit, rcond=None)[0]
        effect_unit = (by_unit - present @ effect_time) / np.where(rows > 0, rows, 1.0)
        found[:, j] = column - effect_unit[unit] - effect_time[time]
    return found
