"""Values of expressions: numbers and conditions float64 with NaN, texts objects with None, dates with NaT.

A value is an array with one entry a row, or a scalar that is the same in all rows; ``None`` is ``missing``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Value = Array | float | str | np.datetime64 | None
LARGEST_WHOLE = 2**53


def as_column(values: Any) -> Array:
    """A column as expressions see it: float64, object (text with None) or datetime64[D].

    Raises:
        OverflowError: whole numbers beyond 2^53, which a float cannot hold exactly.
        TypeError: other kinds of data.
    """
    array = np.asarray(values)
    if array.dtype.kind == "f":
        return array.astype(np.float64, copy=False)
    if array.dtype.kind in "iub":
        whole = array.dtype.kind != "b" and array.dtype.itemsize == 8 and array.size > 0
        if whole and (array.max() > LARGEST_WHOLE or array.min() < -LARGEST_WHOLE):
            raise OverflowError
        return array.astype(np.float64)
    if array.dtype.kind == "M":
        return array.astype("datetime64[D]")
    if array.dtype.kind in "UO":
        return _text_column(array.astype(object))
    raise TypeError(str(array.dtype))


def _text_column(array: Array) -> Array:
    different = np.asarray(array != array)
    if different.any():
        array = array.copy()
        array[different] = None
    return array


def kind_of_value(value: Value) -> str:
    """number, text, date or missing."""
    if value is None:
        return "missing"
    if isinstance(value, np.ndarray):
        return {"f": "number", "O": "text", "M": "date"}[value.dtype.kind]
    if isinstance(value, str):
        return "text"
    return "date" if isinstance(value, np.datetime64) else "number"


def is_scalar(value: Value) -> bool:
    """Whether a value is the same in all rows."""
    return not isinstance(value, np.ndarray)


def missing_in(value: Value) -> Array:
    """Where a value is missing; of no dimension for scalars."""
    kind = kind_of_value(value)
    if kind == "number":
        return np.asarray(np.isnan(value))  # type: ignore[arg-type]
    if kind == "date":
        return np.asarray(np.isnat(value))  # type: ignore[arg-type]
    return np.asarray(value == None if isinstance(value, np.ndarray) else value is None)  # noqa: E711


def blank(kind: str, rows: int) -> Array:
    """A column of missing values of a kind."""
    if kind == "text":
        return np.full(rows, None, dtype=object)
    if kind == "date":
        return np.full(rows, np.datetime64("NaT"), dtype="datetime64[D]")
    return np.full(rows, np.nan)


def spread(value: Value, rows: int, kind: str = "") -> Array:
    """A value with one entry a row; the literal ``missing`` takes the kind given."""
    if isinstance(value, np.ndarray):
        return value
    out = blank(kind if value is None else kind_of_value(value), rows)
    if value is not None:
        out[:] = value
    return out


def reduced(array: Array) -> Value:
    """A result of no dimension as a scalar, others as they are."""
    if array.ndim:
        return array
    return array[()] if array.dtype.kind == "M" else float(array) if array.dtype.kind == "f" else array.item()


def map_texts(value: Value, function: Callable[[Any], Any], *, kind: str = "text") -> Value:
    """A function of each value, missing where the value is; it is called once for each different value.

    Arguments:
        value: text, or anything hashable.
        function: gives a text, number or date, or None for missing.
        kind: what it gives.
    """
    if not isinstance(value, np.ndarray):
        found = None if value is None else function(value)
        missing: Value = blank(kind, 1)[0]
        return missing if found is None else found
    known: dict[Any, Any] = {None: None}
    listed = value.tolist()
    for entry in listed:
        if entry not in known:
            known[entry] = function(entry)
    out = blank(kind, len(listed))
    results = [known[entry] for entry in listed]
    if kind == "text":
        out[:] = results
    elif kind == "date":
        gone = np.datetime64("NaT", "D")
        out[:] = np.array([gone if found is None else found for found in results], "datetime64[D]")
    else:
        out[:] = np.array([np.nan if found is None else found for found in results], np.float64)
    return out


def codes_of(value: Array) -> tuple[NDArray[np.int64], int]:
    """Whole codes from 0 for the different values of a column, -1 where missing, and their number."""
    gone = missing_in(value)
    codes = np.full(len(value), -1, dtype=np.int64)
    if value.dtype.kind == "O":
        known: dict[Any, int] = {}
        listed = value.tolist()
        codes[:] = [-1 if entry is None else known.setdefault(entry, len(known)) for entry in listed]
        return codes, len(known)
    present = value[~gone]
    if value.dtype.kind == "M":
        present = present.astype(np.int64)
    if not present.size:
        return codes, 0
    low, high = present.min(), present.max()
    if high - low <= 4 * present.size + 1000 and np.array_equal(present, np.floor(present)):
        offsets = (present - low).astype(np.int64)
        used = np.bincount(offsets) > 0
        codes[~gone] = (np.cumsum(used) - 1)[offsets]
        return codes, int(used.sum())
    levels, inverse = np.unique(present, return_inverse=True)
    codes[~gone] = inverse
    return codes, len(levels)


def combined_codes(columns: list[Array]) -> tuple[NDArray[np.int64], int]:
    """Codes of the combinations of several columns; -1 where any is missing."""
    codes, count = codes_of(columns[0])
    for column in columns[1:]:
        more, levels = codes_of(column)
        gone = (codes < 0) | (more < 0)
        joined = codes * max(levels, 1) + more
        codes = np.full(len(codes), -1, dtype=np.int64)
        levels_found, inverse = np.unique(joined[~gone], return_inverse=True)
        codes[~gone] = inverse
        count = len(levels_found)
    return codes, count
