"""Sets of numbers made of intervals, as text."""

from __future__ import annotations

import math
from collections.abc import Iterable

Intervals = tuple[tuple[float, float], ...]
# significant digits of an end in a sentence
DIGITS = 3


def set_text(pieces: Intervals) -> str:
    """``[0.02, 0.28]``, ``(−∞, −0.3] ∪ [1.2, ∞)``, ``(−∞, ∞)``; ``∅`` for the empty set."""
    return union_text((_number(low), _number(high)) for low, high in pieces)


def union_text(ends: Iterable[tuple[str, str]]) -> str:
    """Intervals from the texts of their ends, an infinite one in a round bracket; ``∅`` without any."""
    pieces = (f"{'(' if '∞' in low else '['}{low}, {high}{')' if '∞' in high else ']'}" for low, high in ends)
    return " ∪ ".join(pieces) or "∅"


def robust_columns(place: int) -> tuple[str, str]:
    """Columns with the ends of an interval of an Anderson-Rubin set: ``ci_low_ar``, for the next ``ci_low_ar_2``."""
    suffix = f"_{place + 1}" if place else ""
    return f"ci_low_ar{suffix}", f"ci_high_ar{suffix}"


def _number(value: float) -> str:
    if value == 0:
        return "0"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    decimals = max(0, DIGITS - 1 - math.floor(math.log10(abs(value))))
    shown = f"{value:.{DIGITS - 1}e}" if decimals > 8 else f"{value:,.{decimals}f}"
    return shown.replace("-", "−")
