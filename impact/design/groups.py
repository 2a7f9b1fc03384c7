"""The subgroups of `by:`: the full cross of the dimensions and the margins asked for."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from impact.core.errors import DesignError
from impact.core.frames import Frame
from impact.core.texts import fault
from impact.design.grouping import label_text, make_factor
from impact.design.table import column_of, is_missing
from impact.schema.expressions.tree import Comparison, Expression, Name, Number, Text
from impact.schema.requests import Group, ModelRequest

Levels = Mapping[str, Mapping[str, Expression]]


def groups_of(frame: Frame, request: ModelRequest) -> list[Group]:
    """All groups of a request: the cross first, then the margins; everybody has no name.

    Raises:
        DesignError: E518 no level at all.
    """
    grouping = request.grouping
    if grouping is None:
        return [Group(None)]
    levels = {name: grouping.levels[name] or _found_levels(frame, name) for name in grouping.by}
    if not all(levels.values()):
        raise DesignError(fault("E518", place=request.place))
    found: dict[str | None, Group] = {}
    for dimensions in (grouping.by, *grouping.margins):
        for group in _cross(dimensions, levels):
            found.setdefault(group.name, group)
    return list(found.values())


def _cross(dimensions: tuple[str, ...], levels: Levels) -> list[Group]:
    if not dimensions:
        return [Group(None)]
    choices = product(*(levels[name].items() for name in dimensions))
    return [
        Group(
            ";".join(f"{name}={label}" for name, (label, _) in zip(dimensions, chosen, strict=True)),
            tuple(condition for _, condition in chosen),
        )
        for chosen in choices
    ]


def _found_levels(frame: Frame, name: str) -> dict[str, Expression]:
    """Levels of a column as they stand in the data, sorted."""
    values = column_of(frame.columns, name)
    factor = make_factor(name, [values[~is_missing(values)]])
    conditions = {}
    for label in factor.labels:
        value = Number(label) if isinstance(label, float) else Text(str(label))
        conditions[label_text(label)] = Expression(Comparison(("==",), (Name(name), value)))
    return conditions
