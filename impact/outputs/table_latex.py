r"""Tables in LaTeX: a bare ``tabular`` for ``\input`` and a float with caption and notes.

Needs booktabs, and threeparttable for the float.
"""

from __future__ import annotations

from impact.core.registered import Output
from impact.core.texts import text
from impact.outputs._cell_grid import FOOTER, HEADER, PANEL, Cell, Grid, Row
from impact.outputs._document import Document
from impact.outputs._escape import file_name, latex_text
from impact.outputs._request import OutputRequest
from impact.outputs._tables import write_tables

WIDE = 7
"""Tables with more columns than this lie on their side in a document of their own."""


def tabular(grid: Grid) -> str:
    """The bare table: headers, rules, rows."""
    lines = [r"\begin{tabular}{" + "".join(grid.align) + "}", r"\toprule"]
    for row in grid.of_role(HEADER):
        lines += [_row(row), *_column_rules(row)]
    lines.append(r"\midrule")
    body = [row for row in grid.rows if row.role != HEADER]
    for place, row in enumerate(body):
        if row.rule and place:
            lines.append(r"\midrule")
        lines.append(_row(row))
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def float_table(grid: Grid) -> str:
    """The table as a float with its caption, label and notes."""
    lines = [
        "% needs: booktabs, threeparttable",
        r"\begin{table}[htbp]",
        r"\centering",
        r"\begin{threeparttable}",
        rf"\caption{{{latex_text(grid.title)}}}",
        rf"\label{{tab:{file_name(grid.name)}}}",
        tabular(grid).rstrip("\n"),
    ]
    if grid.notes:
        lines += [r"\begin{tablenotes}[flushleft]", r"\footnotesize"]
        head = latex_text(text("table.notes", grid.language))
        for place, note in enumerate(grid.notes):
            start = rf"\textit{{{head}:}} " if place == 0 else ""
            lines.append(rf"\item {start}{latex_text(note)}")
        lines.append(r"\end{tablenotes}")
    return "\n".join([*lines, r"\end{threeparttable}", r"\end{table}"]) + "\n"


def standalone(grid: Grid) -> str:
    """A document of its own with the float: it compiles as it is, with pdflatex or a newer engine."""
    wide = "landscape, " if len(grid.align) > WIDE else ""
    lines = [
        r"\documentclass[10pt]{article}",
        rf"\usepackage[{wide}a4paper, margin=2cm]{{geometry}}",
        r"\usepackage[T1]{fontenc}",
        r"\usepackage[utf8]{inputenc}",
        r"\usepackage{textcomp, amssymb, booktabs, multirow, threeparttable}",
        r"\begin{document}",
        r"\small",
        float_table(grid).rstrip("\n"),
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def _row(row: Row) -> str:
    return " & ".join(_spanned(cell, row) for cell in row.cells) + r" \\"


def _spanned(cell: Cell, row: Row) -> str:
    shown = cell_text(cell)
    if row.role == PANEL and shown:
        shown = rf"\textit{{{shown}}}"
    if cell.span == 1:
        return shown
    letter = "l" if row.role in (PANEL, FOOTER) else "c"
    return rf"\multicolumn{{{cell.span}}}{{{letter}}}{{{shown}}}"


def cell_text(cell: Cell) -> str:
    """One cell: minus signs in mathematics, stars raised, labels indented."""
    stars = rf"$^{{{cell.stars}}}$" if cell.stars else ""
    if not cell.figure:
        indent = r"\hspace{1em}" * cell.level
        return indent + latex_text(cell.text) + stars
    shown = cell.text.replace("%", r"\%").replace("<", "$<$").replace("{", r"\{").replace("}", r"\}")
    shown = shown.replace("∞", r"$\infty$").replace("–", "--")
    return _minus(shown) + stars


def _minus(shown: str) -> str:
    """ASCII minus signs before digits as mathematical ones; dashes stay."""
    pieces: list[str] = []
    for place, sign in enumerate(shown):
        following = shown[place + 1 : place + 2]
        is_minus = (
            sign == "-" and (following.isdigit() or following == "$") and shown[place - 1 : place] != "-"
        )
        pieces.append("$-$" if is_minus else sign)
    return "".join(pieces)


def _column_rules(row: Row) -> list[str]:
    """A short rule under every heading that spans columns."""
    rules: list[str] = []
    start = 1
    for cell in row.cells:
        if cell.span > 1 and cell.text:
            rules.append(rf"\cmidrule(lr){{{start}-{start + cell.span - 1}}}")
        start += cell.span
    return [" ".join(rules)] if rules else []


def _files(grid: Grid, request: OutputRequest) -> dict[str, str | bytes]:
    # the bare table has no notes: a comment carries the one that may not be lost
    note = text("table.note.synthetic", grid.language)
    comment = f"% {note}\n" if note in grid.notes else ""
    return {
        request.file(grid.name, "tex", grid.language): comment + tabular(grid),
        request.file(f"{grid.name}-float", "tex", grid.language): float_table(grid),
    }


def write(document: Document, request: OutputRequest) -> dict[str, bytes]:
    """Every table of the request as LaTeX, bare and as a float."""
    return write_tables(document, request, "tex", _files)


OUTPUT = Output(
    summary="Tables in LaTeX (booktabs, threeparttable)", suffix="tex", write=write, keywords=("tex",)
)
