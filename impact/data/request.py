"""What a reader is asked for, and the choice of columns that all readers share."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy.typing as npt

from impact.core.errors import DataError, Fault, Notice, Place
from impact.core.frames import Frame
from impact.core.name_patterns import wanted_among
from impact.core.nearest import nearest
from impact.core.texts import fault, notice
from impact.schema.data_blocks import DataBlock

Column = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """One file to read.

    Arguments:
        block: the file's block of the spec.
        shown: its path as the user wrote it, for messages.
        name: its name in the spec ("main").
        wanted: columns that the spec uses; None for all.
        place: where the block stands in the spec.
    """

    block: DataBlock
    shown: str
    name: str = "main"
    wanted: frozenset[str] | None = None
    place: Place | None = None

    def at(self, key: str) -> Place:
        """Place of a key of the block."""
        base = self.place or Place(file="", path=f"data.{self.name}")
        return replace(base, path=f"{base.path}.{key}" if key else base.path)

    def fault(self, code: str, *, key: str = "", suggestion: str = "", **values: Any) -> Fault:
        """A fault about this file."""
        return fault(code, place=self.at(key), suggestion=suggestion, file=self.shown, **values)

    def notice(self, code: str, **values: Any) -> Notice:
        """A warning about this file."""
        return notice(code, of=f"data.{self.name}", file=self.shown, **values)


@dataclass(frozen=True, slots=True)
class Typed:
    """A column ready for the frame, and what the user should know about it."""

    values: Column
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """The columns to read: name → position in the file, in the file's order."""

    positions: dict[str, int]
    notices: tuple[Notice, ...] = ()


def clean_names(raw: Iterable[object]) -> tuple[str, ...]:
    """Header cells as names: without blanks around, in composed Unicode; '' for a column without a name."""
    return tuple(unicodedata.normalize("NFC", "" if cell is None else str(cell).strip()) for cell in raw)


def choose_columns(names: Sequence[str], request: ReadRequest) -> Choice:
    """The columns of the file that are read.

    Raises:
        DataError: E209 a column that the block names is not in the file, E213 a name stands twice.
    """
    block = request.block
    named = [name for name in names if name]
    counts = Counter(named)
    faults = [
        request.fault("E209", key=key, suggestion=nearest(name, named), column=name, columns=_listed(named))
        for key, name in _named_columns(block)
        if name not in counts
    ]
    allowed = set(block.columns) if block.columns is not None else None
    used = set(counts) if request.wanted is None else wanted_among(counts, request.wanted)
    wanted = [name for name in counts if name in used and (allowed is None or name in allowed)]
    repeated = [name for name in counts if counts[name] > 1 and (allowed is None or name in allowed)]
    if repeated:
        faults.append(request.fault("E213", columns=", ".join(f"'{name}'" for name in repeated)))
    if faults:
        raise DataError(*faults)
    unnamed = [str(position + 1) for position, name in enumerate(names) if not name]
    notices = (request.notice("W441", positions=", ".join(unnamed)),) if unnamed else ()
    first = {name: position for position, name in reversed(list(enumerate(names)))}
    return Choice({name: first[name] for name in wanted}, notices)


def _named_columns(block: DataBlock) -> list[tuple[str, str]]:
    keys = [("columns", name) for name in block.columns or ()]
    keys += [(f"types.{name}", name) for name in block.types]
    if isinstance(block.missing, dict):
        keys += [(f"missing.{name}", name) for name in block.missing if name != "*"]
    return keys


def _listed(names: Sequence[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def build_frame(
    makers: Mapping[str, Callable[[], Typed]],
    request: ReadRequest,
    *,
    n_rows: int,
    labels: Mapping[str, str] | None = None,
    value_labels: Mapping[str, Mapping[float, str]] | None = None,
    notices: tuple[Notice, ...] = (),
) -> Frame:
    """The frame of all columns; the faults of all columns are raised together."""
    columns: dict[str, Column] = {}
    faults: list[Fault] = []
    found = list(notices)
    for name, make in makers.items():
        try:
            typed = make()
        except DataError as error:
            faults.extend(error.faults)
            continue
        columns[name] = typed.values
        found.extend(typed.notices)
    if faults:
        raise DataError(*faults)
    chosen = {name: label for name, label in (labels or {}).items() if name in columns and label}
    coded = {name: held for name, held in (value_labels or {}).items() if name in columns and held}
    return Frame(
        columns=columns,
        n_rows=n_rows,
        name=request.name,
        read=n_rows,
        labels=chosen,
        value_labels=coded,
        notices=tuple(found),
    )
