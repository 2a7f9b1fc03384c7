"""The data files of a spec: those of `data:`, and those that other blocks name by their path."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from impact.schema.constructed.files import named_files
from impact.schema.data_blocks import DataBlock
from impact.schema.model import SpecModel
from impact.schema.nodes import Node, node_at
from impact.schema.resolving.data_sources import SourceRequest
from impact.schema.shipped import folder_of


@dataclass(frozen=True, slots=True)
class Source:
    """One data file of the spec, or one kind of source with its files: block, folder they are relative to, node."""

    name: str
    block: DataBlock
    folder: Path
    node: Node
    asked: SourceRequest | None = None


def sources_of(model: SpecModel, tree: Node, asked: Mapping[str, SourceRequest]) -> tuple[Source, ...]:
    """Every data file of a spec, the main one first; ``asked`` holds the kinds of sources by the name of the block."""
    node = tree.get("data")
    if node is None or model.data is None:
        return ()
    named = {"main": model.data} if isinstance(model.data, DataBlock) else model.data
    found = []
    for name, block in named.items():
        own = node if isinstance(model.data, DataBlock) else node.get(name) or node
        source = asked.get(name)
        found.append(Source(name, block, _folder(own if source is None else source.node), own, source))
    return (*found, *_files_by_path(model, tree, {source.name for source in found}))


def _files_by_path(model: SpecModel, tree: Node, names: Collection[str]) -> Iterator[Source]:
    """Files that other blocks name by their path, where `data` has none of that name."""
    for path, name, written in named_files(model, names):
        node = node_at(tree, path) or tree
        yield Source(name, DataBlock(file=written), _folder(node), node)


def _folder(node: Node) -> Path:
    written = node.get("file") or node.get("folder") or node
    return folder_of(written.place.file)
