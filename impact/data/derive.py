"""Derived columns, computed in the order in which they depend on each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy.typing as npt

from impact.core.errors import Notice
from impact.core.frames import ANNUAL_SOLES, MONTHLY_SOLES, Frame
from impact.core.texts import notice
from impact.data.evaluation import evaluate_on
from impact.schema.data_blocks import PanelBlock
from impact.schema.expressions.order import order_by_dependence
from impact.schema.expressions.tree import Expression, Number, columns_of, walk


def derive_columns(
    frame: Frame,
    derive: Mapping[str, Expression],
    *,
    params: Mapping[str, object],
    panel: PanelBlock | None = None,
) -> Frame:
    """The frame with its derived columns, conditions as 0 and 1.

    Raises:
        SpecError: E413 a circle of columns, and the faults of the expressions.
        DataError: faults that show on the data.
    """
    columns: dict[str, npt.NDArray[Any]] = dict(frame.columns)
    notices: list[Notice] = list(frame.notices)
    for name in _order(derive, panel):
        expression = derive[name]
        found = evaluate_on(
            replace(frame, columns=columns), expression, params=params, panel=panel, of=f"derive.{name}"
        )
        if name in frame.columns and all(use.name != name for use in columns_of(expression)):
            notices.append(notice("W447", of=f"derive.{name}", name=name))
        notices.extend(mixed_money(expression, frame.units, of=f"derive.{name}"))
        columns[name] = found.values
        notices.extend(found.notices)
    return replace(frame, columns=_in_order(columns, derive), notices=tuple(notices))


def mixed_money(expression: Expression, units: Mapping[str, str], *, of: str) -> tuple[Notice, ...]:
    """W472 for an expression that puts annual and monthly money together and has no 12 in it."""
    used: dict[str, list[str]] = {ANNUAL_SOLES: [], MONTHLY_SOLES: []}
    for use in columns_of(expression):
        names = used.get(units.get(use.name, ""), [])
        if use.name not in names:
            names.append(use.name)
    if not all(used.values()) or any(
        isinstance(one, Number) and one.value == 12 for one in walk(expression.root)
    ):
        return ()
    annual, monthly = ", ".join(used[ANNUAL_SOLES]), ", ".join(used[MONTHLY_SOLES])
    return (notice("W472", of=of, piece=expression.source, annual=annual, monthly=monthly),)


def _order(derive: Mapping[str, Expression], panel: PanelBlock | None) -> list[str]:
    """Each column after those it reads; the panel's keys first, because lags read them without a name."""
    order = order_by_dependence(derive)
    needed = {name for name in (*panel.unit, panel.time) if name in derive} if panel is not None else set()
    for name in reversed(order):
        if name in needed:
            needed |= {use.name for use in columns_of(derive[name]) if use.name in derive}
    return [name for name in order if name in needed] + [name for name in order if name not in needed]


def _in_order(
    columns: Mapping[str, npt.NDArray[Any]], derive: Mapping[str, Expression]
) -> dict[str, npt.NDArray[Any]]:
    """Columns of the files first, then derived ones in the order of the spec."""
    names: Sequence[str] = [name for name in columns if name not in derive]
    return {name: columns[name] for name in (*names, *derive)}
