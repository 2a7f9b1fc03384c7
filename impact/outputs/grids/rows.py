"""The lines of each kind of table: terms, effects, event times, subgroups, robustness rows, models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from impact.core.texts import text
from impact.outputs._columns import Column
from impact.outputs._document import (
    Document,
    Entry,
    as_list,
    event_position,
    event_rows,
    family_name,
    focus_row,
    group_label,
    has_groups,
    label_of,
    level_label,
    main_of,
    model_label,
    models,
    robustness_label,
    rows_of,
    same_group,
    unique,
)
from impact.outputs._groups import groups_of, kept, lines_of
from impact.outputs._numbers import is_number, whole_text
from impact.outputs._request import OutputRequest
from impact.outputs.grids.lines import Line
from impact.schema.display import RowsByBlock, TableBlock

Lines = list[Line]
_NO_REASON = {"en": "not estimated", "es": "no estimado"}


def lines_for(
    block: TableBlock, columns: Sequence[Column], document: Document, request: OutputRequest, *, language: str
) -> Lines:
    """The lines of a table or panel with these columns."""
    kind = "by" if isinstance(block.rows, RowsByBlock) else block.rows
    return _KINDS[kind](block, columns, document, request, language)


def failed_entry(model: str, why: object) -> Entry:
    """Stands in a cell of a model that was not estimated."""
    return {"model": model, "failed": why or _NO_REASON}


def _status(document: Document, model: str) -> Entry | None:
    """The failed entry of a model that failed, else None."""
    entry = document["models"].get(model, {})
    return failed_entry(model, entry.get("error")) if entry.get("status") == "failed" else None


def _published(document: Document, column: Column, keys: Sequence[str]) -> Entry:
    """The published cell of a column's table for any of these names; ``n/a`` where none is known."""
    for cell in document.get("published", ()):
        if cell.get("table") == column.published and cell.get("stat") in ("estimate", None):
            names = {str(cell.get("term")), str(cell.get("group")), f"{cell.get('model')}.{cell.get('term')}"}
            if names & set(keys):
                return {"printed": cell.get("printed"), "evidence": cell.get("evidence")}
    return {"printed": None}


def _term_lines(
    block: TableBlock, columns: Sequence[Column], document: Document, request: OutputRequest, language: str
) -> Lines:
    def wanted(row: Entry) -> bool:
        return row["term"] in block.terms if block.terms else _is_main(row)

    terms = unique(
        str(row["term"])
        for column in columns
        if column.model
        for row in rows_of(document, column.model)
        if wanted(row)
    )
    terms = [term for term in block.terms if term in terms] or terms
    constants = [term for term in terms if term in ("(Intercept)", "Intercept", "_cons")]
    ordered = [term for term in terms if term not in constants] + constants
    return _by_term(ordered, columns, document, lambda term: label_of(document, term, language))


def _is_main(row: Entry) -> bool:
    """Whether a row stands in a table of terms that names none: of the effects of a design, att and the events."""
    return row.get("kind") not in ("att_gt", "cohort", "calendar") and not str(row["term"]).startswith("att_")


def _by_term(
    terms: Sequence[str], columns: Sequence[Column], document: Document, name: Callable[[str], str]
) -> Lines:
    lines: Lines = []
    for place, term in enumerate(terms):
        entries = [_term_entry(document, column, term, first=place == 0) for column in columns]
        lines.append(Line(name(term), tuple(entries)))
    return lines


def _term_entry(document: Document, column: Column, term: str, *, first: bool) -> Entry | None:
    if column.published:
        return _published(document, column, (term,))
    if column.model is None:
        return None
    found = next((row for row in rows_of(document, column.model) if row["term"] == term), None)
    return found or (_status(document, column.model) if first else None)


def _att_lines(
    block: TableBlock, columns: Sequence[Column], document: Document, request: OutputRequest, language: str
) -> Lines:
    terms = block.terms or unique(
        str(row["term"])
        for column in columns
        if column.model
        for row in rows_of(document, column.model)
        if row.get("kind") in ("att", "cohort", "calendar") and not _repeats_att(document, row)
    )
    if not terms:
        entries = tuple(_main_entry(document, column, None) for column in columns)
        return [Line(text("table.effect", language), entries)]
    return _by_term(terms, columns, document, lambda term: _att_label(document, term, language))


