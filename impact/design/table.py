"""The columns a model may read: the frame's, and those that the treated block makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.errors import DesignError, Place, SpecError
from impact.core.frames import Frame
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.design.grouping import label_text
from impact.schema.expressions.context import Context
from impact.schema.expressions.evaluate import evaluate, evaluate_condition
from impact.schema.expressions.tree import Expression
from impact.schema.requests import TreatedBlock

Columns = Mapping[str, npt.NDArray[Any]]
# the columns that a treated block offers to formulas and filters
BLOCK_COLUMNS = ("treated", "post", "exposed")


def column_of(columns: Columns, name: str, *, place: Place | None = None) -> npt.NDArray[Any]:
    """A column by name.

    Raises:
        SpecError: E514, with the nearest name.
    """
    if name in columns:
        return columns[name]
    hint = nearest(name, columns)
    shown = ", ".join(sorted(columns)[:12])
    raise SpecError(fault("E514", place=place, suggestion=hint, name=name, columns=shown))


def is_missing(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where a column has no value."""
    if values.dtype.kind == "f":
        return np.asarray(np.isnan(values))
    if values.dtype.kind == "M":
        return np.asarray(np.isnat(values))
    if values.dtype.kind == "i":
        return np.zeros(len(values), dtype=bool)
    return np.fromiter((value is None for value in values), dtype=bool, count=len(values))


def take_rows(values: npt.NDArray[Any], rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """The rows of a column; rows ascend without repetition, so as many as there are means all, and no copy."""
    return values if len(rows) == len(values) else values[rows]


def values_of(
    expression: Expression, columns: Columns, n_rows: int, context: Context | None = None
) -> npt.NDArray[Any]:
    """An expression evaluated on the columns, with the parameters and the panel that the context knows."""
    return evaluate(expression, columns, context or Context(rows=n_rows))


def context_of(frame: Frame) -> Context:
    """What expressions of one model know, with an empty list for what they report."""
    known: Context | None = frame.context
    return Context(rows=frame.n_rows) if known is None else replace(known, events=[])


def with_block(frame: Frame, block: TreatedBlock | None, context: Context | None = None) -> Columns:
    """The frame's columns and, with a treated block, `treated`, `post` and `exposed`.

    Raises:
        DesignError: E512 a unit is treated in some rows only. SpecError: E522 the data have columns of these names.
    """
    if block is None:
        return frame.columns
    own = [name for name in BLOCK_COLUMNS if name in frame.columns]
    if own:
        raise SpecError(fault("E522", place=block.places.get("treated"), names=", ".join(own)))
    treated = evaluate_condition(block.treated, frame.columns, context or Context(rows=frame.n_rows))
    unit = column_of(frame.columns, block.unit, place=block.places.get("unit"))
    _check_constant(treated, unit, block)
    time = number_column(frame.columns, block.time, place=block.places.get("time"))
    post = np.where(np.isnan(time), np.nan, (time + block.outcome_lead >= block.start).astype(np.float64))
    made = {"treated": treated, "post": post, "exposed": treated * post}
    return {**frame.columns, **made}


def number_column(columns: Columns, name: str, *, place: Place | None = None) -> Floats:
    """A column that must hold numbers.

    Raises:
        DesignError: E515 it is text.
    """
    values = column_of(columns, name, place=place)
    if values.dtype.kind != "f":
        raise DesignError(fault("E515", place=place, name=name))
    return values


def _check_constant(treated: Floats, unit: npt.NDArray[Any], block: TreatedBlock) -> None:
    seen = ~np.isnan(treated)
    ever = set(unit[seen & (treated == 1)].tolist())
    never = set(unit[seen & (treated == 0)].tolist())
    both = sorted(label_text(label) for label in ever & never)
    if both:
        raise DesignError(
            fault(
                "E512",
                place=block.places.get("treated"),
                count=len(both),
                unit=block.unit,
                examples=", ".join(both[:5]),
            )
        )
