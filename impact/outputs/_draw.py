"""Everything that a run writes, drawn from the results document: the one function the pipeline calls."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from impact.outputs import (
    readme_markdown,
    report_html,
    results_csv,
    results_json,
    table_html,
    table_latex,
    table_markdown,
)
from impact.outputs._columns import estimated_by_time
from impact.outputs._document import Document, estimates
from impact.outputs._request import AnyFigure, OutputRequest
from impact.outputs._tables import grids, table_blocks
from impact.outputs.grids.rows import robustness_mains
from impact.schema.display import FigureBlock, TableBlock

_TABLES = (table_markdown, table_latex, table_html)
# loaded where a table is asked for in this format
_OFFICE = {"docx": "table_word", "xlsx": "table_excel"}


def figure_blocks(document: Document, request: OutputRequest) -> dict[str, AnyFigure]:
    """The figures of the spec; without any, the natural ones of the results."""
    if request.figures:
        return dict(request.figures)
    if document.get("ledger"):
        return {}
    names = list(estimates(document, request))
    blocks: dict[str, AnyFigure] = {}
    events = [name for name in names if estimated_by_time(document, name)]
    if events:
        blocks["event"] = FigureBlock(kind="event_study", models=events)
    mains = robustness_mains(document, TableBlock())
    if mains:
        blocks["robustness"] = FigureBlock(kind="coefplot", rows="robustness", models=mains)
    if document.get("speccurve"):
        blocks["speccurve"] = FigureBlock(kind="spec_curve")
    return blocks


def draw_outputs(document: Mapping[str, Any], request: OutputRequest) -> dict[str, bytes]:
    """File name → bytes of every view of the results; the manifest and the log are the pipeline's.

    Raises:
        OutputError: E710–E713 where a table or figure names what the results do not hold.
    """
    files: dict[str, bytes] = {}
    for module in (results_json, results_csv, *_TABLES):
        files |= module.write(document, request)
    files |= _office_tables(document, request)
    blocks = figure_blocks(document, request)
    for language in request.languages:
        drawings: dict[str, Any] = {}
        for name, block in blocks.items():
            drawings[name] = _figure_module(block.kind).draw(
                name, block, document, request, language=language
            )
            files |= _style().figure_files(drawings[name], block, request, language)
        if language == request.languages[0]:
            files["README.md"] = _readme(document, request, drawings)
        page = report_html.report(
            document,
            request,
            language=language,
            figures=drawings,
            inline=lambda svg, prefix: str(_style().inline_svg(svg, prefix)),
        )
        files[report_html.file_of(request, language)] = page.encode("utf-8", "backslashreplace")
    if request.spec_text:
        files["spec.resolved.yaml"] = request.spec_text.encode("utf-8")
    return dict(sorted(files.items()))


def _readme(document: Mapping[str, Any], request: OutputRequest, drawings: Mapping[str, Any]) -> bytes:
    language = request.languages[0]
    blocks = table_blocks(document, request)
    named = grids(document, request, language)
    tables = [(name, named[name].title) for name, block in blocks.items() if block.formats != []]
    figures = [(name, drawn.title) for name, drawn in drawings.items()]
    listed = readme_markdown.exhibits_of(request, tables, figures)
    return readme_markdown.readme(document, request, listed).encode("utf-8", "backslashreplace")


def _office_tables(document: Mapping[str, Any], request: OutputRequest) -> dict[str, bytes]:
    blocks = table_blocks(document, request).values()
    asked = {one for block in blocks for one in (block.formats or ())} | set(request.outputs.formats)
    files: dict[str, bytes] = {}
    for suffix, module in _OFFICE.items():
        if suffix in asked:
            files |= importlib.import_module(f"impact.outputs.{module}").write(document, request)
    return files


def _figure_module(kind: str) -> Any:
    """The module of a kind of figure; matplotlib is loaded only here, when a figure is drawn."""
    return importlib.import_module(f"impact.outputs.figure_{kind}")


def _style() -> Any:
    return importlib.import_module("impact.outputs.drawing.style")
