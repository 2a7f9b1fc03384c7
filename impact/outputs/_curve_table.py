"""The table of a specification curve: one row a specification, its choices, estimate, error and p-value."""

from __future__ import annotations

from collections import Counter

from impact.core.texts import text
from impact.outputs._cell_grid import HEADER, Cell, Grid, Row, figure, label
from impact.outputs._curve_rows import choice_label, curve_of, dimension_label, dimensions_of, sorted_rows
from impact.outputs._document import Document, Entry, label_of, said
from impact.outputs._numbers import decimal_text, error_text, p_text, whole_text
from impact.outputs._statistics import Printing
from impact.outputs.grids.notes import closing_notes, own_notes
from impact.schema.display import TableBlock

NUMBERS = ("estimate", "se", "p", "n")
MOST_REASONS = 5


def curve_grid(name: str, block: TableBlock, document: Document, printing: Printing) -> Grid:
    """The grid of a specification curve, from the smallest estimate to the largest.

    Raises:
        OutputError: E713 where the results hold no curve.
    """
    language = printing.language
    curve = curve_of(name, document, language)
    dimensions = list(dimensions_of(curve))
    heads = [dimension_label(document, one, language) for one in dimensions]
    heads += [text(f"speccurve.head.{one}", language) for one in NUMBERS]
    rows = [Row(tuple(label(head) for head in heads), HEADER)]
    rows += [_row(row, dimensions, document, printing) for row in sorted_rows(curve)]
    term = label_of(document, str(curve["term"]), language)
    return Grid(
        name=name,
        title=said(block.title, language) or text("table.title.speccurve", language, term=term),
        align=(*("l" for _ in dimensions), *("r" for _ in NUMBERS)),
        rows=tuple(rows),
        notes=tuple(_notes(block, curve, document, language)),
        language=language,
    )


def _row(row: Entry, dimensions: list[str], document: Document, printing: Printing) -> Row:
    language = printing.language
    cells = [Cell(choice_label(document, str(row["choices"][one]), language)) for one in dimensions]
    cells[0] = label(cells[0].text + (" *" if row["preferred"] else ""))
    numbers = [
        figure(decimal_text(row["estimate"], printing.digits), row["estimate"]),
        figure(error_text(row["std_error"], printing.digits), row["std_error"]),
        figure(p_text(row["p_value"]), row["p_value"]),
        figure(whole_text(row["n_obs"]), row["n_obs"]),
    ]
    return Row((*cells, *numbers))


def _notes(block: TableBlock, curve: Entry, document: Document, language: str) -> list[str]:
    notes = own_notes(block, language)
    if not block.default_notes:
        return [note for note in notes if note]
    tests = [one for one in document.get("tests") or () if one.get("kind") == "speccurve"]
    notes += [said(one["details"]["sentences"], language) for one in tests]
    if any(row["preferred"] for row in curve["rows"]):
        notes.append(text("speccurve.marked", language))
    reasons = Counter(str(row["error"]) for row in curve["rows"] if row["error"])
    notes += [
        text("speccurve.reason", language, count=count, reason=reason)
        for reason, count in reasons.most_common(MOST_REASONS)
    ]
    notes += closing_notes(document, language)
    return [note for note in notes if note]
