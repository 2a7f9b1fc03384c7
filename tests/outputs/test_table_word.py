"""Documents read back with python-docx and as XML."""

import io
import re
import zipfile

import docx

from impact.outputs._cell_grid import Cell, Grid, Row, figure, label
from impact.outputs.table_word import document_bytes

ROWS = (
    Row((label(""), label("Both", span=2)), "header"),
    Row((label("Term"), label("(1)"), label("(2)")), "header"),
    Row((label("Panel", span=3),), "panel", rule=True),
    Row((label("x & <y>", level=1), figure("-0.5", -0.5, stars="**"), figure("2.0", 2.0))),
    Row((Cell(), figure("(0.1)", 0.1), figure("(0.2)", 0.2)), continued=True),
)
GRID = Grid("t", "Año: ñ & <T>", ("l", "r", "r"), ROWS, ("First.", "Second -1."), "es")


def opened(grid: Grid = GRID):
    return docx.Document(io.BytesIO(document_bytes(grid)))


def xml(grid: Grid = GRID) -> str:
    with zipfile.ZipFile(io.BytesIO(document_bytes(grid))) as file:
        return file.read("word/document.xml").decode()


def test_a_real_table_with_the_grids_cells():
    (table,) = opened().tables
    assert table.style.name == "Impact Table"
    texts = [[cell.text for cell in row.cells] for row in table.rows]
    assert texts == [
        ["", "Both", "Both"],
        ["Term", "(1)", "(2)"],
        ["Panel", "Panel", "Panel"],
        ["x & <y>", "\u22120.5**", "2.0"],
        ["", "(0.1)", "(0.2)"],
    ]


def test_header_rows_are_repeated_and_no_other():
    lines = re.findall(r"<w:tr>.*?</w:tr>", xml(), flags=re.DOTALL)
    assert ["w:tblHeader" in line for line in lines] == [True, True, False, False, False]
    assert all("w:cantSplit" in line for line in lines)


def test_caption_notes_and_language():
    document = opened()
    texts = [(one.style.name, one.text) for one in document.paragraphs]
    assert texts == [
        ("Caption", "Año: ñ & <T>"),
        ("Impact Note", "Notas: First."),
        ("Impact Note", "Second -1."),
    ]
    assert document.core_properties.language == "es-PE"
    assert document.core_properties.author == ""
    with zipfile.ZipFile(io.BytesIO(document_bytes(GRID))) as file:
        assert file.read("word/styles.xml").decode().count('<w:lang w:val="es-PE"/>') == 1


def test_rows_that_belong_together_stay_on_one_page():
    lines = re.findall(r"<w:tr>.*?</w:tr>", xml(), flags=re.DOTALL)
    assert ["w:keepNext" in line for line in lines] == [True, True, False, True, False]


def test_wide_tables_lie_on_their_side_and_fit():
    columns = 9
    wide = Grid(
        "t",
        "T",
        ("l",) + ("r",) * (columns - 1),
        (Row(tuple(label("word " * 6) for _ in range(columns)), "header"),),
    )
    section = opened(wide).sections[0]
    assert section.page_width > section.page_height
    room = (section.page_width - section.left_margin - section.right_margin) / 635
    widths = [int(one) for one in re.findall(r'<w:gridCol w:w="(\d+)"', xml(wide))]
    assert len(widths) == columns and sum(widths) <= room
    assert opened().sections[0].page_width < opened().sections[0].page_height


def test_same_table_same_bytes():
    assert document_bytes(GRID) == document_bytes(GRID)
