"""``robustness:``: a model again with dotted paths changed, one row each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from impact.core.errors import Fault, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.nodes import Entry, Key, Node, map_node, node_at, split_path, with_entry, without
from impact.schema.resolving.changes import ChangeError, change, plus

# blocks of the spec that a model does not have itself; all other paths are those of the model
CONTEXT_KEYS = ("data", "joins", "derive", "checks", "subgroups", "outcomes", "sets", "survey", "instruments",
                "domain", "alpha", "seed", "labels")  # fmt: skip
# blocks of a model that are changes to the spec's block of the same name: null there takes a part away
OVERLAID = ("design", "filter", "panel")
# what describes the model itself and would be wrong of a row
NOT_PASSED_ON = ("title", "note", "expect")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its name, its changes as a mapping of dotted path to value, and the models it is of (none: all)."""

    name: str
    place: Place
    changes: Node
    of: tuple[str, ...] = ()

    def is_of(self, *names: str) -> bool:
        """Whether the row is one of a model, given by its own name and that of its block."""
        return not self.of or bool({*self.of} & {*names})


def read_rows(tree: Node) -> tuple[tuple[str, ...], tuple[Row, ...], list[Fault]]:
    """The models that ``robustness:`` is of, its rows, and its faults (E160 wrong form, E156 name)."""
    block = tree.get("robustness")
    if block is None or block.kind != "map":
        return (), (), []
    of = _names(block)
    names = tuple(item.written for item in of)
    rows, faults = [], []
    written = block.get("rows") or map_node(block.place)
    for entry in written.entries:
        if entry.node.kind != "map" or not entry.node.entries:
            hint = "such as urban: {filter+: area == 1}"
            where = f"robustness.rows.{entry.key}"
            faults.append(
                fault(
                    "E160", place=entry.place, where=where, expected="a mapping of paths to values", hint=hint
                )
            )
        elif not str(entry.key).replace("_", "a").isalnum():
            faults.append(fault("E156", place=entry.place, name=entry.key, what="a robustness row"))
        else:
            own = _names(entry.node)
            faults += [
                fault("E153", place=item.place, suggestion=nearest(item.written, names), name=item.written,
                      known=", ".join(names))
                for item in own
                if item.written not in names
            ]  # fmt: skip
            changes = map_node(entry.node.place, without(entry.node, "of").entries)
            rows.append(Row(str(entry.key), entry.place, changes, tuple(item.written for item in own)))
    return names, tuple(rows), faults


def _names(block: Node) -> tuple[Node, ...]:
    """The models that ``of:`` names, one or a list."""
    of = block.get("of")
    return tuple(item for item in (of.items if of and of.kind == "list" else (of,)) if item is not None)


def unknown_model(tree: Node, name: str, known: tuple[str, ...]) -> Fault:
    """E153 at the name in ``robustness.of``."""
    block = node_at(tree, "robustness")
    items = () if block is None else _names(block)
    place = next((item.place for item in items if item.written == name), None)
    return fault("E153", place=place, suggestion=nearest(name, known), name=name, known=", ".join(known))


def apply_changes(model: Node, context: Node, row: Row) -> tuple[Node, Node]:
    """A model and its spec with the changes of a row.

    Paths are those of the model (``filter+``, ``vcov.type``, ``design.treated``) or start with a block of the
    spec (``derive.x``, ``subgroups.age``). ``key+`` appends, null removes. ``filter+`` adds a condition under
    the row's name to those the model has.

    Arguments:
        model: the block of the model. context: the whole spec.

    Returns:
        The changed block and the changed spec.

    Raises:
        SpecError: E152 for every path that cannot be changed, E154 for ``+`` on a single value.
    """
    model = without(model, *NOT_PASSED_ON)
    faults: list[Fault] = []
    for entry in row.changes.entries:
        try:
            model, context = _apply(model, context, entry, row.name)
        except ChangeError as error:
            known = f"there is: {', '.join(error.known)}" if error.known else ""
            faults.append(
                fault("E152", place=entry.place, suggestion=error.suggestion, row=row.name, path=entry.key,
                      reason=error.reason, known=known)
            )  # fmt: skip
        except SpecError as error:
            faults.extend(error.faults)
    if faults:
        raise SpecError(*faults)
    return model, context


def _apply(model: Node, context: Node, entry: Entry, row: str) -> tuple[Node, Node]:
    parts = _parts(entry)
    if parts == ("filter+",):
        return _add_filter(model, entry, row), context
    if parts[0] in OVERLAID and len(parts) > 1:
        return _overlay(model, context, parts, entry), context
    if parts[0] in CONTEXT_KEYS:
        return model, change(context, parts, entry)
    return change(model, parts, entry, base=context), context


def _parts(entry: Entry) -> tuple[Key, ...]:
    path = str(entry.key)
    try:
        parts = split_path(path)
    except ValueError:
        raise ChangeError("it is not a dotted path") from None
    if any(plus(part) is not None for part in parts[:-1]):
        raise ChangeError("only the last part can end in +")
    return parts


def _overlay(model: Node, context: Node, parts: tuple[Key, ...], entry: Entry) -> Node:
    """A change inside a block that a model lays over the spec's."""
    block = model.get(parts[0])
    if parts[0] == "filter" and block is not None and block.text is not None:
        named = map_node(block.place, (Entry("filter", block.place, block),))
        model = with_entry(model, Entry("filter", entry.place, named))
    if not entry.node.is_null or len(parts) != 2:
        return change(model, parts, entry, base=context)
    shared = context.get(parts[0]) or map_node(entry.place)
    own = model.get(parts[0]) or map_node(entry.place)
    if own.entry(parts[1]) is None and shared.entry(parts[1]) is None:
        known = (*own.keys, *shared.keys)
        raise ChangeError("there is no such key to remove", missing=str(parts[1]), known=known)
    removed = with_entry(own, Entry(parts[1], entry.place, entry.node))
    return with_entry(model, Entry(parts[0], entry.place, removed))


def _add_filter(model: Node, entry: Entry, row: str) -> Node:
    """The model with one more condition: its filter as a mapping of named conditions."""
    old = model.get("filter")
    conditions = old if old is not None and old.kind == "map" else map_node(entry.place)
    if old is not None and old.text is not None:
        conditions = with_entry(conditions, Entry("filter", old.place, old))
    if entry.node.kind == "map":
        for added in entry.node.entries:
            conditions = with_entry(conditions, added)
        return with_entry(model, Entry("filter", entry.place, conditions))
    if entry.node.text is None:
        raise ChangeError("a filter is an expression, or a mapping of named ones")
    name = row if conditions.entry(row) is None else f"{row}_row"
    conditions = with_entry(conditions, Entry(name, entry.place, entry.node))
    return with_entry(model, Entry("filter", entry.place, replace(conditions, place=entry.node.place)))
