"""Workbooks (.xlsx, .xls, .ods): one sheet, the first row its column names."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.core.nearest import nearest
from impact.core.registered import Reader
from impact.data.columns import column_of_objects
from impact.data.request import ReadRequest, build_frame, choose_columns, clean_names


def header(path: Path, request: ReadRequest) -> tuple[str, ...]:
    """Column names, from the first row of the sheet."""
    return _names(_rows(path, request, most=1), request)


def read(path: Path, request: ReadRequest) -> Frame:
    """The sheet's columns; empty rows at the end are left out.

    Raises:
        DataError: E211 no cells, E212 header only, E218 damaged, E225 which sheet, and the faults of the
        columns.
    """
    rows = _rows(path, request)
    names = _names(rows, request)
    choice = choose_columns(names, request)
    body = rows[1:]
    while body and all(cell is None or cell == "" for cell in body[-1]):
        body.pop()
    if not body:
        raise DataError(request.fault("E212"))
    makers = {
        name: partial(column_of_objects, name, [row[position] for row in body], request)
        for name, position in choice.positions.items()
    }
    return build_frame(makers, request, n_rows=len(body), notices=choice.notices)


def _names(rows: list[list[Any]], request: ReadRequest) -> tuple[str, ...]:
    if not rows or all(cell is None or cell == "" for cell in rows[0]):
        raise DataError(request.fault("E211"))
    return clean_names(
        str(int(cell)) if isinstance(cell, float) and cell.is_integer() else cell for cell in rows[0]
    )


def _rows(path: Path, request: ReadRequest, *, most: int | None = None) -> list[list[Any]]:
    # imported here: only specs that read a workbook pay for it
    import python_calamine as calamine

    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            sheet = _sheet_name(list(book.sheet_names), request)
            return [list(row) for row in book.get_sheet_by_name(sheet).to_python(nrows=most)]
    except (calamine.CalamineError, OSError, ValueError) as error:
        reason = (str(error).strip().splitlines() or ["unreadable"])[0][:160]
        raise DataError(request.fault("E218", reason=reason)) from None


def _sheet_name(sheets: list[str], request: ReadRequest) -> str:
    asked = request.block.sheet
    listed = ", ".join(f"'{sheet}'" for sheet in sheets)
    if asked is None and len(sheets) != 1:
        raise DataError(request.fault("E225", key="sheet", sheets=listed, reason="which one is meant?"))
    if asked is not None and asked not in sheets:
        hint = nearest(asked, sheets)
        reason = f"none is called '{asked}'"
        raise DataError(request.fault("E225", key="sheet", suggestion=hint, sheets=listed, reason=reason))
    return sheets[0] if asked is None else asked


READER = Reader(
    summary="an Excel workbook",
    suffixes=(".xlsx", ".xlsm", ".xls", ".ods"),
    read=read,
    header=header,
    keywords=("xlsx",),
)
