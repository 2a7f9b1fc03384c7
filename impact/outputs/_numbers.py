"""Numbers as text: rounding, signs, grouping, small standard errors.

Rounding is half to even on the exact decimal value of the float (IEEE 754 §4.3.1 applied in base ten).
English and
Peruvian Spanish share the forms: decimal point, comma between thousands.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import TypeGuard

INFINITIES = {"inf": "∞", "-inf": "-∞"}


def is_number(value: object) -> TypeGuard[float]:
    """True for an int or finite float of the document (booleans and texts are no numbers)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def rounded(value: float, digits: int) -> Decimal:
    """The value rounded half to even at ``digits`` decimals, never negative zero."""
    exact = Decimal(value)
    with localcontext() as context:
        context.prec = max(exact.adjusted(), 0) + digits + 40
        result = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    return abs(result) if result == 0 else result


def decimal_text(value: object, digits: int, *, grouping: bool = True) -> str:
    """A number with fixed decimals: ``1,234.568``; an infinity as ∞; what is no number as an empty text."""
    if isinstance(value, str):
        return INFINITIES.get(value, "")
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
        return ""
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "-∞"
    return f"{rounded(value, digits):{',' if grouping else ''}.{digits}f}"


def whole_text(value: object, *, grouping: bool = True) -> str:
    """A count: whole numbers without decimals, others with up to one."""
    if not is_number(value):
        return decimal_text(value, 0)
    number = float(value)
    return decimal_text(number, 0 if number == round(number) else 1, grouping=grouping)


def scientific_text(value: float, digits: int = 1) -> str:
    """``4.0e-4``: mantissa with ``digits`` decimals, exponent without leading zeros."""
    mantissa, exponent = f"{Decimal(value):.{digits}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def error_text(value: object, digits: int) -> str:
    """A standard error: in scientific form where it would print as zero although it is not."""
    if is_number(value) and value != 0 and rounded(float(value), digits) == 0:
        return scientific_text(float(value))
    return decimal_text(value, digits)


def p_text(value: object, digits: int = 3) -> str:
    """A p-value: ``<0.001`` where it would print as zero."""
    digits = max(digits, 2)
    if is_number(value) and rounded(float(value), digits) == 0:
        return f"<{Decimal(1).scaleb(-digits):f}"
    return decimal_text(value, digits)


def interval_text(low: object, high: object, digits: int) -> str:
    """``[-0.042, 0.012]``; empty where an end is not defined."""
    ends = decimal_text(low, digits), decimal_text(high, digits)
    return f"[{ends[0]}, {ends[1]}]" if all(ends) else ""


def percent_text(value: object, digits: int = 1) -> str:
    """A share as percent: ``3.1 %``."""
    if not is_number(value):
        return ""
    return f"{decimal_text(100 * float(value), digits)} %"
