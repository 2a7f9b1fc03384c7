"""What the blocks that build columns share: where they fail, the columns of a file, and rows found by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.errors import DataError, Fault, Place
from impact.core.frames import Frame
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.data.keys import Column, key_codes, kind_of, show_key

Rows = npt.NDArray[np.int64]
MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Construction:
    """One column while it is built: the block of the spec (`exposure`), its name there, and the code of its faults."""

    block: str
    name: str
    code: str

    @property
    def path(self) -> str:
        """Where the block stands in the spec."""
        return f"{self.block}.{self.name}" if self.name else self.block

    def fault(self, problem: str, *, key: str = "", suggestion: str = "", code: str = "") -> Fault:
        """The fault of the block, at one of its keys."""
        place = Place(file="", path=f"{self.path}.{key}" if key else self.path)
        return fault(code or self.code, place=place, suggestion=suggestion, name=self.path, problem=problem)

    def column(self, frame: Frame, name: str, key: str) -> Column:
        """A column of a file.

        Raises:
            DataError: there is none of that name.
        """
        if name not in frame.columns:
            problem = f"{frame.name} has no column '{name}'"
            raise DataError(self.fault(problem, key=key, suggestion=nearest(name, frame.columns)))
        return frame.columns[name]

    def numbers(self, frame: Frame, name: str, key: str) -> Floats:
        """A column of numbers.

        Raises:
            DataError: it is absent, holds no numbers, or infinite ones.
        """
        values = self.column(frame, name, key)
        if kind_of(values) != "number":
            raise DataError(self.fault(f"'{name}' of {frame.name} holds no numbers", key=key))
        found: Floats = np.asarray(values, dtype=np.float64)
        if np.isinf(found).any():
            raise DataError(self.fault(f"'{name}' of {frame.name} holds infinite numbers", key=key))
        return found

    def file(self, frames: Mapping[str, Frame], written: str | None, key: str, main: Frame) -> Frame:
        """The file that a key names: one of `data`, the path that stands there, or main."""
        if written is None or (written == main.name and written not in frames):
            return main
        return frames[written if written in frames else f"{self.path}.{key}"]


def common_codes(
    build: Construction, tables: Sequence[tuple[Frame, Sequence[str]]], key: str
) -> tuple[list[Rows], int, list[list[Column]]]:
    """One code for each key over several tables: codes of each table, how many there are, the key columns.

    Raises:
        DataError: a key column is absent, or is text in one table and a number in another.
    """
    columns = [[build.column(frame, name, key) for name in names] for frame, names in tables]
    for place, name in enumerate(tables[0][1]):
        kinds = {frame.name: kind_of(held[place]) for (frame, _), held in zip(tables, columns, strict=True)}
        if len(set(kinds.values())) > 1:
            said = ", ".join(f"{kind} in {file}" for file, kind in kinds.items())
            problem = f"'{name}' is {said}: give its type in `types` of the file"
            raise DataError(build.fault(problem, key=key))
    whole = [np.concatenate(parts) for parts in zip(*columns, strict=True)]
    keyed = key_codes(whole)
    ends = np.cumsum([frame.n_rows for frame, _ in tables])
    return list(np.split(keyed.codes, ends[:-1])), keyed.count, columns


def named(columns: Sequence[Column], rows: Rows) -> str:
    """The first keys at some rows, each once, as a user writes them."""
    found = list(dict.fromkeys(show_key(columns, int(row)) for row in rows))
    return ", ".join(found[:MOST_NAMED]) + (f", … ({len(found)})" if len(found) > MOST_NAMED else "")


def first_rows(codes: Rows, count: int) -> Rows:
    """(count,) the first row of each code, −1 for codes without a row."""
    found: Rows = np.full(count, -1, dtype=np.int64)
    rows = np.flatnonzero(codes >= 0)[::-1]
    found[codes[rows]] = rows
    return found


def plain_moments(values: npt.NDArray[Any]) -> dict[str, float]:
    """Mean, standard deviation (n − 1), least and greatest of the known values."""
    known = values[~np.isnan(values)]
    if not len(known):
        return {}
    spread = float(np.std(known, ddof=1)) if len(known) > 1 else 0.0
    return {"mean": float(np.mean(known)), "sd": spread, "min": float(known.min()), "max": float(known.max())}
