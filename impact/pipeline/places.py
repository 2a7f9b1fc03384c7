"""Faults that know only the path of a key get the key's line and column."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from impact.core.errors import Fault, ImpactError, Place
from impact.schema.nodes import Node, child


@contextmanager
def placed_in(tree: Node, *, otherwise: Place | None = None) -> Iterator[None]:
    """Faults raised inside that have no line get that of their path in the spec, or ``otherwise``."""
    try:
        yield
    except ImpactError as error:
        found = tuple(with_line(item, tree, otherwise) for item in error.faults)
        if found == error.faults:
            raise
        raise type(error)(*found) from error


def with_line(found: Fault, tree: Node, otherwise: Place | None = None) -> Fault:
    """The fault with the place of its path, as far as the path leads."""
    place = found.place
    if place is not None and place.line:
        return found
    known = place_of(tree, place.path) if place is not None and place.path else None
    return replace(found, place=known or otherwise or place)


def place_of(tree: Node, path: str) -> Place | None:
    """The place of the deepest key of a dotted path that the spec has."""
    node, place = tree, None
    for key in path.split("."):
        entry = node.entry(key) if node.kind == "map" else None
        if entry is None:
            break
        inner = child(node, key)
        place, node = entry.place, inner if inner is not None else entry.node
    return place
