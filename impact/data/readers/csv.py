"""Delimited text: comma by default, tab in .tsv, any other separator by ``delimiter:``.

Read in blocks of rows. A column that is numeric so far keeps numbers only; if a later block shows that the
whole
column is text, its first blocks are read again, so that the type always follows from all values.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError, Fault
from impact.core.frames import Frame
from impact.core.registered import Reader
from impact.data.columns import column_of_numbers, column_of_texts, style_of
from impact.data.encodings import Decoding, decoding_fault, find_decoding
from impact.data.numbers import fast_numbers
from impact.data.readers._csv_large import read_large
from impact.data.request import Choice, ReadRequest, Typed, build_frame, choose_columns, clean_names

BLOCK_ROWS = 20_000
# below this the frame library's import costs more than it saves
LARGE_BYTES = 4_000_000
_LONGEST_CELL = 1_000_000
_SEPARATORS = {";": "semicolon", "\t": "tab", "|": "bar"}

Row = list[str]


@dataclass(slots=True)
class _Gathered:
    """What has been read of one column: numbers of numeric blocks, texts from the first other block on."""

    numbers: list[npt.NDArray[np.float64]] = field(default_factory=list)
    texts: list[str] | None = None
    seen: dict[str, str] = field(default_factory=dict)
    lost: bool = False

    def add(self, values: Sequence[str], *, as_text: bool) -> None:
        """Take the next block."""
        block = None if as_text or self.texts is not None else fast_numbers(values)
        if block is not None:
            self.numbers.append(block)
            return
        if self.texts is None:
            self.texts = []
            self.lost = bool(self.numbers)
            self.numbers = []
        keep = self.seen.setdefault
        self.texts.extend([keep(text, text) for text in values])


def header(path: Path, request: ReadRequest) -> tuple[str, ...]:
    """Column names, from the first row alone."""
    decoding = find_decoding(path, request)
    with _rows(path, request, decoding) as rows:
        return _header_row(rows, request)


def read(path: Path, request: ReadRequest) -> Frame:
    """The file's columns.

    Raises:
        DataError: E211 empty, E212 header only, E213 repeated names, E214 ragged or badly quoted rows, E215
        another
            separator, E216 another encoding, E217 NUL bytes, and the faults of the columns.
    """
    decoding = find_decoding(path, request)
    with _rows(path, request, decoding) as rows:
        names = _header_row(rows, request)
    choice = choose_columns(names, request)
    if path.stat().st_size >= LARGE_BYTES:
        large = read_large(
            path, request, decoding, choice=choice, width=len(names), delimiter=_delimiter(request)
        )
        if large is not None:
            return large
    as_text = {name for name in choice.positions if request.block.types.get(name, "number") != "number"}
    gathered, n_rows, blank = _gather(
        path, request, decoding, choice=choice, width=len(names), as_text=as_text
    )
    if n_rows == 0:
        raise DataError(request.fault("E212"))
    lost = {name for name, column in gathered.items() if column.lost}
    if lost:
        again = Choice({name: choice.positions[name] for name in lost})
        found, _, _ = _gather(path, request, decoding, choice=again, width=len(names), as_text=lost)
        gathered.update(found)
    notices = choice.notices + ((request.notice("W443", count=blank),) if blank else ())
    makers = {name: partial(_typed, name, gathered[name], request) for name in choice.positions}
    return build_frame(makers, request, n_rows=n_rows, notices=notices)


def read_blocks(path: Path, request: ReadRequest, *, rows: int = BLOCK_ROWS) -> Iterator[Frame]:
    """The file's columns, a block of rows at a time, for files larger than memory; the types must be declared.

    Raises:
        DataError: as ``read``, when the block is reached.
    """
    decoding = find_decoding(path, request)
    found = 0
    with _rows(path, request, decoding) as lines:
        names = _header_row(lines, request)
        choice = choose_columns(names, request)
        while block := list(islice(lines, rows)):
            kept = [row for row in block if row]
            if any(len(row) != len(names) for row in kept):
                raise DataError(_ragged(path, request, decoding, len(names)))
            if not kept:
                continue
            found += len(kept)
            cells = list(zip(*kept, strict=True))
            makers = {
                name: partial(column_of_texts, name, cells[position], request)
                for name, position in choice.positions.items()
            }
            yield build_frame(makers, request, n_rows=len(kept), notices=choice.notices)
    if not found:
        raise DataError(request.fault("E212"))


def _typed(name: str, column: _Gathered, request: ReadRequest) -> Typed:
    if column.texts is not None:
        return column_of_texts(name, column.texts, request)
    return column_of_numbers(name, np.concatenate(column.numbers), request)


def _gather(
    path: Path, request: ReadRequest, decoding: Decoding, *, choice: Choice, width: int, as_text: set[str]
) -> tuple[dict[str, _Gathered], int, int]:
    """Columns, number of rows, number of blank lines between rows."""
    gathered = {name: _Gathered() for name in choice.positions}
    # with other number marks a point or comma means something else: texts must be looked at
    every_text = not style_of(request).plain
    n_rows = blank = pending = 0
    with _rows(path, request, decoding) as rows:
        next(rows)
        while block := list(islice(rows, BLOCK_ROWS)):
            widths = set(map(len, block))
            if 0 in widths:
                # blank lines after the last row are no news
                after = next((i for i, row in enumerate(reversed(block)) if row), len(block))
                between = len(block) - after - sum(map(bool, block))
                block = [row for row in block if row]
                blank, pending = (blank + pending + between, after) if block else (blank, pending + after)
            elif pending:
                blank, pending = blank + pending, 0
            if widths - {width, 0}:
                raise DataError(_ragged(path, request, decoding, width))
            if not block:
                continue
            n_rows += len(block)
            cells = list(zip(*block, strict=True))
            for name, position in choice.positions.items():
                gathered[name].add(cells[position], as_text=every_text or name in as_text)
    return gathered, n_rows, blank


@contextmanager
def _rows(path: Path, request: ReadRequest, decoding: Decoding) -> Iterator[Iterator[Row]]:
    """The rows of the file; the parser's own errors are translated."""
    previous = csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding=decoding.codec, newline="") as stream:
            lines = _checked_lines(stream, request)
            yield csv.reader(lines, delimiter=_delimiter(request), strict=True)
    except UnicodeError:
        raise DataError(decoding_fault(path, request, decoding)) from None
    except csv.Error as error:
        raise DataError(_quoting_fault(path, request, decoding, str(error))) from None
    finally:
        csv.field_size_limit(previous)


