"""Options that kinds of sources share: the folder, the years, names of files."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

from impact.core.options import Options

FIRST_YEAR, LAST_YEAR = 1990, 2100
_SPAN = re.compile(r"(\d{4})\s*[-–]\s*(\d{4})")


def _years(value: object) -> object:
    """A year, a list of years and spans, or a span such as ``2015-2019``."""
    parts = value if isinstance(value, list) else [value]
    found: list[object] = []
    for part in parts:
        span = _SPAN.fullmatch(part.strip()) if isinstance(part, str) else None
        if span is None:
            found.append(part)
            continue
        first, last = int(span[1]), int(span[2])
        if not first <= last:
            raise ValueError(f"the span {part} ends before it begins")
        found += range(first, last + 1)
    wrong = [year for year in found if not isinstance(year, int) or isinstance(year, bool)]
    wrong += [year for year in found if isinstance(year, int) and not FIRST_YEAR <= year <= LAST_YEAR]
    if wrong or not found:
        raise ValueError(f"years are four digits, a list of them, or a span such as 2015-2019; not {wrong}")
    if len(set(found)) < len(found):
        raise ValueError("a year stands twice")
    return tuple(sorted(found))  # type: ignore[type-var]


Years = Annotated[
    tuple[int, ...],
    BeforeValidator(_years, json_schema_input_type=int | str | list[int | str]),
]


class FolderOptions(Options):
    """Where the files are."""

    folder: str = Field(
        min_length=1,
        description="Folder with the files, relative to the spec or inside `root`; folders in it are searched, too.",
    )


def one_or_several(value: object) -> object:
    """A word alone is a list of one."""
    return tuple(value) if isinstance(value, list) else (value,) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(one_or_several, json_schema_input_type=str | list[str])]
