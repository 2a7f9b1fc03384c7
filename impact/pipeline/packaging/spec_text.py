"""The spec of a package: resolved, its data inside the package, and the texts it was resolved from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

from impact.pipeline.packaging.gather import Study
from impact.schema.nodes import Entry, Key, Node, with_entry, without
from impact.schema.resolved_text import resolved_text

SPECS, ORIGINAL, DATA = "specs", "specs/original", "data"


def spec_name(study: str) -> str:
    """Where the spec of a study stands in the package."""
    return f"{SPECS}/{study}.yaml"


def packaged_spec(study: Study) -> str:
    """The resolved spec as YAML, its data read from ../data."""
    tree = study.plan.resolved.tree
    for file in study.data:
        path = _path_of(study, file.source.name)
        tree = _changed(tree, path, f"../{DATA}/{file.name}", home=tree.place.file)
    # expressions may name parameters
    return resolved_text(tree, omit=("extends",))


def original_texts(study: Study) -> Mapping[str, str]:
    """Every file that the spec was resolved from, as it was written: name in the package → text."""
    found: dict[str, str] = {}
    for source in study.plan.resolved.sources:
        name = PurePath(source.file).name
        while f"{ORIGINAL}/{study.name}/{name}" in found:
            name = f"base_{name}"
        found[f"{ORIGINAL}/{study.name}/{name}"] = source.text
    return found


def _path_of(study: Study, name: str) -> tuple[Key, ...]:
    """The keys that lead to the block of a data file."""
    data = study.plan.resolved.tree.get("data")
    if data is not None and data.kind == "map" and data.get("file") is None and data.get(name) is not None:
        return ("data", name)
    if name == "main":
        return ("data",)
    instrument, _, key = name.rpartition(".")
    return ("instruments", instrument, key)


def _changed(node: Node, path: tuple[Key, ...], file: str, *, home: str) -> Node:
    if not path:
        return _block(node, file, home)
    entry = node.entry(path[0])
    assert entry is not None
    return with_entry(node, replace(entry, node=_changed(entry.node, path[1:], file, home=home)))


def _block(node: Node, file: str, home: str) -> Node:
    """A data block (or its short form, a path) that names another file."""
    if node.kind != "map":
        place = replace(node.place, file=home)
        return Node("scalar", place, value=file, written=file, style="double")
    written = node.get("file") or node
    path = Node("scalar", replace(written.place, file=home), value=file, written=file, style="double")
    return with_entry(without(node, "root"), Entry("file", written.place, path))
