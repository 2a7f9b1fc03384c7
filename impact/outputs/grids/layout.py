"""From a spec's table block and the results to a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from impact.core.errors import OutputError
from impact.core.texts import fault, text
from impact.outputs._cell_grid import Grid, Row
from impact.outputs._columns import Column, panel_columns, table_columns, with_groups, without_groups
from impact.outputs._curve_table import curve_grid
from impact.outputs._document import Document, Entry, label_of, primary, robustness_label, said, unique
from impact.outputs._footers import DEFAULT, footer_lines
from impact.outputs._listing_table import listing_grid
from impact.outputs._numbers import whole_text
from impact.outputs._published_table import published_grid
from impact.outputs._request import AnyTable, OutputRequest
from impact.outputs._statistics import Printing, hidden
from impact.outputs._tests_table import chosen_tests
from impact.outputs.grids.lines import Line, Shape, footer_rows, header_rows, line_rows, panel_row
from impact.outputs.grids.notes import own_notes, rows_of_any, table_notes
from impact.outputs.grids.rows import lines_for, robustness_mains
from impact.outputs.grids.unit_lines import unit_lines, unit_notes, units_shown
from impact.outputs.ledger.table import ledger_grid
from impact.schema.display import PanelBlock, RowsByBlock, TableBlock, star_levels
from impact.schema.ledger.block import LedgerTableBlock

WIDE_KINDS = ("by", "robustness", "models")
_CELLS: Mapping[str, tuple[str, ...]] = {
    "by": ("estimate", "se", "ci95", "p"),
    "robustness": ("estimate", "se", "p", "ci95"),
    "models": ("estimate", "se", "ci95", "p"),
}
_EXTRA: Mapping[str, tuple[str, ...]] = {
    "by": ("n", "n_treated", "verdict"),
    "robustness": ("n", "expect"),
    "models": ("n", "mde80", "verdict"),
}


@dataclass(frozen=True, slots=True)
class _Section:
    """One panel, or the whole table: its title, columns and lines."""

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


def kind_of(block: AnyTable) -> str:
    """What the rows are, in one word; lines of a ledger are ``ledger``."""
    if isinstance(block, LedgerTableBlock):
        return block.rows if isinstance(block.rows, str) else "ledger"
    if block.listing is not None:
        return "listing"
    return "by" if isinstance(block.rows, RowsByBlock) else block.rows


def printing_of(block: TableBlock, request: OutputRequest, language: str) -> Printing:
    """The table's own digits and stars, else those of the outputs."""
    outputs = request.outputs
    return Printing(
        digits=outputs.digits if block.digits is None else block.digits,
        stars=star_levels(outputs.stars if block.stars is None else block.stars),
        min_cell=outputs.min_cell,
        language=language,
    )


def table_grid(
    name: str, block: AnyTable, document: Document, request: OutputRequest, *, language: str
) -> Grid:
    """The grid of one table in one language.

    Raises:
        OutputError: E710–E713 where the block names what the results do not hold.
    """
    if isinstance(block, LedgerTableBlock):
        return ledger_grid(name, block, document, language)
    printing = printing_of(block, request, language)
    kind = kind_of(block)
    if kind == "speccurve":
        return curve_grid(name, block, document, printing)
    if kind == "listing":
        return listing_grid(name, block, document, printing)
    if kind == "tests":
        return chosen_tests(name, block, document, printing)
    if kind == "published":
        return published_grid(name, block, document, printing)
    sections = _sections(name, block, document, request, printing)
    names = unique(c.model for section in sections for c in section.columns if c.model)
    shape = _shape(block, kind, sections[0].columns, names, document, printing)
    rows = _rows(name, block, sections, shape, document, printing)
    return Grid(
        name=name,
        title=said(block.title, language) or _default_title(kind, document, names, language),
        align=shape.align(),
        rows=tuple(rows),
        notes=tuple(_notes(block, sections, shape, names, document, printing)),
        language=language,
    )


