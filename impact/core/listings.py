"""Records of listings: tables of data in the results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = float | int | str | None


@dataclass(frozen=True, slots=True)
class ListingRow:
    """One row: its key (the values of `by` joined by ;), the value of every column, the rows of data behind it."""

    key: str
    values: Mapping[str, Value]
    n: int
    is_total: bool = False
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A computed listing.

    Arguments:
        by: columns that name the rows; columns: the others, in order. digits: of those that have their own.
        rows: in order, the total last. title: by language.
    """

    name: str
    by: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[ListingRow, ...]
    digits: Mapping[str, int] = field(default_factory=dict)
    title: Mapping[str, str] = field(default_factory=dict)
    total: Mapping[str, str] = field(default_factory=dict)
