"""Named filters: a row stays where the condition is true; false and missing are counted apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError, Notice, Place
from impact.core.frames import Frame, Step
from impact.core.texts import fault
from impact.data.evaluation import evaluate_on
from impact.schema.data_blocks import PanelBlock
from impact.schema.expressions.tree import Expression

Logicals = npt.NDArray[np.bool_]


def filter_rows(
    frame: Frame,
    filters: Mapping[str, Expression],
    *,
    params: Mapping[str, object],
    panel: PanelBlock | None = None,
) -> Frame:
    """The rows where every filter is true, with one named step for each filter, in the order of the spec.

    Group and panel functions inside filters see the rows that the data have before any filter.

    Raises:
        DataError: E243 no rows are left, and the faults of the expression.
    """
    kept = np.ones(frame.n_rows, dtype=bool)
    steps: list[Step] = []
    notices: list[Notice] = []
    for name, expression in filters.items():
        found = evaluate_on(
            frame, expression, params=params, panel=panel, of=f"filter.{name}", condition=True
        )
        missing = np.isnan(found.values)
        true = ~missing & (found.values != 0)
        step = _step(name, expression, kept=kept, true=true, missing=missing)
        kept &= true
        if not kept.any():
            raise DataError(
                fault(
                    "E243",
                    place=_place(name, expression),
                    name=name,
                    false=step.false,
                    missing=step.missing,
                    rows=step.dropped,
                )
            )
        steps.append(step)
        notices.extend(found.notices)
    return take_rows(frame, kept, steps=tuple(steps), notices=tuple(notices))


def _step(name: str, expression: Expression, *, kept: Logicals, true: Logicals, missing: Logicals) -> Step:
    n_missing = int((kept & missing).sum())
    n_false = int((kept & ~missing & ~true).sum())
    return Step(
        name=name, reason=expression.text(), dropped=n_false + n_missing, false=n_false, missing=n_missing
    )


def _place(name: str, expression: Expression) -> Place:
    return expression.place or Place(file="", path=f"filter.{name}")


def take_rows(
    frame: Frame, kept: Logicals, *, steps: tuple[Step, ...] = (), notices: tuple[Notice, ...] = ()
) -> Frame:
    """The rows of a frame where a mask (n,) is true, with the steps that led there."""
    columns, shift_shares = frame.columns, frame.shift_shares
    if not kept.all():
        rows = np.flatnonzero(kept)
        shift_shares = {name: made.take(rows) for name, made in frame.shift_shares.items()}
        columns = {name: values[kept] for name, values in frame.columns.items()}
        for values in columns.values():
            values.setflags(write=False)
    return replace(
        frame,
        columns=columns,
        shift_shares=shift_shares,
        n_rows=int(kept.sum()),
        steps=(*frame.steps, *steps),
        notices=(*frame.notices, *notices),
    )
