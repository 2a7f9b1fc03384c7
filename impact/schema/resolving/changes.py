"""Changes at dotted paths: shared by ``extends``, ``--set`` and robustness rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from impact.core.errors import Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.nodes import Entry, Key, Node, child, list_node, map_node, with_entry, without

KIND_WORDS = {"map": "a mapping", "list": "a list"}
# a variance is one of these; a second one beside the first would make no sense, so it replaces the first
VARIANCE_KINDS = ("cluster", "akm", "conley", "newey_west", "driscoll_kraay", "bootstrap", "jackknife",
                  "survey")  # fmt: skip


class ChangeError(ValueError):
    """A path that cannot be changed: why, what was not found, and what there is."""

    def __init__(self, reason: str, *, missing: str = "", known: Sequence[Key] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.missing = missing
        self.known = tuple(str(key) for key in known)

    @property
    def suggestion(self) -> str:
        """The nearest name that exists."""
        return nearest(self.missing, self.known) if self.missing else ""


def describe(node: Node) -> str:
    """A value in a few words, for messages."""
    if node.kind != "scalar":
        return KIND_WORDS[node.kind]
    if node.value is None:
        return "empty"
    return "text" if isinstance(node.value, str) else node.written


def plus(key: Key) -> str | None:
    """The name in ``name+``; None for a key that does not append."""
    return key[:-1] if isinstance(key, str) and key.endswith("+") and len(key) > 1 else None


def append(old: Node, new: Node, *, key: str, place: Place) -> Node:
    """``key+``: a list with more items, a mapping with more entries.

    Raises:
        SpecError: E154 where the old value is neither, or a mapping meets something else.
    """
    if old.is_null:
        return new
    if old.kind == "list":
        items = new.items if new.kind == "list" else (new,)
        return replace(old, items=(*old.items, *items))
    if old.kind == "map" and new.kind == "map":
        return merge(old, new)
    raise SpecError(fault("E154", place=place, key=key, found=describe(old)))


def merge(base: Node, over: Node, path: tuple[Key, ...] = ()) -> Node:
    """Two mappings as one, deep: scalars and lists of ``over`` replace, null removes, ``key+`` appends.

    A mapping of weights, and a variance of another kind, replace the old one as a whole. Changes that
    robustness rows hold are kept as they are written.
    """
    merged = replace(base, place=over.place)
    for entry in over.entries:
        name = plus(entry.key) if path[:2] != ("robustness", "rows") else None
        old = merged.entry(name if name is not None else entry.key)
        merged = _merge_entry(merged, entry, old, (name, path))
    return merged


def _merge_entry(
    merged: Node, entry: Entry, old: Entry | None, where: tuple[str | None, tuple[Key, ...]]
) -> Node:
    name, path = where
    if name is not None:
        start = old.node if old else Node("scalar", entry.place)
        node = append(start, _clean(entry.node, (*path, name)), key=name, place=entry.place)
        return with_entry(merged, Entry(name, entry.place, node))
    here = (*path, entry.key)
    if old is None:
        return with_entry(merged, replace(entry, node=_clean(entry.node, here)))
    if entry.node.is_null:
        return without(merged, entry.key)
    before = old.node
    if entry.node.kind == "map" and before.text is not None and short_key(here):
        before = _long_form(before, str(short_key(here)))
    if before.kind == "map" and entry.node.kind == "map" and not _replaces(here, before, entry.node):
        return with_entry(merged, replace(entry, node=merge(before, entry.node, here)))
    return with_entry(merged, replace(entry, node=_clean(entry.node, here)))


def _clean(node: Node, path: tuple[Key, ...]) -> Node:
    """A mapping in which ``key+`` has nothing to append to."""
    return merge(map_node(node.place), node, path) if node.kind == "map" else node


def _replaces(path: tuple[Key, ...], old: Node, new: Node) -> bool:
    if path[:2] == ("robustness", "rows") and len(path) > 3:
        return True
    if path[-1] == "weights":
        return True
    kinds = [key for key in new.keys if key in VARIANCE_KINDS]
    return path[-1] == "vcov" and bool(kinds) and old.get(kinds[0]) is None


def short_key(path: tuple[Key, ...]) -> str | None:
    """The key that a bare text stands for at a path: ``data: x.csv`` is ``data: {file: x.csv}``."""
    if path == ("data",):
        return "file"
    return "formula" if path == ("model",) or (len(path) == 2 and path[0] == "models") else None


def _long_form(node: Node, key: str) -> Node:
    return map_node(node.place, (Entry(key, node.place, node),))


def change(tree: Node, parts: Sequence[Key], new: Entry, *, base: Node | None = None) -> Node:
    """The tree with the value at a path changed.

    Arguments:
        tree: a mapping or list.
        parts: keys and positions; the last may be ``key+``. A null value removes the key.
        new: the value, with the place of the path as its key's place.
        base: where ``key+`` finds the old value when the tree does not have it.

    Raises:
        ChangeError: a part leads through a value that has no parts, or a removed key is not there.
        SpecError: E154 from ``append``.
    """
    head, rest = parts[0], parts[1:]
    if tree.kind == "scalar":
        raise ChangeError(f"it is {describe(tree)} and has no parts", missing=str(head))
    if tree.kind == "list":
        return _change_item(tree, head, rest, new)
    old = tree.entry(head)
    if rest:
        inner = old.node if old and not old.node.is_null else map_node(new.place)
        below = base.get(head) if base is not None else None
        changed = change(inner, rest, new, base=below)
        return with_entry(tree, Entry(head, old.place if old else new.place, changed))
    return _change_leaf(tree, head, new, base)


def _change_item(tree: Node, head: Key, rest: Sequence[Key], new: Entry) -> Node:
    old = child(tree, head)
    if old is None:
        raise ChangeError(f"it is a list of {len(tree.items)}", missing=str(head))
    changed = change(old, rest, new) if rest else new.node
    return list_node(tree.place, [changed if item is old else item for item in tree.items])


def _change_leaf(tree: Node, head: Key, new: Entry, base: Node | None) -> Node:
    name = plus(head)
    if name is not None:
        old = tree.get(name) or (base.get(name) if base is not None else None)
        node = append(old, new.node, key=name, place=new.place) if old is not None else new.node
        return with_entry(tree, Entry(name, new.place, node))
    if new.node.is_null:
        if tree.entry(head) is None and (base is None or base.entry(head) is None):
            raise ChangeError("there is no such key to remove", missing=str(head), known=tree.keys)
        if base is not None and base.entry(head) is not None:
            # the null stays, so that what the base has is removed when the two are merged
            return with_entry(tree, Entry(head, new.place, new.node))
        return without(tree, head)
    return with_entry(tree, Entry(head, new.place, new.node))
