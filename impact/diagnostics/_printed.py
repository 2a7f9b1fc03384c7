"""Numbers as they were printed: the value, the digits, the stars."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from impact.schema.published import NOT_AVAILABLE

_STARS = re.compile(r"\*+$")


@dataclass(frozen=True, slots=True)
class Printed:
    """A number as printed.

    Arguments:
        text: as written. value: None for n/a, and for a bare sign. sign: −1, 0 or 1, None for n/a.
        half_unit: half a unit of the last printed digit. stars: number of stars behind it.
    """

    text: str
    value: float | None
    sign: int | None
    half_unit: float
    stars: int = 0

    @property
    def is_available(self) -> bool:
        """Whether anything was printed."""
        return self.sign is not None


def read_printed(value: object, written: str | None = None) -> Printed:
    """The printed form of a value of the spec.

    Arguments:
        value: number, text or None as validated. written: what the user typed, where it is known.

    Raises:
        ValueError: for a text that is neither a number, a sign nor n/a.
    """
    text = _text(value) if written is None else written.strip().strip("\"'")
    if value is None or text.casefold() in NOT_AVAILABLE or text.casefold() == "null":
        return Printed("n/a", None, None, 0.0)
    found = _STARS.search(text)
    stars = len(found.group()) if found else 0
    plain = _STARS.sub("", text).strip().strip("()[]").replace("−", "-").replace(",", "").replace("_", "")
    if plain in {"+", "-"}:
        return Printed(text, None, 1 if plain == "+" else -1, 0.0, stars)
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise ValueError(text) from None
    if not number.is_finite():
        raise ValueError(text)
    exponent = number.as_tuple().exponent
    unit = 10.0 ** int(exponent) if isinstance(exponent, int) and exponent < 0 else 1.0
    return Printed(text, float(number), (number > 0) - (number < 0), unit / 2, stars)


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)
