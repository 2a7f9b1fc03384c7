"""Tables in Markdown (GitHub's pipe tables), readable as plain text too."""

from __future__ import annotations

from collections.abc import Sequence

from impact.core.registered import Output
from impact.core.texts import text
from impact.outputs._cell_grid import HEADER, PANEL, Cell, Grid, Row
from impact.outputs._document import Document
from impact.outputs._escape import markdown_text
from impact.outputs._request import OutputRequest
from impact.outputs._tables import write_tables

INDENT = "\u2003"


def markdown(grid: Grid) -> str:
    """The grid as Markdown: title, table, notes."""
    lines = [_cells(row) for row in grid.rows]
    widths = [max(3, *(len(line[place]) for line in lines)) for place in range(len(grid.align))]
    drawn = [_line(line, widths, grid.align) for line in lines]
    rule = [_rule(letter, width) for letter, width in zip(grid.align, widths, strict=True)]
    table = [drawn[0], "| " + " | ".join(rule) + " |", *drawn[1:]]
    title = [f"**{markdown_text(grid.title)}**", ""] if grid.title else []
    return "\n".join([*title, *table, "", *_notes(grid)]) + "\n"


def _rule(letter: str, width: int) -> str:
    left = ":" if letter in "lc" else "-"
    right = ":" if letter in "rc" else "-"
    return left + "-" * (width - 2) + right


def _notes(grid: Grid) -> list[str]:
    if not grid.notes:
        return []
    return [f"{text('table.notes', grid.language)}:", "", *(f"- {_line_start(note)}" for note in grid.notes)]


def _line_start(note: str) -> str:
    """A note that begins like a list or heading stays text."""
    shown = markdown_text(note)
    return "\\" + shown if shown[:1] in "-+=" else shown


def _cells(row: Row) -> list[str]:
    cells: list[str] = []
    strong = row.role in (HEADER, PANEL)
    for cell in row.cells:
        cells += [cell_text(cell, strong=strong), *("" for _ in range(cell.span - 1))]
    return cells


def cell_text(cell: Cell, *, strong: bool = False) -> str:
    """One cell: escaped unless the number formatter made it."""
    shown = cell.text.replace("<", "\\<") if cell.figure else markdown_text(cell.text)
    shown += "\\*" * len(cell.stars)
    if strong and shown:
        return f"**{shown}**"
    return INDENT * cell.level + shown


def _line(cells: Sequence[str], widths: Sequence[int], align: Sequence[str]) -> str:
    filled = [
        cell.rjust(width) if letter == "r" else cell.center(width) if letter == "c" else cell.ljust(width)
        for cell, width, letter in zip(cells, widths, align, strict=True)
    ]
    return "| " + " | ".join(filled) + " |"


def _files(grid: Grid, request: OutputRequest) -> dict[str, str | bytes]:
    return {request.file(grid.name, "md", grid.language): markdown(grid)}


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every table of the request as Markdown."""
    return write_tables(document, request, "md", _files)


OUTPUT = Output(summary="Tables in Markdown", suffix="md", write=write, keywords=("md",))
