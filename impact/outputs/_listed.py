"""The listings of the results as tables and figures read them: rows, columns, and the roles of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from impact.core.errors import Fault, OutputError
from impact.core.nearest import nearest
from impact.core.texts import fault, text
from impact.outputs._document import Document, Entry, said
from impact.outputs._numbers import is_number
from impact.schema.display import FigureBlock

# figure → the columns that it needs, and those that it may have
ROLES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "timeline": (("date", "direction", "label"), ("precision",)),
    "tile_map": (("area", "value"), ("label", "row", "column", "panel")),
    "trends": (("time", "value"), ("group", "low", "high", "segment")),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A listing for a figure: its rows without the total and without hidden ones, and role → column."""

    name: str
    rows: tuple[Mapping[str, Any], ...]
    roles: Mapping[str, str]

    def value(self, row: Mapping[str, Any], role: str) -> Any:
        """The value of a role in a row; None where the figure has no such column."""
        return row.get(self.roles[role]) if role in self.roles else None


def listing_of(name: str, listing: str | None, document: Document) -> Entry:
    """A listing of the results.

    Raises:
        OutputError: E732 there is none of this name.
    """
    known: Mapping[str, Entry] = document.get("listings") or {}
    if listing is None or listing not in known:
        shown = ", ".join(known) or "-"
        hint = nearest(listing or "", known)
        raise OutputError(fault("E732", table=name, name=listing or "", known=shown, suggestion=hint))
    return known[listing]


def listed_for(name: str, block: FigureBlock, document: Document, language: str) -> Listed:
    """The rows that a figure draws, with its roles filled.

    Raises:
        OutputError: E732 no such listing, E733 a role without a column, E713 no rows.
    """
    entry = listing_of(name, block.listing, document)
    roles = roles_of(name, block, [*entry["by"], *entry["columns"]])
    rows = tuple(row["values"] for row in entry["rows"] if not row["is_total"] and not row["is_hidden"])
    if not rows:
        raise OutputError(fault("E713", table=name, what=text("table.nothing", language)))
    return Listed(str(block.listing), rows, roles)


def roles_of(name: str, block: FigureBlock, columns: Sequence[str]) -> dict[str, str]:
    """Role → column: as written, else the column of the role's own name.

    Raises:
        OutputError: E733.
    """
    needed, others = ROLES[block.kind]
    known = (*needed, *others)
    for role, column in block.columns.items():
        if role not in known:
            raise OutputError(_unfit(name, role, known))
        if column not in columns:
            raise OutputError(_unfit(name, column, columns))
    found = {role: block.columns.get(role, role) for role in known}
    found = {role: column for role, column in found.items() if column in columns}
    if (
        block.kind == "tile_map"
        and "column" not in block.columns
        and found.get("column") == found.get("value")
    ):
        del found["column"]
    for role in needed:
        if role not in found:
            raise OutputError(_unfit(name, role, columns))
    return found


def _unfit(name: str, given: str, known: Sequence[str]) -> Fault:
    hint = nearest(given, known)
    return fault("E733", table=name, name=given, known=", ".join(known), suggestion=hint)


def numbers(name: str, listed: Listed, role: str) -> list[float | None]:
    """The numbers of a role, row by row; None where missing.

    Raises:
        OutputError: E734 a value that is no number.
    """
    found: list[float | None] = []
    for row in listed.rows:
        value = listed.value(row, role)
        if value is not None and not is_number(value):
            raise OutputError(cannot_draw(name, listed.roles[role], value))
        found.append(None if value is None else float(value))
    return found


def cannot_draw(name: str, column: str, value: object) -> Fault:
    """The fault of a value that a figure cannot place: E734."""
    return fault("E734", table=name, column=column, value=value)


def listing_title(entry: Entry, language: str) -> str:
    """The listing's own title, or nothing."""
    return said(entry.get("title"), language)
