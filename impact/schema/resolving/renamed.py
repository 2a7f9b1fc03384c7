"""Keys that were renamed, and the text of a spec with their new spelling: everything else stays as it was typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from impact.core.errors import Fault, Place
from impact.core.texts import fault
from impact.schema.nodes import Entry, Node

# older key → where its value stands now; each is a key of a model, of `defaults:`, or of the spec itself
RENAMED = {"clusters": ("vcov", "cluster")}
# parts of a spec whose entries are models
FAMILIES = ("models",)
ALONE = ("model", "defaults")


@dataclass(frozen=True, slots=True)
class Renaming:
    """One older key that is rewritten: where it stands, its old and its new name."""

    place: Place
    old: str
    new: str


def migrated(text: str, tree: Node) -> tuple[str, tuple[Renaming, ...], tuple[Fault, ...]]:
    """The text with every older key in its new spelling, comments and layout kept.

    Arguments:
        text: of the file, lines ended by line feeds. tree: of the same text.

    Returns:
        the new text, what was renamed, and a fault (E709) for each key that cannot be rewritten where it stands.
    """
    lines = text.split("\n")
    done: list[Renaming] = []
    faults: list[Fault] = []
    # from the end to the start: what is rewritten does not move what comes before it
    found = sorted(_older(tree), key=lambda one: (one[1].place.line, one[1].place.column), reverse=True)
    for block, entry in found:
        outer, inner = RENAMED[str(entry.key)]
        problem = _rewrite(lines, block, entry, outer, inner)
        if problem:
            new = f"{outer}.{inner}"
            faults.append(fault("E709", place=entry.place, old=entry.key, new=new, problem=problem))
        else:
            done.append(Renaming(entry.place, str(entry.key), f"{outer}.{inner}"))
    return "\n".join(lines), tuple(reversed(done)), tuple(reversed(faults))


def _older(tree: Node) -> Iterator[tuple[Node, Entry]]:
    """Older keys with the block that they stand in; columns and labels of the same name are none."""
    blocks = [tree]
    for name in ALONE:
        blocks += [node for node in [tree.get(name)] if node is not None]
    for name in FAMILIES:
        family = tree.get(name)
        blocks += [] if family is None else [entry.node for entry in family.entries]
    for block in blocks:
        if block.kind == "map":
            yield from ((block, entry) for entry in block.entries if entry.key in RENAMED)


def _rewrite(lines: list[str], block: Node, entry: Entry, outer: str, inner: str) -> str:
    """Rewrite one key in its line; why that cannot be done, empty where it was."""
    if block.get(outer) is not None:
        return f"`{outer}` stands beside it"
    key, place = str(entry.key), entry.node.place
    if place.line != entry.place.line:
        return "its value stands on other lines"
    line = lines[place.line - 1]
    start = entry.place.column - 1
    if line[start : start + len(key)] != key:
        return "it is written in quotes or comes from elsewhere"
    end = _end_of(line, place.column - 1)
    if end is None:
        return "its value goes on in other lines"
    value = line[place.column - 1 : end]
    between = line[start + len(key) : place.column - 1]
    lines[place.line - 1] = f"{line[:start]}{outer}{between}{{{inner}: {value}}}{line[end:]}"
    return ""


def _end_of(line: str, start: int) -> int | None:
    """Where the value that starts there ends: a list in brackets, a text in quotes, or a plain word."""
    if line[start] in "[{":
        depth = 0
        for place in range(start, len(line)):
            depth += (line[place] in "[{") - (line[place] in "]}")
            if not depth:
                return place + 1
        return None
    if line[start] in "'\"":
        end = line.find(line[start], start + 1)
        return None if end < 0 else end + 1
    if line[start] in "|>&*!":
        return None
    end = start
    while end < len(line) and line[end] not in ",}]#":
        end += 1
    return start + len(line[start:end].rstrip())
