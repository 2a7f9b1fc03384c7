"""``${name}`` in texts: whole words replaced by values, once, without expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from impact.core.errors import Fault, Place
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.nodes import Entry, Node, Piece, place_inside

PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")
Lookup = Callable[[str], Node | None]


def mentions(node: Node) -> set[str]:
    """The names in ``${ }`` anywhere in a tree."""
    found = set(PLACEHOLDER.findall(node.text or ""))
    for inner in (*node.items, *(entry.node for entry in node.entries)):
        found |= mentions(inner)
    return found


def substitute(node: Node, values: Mapping[str, Node], *, labels: Mapping[str, str] | None = None) -> Node:
    """The tree with ``${name}`` replaced in every text; names without a value stay.

    A value that is only ``${name}`` becomes the value itself, of whatever type; inside a text the value is
    inserted as it was written. Inserted text is not looked at again.

    Arguments:
        values: name → value.
        labels: name → label; noted at the places as ``with name=label`` (matrix).
    """
    if node.kind == "map":
        entries = tuple(
            Entry(entry.key, entry.place, substitute(entry.node, values, labels=labels))
            for entry in node.entries
        )
        return replace(node, entries=entries) if entries != node.entries else node
    if node.kind == "list":
        items = tuple(substitute(item, values, labels=labels) for item in node.items)
        return replace(node, items=items) if items != node.items else node
    return _substitute_text(node, values, labels=labels)


def _substitute_text(node: Node, values: Mapping[str, Node], *, labels: Mapping[str, str] | None) -> Node:
    text = node.text
    if text is None or "${" not in text:
        return node
    used = [name for name in dict.fromkeys(PLACEHOLDER.findall(text)) if name in values]
    whole = PLACEHOLDER.fullmatch(text)
    if not used:
        return node
    place = replace(node.place, note=_note(node.place, [(n, values[n]) for n in used], labels=labels))
    if whole and not node.pieces:
        return replace(
            values[used[0]], place=place, raw="", style="python", pieces=_only(values[used[0]], text)
        )
    pieces: list[Piece] = []
    for piece in node.pieces or (Piece(text, 0, len(text), typed=True),):
        pieces.extend(_split(piece, values) if piece.typed else (piece,))
    joined = "".join(piece.text for piece in pieces)
    return replace(node, value=joined, written=joined, place=place, pieces=tuple(pieces))


def _only(value: Node, text: str) -> tuple[Piece, ...]:
    return (Piece(value.written, 0, len(text), typed=False),) if value.text is not None else ()


def _split(piece: Piece, values: Mapping[str, Node]) -> list[Piece]:
    parts: list[Piece] = []
    position = 0
    for match in PLACEHOLDER.finditer(piece.text):
        if match.group(1) not in values:
            continue
        start, end = match.span()
        if start > position:
            parts.append(
                Piece(piece.text[position:start], piece.start + position, piece.start + start, typed=True)
            )
        inserted = values[match.group(1)].written
        parts.append(Piece(inserted, piece.start + start, piece.start + end, typed=False))
        position = end
    rest = piece.text[position:]
    if rest:
        parts.append(Piece(rest, piece.start + position, piece.end, typed=True))
    return parts


def _note(place: Place, used: list[tuple[str, Node]], *, labels: Mapping[str, str] | None) -> str:
    origins = [f"from {v.place.file}:{v.place.line}:{v.place.column}" for _, v in used if v.place.line]
    words = [f"with {name}={labels[name]}" for name, _ in used] if labels else []
    return ", ".join(part for part in (place.note, *dict.fromkeys(origins), *words) if part)


def unknown_names(
    node: Node, known: Mapping[str, object] | tuple[str, ...], *, where: str = ""
) -> list[Fault]:
    """E147 for every ``${name}`` that has no value, each at its place."""
    faults: list[Fault] = []
    for inner in (*node.items, *(entry.node for entry in node.entries)):
        faults.extend(unknown_names(inner, known, where=where))
    for match in PLACEHOLDER.finditer(node.text or ""):
        name = match.group(1)
        if name in known:
            continue
        place = place_inside(node, match.start(), match.end() - match.start())
        names = ", ".join(known) or "none"
        faults.append(
            fault("E147", place=place, suggestion=nearest(name, known), name=name, where=where,
                  known=f"known here: {names}")
        )  # fmt: skip
    return faults


def not_inside_text(node: Node, values: Mapping[str, Node]) -> list[Fault]:
    """E160 where a list or mapping would have to be inserted into a text."""
    faults: list[Fault] = []
    for inner in (*node.items, *(entry.node for entry in node.entries)):
        faults.extend(not_inside_text(inner, values))
    text = node.text or ""
    for match in PLACEHOLDER.finditer(text):
        value = values.get(match.group(1))
        if value is not None and value.kind != "scalar" and match.group() != text:
            place = place_inside(node, match.start(), match.end() - match.start())
            faults.append(
                fault("E160", place=place, where=f"params.{match.group(1)}", expected="a single value",
                      hint="a list or mapping can only be the whole value, not a part of a text")
            )  # fmt: skip
    return faults
