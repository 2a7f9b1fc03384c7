"""Tables in Word: a real table that can be edited, its header repeated on every page, notes as paragraphs under it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from impact.core.registered import Output
from impact.core.texts import text
from impact.outputs._archives import FIXED_TIME, with_fixed_times, without_control_characters
from impact.outputs._cell_grid import HEADER, PANEL, Cell, Grid, Row, column_lengths
from impact.outputs._document import Document
from impact.outputs._request import OutputRequest
from impact.outputs._tables import write_tables

STYLE = "Impact Table"
FONT = "Arial"
TABLE_POINTS, NOTE_POINTS, INDENT_POINTS = 9, 8, 10
MARGIN = 2.0
TWIPS_A_CENTIMETRE = 567
CHARACTER_TWIPS = 98
"""Width of a character at the table's size, with room for the wide ones."""
SHORTEST, LONGEST = 5, 34
"""Columns are as wide as their longest text, between these numbers of characters."""
CELL_MARGIN = 60
LABEL_TWIPS = 1900
"""The column of labels is narrowed to this before the others give way."""
WIDE = 6
"""Tables with more columns than this are set on a page in landscape."""
_LANGUAGES = {"en": "en-GB", "es": "es-PE"}
_ALIGN = {"l": "left", "c": "center", "r": "right"}


def document_bytes(grid: Grid) -> bytes:
    """The Word document of one table: caption, table in the style ``Impact Table``, notes."""
    document = docx.Document()
    _set_up(document, grid)
    caption = document.add_paragraph(_text(grid.title), style="Caption")
    caption.paragraph_format.keep_with_next = True
    _table(document, grid)
    for place, note in enumerate(grid.notes):
        paragraph = document.add_paragraph(style="Impact Note")
        if place == 0:
            paragraph.add_run(f"{text('table.notes', grid.language)}: ").italic = True
        paragraph.add_run(_text(note))
    target = io.BytesIO()
    document.save(target)
    return with_fixed_times(target.getvalue())


def _text(shown: str) -> str:
    return without_control_characters(shown)


def _set_up(document: Any, grid: Grid) -> None:

    facts = document.core_properties
    facts.title, facts.author, facts.comments = _text(grid.title)[:255], "", ""
    facts.created = facts.modified = FIXED_TIME
    facts.last_modified_by, facts.language = "", _LANGUAGES[grid.language]
    styles = document.styles
    styles["Normal"].font.name = FONT
    styles["Normal"].font.size = Pt(TABLE_POINTS)
    styles["Caption"].font.size = Pt(TABLE_POINTS + 1)
    styles["Caption"].font.color.rgb = RGBColor(0, 0, 0)
    note = styles.add_style("Impact Note", WD_STYLE_TYPE.PARAGRAPH)
    note.base_style = styles["Normal"]
    note.font.size = Pt(NOTE_POINTS)
    note.paragraph_format.space_before = note.paragraph_format.space_after = Pt(1)
    table = styles.add_style(STYLE, WD_STYLE_TYPE.TABLE)
    table.base_style = styles["Normal Table"]
    properties = _borders("tblPr", "tblBorders", ("top", "bottom"), 8)
    margins = _element("tblCellMar")
    for side in ("left", "right"):
        margins.append(_element(side, w=str(CELL_MARGIN), type="dxa"))
    properties.append(margins)
    table.element.append(properties)
    (defaults,) = styles.element.xpath("w:docDefaults/w:rPrDefault/w:rPr")
    for old in defaults.xpath("w:lang"):
        defaults.remove(old)
    defaults.append(_element("lang", val=_LANGUAGES[grid.language]))
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    if len(grid.align) > WIDE:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = section.page_height, section.page_width
    section.left_margin = section.right_margin = Cm(MARGIN)


def _element(tag: str, **attributes: str) -> Any:

    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made


def _borders(outer: str, inner: str, edges: tuple[str, ...], eighths: int) -> Any:
    """A properties element with lines of ``eighths`` of a point at the named edges."""
    properties, borders = _element(outer), _element(inner)
    for edge in edges:
        borders.append(_element(edge, val="single", sz=str(eighths), space="0", color="000000"))
    properties.append(borders)
    return properties


