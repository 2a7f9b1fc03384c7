"""The two kinds of spec: which keys each has, and which are refused."""

from __future__ import annotations

from collections.abc import Sequence

from impact.core.errors import Fault
from impact.core.texts import fault
from impact.schema.ledger.block import LedgerBlock
from impact.schema.nodes import Node, without

KIND = "ledger"
# keys of `scenarios.NAME` that are no inputs
TITLE = "title"
LEDGER_KEYS = tuple(LedgerBlock.model_fields)
# keys that every kind of spec has; tables and figures are those of the kind
SHARED = (
    "spec", "study", "base", "requires", "kind", "domain", "title", "question", "notes", "authors", "language",
    "locale", "extends", "params", "outputs", "published", "claims", "labels", "assumptions", "source",
    "level", "seed", "strict",
)  # fmt: skip


def is_ledger(tree: Node) -> bool:
    """Whether a spec says that it is of kind ledger."""
    kind = tree.get("kind")
    return kind is not None and kind.value == KIND


def kind_faults(tree: Node, estimate_keys: Sequence[str]) -> list[Fault]:
    """E164 for keys that belong to the other kind of spec."""
    kind = tree.get("kind")
    if kind is not None and kind.value not in ("estimate", KIND):
        return []  # what the kind is meant to be is told by the fault of its own value
    if is_ledger(tree):
        foreign = [key for key in estimate_keys if key not in (*SHARED, *LEDGER_KEYS)]
        kinds = "estimate", KIND
    else:
        foreign = [key for key in LEDGER_KEYS if key not in ("tables", "figures")]
        kinds = KIND, "estimate"
    return [
        fault("E164", place=entry.place, key=entry.key, kind=kinds[0], here=kinds[1])
        for entry in tree.entries
        if entry.key in foreign
    ]


def shared_part(tree: Node, keys: Sequence[str]) -> Node:
    """The keys that the blocks of every spec describe; those of the ledger, and of the other kind, are told apart."""
    if not is_ledger(tree):
        return without(tree, *(key for key in LEDGER_KEYS if key not in keys))
    foreign = [key for key in keys if key not in SHARED]
    return without(tree, *LEDGER_KEYS, *foreign)
