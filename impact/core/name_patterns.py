"""Names of columns with a * in them: one name in a spec for a family of columns (``rep_*``)."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase


def is_pattern(name: str) -> bool:
    """Whether a name stands for several columns."""
    return "*" in name


def matches(name: str, pattern: str) -> bool:
    """Whether a column is meant by a name or a pattern."""
    return name == pattern or (is_pattern(pattern) and fnmatchcase(name, pattern))


def matching(pattern: str, names: Iterable[str]) -> tuple[str, ...]:
    """The columns that a name or a pattern means, in the order given."""
    return tuple(name for name in names if matches(name, pattern))


def wanted_among(names: Iterable[str], wanted: Iterable[str]) -> set[str]:
    """The columns that a set of names and patterns means."""
    wanted = set(wanted)
    patterns = [name for name in wanted if is_pattern(name)]
    return {name for name in names if name in wanted or any(matches(name, pattern) for pattern in patterns)}
