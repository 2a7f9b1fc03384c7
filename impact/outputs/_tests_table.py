"""A table of tests: what each found, with its interval, p-value and sentence."""

from __future__ import annotations

from impact.core.errors import OutputError
from impact.core.nearest import nearest
from impact.core.texts import fault, text
from impact.outputs._cell_grid import HEADER, Cell, Grid, Row, figure, label
from impact.outputs._document import Document, Entry, label_of, said, unique
from impact.outputs._numbers import decimal_text, interval_text, p_text
from impact.outputs._statistics import Printing
from impact.outputs.grids.notes import closing_notes, own_notes
from impact.schema.display import TableBlock

HEADS = ("test", "statistic", "interval", "p", "sentence")


def chosen_tests(name: str, block: TableBlock, document: Document, printing: Printing) -> Grid:
    """The grid of the tests that the block names in `terms`, or of all.

    Raises:
        OutputError: E733 a test that the results do not hold, E713 none at all.
    """
    language = printing.language
    found = list(document.get("tests") or ())
    names = unique(str(one.get("test")) for one in found)
    wrong = [one for one in block.terms if one not in names]
    if wrong:
        hint = nearest(wrong[0], names)
        known = ", ".join(names) or "-"
        raise OutputError(fault("E733", table=name, name=wrong[0], known=known, suggestion=hint))
    order = block.terms or names
    rows = [_row(one, document, printing) for test in order for one in found if one.get("test") == test]
    if not rows:
        raise OutputError(fault("E713", table=name, what=text("table.nothing", language)))
    heads = [text("table.corner.tests", language)]
    heads += [text(f"report.head.{head}", language) for head in HEADS[1:]]
    notes = own_notes(block, language)
    if block.default_notes:
        notes += [said(note, language) for note in document.get("notes") or ()]
        notes += closing_notes(document, language)
    return Grid(
        name=name,
        title=said(block.title, language) or text("table.title.tests", language),
        align=("l", "r", "r", "r", "l"),
        rows=(Row(tuple(label(head) for head in heads), HEADER), *rows),
        notes=tuple(note for note in notes if note),
        language=language,
    )


def _row(test: Entry, document: Document, printing: Printing) -> Row:
    language, digits = printing.language, printing.digits
    name = label_of(document, str(test.get("test")), language).replace("_", " ")
    sentence = said((test.get("details") or {}).get("sentences") or test.get("sentence"), language)
    return Row(
        (
            label(name),
            figure(decimal_text(test.get("statistic"), digits)),
            figure(interval_text(test.get("ci_low"), test.get("ci_high"), digits)),
            figure(p_text(test.get("p_value"))),
            Cell(sentence[:1].upper() + sentence[1:]),
        )
    )
