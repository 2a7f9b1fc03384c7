from impact.outputs._cell_grid import Cell, Grid, Row, figure, label
from impact.outputs.table_markdown import cell_text, markdown


def test_one_table_as_text():
    rows = (
        Row((label("Term"), label("(1)")), "header"),
        Row((label("a|b", level=1), figure("-0.5", -0.5, stars="**"))),
    )
    grid = Grid("t", "A *title*", ("l", "r"), rows, ("- a note", "p < 0.1"))
    assert markdown(grid) == (
        "**A \\*title\\***\n\n"
        "| **Term** |  **(1)** |\n| :------- | -------: |\n| \u2003a\\|b    | -0.5\\*\\* |\n\n"
        "Notes:\n\n- \\- a note\n- p \\< 0.1\n"
    )


def test_numbers_are_not_escaped_but_signs_of_markup_are():
    assert cell_text(figure("[-0.1, 0.2]")) == "[-0.1, 0.2]"
    assert cell_text(figure("<10")) == "\\<10"
    assert cell_text(Cell("[x](y)")) == "\\[x\\](y)"
