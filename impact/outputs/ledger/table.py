"""The table of a ledger: lines by years, one panel a scenario, with the spread of the draws below each number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from impact.core.errors import OutputError
from impact.core.texts import fault, text
from impact.outputs._cell_grid import HEADER, PANEL, Cell, Grid, Row, figure, label
from impact.outputs._document import Document, Entry, model_label, said
from impact.outputs._numbers import decimal_text, error_text, interval_text, is_number
from impact.outputs.ledger.listings import LISTINGS
from impact.outputs.ledger.notes import ledger_notes
from impact.outputs.ledger.words import column_label, digits_for, line_label, with_unit
from impact.schema.expressions.parse import parse_expression
from impact.schema.expressions.tree import Expression, spell
from impact.schema.ledger.block import LedgerTableBlock
from impact.schema.ledger.outputs import Column, columns_of, is_share_of_draws

SCALES = {1e3: "thousand", 1e6: "million", 1e9: "billion"}
SHARE_DIGITS = 2


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the table: its expression, heading, divisor and decimals."""

    name: str
    expression: Expression
    heading: str
    scale: float
    digits: int


def ledger_grid(name: str, block: LedgerTableBlock, document: Document, language: str) -> Grid:
    """The grid of one table in one language.

    Raises:
        OutputError: E713 where nothing of it is in the results.
    """
    if isinstance(block.rows, str):
        return LISTINGS[block.rows](name, block, document, language)
    ledger = document["ledger"]
    years = int(ledger["years"][0]), int(ledger["years"][-1])
    columns, _ = columns_of(block.columns, years, discounted=ledger["discount"] is not None)
    rows = {(str(row["model"]), str(row["term"])): row for row in document["rows"]}
    scenarios = scenarios_of(block, document)
    lines = [_line(one, block, columns, rows, document, language) for one in _names(block, document)]
    words = block.cell or (["estimate", "interval"] if ledger["draws"] else ["estimate"])
    heads = [str(column.year) if column.year else column_label(_word(column), language) for column in columns]
    grid_rows = [Row((label(text("ledger.line", language)), *(label(head) for head in heads)), HEADER)]
    for scenario in scenarios:
        if len(scenarios) > 1:
            title = model_label(document, scenario, language)
            grid_rows.append(Row((label(title, span=1 + len(columns)),), PANEL, rule=True))
        for line in lines:
            cells = [_entry(line, column, scenario, rows) for column in columns]
            grid_rows += _rows(line, cells, words)
    if not lines or not scenarios or not columns:
        raise OutputError(fault("E713", table=name, what=text("table.nothing", language)))
    return Grid(
        name=name,
        title=said(block.title, language) or text("ledger.title", language),
        align=("l", *("r" for _ in columns)),
        rows=tuple(grid_rows),
        notes=tuple(
            ledger_notes(
                block,
                document,
                language,
                lines=[line.name for line in lines],
                words=words,
                scenarios=scenarios,
            )
        ),
        language=language,
    )


def scenarios_of(block: LedgerTableBlock, document: Document) -> list[str]:
    """The scenarios of a table, in the order of the spec."""
    known = [name for name in document["ledger"]["order"]["scenarios"] if name in document["models"]]
    return [name for name in block.panels if name in known] if isinstance(block.panels, list) else known


def _names(block: LedgerTableBlock, document: Document) -> list[str]:
    return (
        list(block.rows) if isinstance(block.rows, list) else list(document["ledger"]["order"]["equations"])
    )


def _word(column: Column) -> str:
    ends = f", {column.first}, {column.last}" if column.first else ""
    return f"{column.function}(x{ends})"


def _line(
    name: str,
    block: LedgerTableBlock,
    columns: Sequence[Column],
    rows: Mapping[tuple[str, str], Entry],
    document: Document,
    language: str,
) -> _Line:
    expression = parse_expression(name, mode="ledger")
    scale = block.scale.get(name, 1.0)
    entries = [
        _entry_of(expression, name, column, scenario, rows)
        for scenario in scenarios_of(block, document)
        for column in columns
    ]
    values = [entry["estimate"] / scale for entry in entries if entry and is_number(entry["estimate"])]
    share = is_share_of_draws(expression)
    digits = SHARE_DIGITS if share and block.digits is None else digits_for(values, block.digits)
    unit = next((str(entry["unit"]) for entry in entries if entry and entry.get("unit")), "")
    return _Line(
        name, expression, _heading(line_label(document, name, language), unit, scale, language), scale, digits
    )


def _heading(words: str, unit: str, scale: float, language: str) -> str:
    shown = ""
    if scale in SCALES:
        shown = text(f"ledger.scale.{SCALES[scale]}", language)
    elif scale != 1:
        shown = text("ledger.scale.other", language, scale=f"{scale:g}")
    return with_unit(words, unit, shown)


def _entry(line: _Line, column: Column, scenario: str, rows: Mapping[tuple[str, str], Entry]) -> Entry | None:
    return _entry_of(line.expression, line.name, column, scenario, rows)


def _entry_of(
    expression: Expression, name: str, column: Column, scenario: str, rows: Mapping[tuple[str, str], Entry]
) -> Entry | None:
    """The row of the results behind a cell; a line that is the same in all years stands in every year."""
    if column.year is not None:
        return rows.get((scenario, f"{name}[{column.year}]")) or rows.get((scenario, name))
    return rows.get((scenario, spell(column.of(expression).root)))


def _rows(line: _Line, entries: Sequence[Entry | None], words: Sequence[str]) -> list[Row]:
    """The line, and below it what else the cells hold; a share of draws has no spread of its own."""
    shown = ["estimate"] if is_share_of_draws(line.expression) else list(words)
    found = []
    for place, word in enumerate(shown):
        # below the first number nothing stands for a line behind which no input is drawn
        cells = [
            figure("") if place and entry and entry.get("std_error") == 0 else _cell(line, entry, word)
            for entry in entries
        ]
        if place and not any(cell.text for cell in cells):
            continue
        head = label(line.heading) if not place else label("")
        found.append(Row((head, *cells), continued=bool(place)))
    return found


def _cell(line: _Line, entry: Entry | None, word: str) -> Cell:
    return figure("") if entry is None else _figure(line, entry, word)


def _figure(line: _Line, entry: Entry, word: str) -> Cell:
    def scaled(key: str) -> float | None:
        value = entry.get(key)
        return float(value) / line.scale if is_number(value) else None

    if word == "interval":
        return figure(interval_text(scaled("ci_low"), scaled("ci_high"), line.digits))
    if word == "se":
        shown = error_text(scaled("std_error"), line.digits)
        return figure(f"({shown})" if shown else "", scaled("std_error"))
    key = "median" if word == "median" else "estimate"
    return figure(decimal_text(scaled(key), line.digits), scaled(key))
