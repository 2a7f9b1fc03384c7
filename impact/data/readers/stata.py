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

import numpy as np

from impact.core.errors import DataError, Notice
from impact.core.frames import Frame
from impact.core.registered import Reader
from impact.data.columns import column_of_dates, column_of_integers, column_of_numbers, column_of_texts
from impact.data.request import ReadRequest, Typed, build_frame, choose_columns, clean_names

_NAME_SIZES = {b"117": 33, b"118": 129, b"119": 129}
_OLD_NAME_SIZES = {113: 33, 114: 33, 115: 33}
_HEAD = 1 << 20


def header(path: Path, request: ReadRequest) -> tuple[str, ...]:
    """Variable names, from the head of the file; very old versions are left to the frame library."""
    with path.open("rb") as stream:
        start = stream.read(_HEAD)
    names = _new_names(start) if start.startswith(b"<stata_dta>") else _old_names(start)
    if names is None:
        with _reader(path, request) as reader:
            names = tuple(reader.variable_labels())
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
    """The file's columns.

    Raises:
        DataError: E212 no rows, E218 damaged, and the faults of the columns.
    """
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
            _typed,
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
            name: _codes(value_labels.get(label_sets.get(written[name], ""), {})) for name in choice.positions
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


def _typed(name: str, column: Any, value_labels: Mapping[Any, str], request: ReadRequest) -> Typed:
    kind = column.dtype.kind
    if request.block.types.get(name) == "labels":
        return _labelled(name, column, value_labels, request)
    if kind == "M":
        return column_of_dates(name, column.to_numpy(), request)
    if kind in "iu":
        return column_of_integers(name, column.to_numpy(), None, request)
    if kind == "f":
        return column_of_numbers(name, column.to_numpy(dtype=np.float64), request)
    texts = ["" if value is None or isinstance(value, float) else str(value) for value in column.tolist()]
    if name in request.block.types:
        return column_of_texts(name, texts, request)
    missing = frozenset(map(str, request.block.missing_codes(name))) | {""}
    values = np.empty(len(texts), dtype=object)
    values[:] = [None if text in missing else text for text in texts]
    return Typed(values)


def _codes(value_labels: Mapping[Any, str]) -> dict[float, str]:
    """Codes with their labels."""
    return {
        float(code): str(label)
        for code, label in value_labels.items()
        if isinstance(code, (int, float, np.number))
    }


def _labelled(name: str, column: Any, value_labels: Mapping[Any, str], request: ReadRequest) -> Typed:
    if not value_labels or column.dtype.kind not in "iuf":
        raise DataError(request.fault("E246", key=f"types.{name}", column=name))
    numbers = column.to_numpy(dtype=np.float64).tolist()
    table = {float(code): label for code, label in value_labels.items()}
    values = np.empty(len(numbers), dtype=object)
    values[:] = [None if np.isnan(number) else table.get(number, f"{number:g}") for number in numbers]
    return Typed(values)


READER = Reader(
    summary="a Stata file",
    suffixes=(".dta",),
    read=read,
    header=header,
    keywords=("stata", "dta"),
)
