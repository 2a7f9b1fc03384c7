"""`etable`: fits side by side in one table, drawn from the cell grid that the tables of a spec come from."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from impact.core.errors import OutputError, Place, SpecError
from impact.core.options import Options
from impact.core.texts import LANGUAGES, fault
from impact.face.arguments import check_kinds, checked_call, wrong_value
from impact.face.documents import document_of, titled_parts
from impact.face.frames_out import frame_out
from impact.outputs._cell_grid import Grid
from impact.outputs._request import OutputRequest
from impact.outputs.grids.layout import table_grid
from impact.outputs.table_html import html_table, page
from impact.outputs.table_latex import float_table, tabular
from impact.outputs.table_markdown import markdown
from impact.outputs.terminal_table import grid_text
from impact.schema.display import TableBlock
from impact.schema.faults_from_pydantic import validate_node
from impact.schema.nodes import from_plain

TEXTS = {"md": markdown, "tex": tabular, "html": page}
# loaded with the first table of the format
OFFICE = {
    "docx": ("impact.outputs.table_word", "document_bytes"),
    "xlsx": ("impact.outputs.table_excel", "workbook_bytes"),
}
FORMATS = (*TEXTS, *OFFICE)
HERE = Place(file="etable")
Terms = str | Sequence[str]


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """A table: HTML in notebooks, text in a terminal, and ``save`` for md, tex, html, docx, xlsx."""

    grid: Grid

    @property
    def title(self) -> str:
        """The caption."""
        return self.grid.title

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes under the table."""
        return tuple(self.grid.notes)

    @checked_call
    def text(self, to: str) -> str:
        """The table as text: md, tex (a bare tabular) or html (a page).

        Raises:
            SpecError: E609 a format that is no text.
        """
        if to not in TEXTS:
            raise wrong_value("to", to, TEXTS, function="text")
        return TEXTS[to](self.grid)

    @checked_call
    def save(self, path: str | Path, *, to: str | None = None) -> Path:
        """Write the table; the format is that of the suffix. LaTeX writes the float beside the bare tabular.

        Raises:
            SpecError: E609 another format, or a suffix of another one. OutputError: E704 it cannot be written.
        """
        target = Path(path)
        chosen = _format(target, to)
        if chosen in TEXTS:
            files = {target: TEXTS[chosen](self.grid).encode("utf-8", "backslashreplace")}
        else:
            module, name = OFFICE[chosen]
            files = {target: getattr(importlib.import_module(module), name)(self.grid)}
        if chosen == "tex":
            files[target.with_name(f"{target.stem}-float.tex")] = float_table(self.grid).encode("utf-8")
        write_files(files)
        return target

    def to_frame(self) -> Any:
        """The printed cells as a data frame, one column each."""
        width = len(self.grid.align)
        columns: list[list[str]] = [[] for _ in range(width)]
        for row in self.grid.rows:
            place = 0
            for cell in row.cells:
                for shown in (f"{cell.text}{cell.stars}", *[""] * (cell.span - 1)):
                    columns[place].append(shown)
                    place += 1
        return frame_out({str(number): values for number, values in enumerate(columns)})

    def __repr__(self) -> str:
        return grid_text(self.grid)

    def _repr_html_(self) -> str:
        return html_table(self.grid)


@checked_call
def etable(
    fits: Any,
    *,
    cell: Terms = (),
    terms: Terms = (),
    to: str | None = None,
    path: str | Path | None = None,
    language: str = "en",
    more: Mapping[str, Any] | None = None,
) -> Any:
    """Fits side by side.

    Arguments:
        fits: one fit, a list, or a mapping heading → fit; results of pyfixest, statsmodels and linearmodels, too.
        cell: statistics of a cell, as in ``tables:`` of a spec: estimate, se, t, p, ci95 … terms: only these.
        to: md, tex, html (text comes back), docx, xlsx (need a path). path: file to write, which comes back.
        language: en or es.
        more: further keys of a table of a spec (title, digits, stars, footer, notes, rows …) and ``labels``.

    Returns:
        Table, which shows itself; with ``to`` the text; with ``path`` the path.

    Raises:
        SpecError: E698 what is no result, E609 another format or language, E102 and others as a table of a spec.
    """
    if language not in LANGUAGES:
        raise wrong_value("language", language, LANGUAGES, function="etable")
    if to is not None and to not in FORMATS:
        raise wrong_value("to", to, FORMATS, function="etable")
    if to in OFFICE and path is None:
        raise wrong_value("path", path, [f"a file that ends in .{to}"], function="etable")
    check_kinds(
        "etable", cell=(cell, "a name or a list of names"), terms=(terms, "a name or a list of names")
    )
    given, labels = split_labels(more, "etable")
    document = document_of(titled_parts(fits, function="etable"), labels)
    own = {"cell": _words(cell), "terms": _words(terms)}
    asked = given | {key: value for key, value in own.items() if value}
    asked |= {} if "columns" in given else {"columns": list(document["models"])}
    block = block_of(TableBlock, asked, "etable")
    table = Table(drawn(table_grid, block, document, language, "etable"))
    if path is not None:
        return table.save(path, to=to)
    return table if to is None else table.text(to)


def split_labels(more: Mapping[str, Any] | None, function: str) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """The keys of a block, and the labels beside them.

    Raises:
        SpecError: E609 what is no mapping.
    """
    given: Any = {} if more is None else more
    labels = given.get("labels", {}) if isinstance(given, Mapping) else None
    if not isinstance(labels, Mapping):
        raise wrong_value(
            "more", more, ["a mapping of keys; labels: a mapping name → text"], function=function
        )
    return {key: value for key, value in given.items() if key != "labels"}, labels


def block_of(block: type[Any], given: Mapping[str, Any], function: str) -> Any:
    """A table or figure block of a spec from plain keys.

    Raises:
        SpecError: E102 and others, as in a spec.
    """
    made, faults = validate_node(block, from_plain(dict(given), Place(file=function)), where=function)
    if faults:
        raise SpecError(*faults)
    return made


def drawn(draw: Any, block: Options, document: Mapping[str, Any], language: str, function: str) -> Any:
    """A grid or a figure of a block.

    Raises:
        SpecError: E710–E713 at the function, where the block asks for what the fits do not hold.
    """
    try:
        return draw(function, block, document, OutputRequest(languages=(language,)), language=language)
    except OutputError as problem:
        where = Place(file=function)
        raise SpecError(*(replace(item, place=where) for item in problem.faults)) from None


def write_files(files: Mapping[Path, bytes]) -> None:
    """Write each file.

    Raises:
        OutputError: E704 a folder that does not exist, or that must not be written.
    """
    for target, content in files.items():
        try:
            target.write_bytes(content)
        except OSError as problem:
            why = problem.strerror or type(problem).__name__
            raise OutputError(fault("E704", path=str(target), why=why)) from None


def _words(given: Terms) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _format(target: Path, to: str | None) -> str:
    suffix = target.suffix.removeprefix(".")
    chosen = suffix if to is None else to
    if chosen not in FORMATS:
        raise wrong_value("path", str(target), [f".{one}" for one in FORMATS], function="etable")
    if suffix and suffix != chosen:
        raise wrong_value("path", str(target), [f"a file that ends in .{chosen}"], function="etable")
    return chosen
