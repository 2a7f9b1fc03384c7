"""Sets of numbers made of intervals, as text."""

from __future__ import annotations

import math

Intervals = tuple[tuple[float, float], ...]


def set_text(pieces: Intervals, *, digits: int = 3) -> str:
    """``[0.02, 0.28]``, ``(−∞, −0.3] ∪ [1.2, ∞)``, ``(−∞, ∞)``; ``∅`` for the empty set."""
    return " ∪ ".join(_piece(low, high, digits) for low, high in pieces) or "∅"


def _piece(low: float, high: float, digits: int) -> str:
    first = "(−∞" if math.isinf(low) else f"[{_number(low, digits)}"
    last = "∞)" if math.isinf(high) else f"{_number(high, digits)}]"
    return f"{first}, {last}"


def _number(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    shown = f"{value:.{digits - 1}e}" if decimals > 8 else f"{value:,.{decimals}f}"
    return shown.replace("-", "−")
