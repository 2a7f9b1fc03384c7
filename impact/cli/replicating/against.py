"""A grid typed from a paper: one printed number a line, compared with the results of a study."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impact.cli._run_many import Outcome
from impact.cli.replicating.run import run_specs
from impact.core.errors import DataError, Fault, ImpactError, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.diagnostics._published import compare_published
from impact.schema.published import AbsoluteMatch, PublishedBlock, PublishedCell, Source

NEEDED = ("model", "term", "stat", "value")
COLUMNS = (*NEEDED, "group", "outcome", "tolerance")
FILLED = ("model", "stat", "value")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid: its values by column, and its place."""

    values: Mapping[str, str]
    place: Place

    def at(self, column: str) -> Place:
        """The place of a value: its line, and the column by name."""
        return Place(self.place.file, self.place.line, path=column)


def read_grid(file: Path) -> list[Line]:
    """The lines of a grid.

    Raises:
        DataError: E680 it cannot be read or is empty; E681, E682 columns; E683, E684, E686 lines; all at once.
    """
    try:
        content = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise DataError(fault("E680", place=Place(str(file)), file=str(file), problem=reason)) from None
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        rows += ((reader.line_num, row) for row in reader if any(value.strip() for value in row))
    except csv.Error as problem:
        place = Place(str(file), reader.line_num)
        raise DataError(fault("E680", place=place, file=str(file), problem=str(problem))) from None
    if len(rows) < 2:
        raise DataError(
            fault("E680", place=Place(str(file)), file=str(file), problem="no line with a number")
        )
    head = [name.strip() for name in rows[0][1]]
    faults = list(_head_faults(head, Place(str(file), rows[0][0])))
    if faults:
        raise DataError(*faults)
    lines = []
    for number, row in rows[1:]:
        line = Line(dict(zip(head, (value.strip() for value in row), strict=False)), Place(str(file), number))
        faults += _line_faults(line, len(row), len(head))
        lines.append(line)
    if faults:
        raise DataError(*faults)
    return lines


def _head_faults(head: Sequence[str], place: Place) -> Iterator[Fault]:
    known = ", ".join(COLUMNS)
    for name in dict.fromkeys(head):
        if name not in COLUMNS or head.count(name) > 1:
            hint = nearest(name, COLUMNS) if name not in COLUMNS else ""
            yield fault("E681", place=place, suggestion=hint or "", name=name, known=known)
    yield from (fault("E682", place=place, name=name, known=known) for name in NEEDED if name not in head)


def _line_faults(line: Line, found: int, wanted: int) -> Iterator[Fault]:
    if found != wanted:
        yield fault("E683", place=line.place, found=found, wanted=wanted)
        return
    yield from (fault("E686", place=line.at(name), name=name) for name in FILLED if not line.values[name])
    tolerance = line.values.get("tolerance", "")
    if tolerance and _tolerance(tolerance) is None:
        yield fault("E684", place=line.at("tolerance"), value=tolerance)


def _tolerance(written: str) -> float | None:
    try:
        value = float(written)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def run_against(
    files: Sequence[str], grid: str | None, *, roots: Mapping[str, str], jobs: int
) -> list[Outcome]:
    """The outcome of every spec; with a grid its cells stand behind those of the (one) spec.

    Raises:
        DataError, SpecError: a fault of the grid.
    """
    lines = None if grid is None else read_grid(Path(grid))
    outcomes = run_specs(files, roots=roots, jobs=jobs)
    document = outcomes[0].document if outcomes else None
    if grid is not None and lines is not None and document is not None:
        document["published"] = [*document["published"], *compare_grid(Path(grid), lines, document)]
    return outcomes


def compare_grid(file: Path, lines: Sequence[Line], document: Mapping[str, Any]) -> list[dict[str, object]]:
    """The cells of a grid against a results document, as those of a ``published:`` block.

    Raises:
        SpecError: E601–E606 no such model, group, term, statistic or number, E685 no such outcome; all at once.
    """
    cells: list[PublishedCell] = []
    faults: list[Fault] = []
    for line in lines:
        try:
            cell = _cell(line, document)
            _compared(file, [cell], [line], document)
        except ImpactError as problem:
            faults += problem.faults
        else:
            cells.append(cell)
    if faults:
        raise SpecError(*faults)
    return _compared(file, cells, lines, document)


def _compared(
    file: Path, cells: Sequence[PublishedCell], lines: Sequence[Line], document: Mapping[str, Any]
) -> list[dict[str, object]]:
    block = PublishedBlock(source=Source(text=file.name, evidence="table"), also=list(cells))
    paths = [f"published.{file.name}.also.{index}.value" for index in range(len(cells))]
    written = {path: line.values["value"] for path, line in zip(paths, lines, strict=True)}
    places = {path: line.place for path, line in zip(paths, lines, strict=True)}
    return compare_published({file.name: block}, document, written=written, places=places)


def _cell(line: Line, document: Mapping[str, Any]) -> PublishedCell:
    model = _model(line, document)
    group = line.values.get("group", "")
    tolerance = _tolerance(line.values.get("tolerance", ""))
    return PublishedCell(
        model=f"{model}.{group}" if group else model,
        term=line.values["term"],
        stat=line.values["stat"],
        value=line.values["value"],
        match=None if tolerance is None else AbsoluteMatch(abs=tolerance),
    )


def _model(line: Line, document: Mapping[str, Any]) -> str:
    """The model of a line; with an outcome, that of the models of this name that explains it.

    Raises:
        SpecError: E685.
    """
    model, outcome = line.values["model"], line.values.get("outcome", "")
    named: dict[str, str] = {
        str(name): str(facts.get("outcome"))
        for name, facts in (document.get("models") or {}).items()
        if name == model or (name.startswith(f"{model}[") and "[row=" not in name)
    }
    if not outcome or not named:
        return model
    found = [name for name, own in named.items() if own == outcome]
    if len(found) != 1:
        known = list(dict.fromkeys(named.values()))
        hint = nearest(outcome, known) or ""
        place = line.at("outcome")
        raise SpecError(
            fault("E685", place=place, suggestion=hint, model=model, outcome=outcome, known=", ".join(known))
        )
    return found[0]
