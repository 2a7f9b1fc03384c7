"""Columns of files with codes and their labels (Stata, SPSS), and the files that only pyreadstat reads."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from impact.core.errors import DataError, Notice
from impact.core.frames import Frame
from impact.core.texts import text
from impact.data.columns import (
    column_of_dates,
    column_of_integers,
    column_of_kept_texts,
    column_of_numbers,
)
from impact.data.request import ReadRequest, Typed, build_frame, choose_columns, clean_names

EXTRA = "formats"


def typed_series(name: str, column: Any, value_labels: Mapping[Any, str], request: ReadRequest) -> Typed:
    """A series of the frame library: codes, or their labels where `types:` says so.

    Raises:
        DataError: E246 no value labels, and the faults of the columns.
    """
    kind = column.dtype.kind
    if request.block.types.get(name) == "labels":
        return _labelled(name, column, value_labels, request)
    if kind == "M":
        return column_of_dates(name, column.to_numpy(), request)
    if kind in "iu":
        return column_of_integers(name, column.to_numpy(), None, request)
    if kind == "f":
        return column_of_numbers(name, column.to_numpy(dtype=np.float64), request)
    listed = column.tolist()
    known = [value for value in listed if value is not None and not isinstance(value, float)]
    if known and all(isinstance(value, datetime.date) for value in known):
        stamps = [None if value is None or isinstance(value, float) else value for value in listed]
        return column_of_dates(name, np.array(stamps, dtype="datetime64[us]"), request)
    texts = ["" if value is None or isinstance(value, float) else str(value) for value in listed]
    return column_of_kept_texts(name, texts, request)


def codes_of(value_labels: Mapping[Any, str]) -> dict[float, str]:
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


def foreign(request: ReadRequest, function: str, name: str) -> Any:
    """A reading function of pyreadstat.

    Raises:
        DataError: E208 it is not installed.
    """
    try:
        import pyreadstat
    except ImportError:
        suffix = "." + request.block.file.rpartition(".")[2].lower()
        reason = text("data.not_installed", package="pyreadstat")
        advice = text("data.install", extra=EXTRA)
        raise DataError(
            request.fault("E208", key="file", format=name, suffix=suffix, reason=reason, advice=advice)
        ) from None
    return getattr(pyreadstat, function)


def foreign_header(path: Path, request: ReadRequest, function: str, name: str) -> tuple[str, ...]:
    """Column names, from the head of a file."""
    _, meta = _asked(foreign(request, function, name), path, request, metadataonly=True)
    return clean_names(meta.column_names)


def _asked(function: Any, path: Path, request: ReadRequest, **more: Any) -> Any:
    if request.block.encoding is not None:
        more["encoding"] = request.block.encoding
    try:
        return function(str(path), **more)
    except MemoryError:
        raise
    except UnicodeDecodeError:
        raise DataError(
            request.fault("E216", key="encoding", reason="its texts are not UTF-8", guess="latin-1")
        ) from None
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        if "nicode" in reason or "encod" in reason.lower() or "iconv" in reason:
            raise DataError(request.fault("E216", key="encoding", reason=reason, guess="latin-1")) from None
        raise DataError(request.fault("E218", reason=reason)) from None


def read_foreign(path: Path, request: ReadRequest, function: str, name: str) -> Frame:
    """The columns of a file that pyreadstat reads; user-defined missing values are missing, and told.

    Raises:
        DataError: E208 pyreadstat is not installed, E212 no rows, E218 damaged, and the faults of the columns.
    """
    call = foreign(request, function, name)
    _, meta = _asked(call, path, request, metadataonly=True)
    names = clean_names(meta.column_names)
    choice = choose_columns(names, request)
    written = {one: meta.column_names[position] for one, position in choice.positions.items()}
    # a file without wanted columns is read for its number of rows
    usecols = list(written.values()) or [meta.column_names[0]]
    table, meta = _asked(call, path, request, usecols=usecols)
    if len(table) == 0:
        raise DataError(request.fault("E212"))
    labels = dict(zip(meta.column_names, meta.column_labels, strict=True))
    coded = meta.variable_value_labels
    makers = {
        one: partial(typed_series, one, table[own], coded.get(own, {}), request)
        for one, own in written.items()
    }
    return build_frame(
        makers,
        request,
        n_rows=len(table),
        labels={one: labels.get(own) or "" for one, own in written.items()},
        value_labels={one: codes_of(coded.get(own, {})) for one, own in written.items()},
        notices=(*choice.notices, *_user_missing(call, path, request, written, table)),
    )


def _user_missing(
    call: Any, path: Path, request: ReadRequest, written: Mapping[str, str], table: Any
) -> tuple[Notice, ...]:
    """W445 for codes that the file itself declares missing: read again as they are, and counted."""
    if call.__name__ != "read_sav":
        return ()
    _, meta = _asked(call, path, request, metadataonly=True, user_missing=True)
    names = {one: own for one, own in written.items() if own in (meta.missing_ranges or {})}
    if not names:
        return ()
    raw, _ = _asked(call, path, request, usecols=list(names.values()), user_missing=True)
    notices = []
    for one, own in names.items():
        hidden = table[own].isna() & ~raw[own].isna()
        counts = raw[own][hidden].value_counts().sort_index()
        if len(counts):
            tags = ", ".join(f"{value:g} {count}" if isinstance(value, float) else f"{value} {count}"
                             for value, count in counts.items())  # fmt: skip
            notices.append(request.notice("W445", column=one, count=int(hidden.sum()), tags=tags))
    return tuple(notices)
