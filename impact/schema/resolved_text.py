"""The resolved spec as YAML text that runs again."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import PurePath

from impact.schema.nodes import Node, with_entry, without

# data.NAME.KIND.folder
DEEPEST_PATH = 2
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"


def resolved_text(tree: Node, *, omit: Collection[str] = ("extends", "params")) -> str:
    """The tree as YAML: keys in order, texts quoted where they could be read as something else, no comments.

    Paths of data files are relative to the folder of the spec itself, also where a base file wrote them.

    Arguments:
        omit: keys of the spec that are left out.
    """
    lines: list[str] = []
    _write_map(without(_with_own_paths(tree), *omit), 0, lines)
    return "\n".join(lines) + "\n"


def _with_own_paths(tree: Node) -> Node:
    data = tree.entry("data")
    if data is None or data.node.kind != "map":
        return tree
    home = PurePath(tree.place.file).parent
    return with_entry(tree, replace(data, node=_moved_within(data.node, home)))


def _moved_within(node: Node, home: PurePath, *, rooted: bool = False, depth: int = 0) -> Node:
    """Data blocks with their paths seen from another folder: `file` of a block, `folder` of a kind of source."""
    rooted = rooted or node.get("root") is not None
    if not rooted:
        node = _moved(_moved(node, "file", home), "folder", home)
    for entry in node.entries:
        if entry.node.kind == "map" and depth < DEEPEST_PATH:
            inner = _moved_within(entry.node, home, rooted=rooted, depth=depth + 1)
            node = with_entry(node, replace(entry, node=inner))
    return node


def _moved(block: Node, key: str, home: PurePath) -> Node:
    """A path seen from another folder; shipped files stay as they are."""
    written = block.entry(key)
    if written is None or written.node.text is None:
        return block
    path = written.node.text
    folder = PurePath(written.node.place.file).parent
    if path.startswith("shipped:") or folder == home:
        return block
    seen = os.path.relpath(folder / path, home).replace(os.sep, "/")
    return with_entry(block, replace(written, node=replace(written.node, value=seen, written=seen)))


def _write_map(node: Node, indent: int, lines: list[str]) -> None:
    for entry in node.entries:
        _write_value(f"{' ' * indent}{_key(str(entry.key))}:", entry.node, indent, lines)


def _write_value(head: str, node: Node, indent: int, lines: list[str]) -> None:
    if node.kind == "map":
        if not node.entries:
            lines.append(f"{head} {{}}")
            return
        lines.append(head)
        _write_map(node, indent + 2, lines)
    elif node.kind == "list":
        if all(item.kind == "scalar" for item in node.items):
            lines.append(f"{head} [{', '.join(_scalar(item) for item in node.items)}]")
            return
        lines.append(head)
        for item in node.items:
            _write_item(item, indent + 2, lines)
    else:
        lines.append(f"{head} {_scalar(node)}")


def _write_item(node: Node, indent: int, lines: list[str]) -> None:
    inner: list[str] = []
    if node.kind == "map":
        _write_map(node, indent + 2, inner)
    else:
        _write_value("", node, indent, inner)
    first, *rest = inner or ["{}"]
    lines.append(f"{' ' * indent}- {first.strip()}")
    lines.extend(rest)


def _key(key: str) -> str:
    plain = key and all(c in _PLAIN for c in key) and not key[0].isdigit()
    return key if plain and key not in ("true", "false", "null") else json.dumps(key, ensure_ascii=False)


def _scalar(node: Node) -> str:
    if isinstance(node.value, str):
        return json.dumps(node.value, ensure_ascii=False)
    if node.value is None:
        return "null"
    return node.written or json.dumps(node.value)