def _repeats_att(document: Document, row: Entry) -> bool:
    """Whether a row is the overall effect once more under its own name."""
    extra = document["models"].get(row["model"], {}).get("extra") or {}
    chosen = (extra.get("comparison") or extra.get("adoption") or {}).get("aggregate", "simple")
    return bool(row["term"] == f"att_{chosen}")


def _att_label(document: Document, term: str, language: str) -> str:
    known = text(f"table.term.{term}", language)
    return label_of(document, term, language) if known.startswith("table.term.") else known


def _event_lines(
    block: TableBlock, columns: Sequence[Column], document: Document, request: OutputRequest, language: str
) -> Lines:
    held = {
        column.model: {event_position(row): row for row in event_rows(document, column.model)}
        for column in columns
        if column.model
    }
    times = sorted({time for rows in held.values() for time in rows if time is not None})
    lines: Lines = []
    for place, time in enumerate(times):
        entries = []
        for column in columns:
            row = held.get(column.model or "", {}).get(time)
            failed = _status(document, column.model) if column.model and place == 0 else None
            entries.append(row or failed)
        lines.append(Line(whole_text(time, grouping=False), tuple(entries)))
    return lines


def _group_lines(
    block: TableBlock, columns: Sequence[Column], document: Document, request: OutputRequest, language: str
) -> Lines:
    names = [column.model for column in columns if column.model]
    nesting = block.rows if isinstance(block.rows, RowsByBlock) else None
    groups = kept(groups_of(document, names), block.groups)
    lines: Lines = []
    parts = False
    for line in lines_of(groups, nesting):
        parts = parts or (line.heads and not line.level)
        if line.heads:
            nothing = tuple(None for _ in columns)
            name = label_of(document, line.variable, language)
            shown = level_label(document, line.variable, line.level, language) if line.level else name
            lines.append(Line(shown, nothing, line.depth, heads=not line.level))
            continue
        shown = level_label(document, line.variable, line.level, language) if line.variable else ""
        entries = tuple(_group_entry(block, document, column, line.group) for column in columns)
        everybody = not line.variable
        label = text("table.all", language) if everybody else shown
        lines.append(Line(label, entries, line.depth, rule=everybody and parts and bool(lines)))
    return lines


def _group_entry(block: TableBlock, document: Document, column: Column, group: str | None) -> Entry | None:
    if column.published:
        return _published(document, column, (group or "all",))
    if column.model is None:
        return None
    term = block.terms[0] if block.terms else None
    row = focus_row(document, column.model, term=term, group=group)
    if row is not None:
        return row
    held: dict[str, Any] = dict(document["models"][column.model].get("groups") or {})
    for name, facts in held.items():
        if same_group(name, group) and facts.get("status") == "failed":
            return failed_entry(column.model, facts.get("error"))
    return _status(document, column.model)


def _main_entry(document: Document, column: Column, term: str | None) -> Entry | None:
    if column.published:
        return _published(document, column, ("att", term or "att"))
    if column.model is None:
        return None
    return focus_row(document, column.model, term=term) or _status(document, column.model)


def robustness_mains(document: Document, block: TableBlock) -> list[str]:
    """The models that have robustness rows, or those that the block names."""
    asked = as_list(block.models)
    if asked:
        return asked
    return unique(main_of(name, entry) for name, entry in document["models"].items() if entry.get("row"))


def rows_of_main(document: Document, request: OutputRequest, main: str) -> dict[str, str]:
    """Robustness row → model, for one main model, in the order of the spec."""
    return {
        str(entry["row"]): name
        for name, entry in models(document, request).items()
        if entry.get("row") and main_of(name, entry) == main
    }


