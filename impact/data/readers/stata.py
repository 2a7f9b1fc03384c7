"""Stata files (.dta): values as codes, variable labels kept, tagged missing values counted."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from impact.core.errors import DataError, Notice
from impact.core.frames import Frame
from impact.core.registered import Reader
from impact.data.readers._coded_columns import codes_of, foreign_header, read_foreign, typed_series
from impact.data.request import ReadRequest, build_frame, choose_columns, clean_names

_NAME_SIZES = {b"117": 33, b"118": 129, b"119": 129}
_OLD_NAME_SIZES = {113: 33, 114: 33, 115: 33}
_HEAD = 1 << 20


class _OldVersion(Exception):
    """The frame library does not know this version of the format."""


def header(path: Path, request: ReadRequest) -> tuple[str, ...]:
    """Variable names, from the head of the file; very old versions are left to the frame library."""
    with path.open("rb") as stream:
        start = stream.read(_HEAD)
    names = _new_names(start) if start.startswith(b"<stata_dta>") else _old_names(start)
    if names is None:
        try:
            with _reader(path, request) as reader:
                names = tuple(reader.variable_labels())
        except _OldVersion:
            names = foreign_header(path, request, "read_dta", "Stata")
    return clean_names(names)


def _new_names(start: bytes) -> tuple[str, ...] | None:
    """Names of versions 117 to 119: fixed-length fields between tags."""
    release = re.search(rb"<release>(\d+)</release>", start)
    found = re.search(rb"<varnames>(.*?)</varnames>", start, re.DOTALL)
    if release is None or found is None or release[1] not in _NAME_SIZES:
        return None
    return _fields(found[1], _NAME_SIZES[release[1]], "latin-1" if release[1] == b"117" else "utf-8")


def _old_names(start: bytes) -> tuple[str, ...] | None:
    """Names of versions 113 to 115: a header of 109 bytes, one type byte a variable, then the names."""
    size = _OLD_NAME_SIZES.get(start[0]) if start else None
    if size is None or len(start) < 109:
        return None
    count = int.from_bytes(start[4:6], "big" if start[1] == 1 else "little")
    first = 109 + count
    field = start[first : first + count * size]
    return _fields(field, size, "latin-1") if len(field) == count * size else None


def _fields(content: bytes, size: int, encoding: str) -> tuple[str, ...]:
    pieces = (content[i : i + size].split(b"\0")[0] for i in range(0, len(content), size))
    return tuple(piece.decode(encoding, "replace") for piece in pieces)


def read(path: Path, request: ReadRequest) -> Frame:
    """The file's columns; versions that the frame library does not know through another one.

    Raises:
        DataError: E208 a version that no library here reads, E212 no rows, E218 damaged, and the faults of the columns.
    """
    try:
        return _read(path, request)
    except _OldVersion:
        return read_foreign(path, request, "read_dta", "Stata")


def _read(path: Path, request: ReadRequest) -> Frame:
    with _reader(path, request) as reader:
        # the order of the labels is that of the variables
        labels = reader.variable_labels()
        names = clean_names(labels)
        choice = choose_columns(names, request)
        written = dict(zip(names, labels, strict=True))
        wanted = [written[name] for name in choice.positions]
        # before the columns are chosen: the library keeps the sets of the chosen ones only, by position
        label_sets = _label_sets(reader)
        table = _table(reader, wanted, request)
        value_labels = reader.value_labels()
    if len(table) == 0:
        raise DataError(request.fault("E212"))
    tagged = _tagged(path, [name for name in choice.positions if table[written[name]].dtype.kind == "f"
                            and table[written[name]].isna().any()], written, request)  # fmt: skip
    makers = {
        name: partial(
            typed_series,
            name,
            table[written[name]],
            value_labels.get(label_sets.get(written[name], ""), {}),
            request,
        )
        for name in choice.positions
    }
    return build_frame(
        makers,
        request,
        n_rows=len(table),
        labels={name: labels[written[name]] for name in choice.positions},
        value_labels={
            name: codes_of(value_labels.get(label_sets.get(written[name], ""), {}))
            for name in choice.positions
        },
        notices=(*choice.notices, *tagged),
    )


@contextmanager
def _reader(path: Path, request: ReadRequest) -> Iterator[Any]:
    # imported here: half a second that only specs with Stata data should pay
    from pandas.io.stata import StataReader

    with ExitStack() as stack:
        try:
            reader = stack.enter_context(
                StataReader(path, convert_categoricals=False, convert_dates=True, preserve_dtypes=True)
            )
            reader.variable_labels()
        except ValueError as error:
            if "ersion" in str(error):
                raise _OldVersion from None
            raise DataError(request.fault("E218", reason=_reason(error))) from None
        except Exception as error:
            raise DataError(request.fault("E218", reason=_reason(error))) from None
        yield reader


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]


def _table(reader: Any, wanted: list[str], request: ReadRequest) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnicodeWarning)
            table: Any = reader.read(columns=wanted)
    except MemoryError:
        raise
    except Exception as error:
        raise DataError(request.fault("E218", reason=_reason(error))) from None
    return table


def _label_sets(reader: Any) -> dict[str, str]:
    """Variable → name of its set of value labels."""
    names = getattr(reader, "_varlist", None) or list(reader.variable_labels())
    return dict(zip(names, getattr(reader, "_lbllist", ()), strict=False))


def _tagged(
    path: Path, names: list[str], written: Mapping[str, str], request: ReadRequest
) -> tuple[Notice, ...]:
    """Counts of .a to .z: read again, only the columns that have missing values."""
    if not names:
        return ()
    import pandas as pd

    table = pd.read_stata(
        path,
        convert_categoricals=False,
        convert_dates=False,
        convert_missing=True,
        columns=[written[name] for name in names],
    )
    notices = []
    for name in names:
        tags = Counter(
            str(value)
            for value in table[written[name]].tolist()
            if not isinstance(value, (int, float)) and str(value) != "."
        )
        if tags:
            listed = ", ".join(f"{tag} {count}" for tag, count in sorted(tags.items()))
            notices.append(request.notice("W445", column=name, count=sum(tags.values()), tags=listed))
    return tuple(notices)


READER = Reader(
    summary="a Stata file",
    suffixes=(".dta",),
    read=read,
    header=header,
    keywords=("stata", "dta"),
)
