"""Which rows a model uses: filters, missing values, zero weights and singletons, each drop named and counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import impact.kernels.factors as factor_kernels
from impact.core.designs import AbsorbedFactor
from impact.core.frames import Step
from impact.core.rows.design_rows import effect_on_rows
from impact.design.table import Columns, is_missing
from impact.kernels.compiled import all_finite
from impact.schema.expressions.context import Context
from impact.schema.expressions.evaluate import evaluate_condition
from impact.schema.expressions.tree import Expression
from impact.schema.requests import Group, ModelRequest


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows kept so far and the steps that led there."""

    rows: npt.NDArray[np.int64]
    steps: tuple[Step, ...] = ()

    def keep(self, kept: npt.NDArray[np.bool_], name: str, reason: str, *, missing: int = 0) -> Selection:
        """Keep some of the rows; a step is noted only where rows are lost."""
        dropped = int(len(kept) - np.count_nonzero(kept))
        if dropped == 0:
            return self
        step = Step(name=name, reason=reason, dropped=dropped, false=dropped - missing, missing=missing)
        return Selection(self.rows[kept], (*self.steps, step))


def filtered(
    columns: Columns, n_rows: int, filters: Mapping[str, Expression], context: Context | None = None
) -> Selection:
    """Rows for which every filter is true; false and missing are counted apart."""
    selection = Selection(np.arange(n_rows, dtype=np.int64))
    for name, condition in filters.items():
        values = evaluate_condition(condition, columns, context or Context(rows=n_rows))[selection.rows]
        missing = np.isnan(values)
        selection = selection.keep(values == 1, name, "filter", missing=int(np.count_nonzero(missing)))
    return selection


def select_rows(columns: Columns, request: ModelRequest, group: Group | None, context: Context) -> Selection:
    """Rows of a model: its filters, and the conditions of a subgroup on top."""
    selection = filtered(columns, context.rows, request.filters, context)
    if group is None or not group.conditions:
        return selection
    inside = np.ones(len(selection.rows), dtype=bool)
    for condition in group.conditions:
        inside &= evaluate_condition(condition, columns, context)[selection.rows] == 1
    return selection.keep(inside, str(group.name), "group")


def without_missing(
    selection: Selection,
    columns: Sequence[tuple[str, npt.NDArray[Any]]],
    complete: Sequence[npt.NDArray[Any]] = (),
) -> tuple[Selection, npt.NDArray[np.bool_]]:
    """Drop rows with a missing value in any of the columns (given on the selection's rows), counted by column.

    Arguments:
        complete: arrays known to miss nothing; a column that is one of them is not read.

    Returns:
        the smaller selection, and the mask over the rows of the one that was given.
    """
    kept = np.ones(len(selection.rows), dtype=bool)
    current = selection
    known = {id(values) for values in complete}
    columns = [item for item in columns if item[1].dtype.kind != "i" and id(item[1]) not in known]
    numbers = [values for _, values in columns if values.dtype == np.float64 and values.ndim == 1]
    if len(numbers) == len(columns) and (not numbers or all_finite(numbers)):
        return selection, kept
    for name, values in columns:
        missing = is_missing(values)
        if not missing.any():
            continue
        here = missing[kept]
        current = current.keep(~here, name, "missing", missing=int(np.count_nonzero(here)))
        kept &= ~missing
    return current, kept


def without_singletons(absorb: Sequence[AbsorbedFactor]) -> npt.NDArray[np.bool_] | None:
    """Mask of rows that are not alone in an absorbed effect, to a fixed point; None where nothing is dropped."""
    effects = [
        factor_kernels.Effect(effect.factor.codes, effect.factor.levels, None, True)
        for effect in absorb
        if effect.intercept
    ]
    if not effects:
        return None
    kept, _ = factor_kernels.drop_singletons(effects)
    return None if kept.all() else kept


def subset_effects(absorb: Sequence[AbsorbedFactor], rows: npt.NDArray[Any]) -> tuple[AbsorbedFactor, ...]:
    """Absorbed effects on some rows."""
    return tuple(effect_on_rows(effect, rows) for effect in absorb)
