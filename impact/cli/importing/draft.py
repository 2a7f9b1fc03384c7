"""What was understood of a script, and how it is written as a spec."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_][\w.]*")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "missing"}


@dataclass(frozen=True, slots=True)
class Model:
    """One estimation command: its block, the line it stood on, and the conventions that it implies."""

    name: str
    block: Mapping[str, Any]
    line: int
    source: str
    conventions: tuple[str, ...] = ()


@dataclass(slots=True)
class Draft:
    """A script as far as it was understood.

    Arguments:
        data: file. derive, filters: name → expression. models: in order. design: of differences-in-differences.
        panel: unit and time. untranslated: line number and text of what has no counterpart here.
    """

    data: str | None = None
    derive: dict[str, str] = field(default_factory=dict)
    filters: dict[str, str] = field(default_factory=dict)
    models: list[Model] = field(default_factory=list)
    design: dict[str, Any] = field(default_factory=dict)
    panel: tuple[str, str] | None = None
    random: bool = False
    untranslated: list[tuple[int, str]] = field(default_factory=list)

    def add(
        self, name: str, block: Mapping[str, Any], at: tuple[int, str], conventions: tuple[str, ...]
    ) -> None:
        """A model under a name that is still free."""
        taken = {model.name for model in self.models}
        stem = re.sub(r"\W", "_", name) or "model"
        free = next(one for one in (stem, *(f"{stem}_{k}" for k in range(2, 10_000))) if one not in taken)
        self.models.append(Model(free, block, at[0], at[1], conventions))


def spec_text(draft: Draft, *, origin: str, program: str) -> str:
    """The draft as a commented spec."""
    lines = [
        f"# From {origin} ({program}). Check every comment: it says what the line meant there.",
        "spec: 1",
    ]
    lines.append(
        f"data: {_scalar(draft.data)}"
        if draft.data
        else "data: REPLACE.csv  # no line of the script reads data"
    )
    if draft.panel:
        lines.append(f"panel: {{unit: {_scalar(draft.panel[0])}, time: {_scalar(draft.panel[1])}}}")
    for key, mapping in (("derive", draft.derive), ("filter", draft.filters)):
        if mapping:
            lines += [f"{key}:", *(f"  {_scalar(name)}: {_scalar(value)}" for name, value in mapping.items())]
    if draft.design:
        lines += ["design:", *_block(draft.design, 2)]
    lines.append("models:")
    for model in draft.models:
        lines.append(f"  # line {model.line}: {model.source}")
        lines += [f"  # {convention}" for convention in model.conventions]
        lines += [f"  {_scalar(model.name)}:", *_block(model.block, 4)]
    if draft.random:
        lines.append("seed: 1  # drawn numbers differ from those of the other program")
    if draft.untranslated:
        lines += ["# Not translated:", *(f"#   line {number}: {text}" for number, text in draft.untranslated)]
    return "\n".join(lines) + "\n"


def _block(mapping: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, value in mapping.items():
        yield f"{' ' * indent}{_scalar(key)}: {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """A YAML scalar: bare where it cannot be read as something else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    shown = str(value)
    return (
        shown
        if _PLAIN.fullmatch(shown) and shown.lower() not in _RESERVED
        else json.dumps(shown, ensure_ascii=False)
    )
