"""Data blocks that name a kind of source instead of a file: ``data: {enaho: {folder: enaho, years: 2018}}``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from impact.core.errors import Fault, SpecError
from impact.core.nearest import nearest
from impact.core.registry import Registry
from impact.core.texts import fault
from impact.schema.data_blocks import DataBlock
from impact.schema.faults_from_pydantic import validate_node
from impact.schema.nodes import Entry, Node, map_node, text_node, with_entry, without

# keys of a block that describe one file, and nothing of a source with many
ONE_FILE = ("format", "sheet", "table", "sha256", "years")
# keys of a block that hold a mapping
MAPPINGS = ("types", "missing")


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """A kind of source that a data block names: its keyword, its options, and where they stand."""

    keyword: str
    options: Any
    node: Node


@dataclass(frozen=True, slots=True)
class _Block:
    name: str
    node: Node
    where: str


def data_sources(tree: Node, registry: Registry) -> tuple[Node, dict[str, SourceRequest], list[Fault]]:
    """The spec with a file's name in each block that names a kind of source, and what these kinds ask for.

    Returns:
        tree: its data blocks have `file` instead of the kind; sources: name of the block ("main") → request; faults:
        E170 an unknown kind, E249 a file and a kind or two kinds, E240 keys that describe one file, and the faults of
        the options.
    """
    sources: dict[str, SourceRequest] = {}
    faults: list[Fault] = []
    for block in _blocks(tree, registry):
        try:
            found = _source_of(block, registry)
        except SpecError as error:
            faults += error.faults
            # what is said here is not said again by what checks the block's keys
            tree = _with_block(tree, block, map_node(block.node.place, (_file_entry(block.node, "-"),)))
            continue
        if found is not None:
            sources[block.name] = found
            rest = without(block.node, found.keyword)
            tree = _with_block(tree, block, with_entry(rest, _file_entry(rest, shown_source(found))))
    return tree, sources, faults


def shown_source(source: SourceRequest) -> str:
    """A source in one word, as messages and manifests name it: ``enaho:folder``, ``lab:table``."""
    folder = getattr(source.options, "folder", "") or getattr(source.options, "table", "")
    return f"{source.keyword}:{folder}" if folder else source.keyword


def _file_entry(node: Node, shown: str) -> Entry:
    return Entry("file", node.place, text_node(shown, node.place))


def _blocks(tree: Node, registry: Registry) -> Iterator[_Block]:
    data = tree.get("data")
    if data is None or data.kind != "map":
        return
    kinds = registry.names()
    if _is_block(data, kinds) or not any(entry.node.kind == "map" for entry in data.entries):
        yield _Block("main", data, "data")
        return
    for entry in data.entries:
        if entry.node.kind == "map":
            yield _Block(str(entry.key), entry.node, f"data.{entry.key}")


def _is_block(node: Node, kinds: tuple[str, ...]) -> bool:
    """Whether a mapping is one data block; otherwise its keys are the names of several."""
    if "file" in node.keys:
        return True
    for entry in node.entries:
        if entry.key in kinds and entry.node.kind == "map" and not _is_block(entry.node, kinds):
            return True
    return False


def _with_block(tree: Node, block: _Block, node: Node) -> Node:
    data = tree.entry("data")
    if data is None:
        return tree
    if block.node is data.node:
        return with_entry(tree, replace(data, node=node))
    entry = data.node.entry(block.name)
    if entry is None:
        return tree
    return with_entry(tree, replace(data, node=with_entry(data.node, replace(entry, node=node))))


def _source_of(block: _Block, registry: Registry) -> SourceRequest | None:
    """The source of a block; None for a block of one file.

    Raises:
        SpecError: every fault of the block that has to do with sources.
    """
    node, kinds = block.node, registry.names()
    named = [entry for entry in node.entries if entry.key in kinds]
    if not named:
        _refuse_unknown_kind(block, registry)
        return None
    if len(named) > 1 or "file" in node.keys:
        others = [f"`{entry.key}:`" for entry in node.entries if entry.key == "file" or entry in named]
        raise SpecError(fault("E249", place=named[-1].place, where=block.where, keys=", ".join(others)))
    entry = named[0]
    keyword = str(entry.key)
    record: Any = registry.load(keyword, place=entry.place)
    options_node = map_node(entry.place) if entry.node.is_null else entry.node
    options, faults = validate_node(record.options, options_node, where=f"{block.where}.{keyword}")
    faults += [
        fault("E240", place=written.place, file=keyword, option=written.key, formats="single")
        for written in node.entries
        if written.key in ONE_FILE
    ]
    if faults:
        raise SpecError(*faults)
    return SourceRequest(keyword, options, entry.node)


def _refuse_unknown_kind(block: _Block, registry: Registry) -> None:
    """E170 for a key that is meant as a kind of source: a mapping that no other key of a block explains."""
    if "file" in block.node.keys:
        return
    kinds, own = registry.names(), tuple(DataBlock.model_fields)
    for entry in block.node.entries:
        close = nearest(str(entry.key), (*MAPPINGS, *kinds))
        if entry.node.kind == "map" and entry.key not in own and close not in MAPPINGS:
            raise SpecError(registry.unknown(str(entry.key), place=entry.place))
    # `data: {enahoo: {folder: …}}` reads as a file of that name
    if block.where != "data" and not set(block.node.keys) & set(own):
        options = {name for kind in kinds for name in registry.load(kind).options.model_fields}  # type: ignore[attr-defined]
        if set(block.node.keys) & options or nearest(block.name, kinds):
            raise SpecError(registry.unknown(block.name, place=block.node.place))
