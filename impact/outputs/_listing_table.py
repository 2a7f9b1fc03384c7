"""The table of a listing: one row a group, its columns as the spec orders them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from impact.core.errors import Fault, OutputError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.outputs._cell_grid import HEADER, Cell, Grid, Row, figure, label, with_rule
from impact.outputs._document import Document, Entry, label_of, level_label, said
from impact.outputs._listed import listing_of, listing_title
from impact.outputs._numbers import decimal_text, is_number
from impact.outputs._statistics import Printing
from impact.outputs.grids.notes import closing_notes, own_notes
from impact.schema.display import TableBlock

DASH = "–"
SHOWN_KNOWN = 12


def listing_grid(name: str, block: TableBlock, document: Document, printing: Printing) -> Grid:
    """The grid of a listing.

    Raises:
        OutputError: E732 no such listing, E733 columns or rows that it does not have.
    """
    language = printing.language
    entry = listing_of(name, block.listing, document)
    columns = _columns(name, block, entry)
    rows = _chosen(name, block, entry)
    heads = block.columns if isinstance(block.columns, dict) else {}
    titles = [said(heads.get(one), language) or label_of(document, one, language) for one in columns]
    digits = {one: _digits(one, entry, printing) for one in columns}
    body = [Row(tuple(label(title) for title in titles), HEADER)]
    for row in rows:
        drawn = _row(row, columns, digits, entry, document, language)
        body.append(with_rule(drawn) if row["is_total"] else drawn)
    return Grid(
        name=name,
        title=said(block.title, language) or listing_title(entry, language) or str(block.listing),
        align=tuple("r" if place and _is_numeric(one, entry) else "l" for place, one in enumerate(columns)),
        rows=tuple(body),
        notes=tuple(_notes(block, document, language)),
        language=language,
    )


def _columns(name: str, block: TableBlock, entry: Entry) -> list[str]:
    known = [*entry["by"], *entry["columns"]]
    asked = [block.columns] if isinstance(block.columns, str) else list(block.columns)
    wrong = [one for one in asked if one not in known]
    if wrong:
        raise OutputError(_unknown(name, wrong[0], known))
    return asked or known


def _chosen(name: str, block: TableBlock, entry: Entry) -> list[Entry]:
    rows = {str(row["key"]): row for row in entry["rows"]}
    wrong = [key for key in block.terms if key not in rows]
    if wrong:
        raise OutputError(_unknown(name, wrong[0], list(rows)))
    return [rows[key] for key in block.terms] if block.terms else list(entry["rows"])


def _unknown(name: str, given: str, known: Sequence[str]) -> Fault:
    shown = ", ".join(known[:SHOWN_KNOWN])
    return fault("E733", table=name, name=given, known=shown, suggestion=nearest(given, known))


def _is_numeric(column: str, entry: Entry) -> bool:
    values = [row["values"].get(column) for row in entry["rows"]]
    return any(is_number(value) for value in values) and not any(isinstance(value, str) for value in values)


def _digits(column: str, entry: Entry, printing: Printing) -> int:
    """The column's own digits; none where every value is whole; else those of the table."""
    own = entry["digits"].get(column)
    if own is not None:
        return int(own)
    values = [row["values"].get(column) for row in entry["rows"]]
    whole = all(float(value).is_integer() for value in values if is_number(value))
    return 0 if whole else printing.digits


def _row(
    row: Entry,
    columns: Sequence[str],
    digits: dict[str, int],
    entry: Entry,
    document: Document,
    language: str,
) -> Row:
    cells: list[Cell] = []
    for place, column in enumerate(columns):
        cells.append(_cell(row, column, digits[column], entry, document, language))
        if place == 0:
            first = said(entry.get("total"), language) if row["is_total"] else cells[0].text
            cells[0] = label(first)
    return Row(tuple(cells))


def _cell(row: Entry, column: str, digits: int, entry: Entry, document: Document, language: str) -> Cell:
    value: Any = row["values"].get(column)
    if is_number(value):
        # years and codes are names, not quantities
        grouping = column not in entry["by"] and not column.endswith("year")
        return figure(decimal_text(value, digits, grouping=grouping), float(value))
    if isinstance(value, str):
        words = level_label(document, column, value, language)
        labelled = value in (document.get("labels") or {}) or f"{column}={value}" in (
            document.get("labels") or {}
        )
        return Cell(words if labelled else value)
    return Cell(DASH if row["is_hidden"] else "")


def _notes(block: TableBlock, document: Document, language: str) -> list[str]:
    notes = own_notes(block, language)
    if block.default_notes:
        notes += [said(note, language) for note in document.get("notes") or ()]
        notes += closing_notes(document, language)
    return [note for note in notes if note]
