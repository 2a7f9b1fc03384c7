"""``matrix:``: every model that mentions ``${dimension}`` is repeated for each of its values."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from impact.core.errors import Fault, Place
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.nodes import Node

MAX_MODELS = 10_000
_LABEL = re.compile(r"[^\[\],=;\n]{1,80}")
Cell = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The dimensions (name → label → value) and the combinations that are left out."""

    dimensions: Mapping[str, Mapping[str, Node]]
    excluded: tuple[Mapping[str, tuple[str, ...]], ...] = ()


def read_matrix(node: Node | None) -> tuple[Matrix, list[Fault]]:
    """The matrix of a spec, and its faults: E149 a dimension, E151 an exclusion, E160 no mapping."""
    if node is None or node.is_null:
        return Matrix({}), []
    if node.kind != "map":
        hint = "such as matrix: {y: [keep, lwage]}"
        return Matrix({}), [
            fault("E160", place=node.place, where="matrix", expected="a mapping of dimensions", hint=hint)
        ]
    faults: list[Fault] = []
    dimensions: dict[str, dict[str, Node]] = {}
    for entry in node.entries:
        if entry.key == "exclude":
            continue
        values = _dimension(entry.node)
        if values is None:
            faults.append(fault("E149", place=entry.place, name=entry.key))
        dimensions[str(entry.key)] = values or {}
    excluded = _exclusions(node.get("exclude"), dimensions, faults)
    return Matrix(dimensions, excluded), faults


def _dimension(node: Node) -> dict[str, Node] | None:
    if node.kind == "list":
        pairs = [(item.written, item) for item in node.items]
    else:
        pairs = [(str(entry.key), entry.node) for entry in node.entries]
    fine = all(value.kind == "scalar" and not value.is_null and _LABEL.fullmatch(k) for k, value in pairs)
    labels = dict(pairs)
    return labels if fine and pairs and len(labels) == len(pairs) else None


def _exclusions(
    node: Node | None, dimensions: Mapping[str, Mapping[str, Node]], faults: list[Fault]
) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    if node is None or node.is_null:
        return ()
    found = []
    for item in node.items if node.kind == "list" else (node,):
        if item.kind != "map" or not item.entries:
            hint = "such as exclude: [{y: hours, who: young}]"
            faults.append(
                fault(
                    "E160", place=item.place, where="matrix.exclude", expected="a list of mappings", hint=hint
                )
            )
            continue
        rule = {}
        for entry in item.entries:
            labels = entry.node.items if entry.node.kind == "list" else (entry.node,)
            faults.extend(_exclusion_faults(str(entry.key), labels, dimensions, entry.place))
            rule[str(entry.key)] = tuple(label.written for label in labels)
        found.append(rule)
    return tuple(found)


def _exclusion_faults(
    name: str, labels: tuple[Node, ...], dimensions: Mapping[str, Mapping[str, Node]], place: Place
) -> list[Fault]:
    from_dimension = dimensions.get(name)
    if from_dimension is None:
        problem, known = f"there is no dimension '{name}'", ", ".join(dimensions)
        return [
            fault("E151", place=place, suggestion=nearest(name, dimensions), problem=problem,
                  known=f"dimensions are: {known}")
        ]  # fmt: skip
    return [
        fault("E151", place=label.place, suggestion=nearest(label.written, from_dimension),
              problem=f"{name} has no value '{label.written}'",
              known=f"values are: {', '.join(from_dimension)}")
        for label in labels
        if from_dimension and label.written not in from_dimension
    ]  # fmt: skip


def count_cells(matrix: Matrix, names: set[str]) -> int:
    """How many combinations the mentioned dimensions have, before exclusions."""
    total = 1
    for name, values in matrix.dimensions.items():
        if name in names:
            total *= max(len(values), 1)
    return total


def cells(matrix: Matrix, names: set[str]) -> Iterator[tuple[Cell, dict[str, Node]]]:
    """The combinations of the mentioned dimensions, the first dimension slowest: labels, and name → value."""
    used = [name for name in matrix.dimensions if name in names]
    for labels in itertools.product(*(matrix.dimensions[name] for name in used)):
        chosen = dict(zip(used, labels, strict=True))
        if not any(_excluded(rule, chosen) for rule in matrix.excluded):
            values = {name: matrix.dimensions[name][label] for name, label in chosen.items()}
            yield tuple(chosen.items()), values


def _excluded(rule: Mapping[str, tuple[str, ...]], chosen: Mapping[str, str]) -> bool:
    return all(name in chosen and chosen[name] in labels for name, labels in rule.items())


def full_name(base: str, cell: Cell, row: str | None = None) -> str:
    """The name of a model in the results: ``ols``, ``ols[y=kept]``, ``ols[y=kept,row=urban]``."""
    parts = [f"{name}={label}" for name, label in cell] + ([f"row={row}"] if row is not None else [])
    return f"{base}[{','.join(parts)}]" if parts else base
