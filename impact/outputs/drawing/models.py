"""Which models a figure shows."""

from __future__ import annotations

from impact.core.errors import OutputError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.outputs._document import Document, as_list, estimates, unique
from impact.outputs._request import OutputRequest
from impact.schema.display import FigureBlock


def chosen_models(name: str, block: FigureBlock, document: Document, request: OutputRequest) -> list[str]:
    """The models that the block names (a base name stands for all its matrix models), else all of the spec.

    Raises:
        OutputError: E710 for a name that is no model.
    """
    asked = unique([*as_list(block.model), *as_list(block.models)])
    entries = estimates(document, request)
    if not asked:
        return list(entries)
    chosen: list[str] = []
    for one in asked:
        found = [one] if one in document["models"] else []
        found = found or [model for model, entry in entries.items() if entry.get("base") == one]
        if not found:
            hint = nearest(one, tuple(entries))
            raise OutputError(
                fault("E710", table=name, name=one, suggestion=hint, known=", ".join(list(entries)[:12]))
            )
        chosen += found
    return unique(chosen)