def _default_title(kind: str, document: Document, names: Sequence[str], language: str) -> str:
    outcomes = unique(str(document["models"][name].get("outcome") or "") for name in names)
    what = ", ".join(label_of(document, outcome, language) for outcome in outcomes if outcome)
    return text(f"table.title.{kind}", language, outcome=what)


def _sections(
    name: str, block: TableBlock, document: Document, request: OutputRequest, printing: Printing
) -> list[_Section]:
    language = printing.language
    wants = with_groups if kind_of(block) == "by" else without_groups
    if not block.panels:
        columns = table_columns(name, block, document, request, language=language, wants=wants)
        if not block.columns and kind_of(block) == "robustness":
            columns = [column for column in columns if column.model in robustness_mains(document, block)]
        return [_section("", columns, name, block, document, request, printing)]
    sections = []
    for key, panel in block.panels.items():
        columns = panel_columns(name, block, panel, document, request, language=language, wants=wants)
        title = f"{key}. {_panel_title(panel, columns, document, language)}"
        sections.append(_section(title, columns, name, block, document, request, printing))
    widths = {len(section.columns) for section in sections}
    if len(widths) > 1:
        raise OutputError(fault("E713", table=name, what=text("table.panels_differ", language)))
    return sections


def _panel_title(panel: PanelBlock, columns: Sequence[Column], document: Document, language: str) -> str:
    if panel.title is not None:
        return said(panel.title, language)
    outcomes = unique(str(document["models"][c.model].get("outcome") or "") for c in columns if c.model)
    return ", ".join(label_of(document, outcome, language) for outcome in outcomes)


def _section(
    title: str,
    columns: Sequence[Column],
    name: str,
    block: TableBlock,
    document: Document,
    request: OutputRequest,
    printing: Printing,
) -> _Section:
    written = lines_for(block, columns, document, request, language=printing.language)
    shown = units_shown(block, document, written)
    lines = unit_lines(written, shown, document, printing.language)
    if not columns or not lines:
        raise OutputError(fault("E713", table=name, what=text("table.nothing", printing.language)))
    if kind_of(block) == "models":
        columns = [Column("", next(column.model for column in columns if column.model))]
    return _Section(title, tuple(columns), tuple(lines))


def _shape(
    block: TableBlock,
    kind: str,
    columns: tuple[Column, ...],
    names: Sequence[str],
    document: Document,
    printing: Printing,
) -> Shape:
    estimated = [column for column in columns if column.model]
    wide = block.layout == "wide" or (block.layout == "auto" and kind in WIDE_KINDS and len(estimated) <= 1)
    words: tuple[str, ...] = tuple(block.cell) or _default_cell(kind, names, document, wide=wide)
    if not block.cell and kind in ("terms", "models") and _any_weak(names, document):
        words = (*words, "ci_ar")
    extra: tuple[str, ...] = tuple(block.extra)
    if not extra and not block.cell:
        extra = _present(_EXTRA.get(kind, ()), names, document, kind)
    corner = text(f"table.corner.{kind}", printing.language)
    return Shape(columns, words, extra, wide, corner)


def _default_cell(kind: str, names: Sequence[str], document: Document, *, wide: bool) -> tuple[str, ...]:
    """Estimate and error; in wide tables, and where another inference counts, the p-values too."""
    kinds = {primary(row) for name in names for row in rows_of_any(document, name)} - {"asymptotic"}
    both = ("p_permutation", "p_permutation_t") if wide else ("p_both",)
    p_values = both if "permutation" in kinds else ("p",)
    if kind not in _CELLS:
        return ("estimate", "se", *p_values) if kinds else ("estimate", "se")
    return tuple(word for part in _CELLS[kind] for word in (p_values if part == "p" else (part,)))


def _any_weak(names: Sequence[str], document: Document) -> bool:
    """Whether a model has weak instruments: its robust set then stands beside the estimate."""
    return any("W508" in (document["models"].get(name, {}).get("warnings") or ()) for name in names)


