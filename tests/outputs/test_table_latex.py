from impact.outputs._cell_grid import Cell, Grid, Row, figure, label
from impact.outputs.table_latex import cell_text, float_table, tabular


def test_one_table_as_text():
    rows = (
        Row((label(""), label("Both", span=2)), "header"),
        Row((label("Term"), label("(1)"), label("(2)")), "header"),
        Row((label("A. 50 %", span=3),), "panel", rule=True),
        Row((label("x_1", level=1), figure("-0.5", -0.5, stars="**"), figure("[-1, <2]"))),
        Row((label("N"), figure("5", span=2)), "footer", rule=True),
    )
    grid = Grid("a_b", "Title & more", ("l", "c", "c"), rows, ("one", "two"))
    assert tabular(grid).splitlines() == [
        r"\begin{tabular}{lcc}", r"\toprule", r" & \multicolumn{2}{c}{Both} \\", r"\cmidrule(lr){2-3}",
        r"Term & (1) & (2) \\", r"\midrule", r"\multicolumn{3}{l}{\textit{A. 50 \%}} \\",
        r"\hspace{1em}x\_1 & $-$0.5$^{**}$ & [$-$1, $<$2] \\", r"\midrule",
        r"N & \multicolumn{2}{l}{5} \\", r"\bottomrule", r"\end{tabular}",
    ]  # fmt: skip
    text = float_table(grid)
    assert r"\caption{Title \& more}" in text and r"\label{tab:a_b}" in text
    assert text.count(r"\item") == 2 and r"\item \textit{Notes:} one" in text


def test_a_first_cell_never_looks_like_an_argument():
    assert cell_text(Cell("[1]")) == "{[}1{]}"
    assert cell_text(Cell("*")) == "{*}"
    assert cell_text(figure("3.1e-4")) == "3.1e$-$4"
    assert cell_text(figure("–")) == "--"
