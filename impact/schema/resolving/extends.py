"""``extends:``: a spec that builds on others."""

from __future__ import annotations

import os
import posixpath
from dataclasses import replace
from pathlib import Path

from impact.core.errors import SpecError
from impact.core.texts import fault
from impact.schema.load import compose
from impact.schema.nodes import Entry, Node, map_node, text_place, with_note, without
from impact.schema.resolving.changes import merge
from impact.schema.resolving.shorthands import one_default, twice_faults
from impact.schema.shipped import PREFIX, check_path, folder_of, require_shipped
from impact.schema.source_text import Source, Text, read_text, source_of

MAX_FILES_DEEP = 8
NOT_INHERITED = ("base", "study", "extends")


def load_with_bases(read: Text) -> tuple[Node, tuple[Source, ...]]:
    """A spec with everything it extends merged in, and the files read, the spec itself first.

    Later bases win over earlier ones, the file itself over all. ``base``, ``study`` are not inherited.

    Raises:
        SpecError: faults of any of the files; E140 not found, E141 a circle, E142 too deep, E143 remote,
            E155 unknown shipped file, E203 absolute path.
    """
    sources: dict[str, Source] = {}
    tree = _load(read, ((read.file, os.path.realpath(read.file)),), sources)
    return tree, tuple(sources.values())


def _load(read: Text, chain: tuple[tuple[str, str], ...], sources: dict[str, Source]) -> Node:
    tree = compose(read)
    sources.setdefault(read.file, source_of(read))
    named = tree.get("extends")
    merged: Node | None = None
    for link in _links(named):
        base = _base(link, chain, sources)
        merged = merge(one_default(merged, base), base) if merged is not None else base
    own = without(tree, "extends")
    twice = twice_faults(own)
    if twice:
        raise SpecError(*twice)
    return merge(one_default(merged, own) if merged is not None else map_node(tree.place), own)


def _links(named: Node | None) -> tuple[Node, ...]:
    if named is None or named.is_null:
        return ()
    links = named.items if named.kind == "list" else (named,)
    for link in links:
        if link.text is None:
            raise SpecError(
                fault("E160", place=link.place, where="extends",
                      expected="a file name or a list of file names",
                      hint="such as extends: ../common/base.yaml")
            )  # fmt: skip
    return links


def _base(link: Node, chain: tuple[tuple[str, str], ...], sources: dict[str, Source]) -> Node:
    place = text_place(link)
    label, path = _locate(link)
    real = os.path.realpath(path)
    if any(real == known for _, known in chain):
        names = " → ".join([*(name for name, _ in chain), label])
        raise SpecError(fault("E141", place=place, chain=names))
    if len(chain) > MAX_FILES_DEEP:
        raise SpecError(fault("E142", place=place, limit=MAX_FILES_DEEP))
    if not path.is_file():
        folder = posixpath.dirname(link.place.file) or "."
        raise SpecError(fault("E140", place=place, file=link.text, folder=folder))
    tree = _load(read_text(path, name=label), (*chain, (label, real)), sources)
    note = f"through extends in {place.file}:{place.line}:{place.column}"
    return _noted(without(tree, *NOT_INHERITED), note)


def _locate(link: Node) -> tuple[str, Path]:
    """The name that messages show for an extended file, and where it is."""
    text, place = link.text or "", text_place(link)
    if text.startswith(PREFIX):
        name = posixpath.normpath(text.removeprefix(PREFIX))
        found = require_shipped(name, "specs", place)
        return PREFIX + (name if found.name == posixpath.basename(name) else name + ".yaml"), found
    check_path(text, place)
    if link.place.file.startswith(PREFIX):
        inside = posixpath.normpath(
            posixpath.join(posixpath.dirname(link.place.file.removeprefix(PREFIX)), text)
        )
        return PREFIX + inside, require_shipped(inside, "specs", place)
    path = os.path.normpath(folder_of(link.place.file) / text)
    return path, Path(path)


def _noted(node: Node, note: str) -> Node:
    entries = tuple(
        Entry(entry.key, replace(entry.place, note=entry.place.note or note), _noted(entry.node, note))
        for entry in node.entries
    )
    items = tuple(_noted(item, note) for item in node.items)
    inner = replace(node, entries=entries, items=items)
    return inner if node.place.note else with_note(inner, note)
