"""The tree of a spec: every key and value with the place where it stands.

A tree is immutable; changes make a new tree that shares what did not change.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeVar

from impact.core.errors import Fault, Place, SpecError
from impact.core.texts import fault

Parsed = TypeVar("Parsed")
Scalar = str | int | float | bool | None
Key = str | int
Kind = Literal["map", "list", "scalar"]
MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``key: value`` of a mapping; ``place`` is the place of the key."""

    key: Key
    place: Place
    node: Node


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text into which values were inserted.

    Arguments:
        text: the part. start, end: which characters of the text as typed it stands for.
        typed: whether it was typed there; False for an inserted value.
    """

    text: str
    start: int
    end: int
    typed: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a spec.

    Arguments:
        kind: ``map`` (read ``entries``), ``list`` (read ``items``) or ``scalar`` (read ``value``).
        place: where the value starts; for a value that came through ``extends``, ``matrix`` or a shorthand
            its ``note`` says from where.
        value: the scalar, interpreted (``1_000`` is 1000).
        written: the scalar as it was typed, without quotes (``0.120`` keeps its three decimals).
        style: ``plain``, ``single``, ``double``, ``block`` or ``python`` (given as a Python object).
        raw: the source with its quotes, where escapes make it longer than the text it stands for.
        pieces: where ``${name}`` was replaced: the parts of the text and what they stand for.
    """

    kind: Kind
    place: Place
    value: Scalar = None
    written: str = ""
    style: str = "plain"
    raw: str = ""
    pieces: tuple[Piece, ...] = ()
    entries: tuple[Entry, ...] = ()
    items: tuple[Node, ...] = ()

    def get(self, key: Key) -> Node | None:
        """The value under a key of a mapping; None where there is none."""
        entry = self.entry(key)
        return entry.node if entry else None

    def entry(self, key: Key) -> Entry | None:
        """The entry of a key, with the place of the key; None where there is none."""
        return next((entry for entry in self.entries if entry.key == key), None)

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of a mapping, in the order of the file."""
        return tuple(entry.key for entry in self.entries)

    @property
    def text(self) -> str | None:
        """The value where it is text, else None."""
        return self.value if self.kind == "scalar" and isinstance(self.value, str) else None

    @property
    def is_null(self) -> bool:
        """Whether the value is ``null`` (or nothing was written)."""
        return self.kind == "scalar" and self.value is None


def join_path(parent: str, key: Key) -> str:
    """The dotted path of a key; a key that holds a dot, bracket or quote is quoted."""
    text = str(key)
    if not text or any(c in text for c in '.[]"'):
        text = '"' + text.replace('"', '""') + '"'
    return f"{parent}.{text}" if parent else text


def split_path(path: str) -> tuple[Key, ...]:
    """The parts of a dotted path: ``tests.pre.of[0]`` gives ``("tests", "pre", "of", 0)``.

    Raises:
        ValueError: an empty part, or a bracket or quote that is not closed.
    """
    parts: list[Key] = []
    position = 0
    while position < len(path):
        part, position = _path_part(path, position)
        parts.append(part)
    if not parts or path.endswith("."):
        raise ValueError(path)
    return tuple(parts)


def _path_part(path: str, start: int) -> tuple[Key, int]:
    if path[start] == "[" and start:
        end = path.index("]", start)
        if not path[start + 1 : end].isdecimal():
            raise ValueError(path)
        return int(path[start + 1 : end]), _after_part(path, end + 1)
    if path[start] == '"':
        end = path.index('"', start + 1)
        while path[end + 1 : end + 2] == '"':
            end = path.index('"', end + 2)
        return path[start + 1 : end].replace('""', '"'), _after_part(path, end + 1)
    end = min((found for c in ".[" if (found := path.find(c, start)) >= 0), default=len(path))
    if end == start:
        raise ValueError(path)
    return path[start:end], _after_part(path, end)


def _after_part(path: str, position: int) -> int:
    if position < len(path) and path[position] not in ".[":
        raise ValueError(path)
    return position + 1 if path[position : position + 1] == "." else position


def child(node: Node, part: Key) -> Node | None:
    """The value under a key (mapping) or a position (list); whole-number keys match their text."""
    if node.kind == "list":
        position = int(part) if str(part).isdecimal() else -1
        return node.items[position] if 0 <= position < len(node.items) else None
    found = node.get(part)
    if found is None and isinstance(part, str) and part.isdecimal():
        found = node.get(int(part))
    return found


def node_at(tree: Node, path: str | Sequence[Key]) -> Node | None:
    """The node at a dotted path (``models.iv.vcov``) or a sequence of keys; None where there is none."""
    node: Node | None = tree
    for part in split_path(path) if isinstance(path, str) else path:
        node = child(node, part) if node is not None else None
    return node


def place_of(tree: Node, path: str | Sequence[Key]) -> Place:
    """The place of the value at a path; for a path that does not exist, of the deepest parent that does.

    A parent is shown by its key, the value itself by where it starts.
    """
    node, place = tree, tree.place
    for part in split_path(path) if isinstance(path, str) else path:
        entry, inner = node.entry(part), child(node, part)
        if inner is None:
            return place
        place = entry.place if entry else inner.place
        node = inner
    return node.place if node.kind == "scalar" else place


def key_place(tree: Node, path: str | Sequence[Key]) -> Place:
    """The place of the key at a path; for a path that does not exist, of the deepest parent that does."""
    node, place = tree, tree.place
    for part in split_path(path) if isinstance(path, str) else path:
        entry, inner = node.entry(part), child(node, part)
        if inner is None:
            return place
        node, place = inner, entry.place if entry else inner.place
    return place


def text_place(node: Node) -> Place:
    """The place of the first character of a text: after the quote of a quoted one."""
    quoted = node.style in ("single", "double")
    return node.place.shifted(1, len(node.written)) if quoted else node.place


def place_inside(node: Node, offset: int, length: int = 1) -> Place:
    """The place of ``length`` characters of a text, ``offset`` characters in.

    Quotes, escapes and inserted values are counted, so the column is that of the character in the file. For
    a character of an inserted value it is that of its ``${name}``; for a folded text of several lines it is
    where the text starts.
    """
    if node.style == "block":
        return node.place
    start, end = _typed(node, offset), _typed(node, offset + max(length, 1) - 1, end=True)
    if not node.raw:
        return text_place(node).shifted(start, end - start)
    if "\n" in node.raw:
        return node.place
    starts = [*_character_starts(node.raw, node.style), len(node.raw) - 1]
    first, last = starts[min(start, len(starts) - 1)], starts[min(end, len(starts) - 1)]
    return node.place.shifted(first, last - first)


def _typed(node: Node, offset: int, *, end: bool = False) -> int:
    """The position in the text as typed of a character of the text with its values inserted."""
    position = 0
    for piece in node.pieces:
        if offset < position + len(piece.text):
            if piece.typed:
                return piece.start + offset - position + end
            return piece.end if end else piece.start
        position += len(piece.text)
    return (node.pieces[-1].end + offset - position if node.pieces else offset) + end


def relocate(found: Fault, node: Node) -> Fault:
    """A fault of a parser of texts, at the character of the file that it means.

    Parsers count columns from ``text_place(node)``. Here escapes and inserted values are taken into account;
    for a text of several lines the joined text is shown with the caret under it.
    """
    if found.place is None:
        return found
    first = text_place(node)
    offset = found.place.column - first.column
    length = max(found.place.end_column - found.place.column, 1)
    text = node.text or ""
    place = replace(place_inside(node, offset, length), path=node.place.path, note=node.place.note)
    several_lines = node.style == "block" or "\n" in node.raw
    details = (text, " " * offset + "^" * length) if several_lines and "\n" not in text else ()
    return replace(found, place=place, details=(*details, *found.details))


def read_with(parse: Callable[[str, Place], Parsed], node: Node) -> Parsed:
    """What a parser of texts makes of a text of the spec, its faults at the characters of the file.

    Arguments:
        parse: takes the text and the place of its first character.

    Raises:
        SpecError: the parser's, each fault through ``relocate``.
    """
    try:
        return parse(node.text if node.text is not None else node.written, text_place(node))
    except SpecError as error:
        raise SpecError(*(relocate(found, node) for found in error.faults)) from None


def _character_starts(raw: str, style: str) -> Iterator[int]:
    position = 1
    while position < len(raw) - 1:
        yield position
        if style == "single":
            position += 2 if raw[position] == "'" else 1
        elif raw[position] == "\\":
            position += 2 + {"x": 2, "u": 4, "U": 8}.get(raw[position + 1], 0)
        else:
            position += 1


def to_plain(node: Node) -> object:
    """The tree as dicts, lists and scalars."""
    if node.kind == "map":
        return {entry.key: to_plain(entry.node) for entry in node.entries}
    if node.kind == "list":
        return [to_plain(item) for item in node.items]
    return node.value


def walk(node: Node) -> Iterator[Node]:
    """Every node of a tree, parents before children, in the order of the file."""
    yield node
    for inner in node.items or tuple(entry.node for entry in node.entries):
        yield from walk(inner)


def count(node: Node) -> int:
    """Number of nodes of a tree."""
    return 1 + sum(count(inner) for inner in node.items) + sum(count(entry.node) for entry in node.entries)


def with_note(node: Node, note: str) -> Node:
    """The node with a note on where its value came from, after what is already noted."""
    joined = ", ".join(part for part in (node.place.note, note) if part)
    return replace(node, place=replace(node.place, note=joined))


def with_entry(node: Node, entry: Entry) -> Node:
    """The mapping with an entry set: in the place of an equal key, else at the end."""
    if node.entry(entry.key) is None:
        return replace(node, entries=(*node.entries, entry))
    kept = tuple(entry if old.key == entry.key else old for old in node.entries)
    return replace(node, entries=kept)


def without(node: Node, *keys: Key) -> Node:
    """The mapping without some keys."""
    return replace(node, entries=tuple(entry for entry in node.entries if entry.key not in keys))


def map_node(place: Place, entries: Sequence[Entry] = ()) -> Node:
    """A mapping."""
    return Node("map", place, entries=tuple(entries))


def list_node(place: Place, items: Sequence[Node] = ()) -> Node:
    """A list."""
    return Node("list", place, items=tuple(items))


def text_node(value: str, place: Place) -> Node:
    """A text that nobody typed as such (made by a shorthand or a change)."""
    return Node("scalar", place, value=value, written=value, style="python")


def from_plain(value: object, place: Place, *, depth: int = 0) -> Node:
    """The tree of a Python object (dicts, lists, tuples, scalars, paths, dates).

    Raises:
        SpecError: E104 for an object that a spec cannot hold, E117 for a key that is no text or whole
            number, E127 when nested too deep (an object that holds itself).
    """
    if depth > MAX_DEPTH:
        raise SpecError(fault("E127", place=place, limit=MAX_DEPTH))
    if isinstance(value, Node):
        return value
    if isinstance(value, Mapping):
        return map_node(place, [_plain_entry(key, inner, place, depth) for key, inner in value.items()])
    if isinstance(value, list | tuple):
        inner_place = [replace(place, path=f"{place.path}[{i}]") for i in range(len(value))]
        return list_node(
            place, [from_plain(v, p, depth=depth + 1) for v, p in zip(value, inner_place, strict=True)]
        )
    return _plain_scalar(value, place)


def _plain_entry(key: object, value: object, place: Place, depth: int) -> Entry:
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise SpecError(fault("E117", place=place, key=repr(key)))
    inner = replace(place, path=join_path(place.path, key))
    return Entry(key, inner, from_plain(value, inner, depth=depth + 1))


def _plain_scalar(value: object, place: Place) -> Node:
    if isinstance(value, date):
        value = value.isoformat()
    elif isinstance(value, os.PathLike):
        value = os.fspath(value)
    elif hasattr(value, "item") and not isinstance(value, str | int | float):
        value = value.item()
    if value is not None and not isinstance(value, str | int | float | bool):
        raise SpecError(
            fault("E104", place=place, where=place.path, expected="text, a number, a list or a mapping",
                  found=type(value).__name__)
        )  # fmt: skip
    written = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return Node("scalar", place, value=value, written=written, style="python")
