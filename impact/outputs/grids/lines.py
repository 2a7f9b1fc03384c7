"""From lines (a label and one result a column) to grid rows, stacked or wide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from impact.core.texts import text
from impact.outputs._cell_grid import BODY, FOOTER, HEADER, PANEL, SUPPRESSED, Cell, Row, blank, figure, label
from impact.outputs._columns import Column
from impact.outputs._document import Document, Entry
from impact.outputs._footers import FooterLine
from impact.outputs._statistics import TEXTS, UNKNOWN, Printing, cell_of, heading


@dataclass(frozen=True, slots=True)
class Line:
    """One line of results: its label and one row of the results a column (None: nothing stands there).

    ``heads``: the line is a heading over the whole width; ``rule``: a line is drawn above it. An entry with
    the key ``failed`` is a model that was not estimated; one with ``printed`` is a published number.
    """

    label: str
    entries: tuple[Entry | None, ...]
    level: int = 0
    heads: bool = False
    rule: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """How lines are drawn: columns, statistics of a cell, further columns, wide or stacked."""

    columns: tuple[Column, ...]
    words: tuple[str, ...]
    extra: tuple[str, ...]
    wide: bool
    corner: str

    def width(self) -> int:
        """Columns of the grid."""
        return 1 + sum(self.span(column) for column in self.columns) + len(self.extra)

    def span(self, column: Column) -> int:
        """Grid columns of one table column."""
        return len(self.words) if self.wide and not column.published else 1

    def align(self) -> tuple[str, ...]:
        """Alignment of the grid's columns."""
        if not self.wide:
            return ("l", *("c" for _ in range(self.width() - 1)))
        letters: list[str] = []
        for column in self.columns:
            letters += ["c"] if column.published else [_letter(word) for word in self.words]
        return ("l", *letters, *(_letter(word) for word in self.extra))


def _letter(word: str) -> str:
    return "l" if word in TEXTS else "r"


def header_rows(shape: Shape, printing: Printing, *, outcomes: Sequence[str] = ()) -> list[Row]:
    """Outcome headings over several columns, column headings, and names of statistics."""
    rows: list[Row] = []
    several = len(shape.columns) > 1
    if not shape.wide:
        if several and len(set(outcomes)) > 1:
            rows.append(Row((blank(), *_spans(outcomes), *_blanks(shape.extra)), HEADER))
        if several:
            numbers = (label(f"({place})") for place in range(1, len(shape.columns) + 1))
            rows.append(Row((blank(), *numbers, *_blanks(shape.extra)), HEADER))
        titles = [label(column.title) for column in shape.columns]
        rows.append(Row((label(shape.corner), *titles, *_headings(shape.extra, printing)), HEADER))
        return rows
    if several:
        titles = [label(column.title, span=shape.span(column)) for column in shape.columns]
        rows.append(Row((blank(), *titles, *_blanks(shape.extra)), HEADER))
    cells: list[Cell] = []
    for column in shape.columns:
        cells += [label(column.title)] if column.published else _headings(shape.words, printing)
    rows.append(Row((label(shape.corner), *cells, *_headings(shape.extra, printing)), HEADER))
    return rows


def _headings(words: Sequence[str], printing: Printing) -> list[Cell]:
    return [label(heading(word, printing.language)) for word in words]


def _blanks(words: Sequence[str]) -> list[Cell]:
    return [blank() for _ in words]


def _spans(texts: Sequence[str]) -> list[Cell]:
    """Neighbours with the same text share one cell."""
    cells: list[Cell] = []
    for shown in texts:
        if cells and cells[-1].text == shown:
            cells[-1] = label(shown, span=cells[-1].span + 1)
        else:
            cells.append(label(shown))
    return cells


def panel_row(title: str, shape: Shape) -> Row:
    """The heading of a panel, over the whole width."""
    return Row((label(title, span=shape.width()),), PANEL, rule=True)


def line_rows(line: Line, shape: Shape, document: Document, printing: Printing) -> list[Row]:
    """The grid rows of one line."""
    head = label(line.label, level=line.level)
    if line.heads:
        return [panel_row(line.label, shape)]
    extra = _extra_cells(line, shape, document, printing)
    if not any(entry is not None for entry in line.entries):
        return [Row((head, *(blank() for _ in range(shape.width() - 1))), BODY)]
    if shape.wide:
        cells: list[Cell] = []
        for column, entry in zip(shape.columns, line.entries, strict=True):
            words = shape.words[:1] if column.published else shape.words
            cells += [_cell(word, entry, document, printing, bare=True) for word in words]
        return [Row((head, *cells, *extra), BODY, rule=line.rule)]
    rows: list[Row] = []
    for place, word in enumerate(shape.words):
        stacked = [
            _cell(word, entry, document, printing, bare=False) if _has_line(entry, place) else blank()
            for entry in line.entries
        ]
        if place and not any(cell.text for cell in stacked):
            continue
        ends = extra if place == 0 else _blanks(shape.extra)
        first = place == 0
        filled = (head if first else blank(), *stacked, *ends)
        rows.append(Row(filled, BODY, rule=line.rule and first, continued=not first))
    return rows


def _has_line(entry: Entry | None, place: int) -> bool:
    """A published or failed cell has one line."""
    return entry is not None and (place == 0 or not ({"printed", "failed"} & set(entry)))


def _cell(word: str, entry: Entry | None, document: Document, printing: Printing, *, bare: bool) -> Cell:
    if entry is None:
        return blank()
    if "failed" in entry:
        return figure(SUPPRESSED)
    if "printed" in entry:
        return _published_cell(entry, printing)
    return cell_of(word, entry, document, printing, bare=bare)


def _published_cell(entry: Entry, printing: Printing) -> Cell:
    printed = entry.get("printed")
    if printed in (None, "", UNKNOWN):
        return figure(UNKNOWN)
    evidence = entry.get("evidence")
    mark = text(f"table.evidence.{evidence}", printing.language) if evidence else ""
    return Cell(f"{printed} [{mark}]" if mark else str(printed))


def _extra_cells(line: Line, shape: Shape, document: Document, printing: Printing) -> list[Cell]:
    entry = next((entry for entry in line.entries if entry is not None and "printed" not in entry), None)
    if entry is None or "failed" in entry:
        return _blanks(shape.extra)
    return [cell_of(word, entry, document, printing, bare=True) for word in shape.extra]


def footer_rows(lines: Sequence[FooterLine], shape: Shape) -> list[Row]:
    """The lines under the rows, the first with a rule above; a value spans its column's statistics."""
    rows: list[Row] = []
    for place, (name, cells) in enumerate(lines):
        filled = iter(cells)
        values = [
            blank() if column.model is None else _spanning(next(filled), shape.span(column))
            for column in shape.columns
        ]
        rows.append(Row((label(name), *values, *_blanks(shape.extra)), FOOTER, rule=place == 0))
    return rows


def _spanning(cell: Cell, span: int) -> Cell:
    return Cell(cell.text, cell.number, span=span, figure=cell.figure)
