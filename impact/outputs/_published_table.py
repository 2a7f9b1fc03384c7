"""The certificate: every published cell beside what was found here."""

from __future__ import annotations

from collections.abc import Sequence

from impact.core.errors import OutputError
from impact.core.texts import fault, text
from impact.outputs._cell_grid import HEADER, PANEL, Cell, Grid, Row, figure, label
from impact.outputs._document import (
    Document,
    Entry,
    as_list,
    group_label,
    label_of,
    model_label,
    said,
    unique,
    verdict_text,
)
from impact.outputs._numbers import decimal_text, is_number, scientific_text
from impact.outputs._statistics import UNKNOWN, Printing, heading
from impact.outputs.grids.notes import closing_notes, own_notes, sentence
from impact.schema.display import TableBlock

MOST_ATTEMPTS = 6
_HEADS = ("model", "term", "stat", "published", "ours", "difference", "match", "evidence")
_ALIGN = ("l", "l", "l", "r", "r", "r", "l", "l")


def published_grid(name: str, block: TableBlock, document: Document, printing: Printing) -> Grid:
    """The grid of published against found, one panel a published table.

    Raises:
        OutputError: E713 where the results hold no published cell.
    """
    wanted = as_list(block.models)
    cells = [cell for cell in document.get("published", ()) if not wanted or cell.get("table") in wanted]
    if not cells:
        raise OutputError(fault("E713", table=name, what=text("table.no_published", printing.language)))
    language = printing.language
    rows = [Row(tuple(label(text(f"table.published.{head}", language)) for head in _HEADS), HEADER)]
    tables = unique(str(cell.get("table")) for cell in cells)
    for table in tables:
        held = [cell for cell in cells if str(cell.get("table")) == table]
        title = _panel_title(document, table, held, language)
        rows.append(Row((label(title, span=len(_HEADS)),), PANEL, rule=True))
        rows += [_row(cell, document, printing) for cell in held]
    return Grid(
        name=name,
        title=said(block.title, language) or text("table.title.published", language),
        align=_ALIGN,
        rows=tuple(rows),
        notes=tuple(_notes(block, cells, document, language)),
        language=language,
    )


def _panel_title(document: Document, table: str, cells: Sequence[Entry], language: str) -> str:
    sources = unique(said(cell.get("source"), language) for cell in cells if cell.get("source"))
    name = label_of(document, table, language)
    return f"{name} ({'; '.join(sources)})" if sources else name


def _row(cell: Entry, document: Document, printing: Printing) -> Row:
    language = printing.language
    digits = _digits(cell, printing)
    printed = cell.get("printed")
    known = printed not in (None, "", UNKNOWN)
    evidence = cell.get("evidence")
    return Row(
        (
            label(_place(cell, document, language)),
            Cell(label_of(document, str(cell.get("term")), language)),
            Cell(stat_name(str(cell.get("stat")), language)),
            figure(str(printed) if known else UNKNOWN),
            figure(decimal_text(cell.get("ours"), digits) or UNKNOWN, _number(cell.get("ours"))),
            figure(_difference(cell.get("difference"), digits), _number(cell.get("difference"))),
            Cell(verdict_text(cell.get("verdict"), language)),
            Cell(text(f"table.evidence.{evidence}", language) if known and evidence else ""),
        )
    )


def _place(cell: Entry, document: Document, language: str) -> str:
    model = model_label(document, str(cell.get("model")), language)
    return f"{model}: {group_label(document, cell['group'], language)}" if cell.get("group") else model


def stat_name(stat: str, language: str) -> str:
    """A statistic in words; an unknown one as it is."""
    name = heading(stat, language)
    return stat if name.startswith("table.stat.") else name


def _number(value: object) -> float | None:
    return float(value) if is_number(value) else None


def _digits(cell: Entry, printing: Printing) -> int:
    """Decimals of our number: those of the printed one, and two more where it differs."""
    printed = str(cell.get("printed") or "")
    decimals = len(printed.split(".", 1)[1].rstrip(" %")) if "." in printed else printing.digits
    if printed.isdigit():
        decimals = 0
    exact = cell.get("verdict") in ("equal", "rounds_equal")
    return min(decimals if exact else decimals + 2, 12)


def _difference(value: object, digits: int) -> str:
    number = _number(value)
    if number is None:
        return ""
    return scientific_text(number) if 0 < abs(number) < 0.5 * 10.0**-digits else decimal_text(number, digits)


def _notes(block: TableBlock, cells: Sequence[Entry], document: Document, language: str) -> list[str]:
    notes = own_notes(block, language)
    if block.default_notes:
        notes += [counts_sentence(cells, language), text("table.note.published", language)]
        notes += [note for cell in cells for note in _cell_notes(cell, document, language)]
        notes += closing_notes(document, language)
    return [note for note in notes if note]


def _cell_notes(cell: Entry, document: Document, language: str) -> list[str]:
    """Why a cell differs: the spec's reason, the conventions that meet the published number, or those tried."""
    model = model_label(document, str(cell.get("model")), language)
    term = label_of(document, str(cell.get("term")), language)
    name = f"{model}, {term}, {stat_name(str(cell.get('stat')), language)}"
    notes: list[str] = []
    reason = said(cell.get("reason"), language)
    if cell.get("expect") == "differs" and reason:
        notes.append(text("table.note.marked", language, cell=name, reason=sentence(reason)))
    attempts = cell.get("explanations") or ()
    for key, chosen in (("explained", [a for a in attempts if a.get("agrees")]), ("tried", list(attempts))):
        if chosen:
            ways = "; ".join(said(attempt.get("text"), language) for attempt in chosen[:MOST_ATTEMPTS])
            notes.append(text(f"table.note.{key}", language, cell=name, ways=ways))
            break
    note = said(cell.get("note"), language)
    return [*notes, f"{name}: {note}"] if note else notes


def counts_sentence(cells: Sequence[Entry], language: str) -> str:
    """``17 of 18 cells: equal; 1: differs``."""
    words = unique(str(cell.get("verdict")) for cell in cells)
    parts = [
        f"{verdict_text(word, language)} {sum(str(cell.get('verdict')) == word for cell in cells)}"
        for word in words
    ]
    return text("table.note.cells_counted", language, n=len(cells), parts=", ".join(parts))
