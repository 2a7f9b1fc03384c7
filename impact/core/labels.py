"""Numbers as they stand in names of terms and groups: short, and different where the numbers differ."""

from __future__ import annotations

import math
from collections.abc import Sequence

# whole numbers below this have all their digits
LARGEST_WHOLE = 1e15
# relative difference that is rounding of a difference of calendar times, and no other number
ROUNDING = 1e-11


def number_label(value: float) -> str:
    """A number as a label: 4, 0.25, 1234568, 20190102; as many digits as it takes to tell it from its neighbours."""
    if not math.isfinite(value):
        return f"{value:g}"
    if value == int(value) and abs(value) < LARGEST_WHOLE:
        return str(int(value))
    for text in (f"{value:g}", f"{value:.12g}"):
        if abs(float(text) - value) <= ROUNDING * abs(value):
            return text
    return repr(float(value))


def number_labels(values: Sequence[float]) -> list[str]:
    """Different numbers as different labels, with six digits or the fewest more that it takes."""
    distinct = len(set(values))
    for digits in range(6, 18):
        found = [f"{value:.{digits}g}" for value in values]
        if len(set(found)) == distinct:
            break
    return found
