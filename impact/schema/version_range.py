"""`requires:`: is a version inside a range such as ``>=0.1,<2``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

_PART = re.compile(r"(>=|<=|==|!=|>|<)\s*(\d+(?:\.\d+){0,3})")
_COMPARE: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
LENGTH = 4


def in_range(version: str, wanted: str) -> bool:
    """Whether a version is in a range; a range that cannot be read holds no version.

    Arguments:
        version: numbers separated by points; what follows the numbers (``rc1``) is left out.
        wanted: comparisons separated by commas, all of which must hold.
    """
    own = _numbers(re.match(r"[\d.]*", version).group().strip("."))  # type: ignore[union-attr]
    parts = [_PART.fullmatch(part.strip()) for part in wanted.split(",")]
    return all(part is not None and _COMPARE[part[1]](own, _numbers(part[2])) for part in parts)


def _numbers(text: str) -> tuple[int, ...]:
    found = [int(number) for number in text.split(".") if number]
    return tuple([*found, *[0] * LENGTH][:LENGTH])
