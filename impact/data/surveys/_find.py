"""Which of the files in a folder is the one of a year and module."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from impact.core.errors import DataError
from impact.data.source_files import SourceFiles

# of files with one name and several endings the first of these is read
ENDINGS = (
    ".dta",
    ".parquet",
    ".pq",
    ".feather",
    ".arrow",
    ".sav",
    ".zsav",
    ".csv",
    ".tsv",
    ".txt",
    ".dbf",
    ".xlsx",
)


def data_files(names: Iterable[str]) -> tuple[str, ...]:
    """Files that may hold data."""
    return tuple(name for name in names if PurePosixPath(name).suffix.lower() in ENDINGS)


def matching_files(
    names: Iterable[str], patterns: Sequence[str], *, year: int | None = None
) -> tuple[str, ...]:
    """Files whose name, or path inside the folder, a pattern means: * for any letters, {year} for the year."""
    written = [one.replace("{year}", str(year)) if year is not None else one for one in patterns]
    found = []
    for name in names:
        for pattern in written:
            tail = "/".join(PurePosixPath(name).parts[-(pattern.count("/") + 1) :])
            if fnmatchcase(tail.lower(), pattern.lower()):
                found.append(name)
                break
    return tuple(found)


def one_ending_each(names: Iterable[str]) -> tuple[str, ...]:
    """One file of each name: the first of its endings in the order of ENDINGS."""
    chosen: dict[str, str] = {}
    for name in names:
        path = PurePosixPath(name)
        stem = str(path.with_suffix("")).lower()
        old = chosen.get(stem)
        if old is None or _rank(name) < _rank(old):
            chosen[stem] = name
    return tuple(chosen.values())


def _rank(name: str) -> int:
    suffix = PurePosixPath(name).suffix.lower()
    return ENDINGS.index(suffix) if suffix in ENDINGS else len(ENDINGS)


def the_one(names: Sequence[str], what: str, request: SourceFiles, *, key: str = "files") -> str | None:
    """The one file of several candidates; None where there is none.

    Raises:
        DataError: E256 several differ by more than their ending.
    """
    found = one_ending_each(names)
    if len(found) > 1:
        raise DataError(
            request.fault("E256", key=key, what=what, count=len(found), names=", ".join(found[:6]))
        )
    return found[0] if found else None


def years_in(name: str) -> tuple[int, ...]:
    """Four-digit years in a file's name."""
    return tuple(int(found) for found in re.findall(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])", name))
