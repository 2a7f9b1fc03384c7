"""The page of `impact explain ledger`: what the kind of spec is, its keys, its language, and a short example."""

from __future__ import annotations

from impact.cli.reference.page import Page, Section
from impact.cli.reference.schema_parts import Schema, block_schema
from impact.cli.reference.words import default_words, value_words
from impact.core.options import Options
from impact.core.texts import text
from impact.schema.ledger.block import (
    BreakevenBlock,
    DiscountBlock,
    InputBlock,
    LedgerBlock,
    LedgerFigureBlock,
    LedgerTableBlock,
    MonteCarloBlock,
)
from impact.schema.ledger.language import FUNCTIONS

TOPIC = "ledger"
BLOCKS: tuple[tuple[str, type[Options]], ...] = (
    ("keys", LedgerBlock),
    ("inputs", InputBlock),
    ("montecarlo", MonteCarloBlock),
    ("discount", DiscountBlock),
    ("breakeven", BreakevenBlock),
    ("tables", LedgerTableBlock),
    ("figures", LedgerFigureBlock),
)
EXAMPLE = """spec: 1
kind: ledger
years: 2018..2020
inputs:
  people: {path: {2018: 1000, 2020: 3000}, before: 0, unit: persons, source: register, status: verified}
  tax: {value: 500, low: 300, high: 600, unit: PEN/person/year}
  service: {value: 450, low: 400, high: 500, unit: PEN/person/year}
equations:
  mid: (people + lag(people, 1)) / 2
  revenue: mid * tax
  cost: mid * service
  net: revenue - cost
accounting: [net == revenue - cost]
montecarlo: {draws: 2000}
breakeven: {input: tax, output: sum(net)}
tables: {balance: {rows: [revenue, cost, net, pr(net > 0)], columns: [years, "mean(2018, 2020)"]}}
seed: 1
"""


def ledger_page(language: str) -> Page:
    """What a ledger is, with every key it takes."""
    sections = [
        Section(
            text("commands.explain.computes", language),
            tuple(text(f"ledger.page.{part}", language) for part in ("what", "draws", "scenarios", "checks")),
        )
    ]
    sections += [
        Section(text(f"ledger.page.of.{name}", language), table=_table(block, language))
        for name, block in BLOCKS
    ]
    rows = tuple((name, use) for name, (_, _, use) in FUNCTIONS.items())
    head = (text("commands.explain.name", language), text("commands.explain.use", language))
    sections.append(
        Section(
            text("ledger.page.functions", language),
            (text("ledger.page.year", language),),
            table=(head, *rows),
        )
    )
    sections.append(Section(text("commands.explain.shortest", language), code=EXAMPLE))
    title = f"{TOPIC} ({text('ledger.page.kind', language)})"
    return Page(TOPIC, "key", title, text("ledger.page.summary", language), tuple(sections))


def _table(block: type[Options], language: str) -> tuple[tuple[str, ...], ...]:
    properties: dict[str, Schema] = block_schema(block)["properties"]
    names = ("name", "default", "values", "meaning")
    heads = tuple(text(f"commands.explain.{name}", language) for name in names)
    rows = [
        (name, default_words(one, language), value_words(one, language), str(one.get("description", "")))
        for name, one in properties.items()
    ]
    return (heads, *rows)
