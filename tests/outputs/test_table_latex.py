import shutil
import subprocess

import pytest

from impact.outputs._cell_grid import Cell, Grid, Row, figure, label
from impact.outputs._tables import grids
from impact.outputs.table_latex import cell_text, float_table, standalone, tabular


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


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX on this machine")
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_table_compiles_alone_and_by_input(document, wanted, tmp_path, language):
    drawn = grids(document, wanted, language)
    (tmp_path / "whole.tex").write_text(
        "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{textcomp, amssymb, booktabs, multirow}"
        "\\begin{document}\\tiny "
        + "".join(f"\\input{{{name}}}\\newpage\n" for name in drawn)
        + "\\end{document}"
    )
    for name, grid in drawn.items():
        (tmp_path / f"{name}.tex").write_text(tabular(grid))
        (tmp_path / f"{name}-alone.tex").write_text(standalone(grid))
    for stem in ["whole", *(f"{name}-alone" for name in drawn)]:
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{stem}.tex"],
            cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-1500:]
        assert (tmp_path / f"{stem}.pdf").stat().st_size > 1000


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX on this machine")
def test_odd_texts_compile(tmp_path):
    odd = "50 % & $x$ #1 _a_ ^ ~ \\ {b} <c> [d] “q” ñ Ü € — ± β × ≥ − … \u00ad \u2003 中 ∅ ∪ α Δ \u0301"
    rows = (
        Row((label("T"), label("[1]")), "header"),
        Row((label(odd, level=2), Cell(odd)), rule=True),
        Row((label("[x]"), figure("-0.5 %", -0.5, stars="***"))),
    )
    (tmp_path / "odd.tex").write_text(standalone(Grid("odd_1", odd, ("l", "r"), rows, (odd,))))
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "odd.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-1500:]