def _table(document: Any, grid: Grid) -> None:
    table = document.add_table(rows=len(grid.rows), cols=len(grid.align), style=STYLE)
    table.autofit = False
    widths = _widths(grid)
    for column, width in zip(table._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.set(qn("w:w"), str(width))
    properties = table._tbl.tblPr
    properties.append(_element("tblCaption", val=_text(grid.title)))
    rows = [_cells(row) for row in table._tbl.tr_lst]
    for place, row in enumerate(grid.rows):
        line = table._tbl.tr_lst[place]
        options = line.get_or_add_trPr()
        options.append(_element("cantSplit"))
        if row.role == HEADER:
            options.append(_element("tblHeader"))
        following = grid.rows[place + 1] if place + 1 < len(grid.rows) else None
        last_header = row.role == HEADER and following is not None and following.role != HEADER
        together = row.role == HEADER or (following is not None and following.continued)
        _row(line, rows[place], row, _Look(grid, place > 0 and row.rule, last_header, together), widths)


@dataclass(frozen=True, slots=True)
class _Look:
    """How a row is set: a line above it, the line under the header, kept on one page with the next row."""

    grid: Grid
    rule: bool
    last_header: bool
    together: bool


def _widths(grid: Grid) -> list[int]:
    """Width of each column in twentieths of a point; squeezed alike where the page is too narrow."""
    lengths = column_lengths(grid, wrapped=True)
    wanted = [CHARACTER_TWIPS * min(max(length, SHORTEST), LONGEST) + 2 * CELL_MARGIN for length in lengths]
    across = 29.7 if len(grid.align) > WIDE else 21.0
    room = int((across - 2 * MARGIN) * TWIPS_A_CENTIMETRE)
    excess = max(sum(wanted) - room, 0)
    # labels break between words without harm, figures do not
    taken = min(excess, max(wanted[0] - LABEL_TWIPS, 0))
    wanted[0] -= taken
    squeeze = min(1.0, room / sum(wanted))
    return [int(width * squeeze) for width in wanted]


def _cells(line: Any) -> list[Any]:
    return list(line.tc_lst)


def _row(line: Any, cells: list[Any], row: Row, look: _Look, widths: list[int]) -> None:
    column = 0
    for cell in row.cells:
        target = cells[column]
        width = str(sum(widths[column : column + cell.span]))
        for old in target.get_or_add_tcPr().xpath("w:tcW"):
            old.set(qn("w:w"), width)
        if cell.span > 1:
            target.get_or_add_tcPr().append(_element("gridSpan", val=str(cell.span)))
            for extra in cells[column + 1 : column + cell.span]:
                line.remove(extra)
        edges = (("top",) if look.rule else ()) + (("bottom",) if look.last_header else ())
        if row.role == HEADER and cell.span > 1 and cell.text and not look.last_header:
            edges = ("bottom",)
        if edges:
            target.get_or_add_tcPr().append(_borders("tcPr", "tcBorders", edges, 4)[0])
        _paragraph(target, cell, row, (look.grid.align[column], look.together))
        column += cell.span


def _paragraph(target: Any, cell: Cell, row: Row, place: tuple[str, bool]) -> None:

    paragraph = target.p_lst[0]
    options = paragraph.get_or_add_pPr()
    letter, together = place
    if together:
        options.append(_element("keepNext"))
    options.append(_element("spacing", before="0", after="0"))
    if cell.level:
        options.append(_element("ind", left=str(20 * INDENT_POINTS * cell.level)))
    side = "center" if row.role == HEADER and cell.span > 1 else _ALIGN[letter]
    options.append(_element("jc", val=side))
    shown = _text(cell.text.replace("-", "\u2212") if cell.figure else cell.text)
    if shown:
        looks = (("b", row.role == HEADER), ("i", row.role == PANEL))
        paragraph.append(_run(shown, [name for name, wanted in looks if wanted]))
    if cell.stars:
        paragraph.append(_run(cell.stars, [], raised=True))


def _run(shown: str, looks: list[str], *, raised: bool = False) -> Any:
    """A piece of text, bold (``b``) or italic (``i``), or raised."""
    run, piece = _element("r"), _element("t")
    if looks or raised:
        properties = _element("rPr")
        for name in looks:
            properties.append(_element(name))
        if raised:
            properties.append(_element("vertAlign", val="superscript"))
        run.append(properties)
    piece.text = shown
    run.append(piece)
    return run


def _files(grid: Grid, request: OutputRequest) -> dict[str, str | bytes]:
    return {request.file(grid.name, "docx", grid.language): document_bytes(grid)}


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every table of the request as a Word document."""
    return write_tables(document, request, "docx", _files)


OUTPUT = Output(summary="Tables in Word, to be edited", suffix="docx", write=write, keywords=("docx",))
