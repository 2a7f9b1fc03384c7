"""What is cleaned in the files of ENAHO: codes of no answer, rows that are no persons, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import Notice
from impact.core.frames import Frame, Step
from impact.core.texts import text
from impact.data.source_files import SourceFiles
from impact.data.stacking import as_numbers, filtered
from impact.data.surveys import _enaho_facts as facts

PERSONS = {
    "all": (),
    "current": ("p203",),
    "members": ("p203", "p204"),
    "residents": ("p203", "p204", "p205", "p206"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What was repaired on the way, gathered over all files."""

    padded: dict[str, int] = field(default_factory=dict)
    cleaned: dict[str, int] = field(default_factory=dict)
    steps: dict[str, list[int]] = field(default_factory=dict)


def clean(name: str, values: Any, frame: Frame, told: Told) -> Any:
    """A column without codes of no answer, counted."""
    codes = list(facts.NO_ANSWER.get(name, ()))
    if facts.unit_of(name):
        codes.append(facts.MONEY_UNKNOWN)
    labelled = frame.value_labels.get(name, {})
    codes += [code for code, label in labelled.items() if label.strip().casefold() == "pase"]
    if not codes:
        return values
    hit = np.isin(as_numbers(values), codes)
    if not hit.any():
        return values
    told.cleaned[name] = told.cleaned.get(name, 0) + int(hit.sum())
    blank: Any = None if values.dtype == object else np.nan
    return np.where(hit, blank, values)


def chosen_persons(frame: Frame, options: Any, told: Told) -> Frame:
    """The rows of the universe that the spec asks for, each reduction counted."""
    if options.persons == "all":
        return frame
    code = {name: as_numbers(frame.columns[name]) for name in PERSONS[options.persons]}
    frame = _dropped(frame, code["p203"] != 0, "panel_marks", told)
    if options.persons == "current":
        return frame
    code = {name: as_numbers(frame.columns[name]) for name in PERSONS[options.persons]}
    member = code["p204"] == 1
    if options.persons == "members":
        return _dropped(frame, member, "not_members", told)
    resident = (member & (code["p205"] == 2)) | ((code["p204"] == 2) & (code["p206"] == 1))
    return _dropped(frame, resident, "not_residents", told)


def _dropped(frame: Frame, kept: npt.NDArray[np.bool_], reason: str, told: Told) -> Frame:
    told.steps.setdefault(reason, []).append(int((~kept).sum()))
    return frame if kept.all() else filtered(frame, kept)


def steps_of(told: Told) -> tuple[Step, ...]:
    """The rows that were left out, by reason."""
    return tuple(
        Step("enaho", text(f"sources.step.{reason}"), dropped=sum(counts), false=sum(counts))
        for reason, counts in told.steps.items()
        if sum(counts)
    )


def listed(counts: Mapping[str, int]) -> str:
    """Columns with their counts, sorted."""
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))


def repair_notices(told: Told, request: SourceFiles) -> list[Notice]:
    """W466 keys brought into one form, W467 codes of no answer."""
    padded = {name: count for name, count in told.padded.items() if count}
    pairs = (("W466", padded), ("W467", told.cleaned))
    return [request.notice(code, listed=listed(counts)) for code, counts in pairs if counts]


def moved_notices(names: Iterable[str], years: Sequence[int], request: SourceFiles) -> list[Notice]:
    """W468 for variables whose codes changed between the years that are read."""
    return [
        request.notice("W468", column=name, year=first, what=text(f"sources.moved.{name}"))
        for name, first in facts.MOVED.items()
        if name in set(names) and min(years) < first <= max(years)
    ]


def unit_notices(units: Mapping[str, str], request: SourceFiles) -> list[Notice]:
    """W469: the unit of money, by variable."""
    by_unit: dict[str, list[str]] = {}
    for name, unit in sorted(units.items()):
        by_unit.setdefault(unit, []).append(name)
    return [
        request.notice("W469", unit=unit, columns=", ".join(names)) for unit, names in sorted(by_unit.items())
    ]
