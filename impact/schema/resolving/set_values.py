"""``--set KEY=VALUE``: changes from the command line, by the same paths as everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from impact.core.errors import Fault, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.load import load_value
from impact.schema.nodes import Entry, Key, Node, child, split_path
from impact.schema.resolving.changes import ChangeError, change

# in these a new name would be a typing error: a model that is not there cannot be changed
NAMED = ("models", "tests", "tables", "figures", "params", "sets", "matrix", "joins", "published", "claims",
         "inputs", "equations", "scenarios")  # fmt: skip


def apply_settings(tree: Node, settings: Sequence[str]) -> Node:
    """The tree with each ``KEY=VALUE`` applied in order; values are YAML.

    Raises:
        SpecError: E145 a path that leads nowhere, with the nearest; E146 no equals sign or no key.
    """
    faults: list[Fault] = []
    for setting in settings:
        try:
            tree = _apply(tree, setting)
        except SpecError as error:
            faults.extend(error.faults)
    if faults:
        raise SpecError(*faults)
    return tree


def _apply(tree: Node, setting: str) -> Node:
    path, equals, value = setting.partition("=")
    path = path.strip()
    label = f"--set {setting}"
    place = Place(label, path=path)
    try:
        parts = split_path(path)
    except ValueError:
        parts = ()
    if not equals or not parts:
        raise SpecError(fault("E146", place=place, setting=setting))
    node = load_value(value.strip(), name=label, path=path)
    node = _flat(node, place)
    _require_name(tree, parts, setting, place)
    try:
        return change(tree, parts, Entry(parts[-1], place, node))
    except ChangeError as error:
        known = f"there is: {', '.join(error.known)}" if error.known else error.reason
        raise SpecError(
            fault("E145", place=place, suggestion=error.suggestion, setting=setting, path=path, known=known)
        ) from None


def _flat(node: Node, place: Place) -> Node:
    """A value of the command line has no line and column; its place is the option itself."""
    entries = tuple(Entry(e.key, place, _flat(e.node, place)) for e in node.entries)
    items = tuple(_flat(item, place) for item in node.items)
    return Node(node.kind, place, node.value, node.written, "python", entries=entries, items=items)


def _require_name(tree: Node, parts: Sequence[Key], setting: str, place: Place) -> None:
    if parts[0] not in NAMED or len(parts) < 2:
        return
    collection = tree.get(parts[0])
    if collection is not None and child(collection, parts[1]) is not None:
        return
    known = tuple(str(key) for key in collection.keys) if collection is not None else ()
    close = nearest(str(parts[1]), known)
    suggestion = ".".join([str(parts[0]), close, *(str(p) for p in parts[2:])]) if close else ""
    names = f"{parts[0]} has: {', '.join(known) or 'nothing'}"
    raise SpecError(
        fault(
            "E145",
            place=place,
            suggestion=suggestion,
            setting=setting,
            path=f"{parts[0]}.{parts[1]}",
            known=names,
        )
    )
