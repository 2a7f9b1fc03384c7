"""The lines of a table again in other units of the exposure: per standard deviation, as an elasticity, in per cent."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from impact.core.texts import text
from impact.outputs._document import Document, Entry
from impact.outputs._exposure_units import STATISTICS
from impact.outputs._numbers import is_number
from impact.outputs.grids.lines import Line
from impact.schema.display import TableBlock

OWN = "estimate"
DEFAULT = (OWN, "per_sd", "elasticity")
# fields that are on the scale of the coefficient: ends of intervals in pairs, and sizes
_ENDS = (
    ("ci_low", "ci_high"), ("band_low", "band_high"), ("primary_ci_low", "primary_ci_high"),
    ("ci_low_permutation", "ci_high_permutation"), ("ci_low_cr3", "ci_high_cr3"), ("ci_low_wild", "ci_high_wild"),
    ("ci_low_tf", "ci_high_tf"),
)  # fmt: skip
_SIZES = ("std_error", "std_error_cr2", "std_error_cr3", "mde80", "bound")
# what is said of a coefficient once, in its own units
_ONCE = ("verdict", "verdict_reason", "pieces_ar")
_FLIPPED: dict[object, object] = {"inf": "-inf", "-inf": "inf"}
Change = Callable[[float], float]


def units_shown(block: TableBlock, document: Document, lines: Sequence[Line]) -> tuple[str, ...]:
    """The units that a table shows: those it asks for, or three of them for an exposure with a declared unit."""
    if block.stat is not None:
        return tuple(block.stat)
    entries = [entry for line in lines for entry in line.entries if entry is not None]
    plain = block.rows == "terms" and not block.cell and document.get("unit_of_exposure")
    return DEFAULT if plain and any(_is_exposure(entry, document) for entry in entries) else ()


def unit_lines(
    lines: Sequence[Line], shown: Sequence[str], document: Document, language: str
) -> tuple[Line, ...]:
    """Each line in all units that its results have; a line without any stays as it is."""
    if not shown:
        return tuple(lines)
    found: list[Line] = []
    for line in lines:
        known = [unit for unit in shown if unit == OWN or _has(line, unit)]
        if line.heads or not any(_has(line, unit) for unit in STATISTICS):
            found.append(line)
            continue
        for place, unit in enumerate(known):
            entries = tuple(
                in_unit(entry, unit, document) if entry is not None else None for entry in line.entries
            )
            label = text(f"table.scale.{unit}", language, label=line.label)
            found.append(replace(line, label=label, entries=entries, rule=line.rule and place == 0))
    return tuple(found)


def unit_notes(block: TableBlock, entries: Sequence[Entry], language: str) -> list[str]:
    """How the other units come about, where the table shows any."""
    words = {word.removeprefix("se_") for word in (*block.cell, *block.extra)}
    words |= {str(entry.get("unit")) for entry in entries if entry.get("unit")}
    notes = [text("table.note.per_unit", language)] if words & {"per_sd", "elasticity"} else []
    return [*notes, text("table.note.semi_elasticity", language)] if "semi_elasticity" in words else notes


def _is_exposure(entry: Entry, document: Document) -> bool:
    focus = document["models"].get(entry.get("model"), {}).get("focus") or ()
    return is_number(entry.get("per_sd")) and entry.get("term") in focus


def _has(line: Line, unit: str) -> bool:
    return any(entry is not None and is_number(entry.get(unit)) for entry in line.entries)


def in_unit(entry: Entry, unit: str, document: Document) -> Entry:
    """A row of the results with its estimate, errors and intervals in another unit; None where it has none."""
    if unit == OWN or "failed" in entry or "printed" in entry:
        return entry
    scale = ((document["models"].get(entry["model"]) or {}).get("extra") or {}).get("outcome_scale")
    changed = {key: value for key, value in entry.items() if key not in _ONCE} | {"unit": unit}
    slope = _slope(entry, unit, str(scale))
    if slope is None or not is_number(entry.get(unit)):
        return changed | dict.fromkeys(("estimate", *_SIZES, *(end for pair in _ENDS for end in pair)))
    exponential = unit == "semi_elasticity" and scale == "log"
    move: Change = (lambda value: 100.0 * math.expm1(min(value, 700.0))) if exponential else slope.__mul__
    changed["estimate"] = entry[unit]
    for low, high in _ENDS:
        ends = [_moved(entry.get(end), move) for end in (low, high)]
        changed[low], changed[high] = ends if slope >= 0 else [_FLIPPED.get(end, end) for end in ends[::-1]]
    for size in _SIZES:
        changed[size] = _moved(entry.get(size), lambda value: abs(slope) * value)
    return changed


def _slope(entry: Entry, unit: str, scale: str) -> float | None:
    """What the coefficient's errors are multiplied by."""
    mean, spread, outcome = (entry.get(key) for key in ("exposure_mean", "exposure_sd", "mean_outcome"))
    if unit == "per_sd":
        return float(spread) if is_number(spread) else None
    if scale == "log":
        if unit == "semi_elasticity":
            return (
                100.0 * math.exp(min(float(entry["estimate"]), 700.0))
                if is_number(entry["estimate"])
                else None
            )
        return float(mean) if is_number(mean) else None
    if not is_number(outcome) or not outcome:
        return None
    over = 100.0 if unit == "semi_elasticity" else mean
    return float(over) / float(outcome) if is_number(over) else None


def _moved(value: object, move: Change) -> object:
    """A number in the other unit; what is no number (infinite ends, nothing) as it is."""
    return move(float(value)) if is_number(value) else value
