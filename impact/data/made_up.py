"""Whether a data file is made up: its name begins with synthetic_, or a column called so holds ones alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

MARK, PREFIX = "synthetic", "synthetic_"
# formats that such files are written in: looking at their header costs next to nothing
_WRITTEN = (".csv", ".parquet")


def with_mark(
    wanted: frozenset[str] | None, path: Path, header: Callable[[], tuple[str, ...]]
) -> frozenset[str] | None:
    """The columns to read, and the mark where the file has one."""
    if wanted is None or MARK in wanted or path.suffix.lower() not in _WRITTEN:
        return wanted
    return wanted | {MARK} if MARK in header() else wanted


def is_made_up(path: Path, columns: Mapping[str, npt.NDArray[Any]]) -> bool:
    """Whether the name or the mark says so."""
    if path.name.startswith(PREFIX):
        return True
    values = columns.get(MARK)
    return values is not None and values.dtype.kind == "f" and bool(len(values)) and bool(np.all(values == 1))