def _present(words: Sequence[str], names: Sequence[str], document: Document, kind: str) -> tuple[str, ...]:
    """Of the default further columns, those that hold anything."""
    rows = [row for name in names for row in rows_of_any(document, name)]
    fields = {"n": "n_obs"}
    return tuple(
        word
        for word in words
        if (word == "expect" and kind == "robustness" and _any_expected(document))
        or any(row.get(fields.get(word, word)) is not None for row in rows)
    )


def _any_expected(document: Document) -> bool:
    return any(entry.get("expect") for entry in document["models"].values())


def _rows(
    name: str,
    block: TableBlock,
    sections: Sequence[_Section],
    shape: Shape,
    document: Document,
    printing: Printing,
) -> list[Row]:
    rows = header_rows(shape, printing, outcomes=_outcomes(sections, document, printing.language))
    default = DEFAULT if kind_of(block) in ("terms", "att", "event") else ()
    words = default if block.footer is None else tuple(block.footer)
    for section in sections:
        here = replace(shape, columns=section.columns)
        body = [panel_row(section.title, here)] if section.title else []
        for line in section.lines:
            body += line_rows(line, here, document, printing)
        models = [column.model for column in section.columns if column.model]
        body += footer_rows(footer_lines(words, models, document, printing, table=name), here)
        rows += body
    return rows


def _outcomes(sections: Sequence[_Section], document: Document, language: str) -> list[str]:
    """Outcome of each column, where the table has no panels."""
    if len(sections) > 1 or sections[0].title:
        return []
    return [
        label_of(document, str(document["models"][c.model].get("outcome") or ""), language) if c.model else ""
        for c in sections[0].columns
    ]


def _notes(
    block: TableBlock,
    sections: Sequence[_Section],
    shape: Shape,
    names: Sequence[str],
    document: Document,
    printing: Printing,
) -> list[str]:
    language = printing.language
    notes = own_notes(block, language)
    entries = [entry for section in sections for line in section.lines for entry in line.entries if entry]
    facts = _entry_facts(entries, document, printing)
    if not block.default_notes:
        return [note for note in (*notes, *facts) if note]
    shown = unique([*names, *(str(entry["model"]) for entry in entries if entry.get("model"))])
    main = names if kind_of(block) == "robustness" else shown
    facts = [*_row_notes(block, entries, document, language), *unit_notes(block, entries, language), *facts]
    return [
        *notes,
        *table_notes(
            main, shape.words, document, printing, stacked=not shape.wide, facts=facts, warned=shown
        ),
    ]


def _row_notes(block: TableBlock, entries: Sequence[Entry], document: Document, language: str) -> list[str]:
    """For robustness tables: that each row changes one thing of the main model, and the rows' own notes."""
    if kind_of(block) != "robustness":
        return []
    notes = [text("table.note.robustness", language)]
    for model in unique(str(entry["model"]) for entry in entries if entry.get("model")):
        facts = document["models"].get(model, {})
        if facts.get("row") and facts.get("note"):
            notes.append(f"{robustness_label(document, model, language)}: {said(facts['note'], language)}")
    return notes


def _entry_facts(entries: Sequence[Entry], document: Document, printing: Printing) -> list[str]:
    """Notes about dashes: hidden rows and models that could not be estimated."""
    language = printing.language
    facts = []
    if any(hidden(entry, printing) for entry in entries):
        facts.append(text("table.note.hidden", language, n=whole_text(printing.min_cell)))
    failed = unique(sentence_of(entry, language) for entry in entries if "failed" in entry)
    if failed:
        facts.append(text("table.note.failed", language, why=" ".join(failed)))
    return facts


def sentence_of(entry: Entry, language: str) -> str:
    """Why a model failed, with a full stop."""
    why = said(entry["failed"], language).strip()
    return why if why.endswith(".") else f"{why}." if why else ""
