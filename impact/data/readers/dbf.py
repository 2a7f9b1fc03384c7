"""dBase files (.dbf): dBase III to 7 and FoxPro tables, their encoding from the file's own mark or `encoding:`."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.core.registered import Reader
from impact.data.columns import column_of_dates, column_of_kept_texts, column_of_numbers, column_of_texts
from impact.data.encodings import likelier
from impact.data.request import ReadRequest, Typed, build_frame, choose_columns, clean_names

# language driver → encoding; files of programs that write none are UTF-8 or say it in `encoding:`
_DRIVERS = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x04: "mac-roman", 0x57: "cp1252", 0x58: "cp1252", 0x59: "cp1252",
    0x64: "cp852", 0x65: "cp866", 0x66: "cp865", 0x78: "cp950", 0x79: "cp949", 0x7A: "cp936", 0x7B: "cp932",
    0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253",
    0x08: "cp865", 0x09: "cp437", 0x0A: "cp850", 0x0B: "cp437", 0x0D: "cp437", 0x0E: "cp850", 0x0F: "cp437",
    0x10: "cp850", 0x11: "cp437", 0x12: "cp850", 0x13: "cp932", 0x14: "cp850", 0x15: "cp437", 0x16: "cp850",
    0x17: "cp865", 0x18: "cp437", 0x19: "cp437", 0x1A: "cp850", 0x1B: "cp437", 0x1C: "cp863", 0x1D: "cp850",
}  # fmt: skip
_FIELD = 32
_END = 0x0D
_DELETED = ord("*")
_BINARY = {"I": "<i4", "+": "<i4", "O": "<f8", "B": "<f8", "Y": "<i8"}
_NO_COLUMN = {"M": "a memo in another file", "G": "an object", "P": "a picture", "T": "a time", "@": "a time"}


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class _Head:
    rows: int
    first: int
    width: int
    fields: tuple[_Field, ...]
    codec: str
    declared: bool


def header(path: Path, request: ReadRequest) -> tuple[str, ...]:
    """Column names, from the head of the file."""
    with path.open("rb") as stream:
        return clean_names(field.name for field in _head(stream.read(1 << 16), request).fields)


def read(path: Path, request: ReadRequest) -> Frame:
    """The file's columns; rows that are marked as deleted are left out and counted.

    Raises:
        DataError: E212 no rows, E216 another encoding, E218 damaged, E242 memos and pictures, and the faults of the
        columns.
    """
    content = path.read_bytes()
    head = _head(content, request)
    choice = choose_columns(clean_names(field.name for field in head.fields), request)
    body = content[head.first : head.first + head.rows * head.width]
    if len(body) < head.rows * head.width:
        raise DataError(request.fault("E218", reason=f"it says {head.rows} rows and ends before"))
    rows = np.frombuffer(body, dtype=np.uint8).reshape(head.rows, head.width)
    deleted = rows[:, 0] == _DELETED
    rows = rows[~deleted]
    if not len(rows):
        raise DataError(request.fault("E212"))
    fields = list(head.fields)
    makers: dict[str, Callable[[], Typed]] = {
        name: partial(_typed, name, rows, fields[position], head, request)
        for name, position in choice.positions.items()
    }
    gone = int(deleted.sum())
    notices = (request.notice("W479", count=gone),) if gone else ()
    return build_frame(makers, request, n_rows=len(rows), notices=(*choice.notices, *notices))


def _head(content: bytes, request: ReadRequest) -> _Head:
    """Version, counts and fields.

    Raises:
        DataError: E211 empty, E216 an unknown encoding, E218 no head of a dBase file.
    """
    if not content:
        raise DataError(request.fault("E211"))
    if len(content) < _FIELD + 1 or not is_dbf(content[:4]):
        raise DataError(request.fault("E218", reason="it does not begin like a dBase file"))
    rows, first, width = (
        int.from_bytes(content[start:stop], "little") for start, stop in ((4, 8), (8, 10), (10, 12))
    )
    codec, declared = _codec(content[29], request)
    fields, start, place = [], 1, _FIELD
    while place + _FIELD <= min(first, len(content)) and content[place] != _END:
        piece = content[place : place + _FIELD]
        name = piece[:11].split(b"\0")[0].decode(codec, "replace")
        field = _Field(name, chr(piece[11]), start, piece[16])
        fields.append(field)
        start += field.width
        place += _FIELD
    if not fields or start != width or first > len(content):
        raise DataError(request.fault("E218", reason="its fields do not fill its rows"))
    return _Head(rows, first, width, tuple(fields), codec, declared)


def is_dbf(start: bytes) -> bool:
    """Whether a file begins like dBase: a version, then the date of the last change (year, month, day)."""
    if len(start) < 4 or start[0] not in (0x02, 0x03, 0x30, 0x31, 0x32, 0x43, 0x83, 0x8B, 0x8C, 0xF5, 0xFB):
        return False
    return start[2] <= 12 and start[3] <= 31


def _codec(driver: int, request: ReadRequest) -> tuple[str, bool]:
    declared = request.block.encoding
    if declared is None:
        return _DRIVERS.get(driver, "utf-8"), driver in _DRIVERS
    try:
        return codecs.lookup(declared).name, True
    except LookupError:
        reason = f"no encoding is called '{declared}'"
        raise DataError(request.fault("E216", key="encoding", reason=reason, guess="latin-1")) from None


def _typed(name: str, rows: npt.NDArray[np.uint8], field: _Field, head: _Head, request: ReadRequest) -> Typed:
    if field.kind in _NO_COLUMN:
        raise DataError(request.fault("E242", key="columns", column=name, what=_NO_COLUMN[field.kind]))
    cells = np.ascontiguousarray(rows[:, field.start : field.start + field.width])
    if field.kind in _BINARY:
        numbers = cells.view(_BINARY[field.kind]).reshape(-1).astype(np.float64)
        return column_of_numbers(name, numbers / 1e4 if field.kind == "Y" else numbers, request)
    texts = _texts(cells, field, head, request)
    if field.kind in "NF":
        return column_of_texts(name, [text.strip() for text in texts], request)
    if field.kind == "D":
        return _dates(name, texts, request)
    if field.kind == "L":
        table = {"t": 1.0, "y": 1.0, "f": 0.0, "n": 0.0}
        values = np.array([table.get(text.strip().lower(), np.nan) for text in texts])
        return column_of_numbers(name, values, request)
    return column_of_kept_texts(name, texts, request)


def _texts(cells: Any, field: _Field, head: _Head, request: ReadRequest) -> list[str]:
    """Cells as texts without the blanks that fill them."""
    raw = cells.view(f"S{field.width}").reshape(-1).tolist() if field.width else [b""] * len(cells)
    table: dict[bytes, str] = {}
    for value in set(raw):
        try:
            table[value] = value.decode(head.codec).rstrip(" \0")
        except UnicodeError:
            row = raw.index(value) + 1
            reason = f"row {row} of '{field.name}' is not {head.codec}"
            guess = likelier(value)
            raise DataError(request.fault("E216", key="encoding", reason=reason, guess=guess)) from None
    return [table[value] for value in raw]


def _dates(name: str, texts: list[str], request: ReadRequest) -> Typed:
    days: list[Any] = []
    for text in texts:
        bare = text.strip().strip("0")
        written = text.strip()
        if not bare:
            days.append(np.datetime64("NaT", "D"))
            continue
        try:
            days.append(np.datetime64(f"{written[:4]}-{written[4:6]}-{written[6:8]}", "D"))
        except ValueError:
            raise DataError(
                request.fault("E218", reason=f"'{written}' in column '{name}' is no day")
            ) from None
    return column_of_dates(name, np.array(days, dtype="datetime64[D]"), request)


READER = Reader(
    summary="a dBase file",
    suffixes=(".dbf",),
    read=read,
    header=header,
    keywords=("dbf",),
)