def _robustness_lines(
    block: TableBlock, columns: Sequence[Column], document: Document, request: OutputRequest, language: str
) -> Lines:
    term = block.terms[0] if block.terms else None
    held = {column.model: rows_of_main(document, request, column.model) for column in columns if column.model}
    first = Line(text("table.main", language), tuple(_main_entry(document, c, term) for c in columns))
    lines = [first]
    names = unique(row for rows in held.values() for row in rows)
    for row in names:
        if family_of(row, names):
            continue
        found = [held.get(column.model or "", {}).get(row) for column in columns]
        entries = tuple(_robustness_entry(document, model, term) if model else None for model in found)
        label = next(robustness_label(document, model, language) for model in found if model)
        lines.append(Line(label, entries))
    for family in unique(family for family in (family_of(row, names) for row in names) if family):
        lines += _family_lines(family, columns, held, document, term, language)
    return lines


def family_of(row: str, names: Sequence[str]) -> str:
    """``drop_one:1301`` is of the family drop_one, if that has several members; other rows are of none."""
    family, mark, _ = row.partition(":")
    return family if mark and sum(name.startswith(f"{family}:") for name in names) > 1 else ""


def family_label(document: Document, family: str, number: int, language: str) -> str:
    """A family in words: ``One unit left out at a time (24)``."""
    return f"{family_name(document, family, language)} ({number})"


def _family_lines(
    family: str,
    columns: Sequence[Column],
    held: dict[str, dict[str, str]],
    document: Document,
    term: str | None,
    language: str,
) -> Lines:
    """A family's heading with the number of members, its lowest and its highest estimate."""
    ends: list[list[Entry | None]] = [[], []]
    number = 0
    for column in columns:
        names = {
            row: m for row, m in held.get(column.model or "", {}).items() if row.startswith(f"{family}:")
        }
        number = max(number, len(names))
        low, high = family_ends(document, names, term)
        ends[0].append(low)
        ends[1].append(high)
    nothing = tuple(None for _ in columns)
    lines = [Line(family_label(document, family, number, language), nothing)]
    for key, entries in zip(("lowest", "highest"), ends, strict=True):
        label = text(f"table.family_{key}", language, member=_members(document, entries, language))
        lines.append(Line(label, tuple(entries), 1))
    return lines


def family_ends(
    document: Document, members: Mapping[str, str], term: str | None
) -> tuple[Entry | None, Entry | None]:
    """The rows of a family with the lowest and the highest estimate."""
    rows = [focus_row(document, model, term=term) for model in members.values()]
    known = [row for row in rows if row is not None and is_number(row.get("estimate"))]
    if not known:
        return None, None
    return min(known, key=lambda row: row["estimate"]), max(known, key=lambda row: row["estimate"])


def _members(document: Document, entries: Sequence[Entry | None], language: str) -> str:
    rows = unique(str(document["models"][entry["model"]]["row"]) for entry in entries if entry)
    return ", ".join(label_of(document, row.partition(":")[2], language) for row in rows)


def _robustness_entry(document: Document, model: str, term: str | None) -> Entry | None:
    row = focus_row(document, model, term=term)
    if row is None:
        return _status(document, model)
    return {**row, "expect": document["models"][model].get("expect")}


def _model_lines(
    block: TableBlock, columns: Sequence[Column], document: Document, request: OutputRequest, language: str
) -> Lines:
    """One line a model. The columns of the block are then the models that become lines."""
    return [
        Line(_model_line_label(document, column, language), (_main_entry(document, column, None),))
        for column in columns
        if column.model
    ]


def _model_line_label(document: Document, column: Column, language: str) -> str:
    name = column.model or ""
    own = model_label(document, name, language)
    return own if column.title in ("", own) else column.title


_KINDS = {
    "terms": _term_lines,
    "att": _att_lines,
    "event": _event_lines,
    "by": _group_lines,
    "robustness": _robustness_lines,
    "models": _model_lines,
}


def group_rows(
    document: Document, model: str, groups: Sequence[str], term: str | None, language: str
) -> list[tuple[str, Entry]]:
    """Label and row of every subgroup of a model, for figures."""
    if not has_groups(document["models"].get(model, {})):
        return []
    found = []
    for group in kept(groups_of(document, [model]), groups):
        row = focus_row(document, model, term=term, group=group)
        if row is not None:
            found.append((group_label(document, group, language), row))
    return found
