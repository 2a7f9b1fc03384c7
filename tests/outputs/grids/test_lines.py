from impact.outputs._cell_grid import figure
from impact.outputs._columns import Column
from impact.outputs._statistics import Printing
from impact.outputs.grids.lines import Line, Shape, footer_rows, header_rows, line_rows

PRINTING = Printing(digits=3, stars=(), min_cell=10, language="en")
TWO = (Column("A", "main"), Column("B", None, "T1"))


def texts(rows):
    return [[(cell.text, cell.span) for cell in row.cells] for row in rows]


def test_stacked_and_wide_hold_the_same(document):
    line = Line("x", (document["rows"][0], {"printed": "0.1", "evidence": "press"}))
    stacked = Shape(TWO, ("estimate", "se"), ("n",), wide=False, corner="Term")
    assert stacked.align() == ("l", "c", "c", "c")
    assert texts(line_rows(line, stacked, document, PRINTING)) == [
        [("x", 1), ("-0.015", 1), ("0.1 [press]", 1), ("36,478", 1)], [("", 1), ("(0.005)", 1), ("", 1), ("", 1)],
    ]  # fmt: skip
    wide = Shape(TWO, ("estimate", "se"), ("n",), wide=True, corner="Term")
    assert wide.align() == ("l", "r", "r", "c", "r")
    assert texts(line_rows(line, wide, document, PRINTING)) == [
        [("x", 1), ("-0.015", 1), ("0.005", 1), ("0.1 [press]", 1), ("36,478", 1)]
    ]
    assert texts(header_rows(wide, PRINTING))[0] == [("", 1), ("A", 2), ("B", 1), ("", 1)]
    assert texts(footer_rows([("N", [figure("5")])], wide)) == [[("N", 1), ("5", 2), ("", 1), ("", 1)]]


def test_lines_without_results(document):
    shape = Shape(TWO, ("estimate", "se"), (), wide=False, corner="")
    assert texts(line_rows(Line("head", (None, None)), shape, document, PRINTING)) == [
        [("head", 1), ("", 1), ("", 1)]
    ]
    heading = line_rows(Line("all", (None, None), heads=True), shape, document, PRINTING)
    assert texts(heading) == [[("all", 3)]] and heading[0].role == "panel"
    failed = line_rows(Line("x", ({"model": "m", "failed": "why"}, None)), shape, document, PRINTING)
    assert texts(failed) == [[("x", 1), ("–", 1), ("", 1)]]


def test_neighbouring_outcomes_share_a_heading():
    three = (Column("A", "a"), Column("B", "b"), Column("C", "c"))
    shape = Shape(three, ("estimate",), (), wide=False, corner="")
    assert texts(header_rows(shape, PRINTING, outcomes=["x", "x", "y"]))[0] == [("", 1), ("x", 2), ("y", 1)]
    assert len(header_rows(shape, PRINTING, outcomes=["x", "x", "x"])) == 2
