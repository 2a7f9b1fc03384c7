"""What a data file holds: columns with type, label, missing values and range, candidate keys, the shape of a panel."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.cli._columns_guess import TIME_NAME, UNIT_NAME, time_column, unit_column
from impact.cli._new_spec import read_any
from impact.core.errors import Place
from impact.core.frames import Frame
from impact.data.readers._converting import missing_of

KINDS = {"f": "number", "M": "date"}
# keys of more columns than this are no help; columns that cannot belong to a key are left out of the search
LARGEST_KEY = 3
MOST_CANDIDATES = 12
MOST_KEYS = 5
MOST_VALUES = 3
# what no panel is made of: as many periods as rows
LEAST_REPEATED = 2
Codes = npt.NDArray[np.int64]


def describe_file(file: str) -> dict[str, Any]:
    """The facts of a data file.

    Returns:
        rows, columns (name, type, label, missing, distinct, low, high, values), keys (lists of names), panel
        (unit, time, units, periods, low, high, balanced, gaps) or None, mixed (columns read as text because numbers
        and words stand together), sha256.

    Raises:
        DataError: E2xx the file cannot be read.
    """
    path = Path(file).expanduser()
    frame, types = read_any(path, Place(file))
    codes = {name: codes_of(values) for name, values in frame.columns.items()}
    columns = [_column(frame, name, codes[name]) for name in frame.columns]
    facts = next(iter(frame.files.values()), {})
    return {
        "file": file,
        "sha256": facts.get("sha256"),
        "rows": frame.n_rows,
        "columns": columns,
        "mixed": sorted(types),
        "keys": candidate_keys(codes, frame.n_rows),
        "panel": _panel(frame, codes),
    }


def codes_of(values: npt.NDArray[Any]) -> Codes:
    """A number for each distinct value; missing values are -1."""
    missing = missing_of(values)
    codes = np.full(len(values), -1, dtype=np.int64)
    if not missing.all():
        known = values[~missing]
        codes[~missing] = np.unique(
            known.astype(str) if known.dtype == object else known, return_inverse=True
        )[1]
    return codes


def _column(frame: Frame, name: str, codes: Codes) -> dict[str, Any]:
    values = frame.columns[name]
    known = values[codes >= 0]
    kind = KINDS.get(values.dtype.kind, "text")
    found: dict[str, Any] = {
        "name": name,
        "type": kind,
        "label": frame.labels.get(name, ""),
        "missing": int((codes < 0).sum()),
        "distinct": int(codes.max(initial=-1)) + 1,
        "low": None,
        "high": None,
        "values": [],
    }
    if not len(known):
        return found
    if kind == "text":
        first = [int(np.flatnonzero(codes == code)[0]) for code in range(min(found["distinct"], MOST_VALUES))]
        return {**found, "values": [str(values[row]) for row in first]}
    low, high = known.min(), known.max()
    if kind == "date":
        return {**found, "low": str(low), "high": str(high)}
    return {**found, "low": _number(float(low)), "high": _number(float(high))}


def _number(value: float) -> float | str:
    """A finite number, or the word for one that JSON does not have."""
    return value if np.isfinite(value) else ("inf" if value > 0 else "-inf")


def candidate_keys(codes: dict[str, Codes], rows: int) -> list[list[str]]:
    """The smallest sets of columns without missing values in which no combination of values comes twice.

    Fractions and other measurements are found as keys of one column only; for several columns those that are named
    like units or periods come first, then those of few values.
    """
    if rows < LEAST_REPEATED:
        return []
    complete = [name for name, own in codes.items() if len(own) and own.min() >= 0]
    keys = [[name] for name in complete if codes[name].max() + 1 == rows]
    several = [name for name in complete if [name] not in keys and codes[name].max() > 0]
    several.sort(key=lambda name: (not _is_named(name), int(codes[name].max())))
    chosen = several[:MOST_CANDIDATES]
    for size in range(2, LARGEST_KEY + 1):
        for names in combinations(chosen, size):
            if len(keys) >= MOST_KEYS:
                return keys
            if not any(set(key) <= set(names) for key in keys) and is_key(
                [codes[name] for name in names], rows
            ):
                keys.append(list(names))
        if any(len(key) == size for key in keys):
            break
    return keys


def _is_named(name: str) -> bool:
    return bool(UNIT_NAME.search(name) or TIME_NAME.match(name))


def is_key(columns: Sequence[Codes], rows: int) -> bool:
    """Whether no combination of values comes twice."""
    room = 1
    for own in columns:
        room *= int(own.max()) + 1
    if room < rows:
        return False
    return len(np.unique(np.stack(columns), axis=1).T) == rows


def _panel(frame: Frame, codes: dict[str, Codes]) -> dict[str, Any] | None:
    """Unit and period where both are found and units come again; gaps are periods missing inside a unit's span."""
    period = time_column(frame)
    one = unit_column(frame, period)
    if not period or not one:
        return None
    unit, time = codes[one], codes[period]
    if min(unit.min(initial=0), time.min(initial=0)) < 0:
        return None
    pairs = np.unique(np.stack([unit, time]), axis=1)
    units, periods = int(unit.max()) + 1, int(time.max()) + 1
    first = np.full(units, periods)
    last = np.full(units, -1)
    np.minimum.at(first, pairs[0], pairs[1])
    np.maximum.at(last, pairs[0], pairs[1])
    spans = int((last - first + 1).sum())
    own = frame.columns[period]
    low, high = (str(end) if own.dtype.kind != "f" else float(end) for end in (own.min(), own.max()))
    return {
        "unit": one,
        "time": period,
        "units": units,
        "periods": periods,
        "low": low,
        "high": high,
        "is_key": pairs.shape[1] == frame.n_rows,
        "balanced": pairs.shape[1] == units * periods,
        "gaps": spans - pairs.shape[1],
    }
