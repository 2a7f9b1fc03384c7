"""Places of official tables: codes repaired, checked against their department's name, districts brought back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError, Notice
from impact.core.frames import Frame
from impact.core.texts import text
from impact.core.ubigeo import CODES, DEPARTMENTS, FROM_RENIEC, full_code, plain
from impact.data.source_files import SourceFiles
from impact.data.stacking import as_texts
from impact.data.surveys._keys import as_column

Column = npt.NDArray[Any]
DIGITS = {"district": 6, "province": 4, "department": 2}
# share of rows of one department under another's number from which a table is taken to be in another system
_MIXED = 0.5


@dataclass(frozen=True, slots=True)
class Places:
    """Codes of six digits or None (n,), and what the user should know about them."""

    codes: Column
    notices: tuple[Notice, ...] = ()


def district_codes(written: Column, request: SourceFiles) -> Places:
    """District codes with their lost zeros (W466); what is no code of a district is None, and told (W471)."""
    texts = as_texts(written).tolist()
    table = {value: _district(value) for value in set(texts)}
    codes = as_column([table[value] for value in texts])
    lost = sum(
        value is not None and table[value] is not None and table[value] != value.strip() for value in texts
    )
    bad = Counter(str(value) for value in texts if table[value] is None)
    notices = [request.notice("W466", listed=f"ubigeo {lost:,}")] if lost else []
    if bad:
        examples = ", ".join(f"'{value}'" for value in list(bad)[:3])
        notices.append(request.notice("W471", count=f"{sum(bad.values()):,}", examples=examples))
    return Places(codes, tuple(notices))


def _district(value: str | None) -> str | None:
    code = full_code(value) if value is not None else None
    return code if code is not None and len(code) == 6 else None


def require_one_system(codes: Column, names: Column, request: SourceFiles) -> None:
    """The numbers of departments are INEI's: the names beside them say so.

    Raises:
        DataError: E270 most rows of a department stand under the number that RENIEC gives it.
    """
    pairs = Counter(zip((code[:2] if code else None for code in codes.tolist()), names.tolist(), strict=True))
    rows: Counter[str] = Counter()
    foreign: Counter[str] = Counter()
    for (number, name), count in pairs.items():
        own = CODES.get(plain(str(name))) if name is not None else None
        if number is None or own is None:
            continue
        rows[own] += count
        if number != own and FROM_RENIEC.get(number) == own:
            foreign[own] += count
    mixed = [code for code, count in sorted(foreign.items()) if count > _MIXED * rows[code]]
    if mixed:
        examples = ", ".join(DEPARTMENTS[code] for code in mixed[:3])
        raise DataError(request.fault("E270", key="folder", examples=examples))


def mapped_districts(codes: Column, table: Mapping[str, str], request: SourceFiles) -> Places:
    """Codes with districts that were created later under the code of the district they were part of."""
    listed = codes.tolist()
    moved = sum(code in table for code in listed)
    notices = (request.notice("W473", count=f"{moved:,}"),) if moved else ()
    return Places(as_column([table.get(code, code) for code in listed]), notices)


def district_table(file: str, request: SourceFiles) -> tuple[dict[str, str], Frame]:
    """New code → old code, from a file with the columns `code` and `was`; and the frame of that file.

    Raises:
        DataError: E253 columns absent, E271 codes that are none, or that lead in a circle.
    """
    header = request.header(file)
    absent = [name for name in ("code", "was") if name not in header]
    if absent:
        raise DataError(
            request.fault("E253", key="districts", path=file, names=", ".join(absent), value="districts")
        )
    frame = request.read(file, ("code", "was"), header=header, types={"code": "text", "was": "text"})
    pairs = list(zip(frame.columns["code"].tolist(), frame.columns["was"].tolist(), strict=True))
    wrong = [f"{new}" for new, old in pairs if _district(new) is None or _district(old) is None]
    table = {str(_district(new)): str(_district(old)) for new, old in pairs}
    wrong += [new for new in table if table[new] in table]
    if wrong or len(table) < len(pairs):
        listed = ", ".join(wrong[:3]) or text("sources.problem.code_twice")
        raise DataError(request.fault("E271", key="districts", path=file, listed=listed))
    return table, frame


def place_columns(codes: Column, level: str) -> dict[str, Column]:
    """Columns of a place at a level and above: `district`, `province`, `department`, `department_name`."""
    found: dict[str, Column] = {}
    for name, digits in DIGITS.items():
        if digits <= DIGITS[level]:
            found[name] = as_column([None if code is None else code[:digits] for code in codes.tolist()])
    numbers = found["department"].tolist()
    found["department_name"] = as_column([DEPARTMENTS.get(code, None) for code in numbers])
    return found


def known_rows(codes: Column) -> npt.NDArray[np.bool_]:
    """Rows (n,) whose place is known."""
    return np.array([code is not None for code in codes.tolist()], dtype=bool)
