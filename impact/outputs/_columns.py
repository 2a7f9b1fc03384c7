"""Which model stands in which column of a table, in the whole table or in one of its panels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from impact.core.errors import Fault, OutputError
from impact.core.nearest import nearest
from impact.core.texts import fault, text
from impact.outputs._document import (
    Document,
    Entry,
    as_list,
    estimates,
    has_groups,
    label_of,
    model_label,
    said,
    unique,
)
from impact.outputs._request import OutputRequest
from impact.schema.display import PanelBlock, TableBlock

PUBLISHED = "published."


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, and the model in it (None where the panel has none), or a published table."""

    title: str
    model: str | None = None
    published: str = ""


def table_columns(
    name: str,
    block: TableBlock,
    document: Document,
    request: OutputRequest,
    *,
    language: str,
    wants: Callable[[Entry], bool],
) -> list[Column]:
    """The columns of a table without panels.

    Raises:
        OutputError: E710 for a column that is no model of the results.
    """
    names, titles = _asked(block, language)
    if not names:
        names = [model for model, entry in estimates(document, request).items() if wants(entry)]
    columns: list[Column] = []
    for asked in names:
        if asked.startswith(PUBLISHED):
            columns.append(_published(asked, titles, language))
            continue
        found = _candidates(asked, document, request)
        if not found:
            raise OutputError(_unknown(name, asked, document))
        for model in found:
            title = titles.get(asked) if len(found) == 1 else None
            columns.append(Column(title or model_label(document, model, language), model))
    return columns


def panel_columns(
    name: str,
    block: TableBlock,
    panel: PanelBlock,
    document: Document,
    request: OutputRequest,
    *,
    language: str,
    wants: Callable[[Entry], bool],
) -> list[Column]:
    """The columns of one panel: the same headings in every panel, each panel with its own models.

    Raises:
        OutputError: E710 for an unknown model; E712 where a column stands for several models of the panel.
    """
    names, titles = _asked(block, language)
    if panel.models:
        listed = as_list(panel.models)
        for model in listed:
            if model not in document["models"]:
                raise OutputError(_unknown(name, model, document))
        headings = [titles.get(asked) or label_of(document, asked, language) for asked in names]
        rest = range(len(headings), len(listed))
        # a model that is a line is known by its own label, not by its place
        own = [model_label(document, listed[place], language) for place in rest]
        filled = [*headings, *(own if block.rows == "models" else [f"({place + 1})" for place in rest])]
        return [Column(filled[place], model) for place, model in enumerate(listed)]
    fitting = {
        model: entry
        for model, entry in estimates(document, request).items()
        if wants(entry) and _fits(panel, entry)
    }
    if not names:
        names = unique(str(entry.get("base") or model) for model, entry in fitting.items())
    return [
        _published(asked, titles, language)
        if asked.startswith(PUBLISHED)
        else _panel_column(name, asked, fitting, titles, document, language)
        for asked in names
    ]


def _panel_column(
    name: str,
    asked: str,
    fitting: dict[str, Entry],
    titles: dict[str, str],
    document: Document,
    language: str,
) -> Column:
    found = [model for model, entry in fitting.items() if asked in (model, entry.get("base"))]
    if len(found) > 1:
        raise OutputError(fault("E712", table=name, column=asked, models=", ".join(found)))
    known = any(asked in (model, entry.get("base")) for model, entry in document["models"].items())
    if not known:
        raise OutputError(_unknown(name, asked, document))
    title = titles.get(asked) or label_of(document, asked, language).replace("_", " ")
    return Column(title, found[0] if found else None)


def _asked(block: TableBlock, language: str) -> tuple[list[str], dict[str, str]]:
    """Names of the columns and their headings where the spec gives them."""
    if isinstance(block.columns, dict):
        return list(block.columns), {key: said(value, language) for key, value in block.columns.items()}
    return as_list(block.columns) or as_list(block.models), {}


def _candidates(asked: str, document: Document, request: OutputRequest) -> list[str]:
    """The model of that exact name, else every model of the spec with that base name."""
    if asked in document["models"]:
        return [asked]
    return [model for model, entry in estimates(document, request).items() if entry.get("base") == asked]


def _published(asked: str, titles: dict[str, str], language: str) -> Column:
    title = titles.get(asked) or text("table.stat.published", language)
    return Column(title, None, asked.removeprefix(PUBLISHED))


def _fits(panel: PanelBlock, entry: Entry) -> bool:
    cell = {key: str(value) for key, value in (entry.get("cell") or {}).items()}
    if panel.outcome is not None and entry.get("outcome") != panel.outcome:
        return False
    return all(cell.get(key) == value for key, value in panel.labels().items())


def _unknown(table: str, asked: str, document: Document) -> Fault:
    names: Sequence[str] = unique(
        [*document["models"], *(str(e.get("base")) for e in document["models"].values() if e.get("base"))]
    )
    return fault(
        "E710", table=table, name=asked, suggestion=nearest(asked, tuple(names)), known=", ".join(names[:12])
    )


def estimated_by_time(document: Document, name: str) -> bool:
    """True for an event study: a model whose focus rows are all periods."""
    rows = [row for row in document.get("rows", ()) if row["model"] == name]
    kinds = [
        row.get("kind") == "event"
        for row in rows
        if row.get("n_treated") is not None or row.get("kind") == "event"
    ]
    return bool(kinds) and all(kinds)


def with_groups(entry: Entry) -> bool:
    """Models for subgroup tables."""
    return has_groups(entry)


def without_groups(entry: Entry) -> bool:
    """Models for tables of terms."""
    return not has_groups(entry)
