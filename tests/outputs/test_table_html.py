from impact.outputs._cell_grid import Cell, Grid, Row, figure, label
from impact.outputs.table_html import cell_text, html_table, page


def test_heads_bodies_and_notes():
    rows = (
        Row((label("Term"), label("(1)")), "header"),
        Row((label("A", span=2),), "panel", rule=True),
        Row((label("x", level=1), figure("-0.5", -0.5, stars="*"))),
        Row((label("N"), figure("5")), "footer", rule=True),
    )
    text = html_table(Grid("t", "<T>", ("l", "r"), rows, ("a < b",)))
    assert "<caption>&lt;T&gt;</caption>" in text
    assert '<th scope="rowgroup" colspan="2"' in text
    assert '<th scope="row" class="left level1 short">x</th>' in text
    assert "\u22120.5<sup>*</sup>" in text
    assert text.count("<tbody>") == 2
    assert "<li>a &lt; b</li>" in text


def test_a_page_of_its_own():
    text = page(Grid("t", "T", ("l",), (Row((label("a"),), "header"),), language="es"))
    assert text.startswith('<!DOCTYPE html>\n<html lang="es">')
    assert "Content-Security-Policy" in text and "<script" not in text


def test_minus_signs_only_in_numbers():
    assert cell_text(figure("[-0.1, 3.1e-4]")) == "[\u22120.1, 3.1e\u22124]"
    assert cell_text(Cell("14-24")) == "14-24"
    assert cell_text(Cell('"<b>"')) == "&quot;&lt;b&gt;&quot;"
