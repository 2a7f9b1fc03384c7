"""Values as they were typed, and where: published numbers keep their trailing zeros, claims their place."""

from __future__ import annotations

from impact.core.errors import Place
from impact.plan import Plan
from impact.schema.nodes import Node, text_place


def written_values(plan: Plan) -> tuple[dict[str, str], dict[str, Place]]:
    """Path of every scalar below `published:` → what was typed, and where."""
    node = plan.resolved.tree.get("published")
    written: dict[str, str] = {}
    places: dict[str, Place] = {}
    if node is not None:
        _collect(node, "published", written, places)
    return written, places


def _collect(node: Node, path: str, written: dict[str, str], places: dict[str, Place]) -> None:
    if node.kind == "scalar":
        written[path], places[path] = node.written, node.place
    for entry in node.entries:
        _collect(entry.node, f"{path}.{entry.key}", written, places)
    for position, item in enumerate(node.items):
        _collect(item, f"{path}.{position}", written, places)


def claim_places(plan: Plan) -> dict[str, Place]:
    """Name of a claim → place of its expression."""
    block = plan.resolved.tree.get("claims")
    tests = {str(entry.key): entry.node.get("test") for entry in (block.entries if block is not None else ())}
    return {name: text_place(node) for name, node in tests.items() if node is not None}
