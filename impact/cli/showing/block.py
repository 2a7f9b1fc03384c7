"""A heading with lines of label and text: what views of a spec are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """A heading with lines of label and text."""

    name: str
    lines: tuple[tuple[str, str], ...]

    def as_text(self) -> str:
        """The block for a terminal."""
        width = max((len(label) for label, _ in self.lines), default=0)
        return "\n".join(
            [self.name, *(f"  {label:<{width}}  {shown}".rstrip() for label, shown in self.lines)]
        )

    def as_record(self) -> dict[str, object]:
        """The block as plain data."""
        return {"name": self.name, **dict(self.lines)}
