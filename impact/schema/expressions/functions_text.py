"""Functions of texts and dates. Texts are searched plainly, never by patterns; results have a limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

from impact.core.errors import DataError
from impact.schema.expressions import tree
from impact.schema.expressions.check import wrong_kind
from impact.schema.expressions.context import Use
from impact.schema.expressions.functions_row import Function
from impact.schema.expressions.values import (
    LARGEST_WHOLE,
    Value,
    blank,
    is_scalar,
    kind_of_value,
    map_texts,
    missing_in,
    reduced,
    spread,
)

LONGEST_RESULT = 10_000
LONGEST_PAD = 1_000
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _mapped(function: Callable[[str], str]) -> Function:
    return lambda use: map_texts(use.values[0], function)


def _tested(test: Callable[[str, str], bool]) -> Function:
    def apply(use: Use) -> Value:
        piece = use.literal(1)
        return map_texts(use.values[0], lambda value: float(test(value, piece)), kind="number")

    return apply


def _replace(use: Use) -> Value:
    old, new = use.literal(1), use.literal(2)
    if not old:
        raise use.problem("empty", 1)

    def replaced(value: str) -> str:
        longer = value.count(old) * (len(new) - len(old))
        _limit(use, len(value) + longer)
        return value.replace(old, new)

    return map_texts(use.values[0], replaced)


def _limit(use: Use, length: int) -> None:
    if length > LONGEST_RESULT:
        raise use.scope.error("E417", use.call, {"name": use.call.function, "most": f"{LONGEST_RESULT:,}"})


def _substr(use: Use) -> Value:
    first = use.whole(1, "position", 1, LONGEST_RESULT) - 1
    length = use.whole(2, "length", 0, LONGEST_RESULT)
    return map_texts(use.values[0], lambda value: value[first : first + length])


def _lpad(use: Use) -> Value:
    width, fill = use.whole(1, "length", 0, LONGEST_PAD), use.literal(2)
    if len(fill) != 1:
        raise use.problem("fill", 2)
    return map_texts(use.values[0], lambda value: value.rjust(width, fill))


def _to_number(use: Use) -> Value:
    value = use.values[0]
    if kind_of_value(value) in ("number", "missing"):
        return value
    if kind_of_value(value) == "date":
        raise DataError(wrong_kind(use.scope.expression, use.call.arguments[0], ("number", "text", "date")))
    out = map_texts(value, _parsed_number, kind="number")
    use.unconverted("number", value, np.asarray(missing_in(out) & ~missing_in(value)))
    return out


def _parsed_number(value: str) -> float | None:
    stripped = value.strip()
    if len(stripped) > 400 or not _NUMBER.fullmatch(stripped):
        return None
    number = float(stripped)
    digits = stripped.lstrip("+-")
    exact = not digits.isdigit() or int(digits) <= LARGEST_WHOLE
    return number if exact and np.isfinite(number) else None


def to_text(use: Use) -> Value:
    """The first argument as text: numbers without a decimal point where they are whole, dates as YYYY-MM-DD."""
    value = use.values[0]
    kind = kind_of_value(value)
    if kind in ("text", "missing"):
        return value
    if kind == "date":
        return map_texts(value if is_scalar(value) else np.asarray(value).astype(object), str)
    if is_scalar(value):
        number = float(value)  # type: ignore[arg-type]
        return None if np.isnan(number) else _spelled(number)
    levels, inverse = np.unique(np.asarray(value), return_inverse=True)
    spelled = np.array(
        [None if np.isnan(level) else _spelled(float(level)) for level in levels], dtype=object
    )
    return spelled[inverse]


def _spelled(number: float) -> str:
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def _to_date(use: Use) -> Value:
    value = use.values[0]
    out = map_texts(value, _parsed_date, kind="date")
    bad = np.asarray(missing_in(out) & ~missing_in(value))
    if bad.any() and isinstance(use.call.arguments[0], tree.Text):
        raise use.problem("date", values={"value": str(value)[:20]})
    use.unconverted("date", value, bad)
    return out


def _parsed_date(value: str) -> np.datetime64 | None:
    stripped = value.strip()
    if not _DATE.fullmatch(stripped):
        return None
    try:
        return np.datetime64(stripped, "D")
    except ValueError:
        return None


def _of_date(function: Callable[[np.ndarray], np.ndarray]) -> Function:
    def apply(use: Use) -> Value:
        dates = np.asarray(np.datetime64("NaT", "D") if use.values[0] is None else use.values[0])
        gone = np.isnat(dates)
        known = np.where(gone, np.datetime64("1970-01-01", "D"), dates)
        return reduced(np.asarray(np.where(gone, np.nan, function(known))))

    return apply


def _year(dates: np.ndarray) -> np.ndarray:
    return np.asarray(dates.astype("datetime64[Y]").astype(np.int64) + 1970, dtype=np.float64)


def _month(dates: np.ndarray) -> np.ndarray:
    return np.asarray(dates.astype("datetime64[M]").astype(np.int64) % 12 + 1, dtype=np.float64)


def _quarter(dates: np.ndarray) -> np.ndarray:
    return np.asarray((_month(dates) - 1) // 3 + 1)


def _week(dates: np.ndarray) -> np.ndarray:
    days = dates.astype(np.int64)
    thursday = (days - (days + 3) % 7 + 3).astype("datetime64[D]")  # day 0 is a Thursday
    first = thursday.astype("datetime64[Y]").astype("datetime64[D]")
    return np.asarray((thursday - first).astype(np.int64) // 7 + 1, dtype=np.float64)


def _ym(use: Use) -> Value:
    years, months = (spread(value, use.rows) for value in use.values)
    known = ~(np.isnan(years) | np.isnan(months))
    with np.errstate(invalid="ignore"):
        whole = (years == np.floor(years)) & (months == np.floor(months))
        good = known & whole & (years >= 1) & (years <= 9999) & (months >= 1) & (months <= 12)
    use.unconverted("month", months, known & ~good)
    out = blank("date", use.rows)
    number = (years[good] - 1970) * 12 + months[good] - 1
    out[good] = number.astype(np.int64).astype("datetime64[M]").astype("datetime64[D]")
    return out


def _days_between(use: Use) -> Value:
    first, second = (np.datetime64("NaT", "D") if value is None else value for value in use.values)
    apart = np.asarray(np.asarray(second) - np.asarray(first))
    gone = np.isnat(apart)
    return reduced(np.asarray(np.where(gone, np.nan, apart.astype(np.int64))))


TEXT_FUNCTIONS: Mapping[str, Function] = {
    "upper": _mapped(str.upper),
    "lower": _mapped(str.lower),
    "strip": _mapped(str.strip),
    "startswith": _tested(str.startswith),
    "endswith": _tested(str.endswith),
    "contains": _tested(str.__contains__),
    "replace": _replace,
    "substr": _substr,
    "lpad": _lpad,
    "number": _to_number,
    "text": to_text,
    "date": _to_date,
    "year": _of_date(_year),
    "month": _of_date(_month),
    "quarter": _of_date(_quarter),
    "week": _of_date(_week),
    "ym": _ym,
    "days_between": _days_between,
}
