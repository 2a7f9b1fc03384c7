"""A spec as a Python object: from a dict, a file or a fit, to YAML text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import impact.pipeline.check as checking
from impact.core.errors import Fault, Place, SpecError
from impact.core.texts import fault
from impact.face.arguments import checked_call, no_such
from impact.schema.nodes import Entry, Node, from_plain, to_plain, with_entry
from impact.schema.resolved_text import resolved_text

HERE = Place(file="spec.yaml")


@dataclass(frozen=True, slots=True, repr=False)
class Spec:
    """The content of a spec; ``run`` and ``check`` take it like a file."""

    tree: Node

    @staticmethod
    @checked_call
    def from_dict(content: Mapping[str, Any]) -> Spec:
        """A spec of this content.

        Raises:
            SpecError: E104, E117, E127 an object that no spec can hold.
        """
        if not isinstance(content, Mapping):
            expected, found = "a mapping", type(content).__name__
            raise SpecError(fault("E104", place=HERE, where="Spec", expected=expected, found=found))
        return Spec(from_plain(content, HERE))

    def to_dict(self) -> dict[Any, Any]:
        """The content as dicts, lists and scalars."""
        content: Any = to_plain(self.tree)
        return dict(content)

    @checked_call
    def to_yaml(self, path: str | Path | None = None) -> str:
        """The content as YAML, also written to ``path`` where one is given."""
        text = resolved_text(self.tree)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    @checked_call
    def check(self, *, data: bool = False) -> list[Fault]:
        """Every problem of the spec; empty where there is none."""
        return checking.check_spec(self.tree, depth="data" if data else "headers")[0]

    def with_variance(self, model: str, vcov: object, ssc: object) -> Spec:
        """The spec with another variance of one model.

        Raises:
            NameFaultError: E695 a model that the spec does not write under ``models:``.
        """
        models = self.tree.entry("models")
        entry = None if models is None else models.node.entry(model)
        if models is None or entry is None:
            known = () if models is None else models.node.keys
            raise no_such(model, what="models", names=map(str, known))
        node = entry.node
        if node.kind != "map":
            node = from_plain({"formula": to_plain(node)}, node.place)
        for key, value in (("vcov", vcov), ("ssc", ssc)):
            if value is not None:
                node = with_entry(node, Entry(key, node.place, from_plain(value, node.place)))
        changed = with_entry(models.node, Entry(entry.key, entry.place, node))
        return Spec(with_entry(self.tree, Entry(models.key, models.place, changed)))

    def __repr__(self) -> str:
        return self.to_yaml()

    def __reduce__(self) -> tuple[Any, ...]:
        return Spec.from_dict, (self.to_dict(),)
