"""Keys of official files: text of a changing width, padded with blanks or zeros, made the same everywhere.

A raw merge of modules whose keys are padded differently matches two households in a hundred and raises no error, so
every key is stripped and filled with zeros to one width before anything is joined, and what was changed is counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.data.stacking import as_texts

Column = npt.NDArray[Any]
_DECIMAL = re.compile(r"([0-9]+)\.0+")


@dataclass(frozen=True, slots=True)
class Repaired:
    """A key in its one form (n,), and how many of its values were written otherwise."""

    values: npt.NDArray[np.object_]
    changed: int


def repaired(values: Column, width: int) -> Repaired:
    """Texts without blanks, filled with zeros on the left to a width; what is no digits keeps its signs.

    Leading zeros beyond the width go away, so that "0011" and "11" are one household. Blank is missing.
    """
    texts = as_texts(values)
    table = {value: _one_form(value, width) for value in set(texts.tolist())}
    fixed = np.empty(len(texts), dtype=object)
    fixed[:] = [table[value] for value in texts.tolist()]
    changed = sum(value is not None and table[value] != value for value in texts.tolist())
    return Repaired(fixed, changed)


def _one_form(value: str | None, width: int) -> str | None:
    if value is None or not value.strip():
        return None
    bare = value.strip()
    decimal = _DECIMAL.fullmatch(bare)
    if decimal is not None:
        bare = decimal[1]
    return bare.lstrip("0").zfill(width) if bare.isdigit() and bare.isascii() else bare


def composite(columns: Mapping[str, Column], names: Sequence[str]) -> list[str | None]:
    """One text for each row's key; None where a part is missing."""
    parts = zip(*(columns[name].tolist() for name in names), strict=True)
    return [None if None in row else "-".join(row) for row in parts]


def as_column(texts: Sequence[str | None]) -> npt.NDArray[np.object_]:
    """Texts as a column (n,)."""
    values = np.empty(len(texts), dtype=object)
    values[:] = texts
    return values


def repeated(keys: Sequence[str | None]) -> dict[str, int]:
    """Keys that stand more than once, with their number of rows."""
    counts: dict[str, int] = {}
    for key in keys:
        if key is not None:
            counts[key] = counts.get(key, 0) + 1
    return {key: count for key, count in counts.items() if count > 1}
