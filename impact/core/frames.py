"""Records of data: the columns of a sample and the steps that led to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from impact.core.errors import Notice
from impact.core.shift_share import ShiftShare

# units of money in official surveys: never added to each other without a 12
ANNUAL_SOLES, MONTHLY_SOLES = "annual soles", "monthly soles"


@dataclass(frozen=True, slots=True)
class Step:
    """One named reduction of the sample: rows dropped because a condition was false or missing."""

    name: str
    reason: str
    dropped: int
    false: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """Columns of one sample.

    Arguments:
        columns: name → array (n,): float64 (NaN missing), object of str (None missing) or datetime64[D].
        n_rows: number of rows.
        name: name of the sample in the results ("main").
        read: rows read from the file before any filter.
        steps: filters and joins applied so far.
        files: name → facts of each file read: path as written, sha256, bytes, rows, source, licence, access.
        labels: variable labels of the file (.dta, .sav), by column.
        value_labels: column → code → label, where a file has them.
        units: unit of a column where a kind of source knows it ("annual soles").
        notices: what the user should know about the data.
        complete: names of columns of numbers that are known to have no missing value; others may have none, too.
        shift_shares: constructed shift-share variables, by name.
        context: what expressions know beside the columns (parameters, keys of the panel), None for nothing.
    """

    columns: Mapping[str, npt.NDArray[Any]]
    n_rows: int
    name: str = "main"
    read: int = 0
    steps: tuple[Step, ...] = ()
    files: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    value_labels: Mapping[str, Mapping[float, str]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    complete: frozenset[str] = frozenset()
    shift_shares: Mapping[str, ShiftShare] = field(default_factory=dict)
    context: Any = None
