"""What a run prints: a table as plain text, and the summary lines at its end. No colour, no lines drawn
with signs
beyond ASCII, so that it reads the same in a pipe, a file and a screen reader.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from impact.core.texts import text
from impact.outputs._cell_grid import FOOTER, HEADER, PANEL, Cell, Grid, Row
from impact.outputs._document import (
    Document,
    Entry,
    estimates,
    focus_row,
    has_groups,
    label_of,
    made_up,
    primary,
    primary_p,
    said,
    verdict_text,
)
from impact.outputs._escape import plain
from impact.outputs._groups import groups_of
from impact.outputs._numbers import decimal_text, error_text, p_text
from impact.outputs._request import OutputRequest
from impact.outputs._tables import grids
from impact.outputs.grids.notes import LISTED

_GAP = "  "
MOST_NAMES = 4


def width_of(shown: str) -> int:
    """Columns that a text takes on a terminal."""
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in shown)
    return len(shown) + wide - sum(unicodedata.combining(sign) > 0 for sign in shown)


def grid_text(grid: Grid, *, notes: bool = True) -> str:
    """The grid as aligned text with rules of dashes."""
    widths = _widths(grid)
    rule = "-" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    lines = [plain(grid.title), rule] if grid.title else [rule]
    lines += [_line(row, widths, grid.align) for row in grid.of_role(HEADER)]
    lines.append(rule)
    for place, row in enumerate(grid.of_role(PANEL, FOOTER, "body")):
        if row.rule and place:
            lines.append(rule)
        lines.append(_line(row, widths, grid.align))
    lines.append(rule)
    lines += [plain(note) for note in grid.notes] if notes else []
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _widths(grid: Grid) -> list[int]:
    widths = [1] * len(grid.align)
    for row in grid.rows:
        column = 0
        for cell in row.cells:
            if cell.span == 1:
                widths[column] = max(widths[column], width_of(_shown(cell)))
            column += cell.span
    for row in grid.rows:
        column = 0
        for cell in row.cells:
            if cell.span > 1:
                have = sum(widths[column : column + cell.span]) + len(_GAP) * (cell.span - 1)
                widths[column + cell.span - 1] += max(0, width_of(_shown(cell)) - have)
            column += cell.span
    return widths


def _shown(cell: Cell) -> str:
    return "  " * cell.level + plain(cell.text) + cell.stars


def _line(row: Row, widths: Sequence[int], align: Sequence[str]) -> str:
    pieces: list[str] = []
    column = 0
    for cell in row.cells:
        width = sum(widths[column : column + cell.span]) + len(_GAP) * (cell.span - 1)
        letter = "c" if cell.span > 1 and row.role == HEADER else "l" if cell.span > 1 else align[column]
        pieces.append(_filled(_shown(cell), width, letter))
        column += cell.span
    return _GAP.join(pieces)


def _filled(shown: str, width: int, letter: str) -> str:
    space = max(0, width - width_of(shown))
    left = space if letter == "r" else space // 2 if letter == "c" else 0
    return " " * left + shown + " " * (space - left)


def result_table(document: Document, request: OutputRequest, *, language: str, notes: bool = False) -> str:
    """The first table of the results as text; empty where the results hold none."""
    for grid in grids(document, request, language).values():
        return grid_text(grid, notes=notes)
    return ""


def summary_lines(
    document: Document, request: OutputRequest, *, language: str, done: str = "", report: str = ""
) -> list[str]:
    """The lines at the end of a run: the study, one line a model, warnings, differences, claims, the report.

    Arguments:
        done: what the first line says after the study's name ("done in 1.9 s (3 run, 2 cached)").
        report: path of the report as the user would type it.
    """
    lines = [f"{plain(document.get('study', ''))}   {done}".rstrip()]
    entries = list(estimates(document, request).items())
    width = max((width_of(plain(name)) for name, _ in entries), default=0)
    for name, entry in entries:
        lines.append(
            f"  {_filled(plain(name), width, 'l')}  {_model_line(document, request, name, entry, language)}"
        )
    answer = document.get("answer")
    if answer:
        verdict = verdict_text(answer.get("verdict"), language)
        lines.append(
            _tagged("answer", f"{verdict}: {plain(said(answer.get('sentence'), language))}", language)
        )
    lines += [
        _tagged("speccurve", plain(said(test["details"]["sentences"], language)), language)
        for test in document.get("tests") or ()
        if test.get("kind") == "speccurve"
    ]
    said_of_data = [made_up(document, language)] if made_up(document, language) else []
    lines += [_tagged("note", shown, language) for shown in (*said_of_data, *_notices(document, language))]
    lines += _compared(document, language)
    if report:
        lines.append(_tagged("report", report, language))
    return lines


def _tagged(word: str, shown: str, language: str) -> str:
    return f"  {text(f'terminal.{word}', language)}  {shown}"


def _notices(document: Document, language: str) -> list[str]:
    """One line a code: the first warning, and how many more models have one of the kind."""
    by_code: dict[str, list[Mapping[str, Any]]] = {}
    for notice in document.get("notices") or ():
        by_code.setdefault(str(notice.get("code")), []).append(notice)
    lines = []
    for notices in by_code.values():
        rest = len(notices) - 1
        more = f" {text('terminal.more', language, n=rest)}" if rest else ""
        lines.append(_notice(notices[0], language) + more)
    return lines


def _notice(notice: Mapping[str, Any], language: str) -> str:
    names = [plain(name) for name in LISTED.split(str(notice.get("of") or ""))]
    rest = f" (+{len(names) - MOST_NAMES})" if len(names) > MOST_NAMES else ""
    message = plain(said(notice.get("message"), language))
    of = "" if message.startswith(f"{names[0]}:") else ", ".join(names[:MOST_NAMES]) + rest
    return " ".join(part for part in (str(notice.get("code")), of, message) if part)


def _model_line(document: Document, request: OutputRequest, name: str, entry: Entry, language: str) -> str:
    if entry.get("status") == "failed":
        return f"{text('terminal.failed', language)}: {plain(said(entry.get('error'), language))}"
    row = focus_row(document, name)
    if row is None:
        return text("terminal.groups", language, n=len(groups_of(document, [name])))
    digits = request.outputs.digits
    shown = f"{plain(label_of(document, str(row['term']), language))} {decimal_text(row['estimate'], digits)}"
    shown += f" ({error_text(row.get('std_error'), digits)})"
    kind = text(f"terminal.p_{primary(row)}", language)
    p_value = p_text(primary_p(row))
    shown += f"  {kind} {p_value}" if p_value else ""
    subgroups = (
        f"  {text('terminal.groups', language, n=len(groups_of(document, [name])))}"
        if has_groups(entry)
        else ""
    )
    verdict = verdict_text(row.get("verdict"), language)
    return shown + subgroups + (f"  {verdict}" if verdict else "")


def _compared(document: Document, language: str) -> list[str]:
    lines = []
    for name, key in (("published", "verdict"), ("claims", "state")):
        cells = document.get(name) or ()
        words = list(dict.fromkeys(str(cell.get(key)) for cell in cells))
        counts = [
            f"{sum(str(c.get(key)) == word for c in cells)} {verdict_text(word, language)}" for word in words
        ]
        if counts:
            lines.append(_tagged(name, ", ".join(counts), language))
    return lines
