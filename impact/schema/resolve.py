"""A spec file to a resolved tree: extends, --set, params, defaults, robustness rows and matrix worked in.

The order is fixed: load, ``extends``, ``--set``, ``params``, ``defaults``, ``robustness``, ``matrix``.
``sets`` stay as they are: formulas expand them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from impact.core.errors import Fault, SpecError
from impact.core.texts import fault
from impact.schema.load import MAX_FAULTS
from impact.schema.nodes import Entry, Node, map_node
from impact.schema.resolving.extends import load_with_bases
from impact.schema.resolving.matrix import (
    MAX_MODELS,
    Cell,
    Matrix,
    cells,
    count_cells,
    full_name,
    read_matrix,
)
from impact.schema.resolving.placeholders import mentions, not_inside_text, substitute, unknown_names
from impact.schema.resolving.robustness import Row, apply_changes, read_rows, unknown_model
from impact.schema.resolving.set_values import apply_settings
from impact.schema.resolving.shorthands import Accepts, name_faults, with_defaults, write_out
from impact.schema.source_text import Source, Text, read_text


@dataclass(frozen=True, slots=True)
class ExpandedModel:
    """One model of the plan, every short form written out.

    Arguments:
        name: in the results: ``ols``, ``ols[y=kept]``, ``main[row=urban]``. base: its name in the spec.
        cell: dimension and label of the matrix, in order. row: name of the robustness row or None.
        node: the block of the model.
        context: the spec this model belongs to (a row may change blocks outside the model).
    """

    name: str
    base: str
    cell: Cell
    row: str | None
    node: Node
    context: Node


@dataclass(frozen=True, slots=True)
class Resolved:
    """A spec ready to be validated.

    Arguments:
        tree: the whole spec; its models carry their defaults but are not yet repeated by the matrix.
        models: every model, repeated by ``matrix`` and ``robustness``.
        sources: the files that were read, the spec first.
        faults: what is wrong, when ``resolve_spec`` was told to keep going.
        roots: folders of named roots.
    """

    tree: Node
    models: tuple[ExpandedModel, ...]
    sources: tuple[Source, ...]
    faults: tuple[Fault, ...] = ()
    roots: Mapping[str, str | Path] = field(default_factory=dict)


def resolve_spec(
    spec: str | Path | Text | Node,
    *,
    set_values: Sequence[str] = (),
    roots: Mapping[str, str | Path] | None = None,
    accepts: Accepts | None = None,
    keep_going: bool = False,
) -> Resolved:
    """A spec with everything that refers to something else worked in.

    Arguments:
        spec: path of the file; or a text that was read (standard input), or a tree (a Python dict).
        set_values: ``KEY=VALUE`` of the command line.
        roots: folders of named roots.
        accepts: whether a model of an estimator takes a key (for ``defaults:``); all are taken when absent.
        keep_going: return what could be resolved with its ``faults`` instead of raising, so that they can be
            shown together with those of validation. Faults of the text itself are always raised.

    Raises:
        SpecError: every fault found, each at its place.
    """
    tree, sources = _read(spec)
    faults: list[Fault] = []
    base = tree.entry("base")
    if base is not None and base.node.value is True:
        raise SpecError(fault("E144", place=base.place))
    faults.extend(name_faults(tree))
    if set_values:
        tree = apply_settings(write_out(tree), set_values)
    tree = write_out(tree)
    written = tree.get("matrix")
    tree, found = _expand_params(tree, _dimension_names(written))
    faults.extend(found)
    matrix, found = read_matrix(tree.get("matrix"))
    faults.extend(found)
    tree = with_defaults(tree, accepts=accepts)
    models, found = _expand_models(tree, matrix)
    faults.extend(found)
    if faults and not keep_going:
        raise SpecError(*faults[:MAX_FAULTS])
    return Resolved(tree, models, sources, tuple(faults), dict(roots or {}))


def _read(spec: str | Path | Text | Node) -> tuple[Node, tuple[Source, ...]]:
    if isinstance(spec, Node):
        return spec, ()
    read = spec if isinstance(spec, Text) else read_text(Path(spec), name=str(spec))
    return load_with_bases(read)


def _dimension_names(matrix: Node | None) -> tuple[str, ...]:
    entries = matrix.entries if matrix is not None else ()
    return tuple(str(entry.key) for entry in entries if entry.key != "exclude")


def _expand_params(tree: Node, dimensions: tuple[str, ...]) -> tuple[Node, list[Fault]]:
    """``${name}`` of ``params`` replaced everywhere; inside models the dimensions of the matrix may stay."""
    faults: list[Fault] = []
    block = tree.get("params") or map_node(tree.place)
    params = {str(entry.key): entry.node for entry in block.entries if not entry.node.is_null}
    for entry in block.entries:
        faults.extend(_nested(entry, f"params.{entry.key}"))
        if entry.key in dimensions:
            faults.append(fault("E158", place=entry.place, name=entry.key))
    expanded = []
    for entry in tree.entries:
        if entry.key == "params":
            expanded.append(entry)
            continue
        inside = entry.key in ("models", "defaults", "robustness")
        known = (*params, *dimensions) if inside else tuple(params)
        faults.extend(unknown_names(entry.node, known))
        faults.extend(not_inside_text(entry.node, params))
        expanded.append(replace(entry, node=substitute(entry.node, params)))
    return replace(tree, entries=tuple(expanded)), faults


def _nested(entry: Entry, where: str) -> list[Fault]:
    return [
        fault("E148", place=entry.node.place, where=where, name=name) for name in sorted(mentions(entry.node))
    ]


def _expand_models(tree: Node, matrix: Matrix) -> tuple[tuple[ExpandedModel, ...], list[Fault]]:
    block = tree.get("models")
    entries = block.entries if block is not None and block.kind == "map" else ()
    total = sum(count_cells(matrix, mentions(entry.node)) for entry in entries)
    where = tree.entry("matrix")
    if total > MAX_MODELS and where is not None:
        return (), [fault("E150", place=where.place, count=f"{total:,}", limit=f"{MAX_MODELS:,}")]
    models = [
        ExpandedModel(full_name(str(e.key), cell), str(e.key), cell, None,
                      substitute(e.node, values, labels=dict(cell)), tree)
        for e in entries
        for cell, values in cells(matrix, mentions(e.node))
    ]  # fmt: skip
    rows, faults = _expand_rows(tree, matrix, models)
    return (*models, *rows), faults


def _expand_rows(
    tree: Node, matrix: Matrix, models: list[ExpandedModel]
) -> tuple[list[ExpandedModel], list[Fault]]:
    names, rows, faults = read_rows(tree)
    found: list[ExpandedModel] = []
    for name in names:
        of = [model for model in models if name in (model.base, model.name)]
        if not of:
            known = tuple(dict.fromkeys(model.base for model in models))
            faults.append(unknown_model(tree, name, known))
        for model, row in ((m, row) for m in of for row in rows if row.is_of(m.base, m.name)):
            try:
                found.append(_row_model(tree, matrix, model, row))
            except SpecError as error:
                faults.extend(f for f in error.faults if f not in faults)
    return found, faults


def _row_model(tree: Node, matrix: Matrix, model: ExpandedModel, row: Row) -> ExpandedModel:
    values = {name: matrix.dimensions[name][label] for name, label in model.cell}
    unused = (mentions(row.changes) & set(matrix.dimensions)) - set(values)
    if unused:
        raise SpecError(*unknown_names(row.changes, tuple(values), where=f" of {model.name}"))
    changes = substitute(row.changes, values, labels=dict(model.cell))
    node, context = apply_changes(model.node, tree, replace(row, changes=changes))
    name = full_name(model.base, model.cell, row.name)
    return ExpandedModel(name, model.base, model.cell, row.name, node, context)
