"""Tables in Excel: numbers are numbers that show the printed digits, texts are never formulas.

One workbook a table: the sheet of the table and a sheet with its notes.
"""

from __future__ import annotations

import io
import math
import re
from typing import Any

import xlsxwriter

from impact.core.registered import Output
from impact.core.texts import text
from impact.outputs._archives import FIXED_TIME, with_fixed_times, without_control_characters
from impact.outputs._cell_grid import FOOTER, HEADER, PANEL, Cell, Grid, Row, column_lengths
from impact.outputs._document import Document
from impact.outputs._numbers import rounded
from impact.outputs._request import OutputRequest
from impact.outputs._tables import write_tables

LONGEST_SHEET_NAME = 31
WIDEST, NARROWEST = 46, 9
NOTES_WIDTH = 100
CHARACTERS_A_CELL = 32_767
GROUPED = 1000
"""Whole numbers from here on are printed with a comma between thousands."""
FONT = "Calibri"
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_FIGURE = re.compile(
    r"(?P<before>[^\d-]*)(?P<sign>-?)(?P<digits>\d[\d,]*)(?P<decimals>\.\d+)?(?P<power>e-?\d+)?(?P<after>[^\d]*)"
)


def number_format(cell: Cell) -> tuple[float, str] | None:
    """The number of a cell and the Excel format that shows it as printed; None where the text says something else.

    A value in brackets keeps its brackets, a share its percent sign; ``<0.001`` and intervals stay text.
    """
    found = _FIGURE.fullmatch(cell.text)
    if cell.number is None or not cell.figure or found is None or {"<", "∞"} & set(cell.text):
        return None
    decimals = len(found["decimals"] or ".") - 1
    printed = float(
        found["sign"] + found["digits"].replace(",", "") + (found["decimals"] or "") + (found["power"] or "")
    )
    before, after = found["before"], found["after"]
    whole = "#,##0" if "," in found["digits"] or (abs(printed) < GROUPED and not decimals) else "0"
    shown = whole + ("." + "0" * decimals if decimals else "")
    if found["power"]:
        shown += "E-0"
        same = math.isclose(cell.number, printed, rel_tol=10.0**-decimals)
    else:
        same = float(rounded(cell.number, decimals)) == printed
    if not same and after.strip().startswith("%") and float(rounded(100 * cell.number, decimals)) == printed:
        # a share: Excel's percent sign multiplies by a hundred
        sign, after = after[: after.index("%") + 1], after[after.index("%") + 1 :]
        shown, same = shown + sign, True
    if not same:
        return None
    # a number that rounds to zero would keep its minus sign in Excel
    return (0.0 if printed == 0 else cell.number), _literal(before) + shown + _literal(after + cell.stars)


def _literal(shown: str) -> str:
    return '"' + shown.replace('"', '""') + '"' if shown else ""


def workbook_bytes(grid: Grid) -> bytes:
    """The workbook of one table.

    Sources: Office Open XML, ECMA-376 part 1, 18.8.30 (number formats).
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties(
        {"title": without_control_characters(grid.title), "author": "", "created": FIXED_TIME}
    )
    used: set[str] = set()
    sheet = book.add_worksheet(_sheet_name(grid.name, used))
    _fill(book, sheet, grid)
    if grid.notes:
        notes = book.add_worksheet(_sheet_name(text("table.notes", grid.language), used))
        wrapped = book.add_format({"text_wrap": True, "valign": "top", "font_name": FONT})
        notes.set_column(0, 0, NOTES_WIDTH, wrapped)
        for place, note in enumerate(grid.notes):
            notes.write_string(place, 0, _text(note), wrapped)
    book.close()
    return with_fixed_times(target.getvalue())


def _sheet_name(wanted: str, used: set[str]) -> str:
    """A name that Excel accepts: no forbidden characters, at most 31, not used yet, whatever the case."""
    stem = _FORBIDDEN.sub("-", without_control_characters(wanted)).strip() or "table"
    name, number = stem[:LONGEST_SHEET_NAME], 2
    while name.casefold() in used or name.casefold() == "history":
        ending = f" {number}"
        name = stem[: LONGEST_SHEET_NAME - len(ending)] + ending
        number += 1
    used.add(name.casefold())
    return name


def _fill(book: Any, sheet: Any, grid: Grid) -> None:
    title = book.add_format({"bold": True, "font_name": FONT})
    sheet.write_string(0, 0, _text(grid.title), title)
    formats: dict[tuple[object, ...], Any] = {}
    first_body = sum(row.role == HEADER for row in grid.rows)
    for place, row in enumerate(grid.rows):
        line = place + 1
        column = 0
        for cell in row.cells:
            look = _look(row, cell, grid.align[column], top=row.rule or place in (0, first_body))
            look["bottom"] = 1 if place == len(grid.rows) - 1 else 0
            _write(sheet, book, formats, (line, column), (cell, look))
            column += cell.span
    for column, width in enumerate(_widths(grid)):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(first_body + 1, 1)
    sheet.repeat_rows(1, first_body)
    sheet.fit_to_pages(1, 0)
    if len(grid.align) > 6:
        sheet.set_landscape()


def _look(row: Row, cell: Cell, letter: str, *, top: bool) -> dict[str, Any]:
    align = {"l": "left", "c": "center", "r": "right"}[letter]
    if row.role == HEADER and cell.span > 1:
        align = "center"
    return {
        "align": align,
        "bold": row.role == HEADER,
        "italic": row.role == PANEL,
        "indent": cell.level,
        "top": 1 if top else 0,
        "font_name": FONT,
        "font_color": "#444444" if row.role == FOOTER else "#000000",
    }


def _write(
    sheet: Any,
    book: Any,
    formats: dict[tuple[object, ...], Any],
    place: tuple[int, int],
    what: tuple[Cell, dict[str, Any]],
) -> None:
    cell, look = what
    number = number_format(cell)
    if number is not None:
        look = {**look, "num_format": number[1]}
    key = tuple(look.values()) if number is None else (*look.values(), number[1])
    if key not in formats:
        formats[key] = book.add_format(
            {name: value for name, value in look.items() if value not in (0, False)}
        )
    line, column = place
    shown = (
        _text(cell.text.replace("-", "\u2212") if cell.figure and number is None else cell.text) + cell.stars
    )
    if cell.span > 1:
        sheet.merge_range(line, column, line, column + cell.span - 1, "", formats[key])
    if number is not None:
        sheet.write_number(line, column, number[0], formats[key])
    elif shown:
        sheet.write_string(line, column, shown, formats[key])
    else:
        sheet.write_blank(line, column, None, formats[key])


def _text(shown: str) -> str:
    return without_control_characters(shown)[:CHARACTERS_A_CELL]


def _widths(grid: Grid) -> list[int]:
    return [min(max(length + 2, NARROWEST), WIDEST) for length in column_lengths(grid)]


def _files(grid: Grid, request: OutputRequest) -> dict[str, str | bytes]:
    return {request.file(grid.name, "xlsx", grid.language): workbook_bytes(grid)}


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every table of the request as a workbook."""
    return write_tables(document, request, "xlsx", _files)


OUTPUT = Output(summary="Tables in Excel, numbers as numbers", suffix="xlsx", write=write, keywords=("xlsx",))
