"""Keys of several columns as one integer code, the same code for the same values in one or two tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Keyed:
    """Codes (n,) in 0…count−1, −1 where a part of the key is missing."""

    codes: Codes
    count: int


def key_codes(columns: Sequence[Column]) -> Keyed:
    """One code for each combination of values that occurs; codes follow the sorted order of the values."""
    total = np.zeros(len(columns[0]), dtype=np.int64)
    absent = np.zeros(len(columns[0]), dtype=bool)
    count = 1
    for column in columns:
        codes, levels = _codes(column)
        absent |= codes < 0
        total = total * (levels + 1) + np.maximum(codes, 0)
        # kept dense after each column, so that the product cannot overflow
        found, total = np.unique(total, return_inverse=True)
        count = len(found)
    codes = np.where(absent, -1, total)
    present, dense = np.unique(codes, return_inverse=True)
    shift = 1 if len(present) and present[0] < 0 else 0
    return Keyed((dense - shift).astype(np.int64), len(present) - shift if count else 0)


def _codes(column: Column) -> tuple[Codes, int]:
    if column.dtype == object:
        values = column.tolist()
        levels = {value: code for code, value in enumerate(sorted({v for v in values if v is not None}))}
        levels_or_missing = {**levels, None: -1}
        return np.array([levels_or_missing[value] for value in values], dtype=np.int64), len(levels)
    missing = np.isnan(column) if column.dtype.kind == "f" else np.isnat(column)
    found, inverse = np.unique(column[~missing], return_inverse=True)
    codes = np.full(len(column), -1, dtype=np.int64)
    codes[~missing] = inverse
    return codes, len(found)


def kind_of(column: Column) -> str:
    """``text``, ``number`` or ``date``."""
    return {"O": "text", "M": "date"}.get(column.dtype.kind, "number")


def missing_count(column: Column) -> int:
    """Number of missing values of a column."""
    if column.dtype == object:
        return sum(value is None for value in column.tolist())
    return int(np.count_nonzero(np.isnan(column) if column.dtype.kind == "f" else np.isnat(column)))


def show_value(value: object) -> str:
    """A value as a user writes it: whole numbers without a decimal point, texts as they are."""
    if value is None:
        return "missing"
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if np.isnan(number):
            return "missing"
        return str(int(number)) if number.is_integer() else repr(number)
    return str(value)


def show_key(columns: Sequence[Column], row: int) -> str:
    """The key of a row: its values, with / between."""
    return "/".join(show_value(column[row]) for column in columns)
