"""Columns of the frame: float64 (NaN missing), object of str (None missing) or datetime64[D] (NaT missing).

The type of a column is decided by all of its values, never by the first ones; ``types:`` of the spec wins.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError, Fault
from impact.data.missing import suspected_code, text_codes, without_codes
from impact.data.numbers import LARGEST_WHOLE, NumberStyle, Written, read_number
from impact.data.request import ReadRequest, Typed

Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]
Dates = npt.NDArray[np.datetime64]

_TRUE, _FALSE = ("true", "TRUE", "True"), ("false", "FALSE", "False")
_LOGICAL = {**dict.fromkeys(_TRUE, 1.0), **dict.fromkeys(_FALSE, 0.0)}
_DATE_ORDERS = {"date": (0, 1, 2), "date_dmy": (2, 1, 0), "date_mdy": (2, 0, 1)}
_DATE_PARTS = re.compile(r"([0-9]{1,4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,4})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PARTIAL_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}")
_MOST_EXAMPLES = 3


def style_of(request: ReadRequest) -> NumberStyle:
    """The number marks that a block declares."""
    return NumberStyle(request.block.decimal, request.block.thousands)


def column_of_texts(name: str, texts: Sequence[str], request: ReadRequest) -> Typed:
    """A column from written values; '' and declared codes are missing.

    Raises:
        DataError: E210 words in a column of numbers, E224 numbers beyond 2^53, E230 not a date.
    """
    codes = text_codes(request.block.missing_codes(name))
    counts = Counter(texts)
    absent = {text for text in counts if not text.strip() or text.strip() in codes}
    present = [text for text in counts if text not in absent]
    declared = request.block.types.get(name)
    if declared in _DATE_ORDERS:
        return _dates(name, texts, present, request)
    if declared in ("text", "labels"):
        return Typed(_as_text(texts, absent))
    if declared == "logical":
        return _logicals(name, texts, present, request)
    style = style_of(request)
    written = {text: read_number(text, style) for text in present}
    if declared in ("number", "integer"):
        return _declared_numbers(name, texts, written, request)
    return _detected(name, texts, counts, written, request)


def column_of_kept_texts(name: str, texts: Sequence[str], request: ReadRequest) -> Typed:
    """Texts of a typed file stay texts, unless the spec says what they are; '' and declared codes are missing.

    Raises:
        DataError: as ``column_of_texts`` where a type is declared.
    """
    if name in request.block.types:
        return column_of_texts(name, texts, request)
    missing = frozenset(map(str, request.block.missing_codes(name))) | {""}
    values = np.empty(len(texts), dtype=object)
    values[:] = [None if text in missing else text for text in texts]
    return Typed(values)


def _detected(
    name: str, texts: Sequence[str], counts: Counter[str], written: dict[str, Written], request: ReadRequest
) -> Typed:
    kinds = Counter({"number": 0, "code": 0, "long": 0, "other": 0})
    for text, found in written.items():
        kinds[found.kind] += counts[text]
    absent = {text for text in counts if text not in written}
    if not kinds["other"]:
        if kinds["code"]:
            return _kept_as_text(name, texts, absent, request, "W436", _first(written, "code"))
        if kinds["long"]:
            return _kept_as_text(name, texts, absent, request, "W438", _first(written, "long"))
        return _numbers(name, texts, written, request)
    if all(text.strip() in _LOGICAL for text in written):
        return _logicals(name, texts, list(written), request)
    if all(_ISO.fullmatch(text.strip()) for text in written):
        return _dates(name, texts, list(written), request)
    if all(_PARTIAL_DATE.fullmatch(text.strip()) for text in written):
        return Typed(_as_text(texts, absent))
    numeric = kinds["number"] + kinds["long"]
    if numeric >= kinds["other"] and not kinds["code"]:
        raise DataError(_not_numbers(name, texts, written, request))
    notices = (request.notice("W437", column=name, numbers=numeric, words=kinds["other"]),) if numeric else ()
    return Typed(_as_text(texts, absent), notices)


def _first(written: dict[str, Written], kind: str) -> str:
    return next(text for text, found in written.items() if found.kind == kind)


def _kept_as_text(
    name: str, texts: Sequence[str], absent: set[str], request: ReadRequest, code: str, example: str
) -> Typed:
    return Typed(_as_text(texts, absent), (request.notice(code, column=name, example=example.strip()),))


def _not_numbers(name: str, texts: Sequence[str], written: dict[str, Written], request: ReadRequest) -> Fault:
    bad = {text for text, found in written.items() if found.kind == "other"}
    return _bad_values("E210", name, texts, bad, request)


def _bad_values(code: str, name: str, texts: Sequence[str], bad: set[str], request: ReadRequest) -> Fault:
    rows = [row for row, text in enumerate(texts) if text in bad]
    shown: dict[str, int] = {}
    for row in rows:
        shown.setdefault(texts[row], row + 1)
        if len(shown) == _MOST_EXAMPLES:
            break
    examples = ", ".join(f"'{_printable(text)}' (row {row})" for text, row in shown.items())
    more = ", …" if len(bad) > len(shown) else ""
    words = ", ".join(f'"{_printable(text.strip())}"' for text in shown)
    return request.fault(
        code,
        key=f"types.{name}",
        column=name,
        count=len(rows),
        rows=len(texts),
        examples=examples + more,
        words=words,
    )


def _printable(text: str, most: int = 30) -> str:
    plain = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text)
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def _as_text(texts: Sequence[str], absent: set[str]) -> Objects:
    values = np.empty(len(texts), dtype=object)
    values[:] = [None if text in absent else text for text in texts] if absent else list(texts)
    return values


def _numbers(name: str, texts: Sequence[str], written: dict[str, Written], request: ReadRequest) -> Typed:
    table = {text: found.value for text, found in written.items()}
    nan = float("nan")
    return column_of_numbers(name, np.array([table.get(text, nan) for text in texts], dtype=float), request)


def _declared_numbers(
    name: str, texts: Sequence[str], written: dict[str, Written], request: ReadRequest
) -> Typed:
    if any(found.kind == "other" for found in written.values()):
        raise DataError(_not_numbers(name, texts, written, request))
    if any(found.kind == "long" for found in written.values()):
        raise DataError(
            request.fault("E224", key=f"types.{name}", column=name, example=_first(written, "long"))
        )
    return _numbers(name, texts, written, request)


def _logicals(name: str, texts: Sequence[str], present: Iterable[str], request: ReadRequest) -> Typed:
    table = {text: _LOGICAL.get(text.strip(), {"0": 0.0, "1": 1.0}.get(text.strip())) for text in present}
    bad = {text for text, value in table.items() if value is None}
    if bad:
        raise DataError(_bad_values("E234", name, texts, bad, request))
    nan = float("nan")
    return Typed(np.array([table.get(text, nan) for text in texts], dtype=float))


def _dates(name: str, texts: Sequence[str], present: Iterable[str], request: ReadRequest) -> Typed:
    order = _DATE_ORDERS[request.block.types.get(name, "date")]
    table = {text: _date(text.strip(), order) for text in present}
    bad = {text for text, value in table.items() if value is None}
    if bad:
        raise DataError(_bad_values("E230", name, texts, bad, request))
    return Typed(np.array([table.get(text) for text in texts], dtype="datetime64[D]"))


def _date(text: str, order: tuple[int, int, int]) -> datetime.date | None:
    parts = _DATE_PARTS.fullmatch(text)
    if parts is None or len(parts[order[0] + 1]) != 4:
        return None
    year, month, day = (int(parts[position + 1]) for position in order)
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def column_of_numbers(name: str, values: Floats, request: ReadRequest) -> Typed:
    """A column of numbers: declared codes and infinities become missing, suspected codes are told.

    Raises:
        DataError: E230 when a date is declared, E235 when whole numbers are declared and there are fractions.
    """
    declared = request.block.types.get(name)
    if declared in ("text", "labels"):
        return Typed(texts_of_numbers(without_codes(values, request.block.missing_codes(name))))
    if declared in _DATE_ORDERS:
        return column_of_texts(name, [text or "" for text in texts_of_numbers(values)], request)
    clean = without_codes(np.ascontiguousarray(values, dtype=np.float64), request.block.missing_codes(name))
    infinite = np.isinf(clean)
    notices = []
    if infinite.any():
        clean = np.where(infinite, np.nan, clean)
        notices.append(request.notice("W435", column=name, count=int(infinite.sum())))
    if declared == "integer" and not np.all(np.isnan(clean) | (clean == np.floor(clean))):
        row = int(np.flatnonzero(clean != np.floor(clean))[0])
        raise DataError(
            request.fault("E235", key=f"types.{name}", column=name, value=clean[row], row=row + 1)
        )
    if declared == "logical" and not np.all(np.isnan(clean) | np.isin(clean, (0.0, 1.0))):
        return column_of_texts(name, [text or "" for text in texts_of_numbers(clean)], request)
    suspect = suspected_code(clean)
    if suspect is not None:
        value, count = suspect
        notices.append(request.notice("W446", column=name, value=f"{value:.0f}", count=count))
    return Typed(clean, tuple(notices))


def column_of_integers(name: str, values: npt.NDArray[Any], missing: Any, request: ReadRequest) -> Typed:
    """A column of whole numbers (n,) with a mask (n,) of missing ones or None.

    Raises:
        DataError: E224 numbers beyond 2^53, unless text is declared.
    """
    if request.block.types.get(name) == "text":
        texts = [
            "" if missing is not None and missing[row] else str(value) for row, value in enumerate(values)
        ]
        return column_of_texts(name, texts, request)
    known = values if missing is None else values[~missing]
    if known.size and max(abs(int(known.max())), abs(int(known.min()))) > LARGEST_WHOLE:
        big = next(value for value in known if abs(int(value)) > LARGEST_WHOLE)
        raise DataError(request.fault("E224", key=f"types.{name}", column=name, example=int(big)))
    floats = values.astype(np.float64)
    if missing is not None:
        floats[missing] = np.nan
    return column_of_numbers(name, floats, request)


def column_of_dates(name: str, values: npt.NDArray[Any], request: ReadRequest) -> Typed:
    """A column of dates, to the day; times of day are told."""
    days = values.astype("datetime64[D]")
    if request.block.types.get(name) == "text":
        return Typed(np.array([None if np.isnat(day) else str(day) for day in days], dtype=object))
    known = ~np.isnat(values)
    timed = int((days[known].astype(values.dtype) != values[known]).sum())
    return Typed(days, (request.notice("W442", column=name, count=timed),) if timed else ())


def column_of_objects(name: str, values: Sequence[object], request: ReadRequest) -> Typed:
    """A column of mixed cells, as a workbook has them: numbers, dates, true/false and texts."""
    present = [value for value in values if value is not None and value != ""]
    if present and all(isinstance(value, (datetime.date, datetime.datetime)) for value in present):
        stamps = [value if value is not None and value != "" else None for value in values]
        return column_of_dates(name, np.array(stamps, dtype="datetime64[us]"), request)
    if all(isinstance(value, (int, float)) for value in present):
        floats = np.array([float("nan") if v is None or v == "" else float(v) for v in values])  # type: ignore[arg-type]
        return column_of_numbers(name, floats, request)
    return column_of_texts(name, [_cell_text(value) for value in values], request)


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_WHOLE:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat()
    return str(value)


def texts_of_numbers(values: Floats) -> Objects:
    """Numbers as text: whole ones without a decimal point, missing as None."""
    texts = np.empty(len(values), dtype=object)
    texts[:] = [
        None if np.isnan(value) else str(int(value)) if value.is_integer() else repr(value)
        for value in values.tolist()
    ]
    return texts
