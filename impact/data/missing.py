"""Declared missing codes, and codes that look as if they had been left as numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from impact.schema.data_blocks import Code

Floats = npt.NDArray[np.float64]

_LEAST_REPEATS = 3


def text_codes(codes: tuple[Code, ...]) -> frozenset[str]:
    """Declared codes as they may be written: a whole number also without and with its decimal point."""
    texts: set[str] = set()
    for code in codes:
        if isinstance(code, bool):
            texts |= {str(code), str(code).lower(), str(code).upper()}
        elif isinstance(code, (int, float)):
            texts |= {str(code), repr(float(code))}
            if float(code).is_integer():
                texts.add(str(int(code)))
        else:
            texts.add(code.strip())
    return frozenset(texts)


def number_codes(codes: tuple[Code, ...]) -> tuple[float, ...]:
    """Declared codes that are numbers, or texts that read as numbers."""
    numbers: list[float] = []
    for code in codes:
        if isinstance(code, bool):
            continue
        try:
            numbers.append(float(code))
        except ValueError:
            continue
    return tuple(numbers)


def without_codes(values: Floats, codes: tuple[Code, ...]) -> Floats:
    """The numbers with declared codes as NaN (a copy where there is any)."""
    numbers = number_codes(codes)
    hit = np.isin(values, numbers) if numbers else None
    return np.where(hit, np.nan, values) if hit is not None and hit.any() else values


def suspected_code(values: Floats) -> tuple[float, int] | None:
    """A value of nines (99, 999999, −9 …) that repeats and stands far from all others, with its count.

    The largest value is suspected when it is at least ten times the next smaller one; the smallest when it
    is −9, −99,
    −999 … and every other value is zero or more.
    """
    known = values[~np.isnan(values)]
    if known.size <= _LEAST_REPEATS:
        return None
    top, bottom = float(known.max()), float(known.min())
    if top > 0 and _all_nines(top) and top >= 99:
        rest = known[known < top]
        if (
            rest.size
            and top >= 10.0 * max(float(rest.max()), 0.9)
            and known.size - rest.size >= _LEAST_REPEATS
        ):
            return top, int(known.size - rest.size)
    if bottom < 0 and _all_nines(-bottom):
        rest = known[known > bottom]
        if rest.size and float(rest.min()) >= 0 and known.size - rest.size >= _LEAST_REPEATS:
            return bottom, int(known.size - rest.size)
    return None


def _all_nines(value: float) -> bool:
    return value.is_integer() and value < 1e12 and set(str(int(value))) == {"9"}