def _checked_lines(stream: Any, request: ReadRequest) -> Iterator[str]:
    for number, line in enumerate(stream, start=1):
        if "\0" in line:
            raise DataError(request.fault("E217", line=number))
        yield line


def _delimiter(request: ReadRequest) -> str:
    if request.block.delimiter is not None:
        return request.block.delimiter
    return "\t" if request.block.file.lower().endswith((".tsv", ".tab")) else ","


def _header_row(rows: Iterator[Row], request: ReadRequest) -> tuple[str, ...]:
    first = next(rows, None)
    if first is None:
        raise DataError(request.fault("E211"))
    if not any(cell.strip() for cell in first):
        raise DataError(
            request.fault("E218", reason="its first row is blank, but must hold the column names")
        )
    delimiter = _delimiter(request)
    unquoted = delimiter.join(first)
    if request.block.delimiter is None:
        counts = {mark: unquoted.count(mark) for mark in (*_SEPARATORS, ",") if mark != delimiter}
        mark = max(counts, key=lambda sign: counts[sign])
        if counts[mark] and counts[mark] >= len(first) - 1:
            shown = "\\t" if mark == "\t" else mark
            raise DataError(request.fault("E215", mark=shown, written=f'"{shown}"'))
    return clean_names(first)


def _ragged(path: Path, request: ReadRequest, decoding: Decoding, width: int) -> Fault:
    """The fault of rows that are longer or shorter than the header, with their lines."""
    with _rows(path, request, decoding) as rows:
        wrong = [(rows.line_num, len(row)) for row in rows if row and len(row) != width]  # type: ignore[attr-defined]
    places = ", ".join(f"line {line} has {cells}" for line, cells in wrong[:3])
    more = ", …" if len(wrong) > 3 else ""
    return request.fault("E214", width=width, count=len(wrong), places=places + more)


def _quoting_fault(path: Path, request: ReadRequest, decoding: Decoding, problem: str) -> Fault:
    """The fault of a quote that does not close or stands inside a cell, with the line of the row's start."""
    line = 1
    try:
        with path.open(encoding=decoding.codec, newline="") as stream:
            rows = csv.reader(stream, delimiter=_delimiter(request), strict=True)
            for _ in rows:
                line = rows.line_num + 1
    except (csv.Error, UnicodeError):
        pass
    kind = "E219" if re.search("field larger|unexpected end", problem) else "E237"
    return request.fault(kind, line=line)


READER = Reader(
    summary="Delimited text, comma by default",
    suffixes=(".csv", ".tsv", ".tab", ".txt"),
    read=read,
    header=header,
    keywords=("csv",),
    blocks=read_blocks,
)
