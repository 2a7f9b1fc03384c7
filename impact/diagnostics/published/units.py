"""Units of published figures: printed beside ours, never converted."""

from __future__ import annotations

from collections.abc import Mapping

from impact.diagnostics._printed import Printed
from impact.diagnostics._sentences import pair
from impact.schema.published import MarkedValue, Match, PublishedCell


def units_of(marked: MarkedValue, row: Mapping[str, object] | None) -> dict[str, object]:
    """``unit`` of a published cell as it is written, and ``our_unit``; nothing for a cell without a unit.

    Arguments:
        marked: the cell. row: our row, which has a unit in ledgers.
    """
    unit = marked.unit if isinstance(marked, PublishedCell) else ""
    return {"unit": pair(unit), "our_unit": None if row is None else row.get("unit")} if unit else {}


def is_comparable(units: Mapping[str, object], printed: Printed, match: Match) -> bool:
    """Whether a published figure and ours can be compared: of the same unit as written, or by their signs alone."""
    if not units or printed.value is None or (isinstance(match, str) and match.startswith("sign")):
        return True
    written = units["unit"]
    words = written.values() if isinstance(written, Mapping) else (written,)
    return str(units["our_unit"] or "").strip().casefold() in {str(word).strip().casefold() for word in words}


def difference(ours: float | None, published: float | None, verdict: str) -> float | None:
    """Ours minus the published figure; None where one is missing or the two are not comparable."""
    return None if ours is None or published is None or verdict == "not_available" else ours - published
