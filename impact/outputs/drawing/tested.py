"""Which findings a figure of a test shows."""

from __future__ import annotations

from impact.outputs._document import Document, Entry, as_list, unique
from impact.schema.display import FigureBlock


def findings_of(kind: str, block: FigureBlock, document: Document) -> list[Entry]:
    """The findings of a kind: of the test that the block names, of its models, or all."""
    models = unique([*as_list(block.model), *as_list(block.models)])
    return [
        finding
        for finding in document.get("tests") or ()
        if finding.get("kind") == kind
        and (block.test is None or finding.get("test") == block.test)
        and (not models or finding.get("of") in models)
    ]
