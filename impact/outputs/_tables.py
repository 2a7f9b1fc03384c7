"""The tables of a request: those of the spec, or the natural ones of the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from impact.outputs._cell_grid import Grid
from impact.outputs._columns import estimated_by_time, with_groups, without_groups
from impact.outputs._document import Document, estimates, made_up
from impact.outputs._request import AnyTable, OutputRequest
from impact.outputs.grids.layout import table_grid
from impact.schema.display import TableBlock
from impact.schema.ledger.block import LedgerTableBlock


def table_blocks(document: Document, request: OutputRequest) -> dict[str, AnyTable]:
    """The blocks of the spec; without any, a table of all models and one of each further kind of result."""
    if request.tables:
        return dict(request.tables)
    if document.get("ledger"):
        return ledger_blocks(document)
    entries = estimates(document, request)
    blocks: dict[str, AnyTable] = {}
    events = [name for name in entries if estimated_by_time(document, name)]
    plain = [name for name, entry in entries.items() if without_groups(entry) and name not in events]
    if plain:
        blocks["estimates"] = TableBlock(columns=plain)
    if events:
        blocks["event"] = TableBlock(rows="event", columns=events)
    grouped = [name for name, entry in entries.items() if with_groups(entry)]
    if grouped:
        blocks["groups"] = TableBlock(rows="by", columns=grouped)
    if any(entry.get("row") for entry in document.get("models", {}).values()):
        blocks["robustness"] = TableBlock(rows="robustness")
    for name in sorted(document.get("listings") or {}):
        blocks.setdefault(name, TableBlock(listing=name))
    if document.get("speccurve"):
        blocks["speccurve"] = TableBlock(rows="speccurve")
    if document.get("published"):
        blocks["published"] = TableBlock(rows="published")
    return blocks


def ledger_blocks(document: Document) -> dict[str, AnyTable]:
    """The natural tables of a ledger: all lines by year, and what it asks besides."""
    blocks: dict[str, AnyTable] = {"lines": LedgerTableBlock()}
    if document["ledger"]["breakeven"]:
        blocks["breakeven"] = LedgerTableBlock(rows="breakeven")
    if document.get("published"):
        blocks["published"] = LedgerTableBlock(rows="published")
    return blocks


def grids(document: Document, request: OutputRequest, language: str) -> dict[str, Grid]:
    """Every table in one language."""
    return {
        name: marked_grid(name, block, document, request, language=language)
        for name, block in table_blocks(document, request).items()
    }


def marked_grid(
    name: str, block: AnyTable, document: Document, request: OutputRequest, *, language: str
) -> Grid:
    """One table; that its data are made up is said below it whatever notes the spec asks for."""
    grid = table_grid(name, block, document, request, language=language)
    note = made_up(document, language)
    return replace(grid, notes=(*grid.notes, note)) if note and note not in grid.notes else grid


def write_tables(
    document: Document,
    request: OutputRequest,
    suffix: str,
    files: Callable[[Grid, OutputRequest], Mapping[str, str | bytes]],
) -> dict[str, bytes]:
    """``tables/NAME.suffix`` of every table that is asked for in this format, in every language."""
    written: dict[str, bytes] = {}
    for name, block in table_blocks(document, request).items():
        if suffix not in (request.outputs.formats if block.formats is None else block.formats):
            continue
        for language in request.languages:
            grid = marked_grid(name, block, document, request, language=language)
            for file, content in files(grid, request).items():
                made = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
                written[f"tables/{file}"] = made
    return written
