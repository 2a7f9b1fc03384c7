"""What the report of a ledger shows in place of models, sample and data: scenarios, inputs and equations."""

from __future__ import annotations

from impact.core.texts import text
from impact.outputs._cell_grid import HEADER, Cell, Grid, Row, figure, label
from impact.outputs._document import Document, label_of, model_label
from impact.outputs._numbers import scientific_text
from impact.outputs.ledger.listings import inputs_grid
from impact.outputs.ledger.notes import scenario_note
from impact.schema.ledger.block import LedgerTableBlock


def scenarios_grid(document: Document, language: str) -> Grid:
    """Every scenario and what it changes."""
    rows = []
    for name in document["ledger"]["order"]["scenarios"]:
        if name not in document["models"]:
            continue
        changes = scenario_note(document, name, language).partition(": ")[2].rstrip(".")
        shown = changes or text("ledger.section.nothing", language)
        rows.append(Row((label(model_label(document, name, language)), Cell(shown))))
    heads = tuple(label(text(f"ledger.column.{word}", language)) for word in ("scenario", "changes"))
    title = text("ledger.section.scenarios", language)
    return Grid("scenarios", title, ("l", "l"), (Row(heads, HEADER), *rows), language=language)


def inputs_of_report(document: Document, language: str) -> Grid:
    """The inputs as in a table of them, without notes."""
    return inputs_grid("inputs", LedgerTableBlock(rows="inputs", default_notes=False), document, language)


def equations_grid(document: Document, language: str) -> Grid:
    """Every equation with its unit; below them the identities with their largest gap."""
    ledger = document["ledger"]
    rows = [
        Row(
            (
                label(label_of(document, name, language)),
                Cell(f"{name} = {ledger['equations'][name]['text']}"),
                Cell(ledger["equations"][name]["unit"] or ""),
            )
        )
        for name in ledger["order"]["equations"]
    ]
    for place, one in enumerate(ledger["identities"]):
        gap = one["largest_gap"]
        shown = text("ledger.section.closes", language, identity=one["identity"], gap=_gap(gap))
        rows.append(Row((label(""), Cell(shown), figure("")), rule=place == 0))
    heads = tuple(label(text(f"ledger.column.{word}", language)) for word in ("line", "equation", "unit"))
    title = text("ledger.section.equations", language)
    return Grid("equations", title, ("l", "l", "l"), (Row(heads, HEADER), *rows), language=language)


def _gap(gap: float) -> str:
    return "0" if gap == 0 else scientific_text(gap)
