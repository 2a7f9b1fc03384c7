"""Robustness rows that leave one unit out at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from impact.plan import labelled_name
from impact.schema.expressions.tree import Comparison, Expression, Name, Number, Text
from impact.schema.requests import ModelRequest


def drop_one_requests(request: ModelRequest, unit: str, labels: Sequence[object]) -> list[ModelRequest]:
    """The model without one unit at a time, as robustness rows `drop_one:LABEL`."""
    found = []
    for label in labels:
        value = Number(label) if isinstance(label, float) else Text(str(label))
        condition = Expression(Comparison(("!=",), (Name(unit), value)))
        shown = str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)
        row = f"drop_one:{shown}"
        name = labelled_name(request.name, f"row={row}")
        filters = {**request.filters, "drop_one": condition}
        found.append(
            replace(request, name=name, row=row, filters=filters, sample=name, permute=None, grouping=None)
        )
    return found
