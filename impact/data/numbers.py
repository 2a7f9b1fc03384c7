"""Texts to numbers: what is a number, a code with leading zeros, or a whole number too long for a float."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LARGEST_WHOLE = 2**53
_FOREIGN = re.compile(r"[^0-9eE+\-.\n]")
_ZERO_LED = re.compile(r"^[+-]?0[0-9]", re.MULTILINE)
_LONG = re.compile(r"^[+-]?[0-9]{16,}$", re.MULTILINE)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ZERO_LED_CODE = re.compile(r"[+-]?0[0-9]+")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_INFINITIES = {
    sign + word: (-math.inf if sign == "-" else math.inf)
    for sign in ("", "+", "-")
    for word in ("inf", "infinity")
}


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """Marks of written numbers."""

    decimal: str = "."
    thousands: str | None = None

    @property
    def plain(self) -> bool:
        """Whether numbers are written with a point and without thousands marks."""
        return self.decimal == "." and self.thousands is None


@dataclass(frozen=True, slots=True)
class Written:
    """What a text says: ``kind`` is number, code (leading zeros), long (beyond 2^53) or other."""

    kind: str
    value: float = math.nan


def fast_numbers(texts: Sequence[str]) -> Floats | None:
    """The numbers of texts that are all plain numbers or empty (NaN); None if any needs a closer look.

    A look at the joined text finds leading zeros, long whole numbers, words and underscores at the speed of
    a scan.
    """
    joined = "\n".join(texts)
    if _FOREIGN.search(joined) or _ZERO_LED.search(joined) or _LONG.search(joined):
        return None
    try:
        if "" in texts:
            values = np.array([float(text or "nan") for text in texts])
        else:
            values = np.array(list(map(float, texts)))
    except ValueError:
        return None
    return None if np.isinf(values).any() else values


def read_number(text: str, style: NumberStyle) -> Written:
    """What one text says."""
    bare = text.strip()
    if bare.casefold() in _INFINITIES:
        return Written("number", _INFINITIES[bare.casefold()])
    if not style.plain:
        regular = _regular(bare, style)
        if regular is None:
            return Written("other")
        bare = regular
    if not _NUMBER.fullmatch(bare):
        return Written("other")
    value = float(bare)
    if _ZERO_LED_CODE.fullmatch(bare):
        return Written("code", value)
    if abs(value) >= LARGEST_WHOLE and _WHOLE.fullmatch(bare) and abs(int(bare)) > LARGEST_WHOLE:
        return Written("long", value)
    return Written("number", value)


def _regular(text: str, style: NumberStyle) -> str | None:
    """The text with a decimal point and no thousands marks; None if a mark stands at a wrong place."""
    if style.thousands is not None and style.thousands in text:
        mark, decimal = re.escape(style.thousands), re.escape(style.decimal)
        if not re.fullmatch(rf"[+-]?[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+(?:{decimal}[0-9]*)?", text):
            return None
        text = text.replace(style.thousands, "")
    if style.decimal != ".":
        if "." in text:
            return None
        text = text.replace(style.decimal, ".")
    return text
