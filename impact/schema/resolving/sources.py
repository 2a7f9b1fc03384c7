"""The data files of a spec: those of `data:`, and those that instruments name by their path."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from impact.schema.data_blocks import DataBlock
from impact.schema.model import SpecModel
from impact.schema.nodes import Node, node_at
from impact.schema.shipped import folder_of


@dataclass(frozen=True, slots=True)
class Source:
    """One data file of the spec: its block, the folder it is relative to, and its node."""

    name: str
    block: DataBlock
    folder: Path
    node: Node


def sources_of(model: SpecModel, tree: Node) -> tuple[Source, ...]:
    """Every data file of a spec, the main one first."""
    node = tree.get("data")
    if node is None or model.data is None:
        return ()
    if isinstance(model.data, DataBlock):
        found = [Source("main", model.data, _folder(node), node)]
    else:
        found = [
            Source(name, block, _folder(node.get(name) or node), node.get(name) or node)
            for name, block in model.data.items()
        ]
    return (*found, *_instrument_files(model, tree, {source.name for source in found}))


def _instrument_files(model: SpecModel, tree: Node, names: Collection[str]) -> Iterator[Source]:
    """Files that instruments name by their path, where `data` has none of that name."""
    for name, block in model.instruments.items():
        for key in ("shares", "shocks"):
            written = getattr(block, key, None)
            if isinstance(written, str) and written not in names:
                node = node_at(tree, ("instruments", name, key)) or tree
                yield Source(f"{name}.{key}", DataBlock(file=written), _folder(node), node)


def _folder(node: Node) -> Path:
    written = node.get("file") or node
    return folder_of(written.place.file)
