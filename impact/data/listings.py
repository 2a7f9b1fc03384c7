"""Listings: the rows of a sample grouped, one row of the listing a group.

A column has the one value that all rows of a group share, or a sum, mean, median, smallest, largest,
standard deviation or count over them; missing values are left out, and a group without any has none. Running
sums follow the order of the rows and are missing from the first missing value on. Derived columns are
computed from the columns of the listing, so that a ratio in the total row is the ratio of the sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError, Notice, SpecError
from impact.core.frames import Frame
from impact.core.listings import Listing, ListingRow, Value
from impact.core.nearest import nearest
from impact.core.texts import fault, notice
from impact.data.evaluation import evaluate_on
from impact.data.filters import filter_rows, take_rows
from impact.schema.data_blocks import PanelBlock
from impact.schema.expressions.tree import columns_of
from impact.schema.listings.requests import ColumnRequest, ListingRequest

MAX_ROWS = 5000
TOTAL = "total"
Column = npt.NDArray[Any]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Grouped:
    """Rows (n,) sorted by group, where each of the G groups starts, and the values that name the groups."""

    order: Places
    starts: Places
    keys: Mapping[str, Column]

    @property
    def sizes(self) -> Places:
        """Rows of each group."""
        return np.diff(np.append(self.starts, len(self.order)))


def compute_listing(
    frame: Frame,
    request: ListingRequest,
    *,
    params: Mapping[str, object],
    panel: PanelBlock | None = None,
) -> tuple[Listing, tuple[Notice, ...]]:
    """A listing of the rows of a frame, and what is to be said of it.

    Raises:
        DataError: E454 several values where one is due, E455 no rows or too many, and those of its expressions.
        SpecError: E514-like faults of names that the frame lacks (E455).
    """
    frame = _with_names(frame, request, params, panel)
    known = [*frame.columns]
    for name in request.by:
        if name not in frame.columns:
            raise SpecError(_unfit(request, f"by: '{name}' is no column of its rows", nearest(name, known)))
    frame = filter_rows(frame, request.filters, params=params, panel=panel) if request.filters else frame
    frame, notices = _named_rows(frame, request)
    columns = _columns(frame, request, params=params, panel=panel, notices=notices)
    grouped = _grouped(frame, request)
    if len(grouped.starts) > MAX_ROWS:
        problem = f"{len(grouped.starts):,} rows; at most {MAX_ROWS:,} go into the results"
        raise DataError(_unfit(request, problem))
    table = dict(grouped.keys) | {
        one.name: _aggregated(request, one, columns[one.name], grouped) for one in request.columns
    }
    hidden = grouped.sizes < request.min_rows
    if hidden.any():
        notices.append(notice("W503", of=request.name, count=int(hidden.sum()), least=request.min_rows))
        table = {name: v if name in request.by else _blanked(v, hidden) for name, v in table.items()}
    place = _ordered(table, request)
    table = {name: values[place] for name, values in table.items()}
    table |= _running(table, request)
    total = _total(columns, request)
    table = _derived(table, request, params, notices)
    last = _derived(total, request, params, notices) if request.total else {}
    rows = _rows(table, request, grouped.sizes[place], hidden[place])
    if any(name not in (*request.by, *columns) for name, _ in request.order):
        rows = [rows[row] for row in _ordered(table, request).tolist()]
    if last:
        # with one group hidden, the total less the others would tell it
        told = _values(last, request, 0) if hidden.sum() != 1 else dict.fromkeys(request.names)
        rows.append(ListingRow(TOTAL, told, frame.n_rows, is_total=True, is_hidden=hidden.sum() == 1))
    digits = {one.name: one.digits for one in (*request.columns, *request.derive) if one.digits is not None}
    listing = Listing(
        request.name, request.by, request.names, tuple(rows), digits, request.title, request.total
    )
    return listing, tuple(notices)


def _unfit(request: ListingRequest, problem: str, suggestion: str = "") -> Any:
    where = f"listings.{request.name}"
    return fault("E455", place=request.place, suggestion=suggestion, where=where, problem=problem)


def _with_names(
    frame: Frame, request: ListingRequest, params: Mapping[str, object], panel: PanelBlock | None
) -> Frame:
    """The frame with the names of rows that are expressions."""
    if not request.made:
        return frame
    columns = dict(frame.columns)
    for name, expression in request.made.items():
        of = f"listings.{request.name}.{name}"
        columns[name] = evaluate_on(frame, expression, params=params, panel=panel, of=of).values
    return replace(frame, columns=columns)


def _named_rows(frame: Frame, request: ListingRequest) -> tuple[Frame, list[Notice]]:
    """The rows that have a value of every name of `by`; W500 says how many have not."""
    named = np.ones(frame.n_rows, dtype=bool)
    for name in request.by:
        named &= ~_missing(frame.columns[name])
    if not named.any():
        raise DataError(_unfit(request, "no row has a value of every column of by:"))
    lost = int((~named).sum())
    notices = [notice("W500", of=request.name, count=lost, names=", ".join(request.by))] if lost else []
    return take_rows(frame, named), notices


def _missing(values: Column) -> npt.NDArray[np.bool_]:
    if values.dtype.kind == "f":
        return np.asarray(np.isnan(values))
    if values.dtype.kind == "M":
        return np.asarray(np.isnat(values))
    return np.fromiter((value is None for value in values), dtype=bool, count=len(values))


def _columns(
    frame: Frame,
    request: ListingRequest,
    *,
    params: Mapping[str, object],
    panel: PanelBlock | None,
    notices: list[Notice],
) -> dict[str, tuple[Column, Column | None]]:
    """Values of every column and its weights, row by row of the data.

    Raises:
        DataError: E455 text where a number is due, or a negative weight.
    """
    found: dict[str, tuple[Column, Column | None]] = {}
    for one in request.columns:
        of = f"listings.{request.name}.{one.name}"
        condition = one.way == "count"
        made = evaluate_on(frame, one.values, params=params, panel=panel, of=of, condition=condition)
        notices.extend(made.notices)
        weights = None
        if one.weights is not None:
            weights = evaluate_on(frame, one.weights, params=params, panel=panel, of=of).values
        for values, part in ((made.values, one.way), (weights, "weights")):
            if values is not None and part != "value" and values.dtype.kind != "f":
                raise DataError(_unfit(request, f"{one.name}: {part} takes numbers"))
        if weights is not None and bool(np.any(weights < 0)):
            raise DataError(_unfit(request, f"{one.name}: a weight is negative"))
        found[one.name] = (made.values, weights)
    return found


def _grouped(frame: Frame, request: ListingRequest) -> _Grouped:
    codes = np.zeros(frame.n_rows, dtype=np.int64)
    for name in request.by:
        levels, inverse = np.unique(_sortable(frame.columns[name]), return_inverse=True)
        codes = np.unique(codes * len(levels) + inverse, return_inverse=True)[1].astype(np.int64)
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1)).astype(np.int64)
    first = order[starts]
    return _Grouped(order, starts, {name: frame.columns[name][first] for name in request.by})


def _sortable(values: Column) -> Column:
    return values.astype(str) if values.dtype.kind == "O" else values


def _aggregated(
    request: ListingRequest, one: ColumnRequest, column: tuple[Column, Column | None], grouped: _Grouped
) -> Column:
    """One value a group, in the order of the groups."""
    values, weights = column
    values = values[grouped.order]
    weights = None if weights is None else weights[grouped.order]
    ends = [*grouped.starts[1:].tolist(), len(values)]
    found: list[Any] = []
    for group, (start, end) in enumerate(zip(grouped.starts.tolist(), ends, strict=True)):
        part = values[start:end]
        if one.way == "value":
            key = _key([grouped.keys[name][group] for name in request.by])
            found.append(_only(request, one, part, key))
        else:
            found.append(aggregate(part, one.way, None if weights is None else weights[start:end]))
    if values.dtype.kind == "f":
        return np.array(found, dtype=np.float64)
    return np.array(found, dtype=values.dtype)


def _only(request: ListingRequest, one: ColumnRequest, part: Column, key: str) -> Any:
    """The one value of a group, missing where all are.

    Raises:
        DataError: E454.
    """
    known = part[~_missing(part)]
    different = list(dict.fromkeys(known.tolist()))
    if len(different) > 1:
        shown = ", ".join(map(str, different[:3]))
        raise DataError(
            fault(
                "E454", place=one.values.place or request.place, listing=request.name, column=one.name,
                row=key, count=len(different), values=shown,
            )
        )  # fmt: skip
    return known[0] if len(known) else part[0]


def aggregate(values: Column, way: str, weights: Column | None = None) -> float:
    """One number of the values (n,) that are not missing; missing where none is left.

    Arguments:
        way: sum, mean (with weights), median, min, max, sd (divisor n - 1) or count (of ones).
    """
    known = ~np.isnan(values)
    if weights is not None:
        known &= ~np.isnan(weights)
        weights = weights[known]
    values = values[known]
    if way == "count":
        return float(np.sum(values != 0))
    if not len(values):
        return float("nan")
    if way == "mean" and weights is not None:
        total = float(np.sum(weights))
        return float(np.sum(weights * values)) / total if total > 0 else float("nan")
    if way == "sd":
        return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    ways: dict[str, Any] = {"sum": np.sum, "mean": np.mean, "median": np.median, "min": np.min, "max": np.max}
    return float(ways[way](values))


def _blanked(values: Column, hidden: npt.NDArray[np.bool_]) -> Column:
    """The values without those of groups that are too small to show."""
    found = values.copy()
    found[hidden] = _nothing(values)
    return found


def _nothing(values: Column) -> Any:
    """The missing value of a kind of column."""
    return {"f": np.nan, "M": np.datetime64("NaT")}.get(values.dtype.kind)


def _ordered(table: Mapping[str, Column], request: ListingRequest) -> Places:
    """Places of the rows in the order asked for; ties keep the order of `by`, missing values come last."""
    place: Places = np.arange(len(next(iter(table.values()))))
    known = {name: pair for name, pair in request.order if name in table}
    for name, down in reversed(known.items()):
        values = table[name][place]
        absent = _missing(values)
        ranks = np.unique(_sortable(values), return_inverse=True)[1].astype(np.float64)
        ranks = -ranks if down else ranks
        ranks[absent] = np.inf
        place = place[np.argsort(ranks, kind="stable")]
    return place


def _running(table: Mapping[str, Column], request: ListingRequest) -> dict[str, Column]:
    """Running sums along the rows, each value of the first names of `by` for itself."""
    if not request.cumulate:
        return {}
    outer = [_key([table[name][row] for name in request.by[:-1]]) for row in range(_length(table))]
    found: dict[str, Column] = {}
    for name, column in request.cumulate.items():
        values = table[column]
        if values.dtype.kind != "f":
            raise DataError(
                _unfit(request, f"the running sum '{name}' is of '{column}', which holds no numbers")
            )
        sums: dict[str, float] = {}
        made = []
        for key, value in zip(outer, values.tolist(), strict=True):
            sums[key] = sums.get(key, 0.0) + value
            made.append(sums[key])
        found[name] = np.array(made, dtype=np.float64)
    return found


def _length(table: Mapping[str, Column]) -> int:
    return len(next(iter(table.values())))


def _total(columns: Mapping[str, tuple[Column, Column | None]], request: ListingRequest) -> dict[str, Column]:
    """The row of everything: sums of sums, means of all rows; a fact only where all rows share it."""
    found: dict[str, Column] = {}
    for one in request.columns:
        values, weights = columns[one.name]
        if one.way == "value":
            different = list(dict.fromkeys(values[~_missing(values)].tolist()))
            only = values[:1].copy()
            if len(different) != 1:
                only[:] = _nothing(values)
            found[one.name] = only
        else:
            found[one.name] = np.array([aggregate(values, one.way, weights)])
    return found | {name: np.array([np.nan]) for name in request.cumulate}


def _derived(
    table: Mapping[str, Column], request: ListingRequest, params: Mapping[str, object], notices: list[Notice]
) -> dict[str, Column]:
    """The table with its derived columns; a column that it lacks (the names of the total) is missing."""
    made = dict(table)
    rows = _length(made)
    for one in request.derive:
        absent = [
            use.name for use in columns_of(one.values) if use.name not in made and use.name in request.by
        ]
        frame = Frame(columns=made | {name: np.full(rows, np.nan) for name in absent}, n_rows=rows)
        of = f"listings.{request.name}.{one.name}"
        found = evaluate_on(frame, one.values, params=params, of=of)
        notices.extend(found.notices if rows > 1 else ())
        made[one.name] = found.values
    return made


def _rows(
    table: Mapping[str, Column], request: ListingRequest, sizes: Places, hidden: npt.NDArray[np.bool_]
) -> list[ListingRow]:
    return [
        ListingRow(
            _key([table[name][row] for name in request.by]),
            _values(table, request, row),
            int(sizes[row]),
            is_hidden=bool(hidden[row]),
        )
        for row in range(_length(table))
    ]


def _values(table: Mapping[str, Column], request: ListingRequest, row: int) -> dict[str, Value]:
    return {name: plain_value(table[name][row]) for name in (*request.by, *request.names) if name in table}


def plain_value(value: Any) -> Value:
    """A value for the results: whole numbers as such, dates as text, missing as None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value.astype("datetime64[D]"))
    number = float(value)
    if np.isnan(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _key(values: Sequence[Any]) -> str:
    return ";".join(str(plain_value(value)) for value in values)
