"""Controls taken out of the outcome with coefficients of untreated rows, unit and period effects beside them.

    Y_it = α_i + δ_t + X_it b + e_it   over rows not yet treated;   Y_it − X_it b goes on.

Source: Kranz (2022), the projected variant of Clarke, Pailanir, Athey and Imbens (2023).
"""

from __future__ import annotations

import numpy as np

import impact.estimators._treated_block as treated_block
from impact.core.arrays import Floats, Integers
from impact.core.errors import DesignError
from impact.core.texts import fault
from impact.estimators._treated_block import Panel


def without_controls(panel: Panel, estimator: str) -> Panel:
    """The panel with the part of the outcome taken out that the controls explain in untreated rows.

    Raises:
        DesignError: E559 controls that unit and period effects explain, or that explain each other.
    """
    x = panel.design.x
    if x.shape[1] == 0:
        return panel
    adoption = panel.adoption
    untreated = adoption.time.codes < panel.before[adoption.unit.codes]
    columns = np.column_stack([panel.design.y, x])[untreated]
    codes = (adoption.unit.codes[untreated], adoption.time.codes[untreated])
    within = _without_effects(columns, codes, panel.y.shape)
    scale = np.sqrt(np.sum((columns[:, 1:] - columns[:, 1:].mean(axis=0)) ** 2, axis=0))
    left = np.linalg.norm(within[:, 1:], axis=0)
    scaled = within[:, 1:] / np.where(left > 0, left, 1.0)
    if np.any(left <= 1e-9 * scale) or np.linalg.matrix_rank(scaled, tol=1e-9) < x.shape[1]:
        names = ", ".join(term.name for term in panel.design.terms)
        advice = "leave out controls that do not vary within units and periods, or that others explain"
        raise DesignError(
            fault("E559", estimator=estimator, what=f"collinear controls ({names})", advice=advice)
        )
    coefficients = np.linalg.lstsq(within[:, 1:], within[:, 0], rcond=None)[0]
    return treated_block.without_outcome(
        panel, treated_block.with_columns(panel, panel.design.y - x @ coefficients)
    )


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
