"""A page of the reference: what `impact explain` prints and what the documentation is built from."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 100
LONGEST_NAME = 24


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: paragraphs, then a table (its first row names the columns), then code.

    Arguments:
        paragraphs: texts; lines that are indented by four spaces are formulas and keep their breaks.
        language: of the code (yaml, text).
    """

    heading: str
    paragraphs: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    code: str = ""
    language: str = "yaml"


@dataclass(frozen=True, slots=True)
class Page:
    """One topic.

    Arguments:
        topic: what the user types after `impact explain`.
        kind: estimator, variance, test, domain, key, code or function.
        summary: one sentence.
    """

    topic: str
    kind: str
    title: str
    summary: str
    sections: tuple[Section, ...] = ()


def page_text(page: Page) -> str:
    """The page for a terminal."""
    lines = [page.title, "=" * len(page.title)]
    lines += textwrap.wrap(page.summary, WIDTH)
    for section in page.sections:
        lines += ["", section.heading]
        for paragraph in section.paragraphs:
            lines += _paragraph(paragraph)
        lines += _text_table(section.table)
        lines += (
            [f"    {line}".rstrip() for line in section.code.rstrip().split("\n")] if section.code else []
        )
    return "\n".join(lines) + "\n"


def _paragraph(text: str) -> list[str]:
    if text.startswith("    "):
        return ["  " + line for line in text.split("\n")]
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False)


def _text_table(table: Sequence[tuple[str, ...]]) -> list[str]:
    """Short tables as columns; the last column is wrapped. Tables with long cells as blocks, one a row."""
    if not table:
        return []
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    if sum(widths[:-1]) > WIDTH // 2 or len(table[0]) > 4:
        return _blocks(table)
    lines: list[str] = []
    indent = 2 + sum(widths[:-1]) + 2 * (len(widths) - 1)
    for row in table:
        cells = zip(row[:-1], widths[:-1], strict=True)
        lead = "  " + "".join(f"{cell:<{width}}  " for cell, width in cells)
        wrapped = textwrap.wrap(row[-1], max(WIDTH - indent, 30), break_long_words=False) or [""]
        lines.append((lead + wrapped[0]).rstrip())
        lines += [" " * indent + line for line in wrapped[1:]]
    return lines


def _blocks(table: Sequence[tuple[str, ...]]) -> list[str]:
    heads, *rows = table
    named = max(len(row[0]) for row in rows) <= LONGEST_NAME
    width = max(len(head) for head in heads)
    lines: list[str] = []
    for row in rows:
        lines += [""] if lines else []
        lines += [f"  {row[0]}"] if named else []
        for head, cell in list(zip(heads, row, strict=True))[named:]:
            wrapped = textwrap.wrap(cell, WIDTH - width - 4, break_long_words=False) or ["-"]
            lines.append(f"  {head:<{width}}  {wrapped[0]}")
            lines += [" " * (width + 4) + line for line in wrapped[1:]]
    return lines


def page_markdown(page: Page, *, level: int = 1) -> str:
    """The page in Markdown; ``level`` of its heading."""
    mark = "#" * level
    lines = [f"{mark} {page.title}", "", _escaped(page.summary), ""]
    for section in page.sections:
        lines += [f"{mark}# {section.heading}", ""]
        for paragraph in section.paragraphs:
            lines += [paragraph if paragraph.startswith("    ") else _escaped(paragraph), ""]
        if section.table:
            lines += [*_markdown_table(section.table), ""]
        if section.code:
            lines += [f"```{section.language}", section.code.rstrip(), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _markdown_table(table: Sequence[tuple[str, ...]]) -> list[str]:
    head, *rows = [[_cell(cell) for cell in row] for row in table]
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _cell(text: str) -> str:
    return _escaped(text).replace("|", "\\|").replace("\n", " ")


def _escaped(text: str) -> str:
    """Signs that Markdown would read as markup; what stands between backticks stays."""
    parts = text.split("`")
    return "`".join(
        part if position % 2 else part.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
        for position, part in enumerate(parts)
    )


def paragraphs_of(docstring: str) -> tuple[str, ...]:
    """A docstring without its first line as paragraphs; formulas (indented) keep their lines."""
    _, _, rest = docstring.strip().partition("\n")
    found: list[str] = []
    for block in rest.split("\n\n"):
        for is_formula, lines in _runs(block.strip("\n").split("\n")):
            text = "\n".join(lines) if is_formula else " ".join(line.strip() for line in lines)
            if text.strip():
                found.append(text)
    return tuple(found)


def _runs(lines: Sequence[str]) -> list[tuple[bool, list[str]]]:
    """A block that begins with an indented line is a formula; hanging indents of a sentence are not."""
    if lines and lines[0].startswith("    "):
        formula = [line for line in lines if line.startswith("    ")]
        after = [line for line in lines if not line.startswith("    ")]
        return [(True, formula), (False, after)]
    return [(False, list(lines))]
