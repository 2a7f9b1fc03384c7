"""Workbooks read back with openpyxl, which shares no code with the writer."""

import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.outputs._cell_grid import Cell, Grid, Row, figure, label
from impact.outputs._numbers import decimal_text, error_text, percent_text
from impact.outputs.table_excel import number_format, workbook_bytes


def opened(grid: Grid):
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(grid)))


def one_row(*cells: Cell) -> Grid:
    rows = (Row(tuple(label(f"({place})") for place in range(len(cells))), "header"), Row(cells))
    return Grid("t", "Title", ("l",) + ("r",) * (len(cells) - 1), rows, ("A note.",))


@pytest.mark.parametrize(
    ("cell", "number", "shown"),
    [
        (figure("-0.037", -0.03654868, stars="**"), -0.03654868, '0.000"**"'),
        (figure("(0.012)", 0.0123), 0.0123, '"("0.000")"'),
        (figure("3.1 %", 0.0312), 0.0312, "0.0 %"),
        (figure("3.1 %", 3.12), 3.12, '0.0" %"'),
        (figure("36,478", 36478), 36478, "#,##0"),
        (figure("12", 12), 12, "#,##0"),
        (figure("(4.0e-4)", 0.0004), 0.0004, '"("0.0E-0")"'),
        (figure("0.000", -0.0001), 0.0, "0.000"),
        (figure("1,234.50", 1234.5), 1234.5, "#,##0.00"),
    ],
)
def test_numbers_are_numbers_with_the_printed_form(cell, number, shown):
    assert number_format(cell) == (number, shown)
    read = opened(one_row(label("x"), cell)).worksheets[0].cell(3, 2)
    assert (read.value, read.data_type, read.number_format) == (number, "n", shown)


@pytest.mark.parametrize(
    "cell",
    [
        figure("<0.001", 0.00001), figure("[-0.1, 0.2]", 0.1), figure("0.5", None), figure("∞", float("inf")),
        figure("0.5", 0.7), Cell("12", 12.0), figure("", 1.0), figure("3 of 4", 3.0),
    ],
)  # fmt: skip
def test_what_is_no_plain_number_stays_text(cell):
    assert number_format(cell) is None


@given(value=st.floats(-1e6, 1e6), digits=st.integers(0, 6))
def test_every_decimal_is_kept_in_full(value, digits):
    found = number_format(figure(decimal_text(value, digits), value))
    assert found is not None
    assert found[0] == (value if decimal_text(value, digits).strip("-0.,") else 0.0)
    assert found[1].partition(".")[2].count("0") == digits


@given(value=st.floats(1e-9, 0.4))
def test_small_errors_and_shares_are_numbers(value):
    assert number_format(figure(f"({error_text(value, 3)})", value)) is not None
    assert number_format(figure(percent_text(value), value)) is not None


def test_texts_are_never_formulas():
    dangerous = ["=1+1", "+2", "-x", "@sum", "=HYPERLINK(1)", "http://example.org", "a\x00\x07b"]
    cells = opened(one_row(*(Cell(one) for one in dangerous))).worksheets[0][3]
    assert [cell.data_type for cell in cells] == ["s"] * len(dangerous)
    assert [cell.value for cell in cells] == [*dangerous[:-1], "ab"]
    assert all(cell.hyperlink is None for cell in cells)


def test_spans_headers_and_notes():
    rows = (
        Row((label(""), label("Both", span=2)), "header"),
        Row((label("Term"), label("(1)"), label("(2)")), "header"),
        Row((label("Panel", span=3),), "panel", rule=True),
        Row((label("x", level=1), figure("1.0", 1.0), figure("2.0", 2.0))),
    )
    book = opened(Grid("a/b*c" + "x" * 40, "T", ("l", "r", "r"), rows, ("One.", "=two")))
    sheet, notes = book.worksheets
    assert {str(one) for one in sheet.merged_cells.ranges} == {"B2:C2", "A4:C4"}
    assert len(sheet.title) == 31 and sheet.title.startswith("a-b-c")
    assert sheet.freeze_panes == "B4" and sheet.print_title_rows == "$2:$3"
    assert [cell.value for cell in notes["A"]] == ["One.", "=two"]
    assert sheet["A5"].alignment.indent == 1


def test_same_table_same_bytes():
    grid = one_row(label("x"), figure("0.1", 0.1))
    assert workbook_bytes(grid) == workbook_bytes(grid)
