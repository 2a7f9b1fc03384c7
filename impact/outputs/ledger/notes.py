"""The notes under a ledger's tables: what cells hold, break-even values, scenarios, and every assumption they touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from impact.core.texts import text
from impact.outputs._document import Document, Entry, label_of, model_label, said, unique
from impact.outputs._numbers import decimal_text, is_number, percent_text, whole_text
from impact.outputs.grids.notes import closing_notes, own_notes, warnings
from impact.outputs.ledger.words import line_label, number_words, value_words
from impact.schema.ledger.block import LedgerTableBlock

ASSUMPTION = "assumption"


def ledger_notes(
    block: LedgerTableBlock,
    document: Document,
    language: str,
    *,
    lines: Sequence[str],
    words: Sequence[str],
    scenarios: Sequence[str],
) -> list[str]:
    """The notes of a table that shows these lines of these scenarios."""
    own = own_notes(block, language)
    if not block.default_notes:
        return [note for note in own if note]
    notes = [
        *own,
        draws_note(document, language, words),
        _probability(lines, language),
        _present(block, document, language),
        breakeven_note(document, scenarios, language),
        *(scenario_note(document, name, language) for name in scenarios),
        assumptions_note(document, lines, scenarios, language),
        *warnings(list(document["models"]), document, language),
        *(said(note, language) for note in document.get("notes") or ()),
        *closing_notes(document, language),
    ]
    return unique(note for note in notes if note)


def draws_note(document: Document, language: str, words: Sequence[str]) -> str:
    """What the cells hold, how many draws and from which seed, and what is correlated."""
    ledger = document["ledger"]
    if not ledger["draws"]:
        return text("ledger.note.values", language)
    cells = ", ".join(
        text(f"ledger.cell.{word}", language, level=percent_text(ledger["level"], 0)) for word in words
    )
    pairs = "; ".join(
        f"{label_of(document, a, language)} ~ {label_of(document, b, language)} {decimal_text(one['asked'], 2)}"
        for one in ledger["correlations"]
        for a, b in (str(one["pair"]).split("~"),)
    )
    joined = " " + text("ledger.note.correlated", language, pairs=pairs) if pairs else ""
    draws = whole_text(ledger["draws"])
    return text("ledger.note.draws", language, cells=cells, draws=draws, seed=document.get("seed")) + joined


def _probability(lines: Sequence[str], language: str) -> str:
    return text("ledger.note.probability", language) if any(line.startswith("pr(") for line in lines) else ""


def _present(block: LedgerTableBlock, document: Document, language: str) -> str:
    discount = document["ledger"]["discount"]
    if discount is None or "pv" not in block.columns:
        return ""
    first, last = discount["years"][0], discount["years"][-1]
    rate = percent_text(discount["rate"], 1)
    return text("ledger.note.present", language, rate=rate, base=discount["base"], first=first, last=last)


def breakeven_note(document: Document, scenarios: Sequence[str], language: str) -> str:
    """The break-even values of the shown scenarios, or the word for why there is none."""
    found = [one for one in document["ledger"]["breakeven"] if one["scenario"] in scenarios]
    notes = []
    for name in unique(str(one["name"]) for one in found):
        own = [one for one in found if one["name"] == name]
        values = "; ".join(
            f"{model_label(document, one['scenario'], language)} {breakeven_words(one, language)}"
            for one in own
        )
        notes.append(
            text(
                "ledger.note.breakeven",
                language,
                input=label_of(document, own[0]["input"], language),
                output=line_label(document, own[0]["output"], language),
                equals=number_words(own[0]["equals"]),
                values=values,
            )
        )
    return " ".join(notes)


def breakeven_words(one: Entry, language: str) -> str:
    """The value of a break-even question, or why there is none."""
    if one["state"] == "found":
        return decimal_text(one["value"], 4)
    low, high = number_words(one["low"]), number_words(one["high"])
    return text(f"ledger.breakeven.{one['state']}", language, low=low, high=high)


def scenario_note(document: Document, scenario: str, language: str) -> str:
    """What a scenario changes; nothing for one that changes nothing."""
    facts = document["ledger"]["scenarios"][scenario]
    changes: Mapping[str, Any] = facts["changes"]
    if not changes:
        return ""
    order = [name for name in document["ledger"]["order"]["inputs"] if name in changes]
    shown = ", ".join(
        _change(document, name, changes[name], facts["values"][name], language) for name in order
    )
    name = model_label(document, scenario, language)
    return text("ledger.note.scenario", language, scenario=name, changes=shown)


def _change(document: Document, name: str, change: object, values: Sequence[object], language: str) -> str:
    words = label_of(document, name, language)
    if is_number(change):
        return f"{words} = {number_words(change)}"
    parts = change if isinstance(change, Mapping) else {}
    keys = ", ".join(
        f"{key}: {_part(parts[key])}" for key in parts if key not in ("source", "status", "note", "title")
    )
    return f"{words} {{{keys}}}"


def _part(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_part(inner)}" for key, inner in value.items()) + "}"
    return number_words(value) if is_number(value) else str(value)


def assumptions_note(
    document: Document, lines: Sequence[str], scenarios: Sequence[str], language: str
) -> str:
    """Every input with the status assumption that the lines depend on, with its value, range and source."""
    ledger = document["ledger"]
    touched = {name for line in lines for name in ledger["touches"].get(line, ())}
    touched |= {
        name
        for line in lines
        for key, names in ledger["touches"].items()
        if f"({line}" in key
        for name in names
    }
    listed = [
        assumption_words(document, name, language)
        for name in ledger["order"]["inputs"]
        if name in touched and ledger["inputs"][name]["status"] == ASSUMPTION
    ]
    return text("ledger.note.assumptions", language, listed="; ".join(listed)) if listed else ""


def assumption_words(document: Document, name: str, language: str) -> str:
    """``Effective tax rate 0.09 (0.045 to 0.15; range of two accounts)``."""
    one = document["ledger"]["inputs"][name]
    years = document["ledger"]["years"]
    details = [range_words(one, years, language), said(one["source"], language)]
    inside = "; ".join(detail for detail in details if detail)
    unit = f" {one['unit']}" if one["unit"] else ""
    shown = f"{label_of(document, name, language)} {value_words(one['point'], years)}{unit}"
    return f"{shown} ({inside})" if inside else shown


def range_words(one: Entry, years: Sequence[int], language: str) -> str:
    """``0.045 to 0.15``; nothing without a range."""
    if one["low"] is None or one["high"] is None:
        return ""
    low, high = value_words(one["low"], years), value_words(one["high"], years)
    return text("ledger.range", language, low=low, high=high)
