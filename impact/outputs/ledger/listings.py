"""Tables of a ledger that are lists: inputs, what moves an output, break-even values, published beside found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from impact.core.errors import OutputError
from impact.core.texts import fault, text
from impact.outputs._cell_grid import HEADER, PANEL, Cell, Grid, Row, figure, label
from impact.outputs._document import Document, Entry, label_of, model_label, said, unique, verdict_text
from impact.outputs._numbers import decimal_text, interval_text, is_number
from impact.outputs.grids.notes import closing_notes, own_notes
from impact.outputs.ledger.notes import (
    assumptions_note,
    breakeven_words,
    draws_note,
    range_words,
    scenario_note,
)
from impact.outputs.ledger.words import digits_for, line_label, number_words, value_words
from impact.schema.ledger.block import LedgerTableBlock

Drawn = Callable[[str, LedgerTableBlock, Document, str], Grid]
UNKNOWN = "n/a"


def _grid(
    name: str,
    block: LedgerTableBlock,
    language: str,
    *,
    kind: str,
    heads: Mapping[str, str],
    rows: Sequence[Row],
    notes: Sequence[str],
) -> Grid:
    """A list with these columns: word → alignment."""
    header = Row(tuple(label(text(f"ledger.column.{word}", language)) for word in heads), HEADER)
    title = said(block.title, language) or text(f"ledger.title_of.{kind}", language)
    own = own_notes(block, language)
    shown = unique(note for note in [*own, *(notes if block.default_notes else ())] if note)
    return Grid(name, title, tuple(heads.values()), (header, *rows), tuple(shown), language)


def _heads(words: str, align: str) -> dict[str, str]:
    return dict(zip(words.split(), align, strict=True))


def _shown_scenarios(block: LedgerTableBlock, document: Document) -> list[str]:
    known = [name for name in document["ledger"]["order"]["scenarios"] if name in document["models"]]
    return [name for name in known if not isinstance(block.panels, list) or name in block.panels]


def inputs_grid(name: str, block: LedgerTableBlock, document: Document, language: str) -> Grid:
    """Every input: value, range, distribution, unit, source and status."""
    ledger = document["ledger"]
    years = ledger["years"]
    rows = []
    for key in ledger["order"]["inputs"]:
        one = ledger["inputs"][key]
        dist = text(f"ledger.dist.{one['dist']}", language)
        by_year = ", " + text("ledger.by_year", language) if one["draw"] == "year" else ""
        cells = (
            label(label_of(document, key, language)),
            figure(value_words(one["point"], years)),
            figure(range_words(one, years, language)),
            Cell(dist + by_year),
            Cell(one["unit"] or ""),
            Cell(said(one["source"], language)),
            Cell(text(f"ledger.status.{one['status']}", language)),
        )
        rows.append(Row(cells))
    heads = _heads("input value range dist unit source status", "lrrllll")
    notes = [scenario_note(document, one, language) for one in _shown_scenarios(block, document)]
    notes += closing_notes(document, language)
    return _grid(name, block, language, kind="inputs", heads=heads, rows=rows, notes=notes)


def drivers_grid(name: str, block: LedgerTableBlock, document: Document, language: str) -> Grid:
    """Every input with a range: rank correlation with the output, and the output at its low and high.

    Raises:
        OutputError: E713 where the results hold no drivers.
    """
    scenarios = _shown_scenarios(block, document)
    wanted = {word.replace(" ", "") for word in block.columns}
    found = [
        one
        for one in document["ledger"]["drivers"]
        if one["scenario"] in scenarios and (not wanted or one["output"].replace(" ", "") in wanted)
    ]
    if not found:
        raise OutputError(fault("E713", table=name, what=text("ledger.no_drivers", language)))
    rows: list[Row] = []
    for output in unique(one["output"] for one in found):
        for scenario in scenarios:
            own = [one for one in found if one["output"] == output and one["scenario"] == scenario]
            words = f"{model_label(document, scenario, language)}: {line_label(document, output, language)}"
            rows.append(Row((label(words, span=5),), PANEL, rule=True))
            rows += _driver_rows(own, document, block, language)
    heads = _heads("input rank at_low at_high swing", "lrrrr")
    touched = unique(one["output"] for one in found)
    notes = [
        draws_note(document, language, ["estimate"]),
        text("ledger.note.drivers", language),
        *(scenario_note(document, one, language) for one in scenarios),
        assumptions_note(document, touched, scenarios, language),
        *closing_notes(document, language),
    ]
    return _grid(name, block, language, kind="drivers", heads=heads, rows=rows, notes=notes)


def _driver_rows(
    own: Sequence[Entry], document: Document, block: LedgerTableBlock, language: str
) -> list[Row]:
    digits = digits_for([one[key] for one in own for key in ("at_low", "at_high", "point")], block.digits)
    rows = []
    for one in sorted_drivers(own):
        swing = abs(one["at_high"] - one["at_low"])
        rows.append(
            Row(
                (
                    label(label_of(document, one["input"], language)),
                    figure(decimal_text(one["rank_correlation"], 2) or UNKNOWN, one["rank_correlation"]),
                    figure(decimal_text(one["at_low"], digits), one["at_low"]),
                    figure(decimal_text(one["at_high"], digits), one["at_high"]),
                    figure(decimal_text(swing, digits), swing),
                )
            )
        )
    return rows


def sorted_drivers(found: Sequence[Entry]) -> list[Entry]:
    """From the widest swing to the narrowest; equal ones by name."""
    return sorted(found, key=lambda one: (-abs(one["at_high"] - one["at_low"]), one["input"]))


def breakeven_grid(name: str, block: LedgerTableBlock, document: Document, language: str) -> Grid:
    """Every break-even question in every scenario: the value, or why there is none.

    Raises:
        OutputError: E713 where the spec asks for none.
    """
    scenarios = _shown_scenarios(block, document)
    found = [one for one in document["ledger"]["breakeven"] if one["scenario"] in scenarios]
    if not found:
        raise OutputError(fault("E713", table=name, what=text("ledger.no_breakeven", language)))
    rows = []
    for one in found:
        ends = [one[key] for key in ("at_low", "at_high")]
        digits = digits_for(ends, None)
        cells = (
            label(label_of(document, one["input"], language)),
            Cell(model_label(document, one["scenario"], language)),
            Cell(f"{line_label(document, one['output'], language)} = {number_words(one['equals'])}"),
            figure(breakeven_words(one, language), one["value"]),
            figure(
                text("ledger.range", language, low=number_words(one["low"]), high=number_words(one["high"]))
            ),
            figure(" … ".join(decimal_text(end, digits) for end in ends)),
        )
        rows.append(Row(cells))
    heads = _heads("input scenario condition breakeven search reached", "lllrrr")
    touched = unique(one["output"] for one in found)
    notes = [
        text("ledger.note.others_fixed", language),
        *(scenario_note(document, one, language) for one in scenarios),
        assumptions_note(document, touched, scenarios, language),
        *closing_notes(document, language),
    ]
    return _grid(name, block, language, kind="breakeven", heads=heads, rows=rows, notes=notes)


def published_grid(name: str, block: LedgerTableBlock, document: Document, language: str) -> Grid:
    """Published figures with their own units beside ours with theirs; nothing is converted.

    Raises:
        OutputError: E713 where the results hold no published cell.
    """
    wanted = block.published
    cells = [one for one in document.get("published") or () if not wanted or one["table"] in wanted]
    if not cells:
        raise OutputError(fault("E713", table=name, what=text("table.no_published", language)))
    rows: list[Row] = []
    for table in unique(str(one["table"]) for one in cells):
        held = [one for one in cells if one["table"] == table]
        sources = unique(said(one["source"], language) for one in held)
        rows.append(Row((label("; ".join(sources), span=8),), PANEL, rule=True))
        rows += [_published_row(one, document, block, language) for one in held]
    heads = _heads("line scenario published unit evidence ours our_unit verdict", "llrllrll")
    lines = unique(str(one["term"]) for one in cells)
    scenarios = [
        one for one in _shown_scenarios(block, document) if any(cell["model"] == one for cell in cells)
    ]
    notes = [
        text("ledger.note.units", language),
        draws_note(document, language, ["estimate", "interval"]) if document["ledger"]["draws"] else "",
        *(_cell_note(one, document, language) for one in cells),
        *(scenario_note(document, one, language) for one in scenarios),
        assumptions_note(document, [line.partition("[")[0] for line in lines], scenarios, language),
        *closing_notes(document, language),
    ]
    return _grid(name, block, language, kind="published", heads=heads, rows=rows, notes=notes)


def _published_row(one: Entry, document: Document, block: LedgerTableBlock, language: str) -> Row:
    printed = str(one.get("printed") or "")
    known = bool(printed) and printed != UNKNOWN
    evidence = text(f"table.evidence.{one['evidence']}", language) if known else ""
    return Row(
        (
            label(line_label(document, str(one["term"]), language)),
            Cell(model_label(document, str(one["model"]), language)),
            figure(printed if known else UNKNOWN),
            Cell(said(one.get("unit"), language)),
            Cell(evidence),
            figure(_ours(one, document, block)),
            Cell(str(one.get("our_unit") or "")),
            Cell(verdict_text(one["verdict"], language)),
        )
    )


def _ours(one: Entry, document: Document, block: LedgerTableBlock) -> str:
    """Our number, with the interval of its draws."""
    row: Mapping[str, object] = next(
        (row for row in document["rows"] if (row["model"], row["term"]) == (one["model"], one["term"])), {}
    )
    values = [row.get(key) for key in ("estimate", "ci_low", "ci_high")]
    digits = digits_for(values, block.digits)
    shown = decimal_text(one["ours"], digits) or UNKNOWN
    interval = interval_text(values[1], values[2], digits) if all(map(is_number, values)) else ""
    return f"{shown} {interval}".strip()


def _cell_note(one: Entry, document: Document, language: str) -> str:
    """The remark and reason of a published cell."""
    words = [said(one.get("note"), language), said(one.get("reason"), language)]
    shown = " ".join(word for word in words if word)
    return (
        f"{line_label(document, str(one['term']), language)}, {one.get('printed')}: {shown}" if shown else ""
    )


LISTINGS: Mapping[str, Drawn] = {
    "inputs": inputs_grid,
    "drivers": drivers_grid,
    "breakeven": breakeven_grid,
    "published": published_grid,
}
