"""Plain YAML scalars as text, whole numbers, decimals, true, false and null: nothing else is guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass

LARGEST_WHOLE = 2**53
_WHOLE = re.compile(r"[-+]?[0-9]+(?:_[0-9]+)*", re.ASCII)
_DECIMAL = re.compile(
    r"[-+]?(?:[0-9]+(?:_[0-9]+)*)?(?:\.[0-9]*)?(?:(?<=[0-9.])[eE][-+]?[0-9]{1,5})?", re.ASCII
)
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Refused:
    """A scalar that YAML would read as a number but that must not be one: the code says why."""

    code: str


def read_plain(written: str) -> str | int | float | bool | Refused | None:
    """The value of an unquoted scalar.

    ``1_000``, ``1e3`` are numbers; ``no``, ``12:30``, ``2018-10-31``, ``0x1F`` are text.

    Returns:
        The value, or ``Refused`` with E115 (leading zero), E116 (whole number beyond 2^53) or E135 (a number
        that no double can hold, or not a number).
    """
    if written in _WORDS:
        return _WORDS[written]
    if not (written[0].isdigit() or written[0] in "+-."):
        return written
    if _LEADING_ZERO.fullmatch(written):
        return Refused("E115")
    if _WHOLE.fullmatch(written):
        digits = written.replace("_", "")
        return Refused("E116") if len(digits) > 17 or abs(int(digits)) > LARGEST_WHOLE else int(digits)
    return _decimal(written)


def _decimal(written: str) -> str | float | Refused:
    if written.lstrip("+-").lower() in (".inf", ".nan"):
        return Refused("E135")
    if not _DECIMAL.fullmatch(written) or not any(c.isdigit() for c in written):
        return written
    value = float(written.replace("_", ""))
    return Refused("E135") if value in (float("inf"), float("-inf")) else value
