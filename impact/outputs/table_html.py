"""Tables in HTML: a fragment for the report, and a page of its own without scripts or requests."""

from __future__ import annotations

import math
import re

from impact.core.registered import Output
from impact.core.texts import text
from impact.outputs._cell_grid import BODY, FOOTER, HEADER, PANEL, Cell, Grid, Row
from impact.outputs._document import Document
from impact.outputs._escape import html_text
from impact.outputs._numbers import decimal_text
from impact.outputs._page_style import CONTENT_POLICY, STYLE
from impact.outputs._request import OutputRequest
from impact.outputs._tables import write_tables

SHORT = 34
SHORT_CELL = 22
"""Row labels and cells up to these lengths are kept on one line."""
_ALIGN = {"l": "left", "c": "centre", "r": "right"}


def html_table(grid: Grid) -> str:
    """The ``<table>`` with caption, scoped headings and notes."""
    head = "\n".join(_row(row, grid, head=True) for row in grid.of_role(HEADER))
    lines = [
        '<figure class="table">',
        '<div class="scroll" tabindex="0" role="region" aria-label="' + html_text(grid.title) + '">',
        "<table>",
        f"<caption>{html_text(grid.title)}</caption>",
        f"<thead>\n{head}\n</thead>",
        *_bodies(grid),
        "</table>",
        "</div>",
        *_notes(grid),
        "</figure>",
    ]
    return "\n".join(lines)


def _bodies(grid: Grid) -> list[str]:
    """One ``<tbody>`` a panel, footers in bodies of their own."""
    groups: list[list[Row]] = []
    for row in grid.of_role(BODY, PANEL, FOOTER):
        if not groups or row.rule:
            groups.append([])
        groups[-1].append(row)
    return [
        "<tbody>\n" + "\n".join(_row(row, grid, head=False) for row in group) + "\n</tbody>"
        for group in groups
    ]


def _row(row: Row, grid: Grid, *, head: bool) -> str:
    cells: list[str] = []
    column = 0
    for cell in row.cells:
        cells.append(_cell(cell, row, grid.align[column], head=head))
        column += cell.span
    classes = [
        name for name, wanted in (("panel", row.role == PANEL), ("foot", row.role == FOOTER)) if wanted
    ]
    classes += ["more"] if row.continued else []
    mark = f' class="{" ".join(classes)}"' if classes else ""
    return f"<tr{mark}>{''.join(cells)}</tr>"


def _cell(cell: Cell, row: Row, letter: str, *, head: bool) -> str:
    span = f' colspan="{cell.span}"' if cell.span > 1 else ""
    side = "centre" if head and cell.span > 1 else _ALIGN[letter]
    classes = [side, *([f"level{cell.level}"] if cell.level else [])]
    classes += ["short"] if not head and 0 < len(cell.text) <= (SHORT if cell.label else SHORT_CELL) else []
    shown = cell_text(cell)
    if cell.label and shown:
        scope = (
            ("colgroup" if cell.span > 1 else "col") if head else "rowgroup" if row.role == PANEL else "row"
        )
        return f'<th scope="{scope}"{span} class="{" ".join(classes)}">{shown}</th>'
    return f'<td{span} class="{" ".join(classes)}"{_stored(cell)}>{shown}</td>'


def _stored(cell: Cell) -> str:
    """The numbers behind a cell in full, where the text shows them with decimals; and the p-value of an estimate."""
    values = cell.ends if cell.ends is not None else (cell.number,)
    printed = re.findall(r"-?\d[\d,]*\.\d+", cell.text)
    same = len(printed) == len(values) and not re.search(r"\de|<", cell.text)
    numbers = [value for value in values if value is not None and math.isfinite(value)]
    stored = ""
    if cell.figure and same and len(numbers) == len(values):
        decimals = [len(one.partition(".")[2]) for one in printed]
        texts = [decimal_text(value, digits) for value, digits in zip(numbers, decimals, strict=True)]
        stored = f' data-v="{" ".join(map(repr, map(float, numbers)))}"' if texts == printed else ""
    return stored + (f' data-p="{float(cell.p_value)!r}"' if cell.p_value is not None else "")


def cell_text(cell: Cell) -> str:
    """One cell, with a true minus sign in numbers."""
    shown = html_text(cell.text).replace(" %", "\u00a0%")
    if cell.figure:
        shown = shown.replace("e-", "e\u2212") if shown[:1].isdigit() else shown
        shown = shown.replace("-", "\u2212")
    return shown + (f"<sup>{cell.stars}</sup>" if cell.stars else "")


def _notes(grid: Grid) -> list[str]:
    if not grid.notes:
        return []
    items = "".join(f"<li>{html_text(note)}</li>" for note in grid.notes)
    head = html_text(text("table.notes", grid.language))
    return [f'<figcaption class="notes"><p>{head}</p><ul>{items}</ul></figcaption>']


def page(grid: Grid) -> str:
    """The table as a page of its own."""
    return (
        "\n".join(
            [
                "<!DOCTYPE html>",
                f'<html lang="{html_text(grid.language)}">',
                "<head>",
                '<meta charset="utf-8">',
                f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                f"<title>{html_text(grid.title)}</title>",
                f"<style>\n{STYLE}\n</style>",
                "</head>",
                f"<body>\n<main>\n{html_table(grid)}\n</main>\n</body>",
                "</html>",
            ]
        )
        + "\n"
    )


def _files(grid: Grid, request: OutputRequest) -> dict[str, str | bytes]:
    return {request.file(grid.name, "html", grid.language): page(grid)}


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every table of the request as a page."""
    return write_tables(document, request, "html", _files)


OUTPUT = Output(
    summary="Tables as pages that open in a browser", suffix="html", write=write, keywords=("html",)
)
