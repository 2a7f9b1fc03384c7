"""The one grid behind every table: all formats draw the same cells, so they cannot disagree."""

from __future__ import annotations

from dataclasses import dataclass, replace

HEADER, PANEL, BODY, FOOTER = "header", "panel", "body", "footer"
SUPPRESSED = "–"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Arguments:
        text: what is printed, before escaping; minus signs are ASCII here and typeset by each format.
        number: the number behind the text, unrounded, or None.
        span: columns covered.
        stars: stars after the text.
        label: the cell heads its row or column.
        level: indentation of a row label.
        figure: the text was made by the number formatter: it holds no user text.
        ends: both numbers of an interval, unrounded. p_value: of an estimate, for its stars.
    """

    text: str = ""
    number: float | None = None
    span: int = 1
    stars: str = ""
    label: bool = False
    level: int = 0
    figure: bool = False
    ends: tuple[float, float] | None = None
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the grid. ``role`` is header, panel, body or footer; ``rule`` draws a line above it;
    ``continued`` marks further lines of the row above (the standard error under its estimate).
    """

    cells: tuple[Cell, ...]
    role: str = BODY
    rule: bool = False
    continued: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Arguments:
        name: name in the spec, which is the file's name.
        title: caption.
        align: one letter a column: l, c, r.
        rows: headers first; every row covers all columns.
        notes: lines under the table.
        language: of all texts.
    """

    name: str
    title: str
    align: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    language: str = "en"

    def __post_init__(self) -> None:
        for row in self.rows:
            width = sum(cell.span for cell in row.cells)
            if width != len(self.align):
                raise ValueError(f"a row of table {self.name} covers {width} of {len(self.align)} columns")

    def of_role(self, *roles: str) -> tuple[Row, ...]:
        """The rows of the given roles, in order."""
        return tuple(row for row in self.rows if row.role in roles)


def label(text: str, *, level: int = 0, span: int = 1) -> Cell:
    """A cell that heads its row or column."""
    return Cell(text, span=span, label=True, level=level)


def blank(span: int = 1) -> Cell:
    """An empty cell."""
    return Cell(span=span)


def figure(text: str, number: float | None = None, *, stars: str = "", span: int = 1) -> Cell:
    """A cell made by the number formatter."""
    return Cell(text, number, span=span, stars=stars, figure=True)


def padded(cells: list[Cell], width: int) -> tuple[Cell, ...]:
    """The cells, filled with empty ones up to ``width`` columns."""
    missing = width - sum(cell.span for cell in cells)
    return (*cells, *(blank() for _ in range(missing)))


def with_rule(row: Row) -> Row:
    """The row with a line above it."""
    return replace(row, rule=True)


def column_lengths(grid: Grid, *, wrapped: bool = False) -> list[int]:
    """Longest printed line of each column, in characters; cells that span several columns are left out.

    ``wrapped``: headings may break between words.
    """
    lengths = [0] * len(grid.align)
    for row in grid.rows:
        column = 0
        for cell in row.cells:
            if cell.span == 1:
                breaks = wrapped and row.role == HEADER
                longest = (
                    max((len(word) + 1 for word in cell.text.split()), default=0)
                    if breaks
                    else len(cell.text)
                )
                lengths[column] = max(lengths[column], longest + len(cell.stars) + 2 * cell.level)
            column += cell.span
    return lengths
