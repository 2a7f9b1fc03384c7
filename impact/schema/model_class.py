"""The keys a model block takes with a given estimator, and the keys that are reserved for later versions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import Field, create_model

from impact.core.errors import Fault
from impact.core.options import Options
from impact.core.texts import fault
from impact.schema.model import Block, ModelBlock, OutcomeBlock
from impact.schema.nodes import Node

# top-level keys of the language that this version does not have, and what to do instead
RESERVED_KEYS = {
    "aggregate": "it belongs to staggered difference-in-differences",
    "missing_fe": "rows with a missing effect are always dropped and counted",
}

# keys of a model that this version does not have
RESERVED_MODEL_KEYS = {
    "report": "use `tests:` (first_stage, weak_iv, anderson_rubin) and the words effective_f, ci_ar, ci_tf in a cell",
}


class OutcomesOnly(Block):
    """The `outcomes:` block alone."""

    outcomes: dict[str, OutcomeBlock | str] = Field(default_factory=dict, description="Outcomes by name.")


@cache
def model_class_of(options: type[Options]) -> type[Any]:
    """The model block with the estimator's own options as keys."""
    fields: dict[str, Any] = {name: (field.annotation, field) for name, field in options.model_fields.items()}
    return create_model(f"Model{options.__name__}", __base__=ModelBlock, **fields)


def refuse_reserved(tree: Node) -> list[Fault]:
    """E179 for every top-level key that this version does not have."""
    return _refused(tree, RESERVED_KEYS)


def refuse_reserved_in_model(model: Node) -> list[Fault]:
    """E179 for every key of a model that this version does not have."""
    return _refused(model, RESERVED_MODEL_KEYS)


def _refused(node: Node, reserved: Mapping[str, str]) -> list[Fault]:
    return [
        fault("E179", place=entry.place, key=entry.key, advice=reserved[str(entry.key)])
        for entry in node.entries
        if str(entry.key) in reserved
    ]
