"""Joins of files by key, with the expectations that the spec states and a count of what did not match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError, Fault, Notice, Place
from impact.core.frames import Frame, Step
from impact.core.nearest import nearest
from impact.core.texts import fault, notice, text
from impact.data.keys import Column, key_codes, kind_of, show_key
from impact.schema.data_blocks import JoinBlock

Rows = npt.NDArray[np.int64]
_MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class _Match:
    """Row numbers of both sides (−1: no partner) and the rows left over on each side."""

    left: Rows
    right: Rows
    unmatched: Rows
    unused: Rows


@dataclass(frozen=True, slots=True)
class _Join:
    """A join with its names, for messages."""

    name: str
    block: JoinBlock
    main: str
    other: str

    def fault(self, code: str, *, key: str = "", suggestion: str = "", **values: Any) -> Fault:
        path = f"joins.{self.name}.{key}" if key else f"joins.{self.name}"
        place = Place(file="", path=path)
        return fault(code, place=place, suggestion=suggestion, join=f"joins.{self.name}", **values)

    def key_words(self) -> str:
        names = [pair[0] for pair in self.block.pairs()]
        return text("data.key_values", names=", ".join(names)) if len(names) > 1 else _plural(names[0])


def _plural(name: str) -> str:
    return f"{name}s" if name.isascii() and name.isalpha() else text("data.values_of", name=name)


def join_frames(frames: Mapping[str, Frame], joins: Mapping[str, JoinBlock]) -> Frame:
    """The main frame (the first, or the one named main) with every join applied in order.

    Raises:
        DataError: E205 key kinds differ, E206 a key repeats against ``how:``, E207 more keys without a
        partner than
            expected, E209 a key or column is absent, E227 a column stands in both files, E229 unknown file.
    """
    main = frames.get("main") or next(iter(frames.values()))
    joined = main
    for name, block in joins.items():
        other = block.data or name
        join = _Join(name=name, block=block, main=main.name, other=other)
        if other not in frames or frames[other] is main:
            known = [key for key, frame in frames.items() if frame is not main]
            raise DataError(
                join.fault(
                    "E229", suggestion=nearest(other, known), other=other, names=", ".join(known) or "-"
                )
            )
        joined = _join(joined, frames[other], join)
    files = {key: facts for frame in frames.values() for key, facts in frame.files.items()}
    return replace(joined, files={**joined.files, **files})


def _join(main: Frame, other: Frame, join: _Join) -> Frame:
    left, right = _key_columns(main, other, join)
    brought = _brought(main, other, join)
    match = _matched(left, right, join)
    _meet_expectations(match, left, right, join)
    columns = _combined(main, other, match, brought, join)
    n_rows = len(next(iter(columns.values())))
    if not n_rows:
        raise DataError(join.fault("E247", key="keep", main=join.main, other=join.other))
    steps, notices = _ledger(match, main, join)
    return replace(
        main,
        columns=columns,
        n_rows=n_rows,
        steps=(*main.steps, *steps),
        labels={**other.labels, **main.labels},
        value_labels={**other.value_labels, **main.value_labels},
        units={**other.units, **main.units},
        notices=(*main.notices, *other.notices, *notices),
    )


def _key_columns(main: Frame, other: Frame, join: _Join) -> tuple[list[Column], list[Column]]:
    faults = []
    left, right = [], []
    for here, there in join.block.pairs():
        for frame, name, side in ((main, here, join.main), (other, there, join.other)):
            if name not in frame.columns:
                hint = nearest(name, frame.columns)
                faults.append(join.fault("E241", key="on", suggestion=hint, column=name, file=side))
        if here not in main.columns or there not in other.columns:
            continue
        kinds = kind_of(main.columns[here]), kind_of(other.columns[there])
        if kinds[0] != kinds[1]:
            left_name, right_name = f"{join.main}.{here}", f"{join.other}.{there}"
            faults.append(
                join.fault(
                    "E205",
                    key="on",
                    left=left_name,
                    right=right_name,
                    left_kind=kinds[0],
                    right_kind=kinds[1],
                )
            )
        left.append(main.columns[here])
        right.append(other.columns[there])
    if faults:
        raise DataError(*faults)
    return left, right


def _brought(main: Frame, other: Frame, join: _Join) -> list[str]:
    keys = {there for _, there in join.block.pairs()}
    asked = join.block.columns
    absent = [name for name in asked or () if name not in other.columns]
    if absent:
        raise DataError(
            *(
                join.fault(
                    "E241",
                    key="columns",
                    suggestion=nearest(name, other.columns),
                    column=name,
                    file=join.other,
                )
                for name in absent
            )
        )
    names = [name for name in other.columns if name not in keys and (asked is None or name in asked)]
    clashes = [name for name in names if name in main.columns]
    if clashes:
        listed = ", ".join(f"'{name}'" for name in clashes)
        raise DataError(join.fault("E227", columns=listed, main=join.main, other=join.other))
    return names


def _matched(left: Sequence[Column], right: Sequence[Column], join: _Join) -> _Match:
    n_left, n_right = len(left[0]), len(right[0])
    both = key_codes([np.concatenate(pair) for pair in zip(left, right, strict=True)])
    here, there = both.codes[:n_left], both.codes[n_left:]
    if join.block.how in ("1:1", "m:1"):
        _require_unique(there, right, join, join.other)
    if join.block.how in ("1:1", "1:m"):
        _require_unique(here, left, join, join.main)
    order = np.argsort(there, kind="stable")
    order = order[there[order] >= 0]
    starts = np.searchsorted(there[order], here, side="left")
    sizes = np.where(here >= 0, np.searchsorted(there[order], here, side="right") - starts, 0)
    found = np.zeros(n_right, dtype=bool)
    slots = np.maximum(sizes, 1)
    rows_left = np.repeat(np.arange(n_left), slots)
    within = np.arange(len(rows_left)) - np.repeat(np.cumsum(slots) - slots, slots)
    has = sizes[rows_left] > 0
    rows_right = np.full(len(rows_left), -1, dtype=np.int64)
    rows_right[has] = order[(starts[rows_left] + within)[has]]
    found[rows_right[has]] = True
    return _Match(rows_left, rows_right, np.flatnonzero(sizes == 0), np.flatnonzero(~found))


def _require_unique(codes: Rows, columns: Sequence[Column], join: _Join, side: str) -> None:
    known = codes[codes >= 0]
    counts = np.bincount(known) if known.size else np.zeros(0, dtype=np.int64)
    repeated = np.flatnonzero(counts > 1)
    if not repeated.size:
        return
    examples = ", ".join(
        f"{show_key(columns, int(np.flatnonzero(codes == code)[0]))}: {counts[code]} rows"
        for code in repeated[:_MOST_EXAMPLES]
    )
    more = ", …" if len(repeated) > _MOST_EXAMPLES else ""
    names = [pair[0 if side == join.main else 1] for pair in join.block.pairs()]
    raise DataError(
        join.fault(
            "E206", key="how", how=join.block.how, side=side, keys=", ".join(names), count=len(repeated),
            examples=examples + more,
        )
    )  # fmt: skip


def _meet_expectations(match: _Match, left: Sequence[Column], right: Sequence[Column], join: _Join) -> None:
    expected = join.block.expect
    sides = (
        (expected.unmatched, match.unmatched, left, join.main, join.other, "unmatched"),
        (expected.unused, match.unused, right, join.other, join.main, "unused"),
    )
    faults = []
    for allowed, rows, columns, side, partner, key in sides:
        keys = _distinct(columns, rows)
        if allowed == "any" or len(keys) <= allowed:
            continue
        examples = ", ".join(keys[:_MOST_EXAMPLES]) + (", …" if len(keys) > _MOST_EXAMPLES else "")
        faults.append(
            join.fault(
                "E207", key="expect", count=len(keys), keys=join.key_words(), side=side, partner=partner,
                examples=examples, expected=allowed, option=key,
            )
        )  # fmt: skip
    if faults:
        raise DataError(*faults)


def _distinct(columns: Sequence[Column], rows: Rows) -> list[str]:
    """The different keys of some rows, sorted."""
    if not rows.size:
        return []
    picked = [column[rows] for column in columns]
    codes = key_codes(picked).codes
    _, first = np.unique(codes, return_index=True)
    return [show_key(picked, int(row)) for row in first]


def _combined(
    main: Frame, other: Frame, match: _Match, brought: Sequence[str], join: _Join
) -> dict[str, Column]:
    rows_left, rows_right = match.left, match.right
    if join.block.keep == "inner":
        rows_left, rows_right = rows_left[rows_right >= 0], rows_right[rows_right >= 0]
    elif join.block.keep == "outer":
        nobody = np.full(len(match.unused), -1, dtype=np.int64)
        rows_left = np.concatenate([rows_left, nobody])
        rows_right = np.concatenate([rows_right, match.unused])
    columns = {name: _taken(values, rows_left) for name, values in main.columns.items()}
    alone = rows_left < 0
    if alone.any():
        for here, there in join.block.pairs():
            filled = columns[here].copy()
            filled[alone] = other.columns[there][rows_right[alone]]
            columns[here] = filled
    columns.update({name: _taken(other.columns[name], rows_right) for name in brought})
    for values in columns.values():
        values.setflags(write=False)
    return columns


def _taken(values: Column, rows: Rows) -> Column:
    """The rows of a column; −1 gives a missing value."""
    absent = rows < 0
    if not absent.any():
        return values[rows]
    blank: object = (
        None if values.dtype == object else np.nan if values.dtype.kind == "f" else np.datetime64("NaT")
    )
    if not len(values):
        return np.full(len(rows), blank, dtype=values.dtype)
    taken = values[np.where(absent, 0, rows)]
    taken[absent] = blank
    return taken


def _ledger(match: _Match, main: Frame, join: _Join) -> tuple[tuple[Step, ...], tuple[Notice, ...]]:
    unmatched, unused = len(match.unmatched), len(match.unused)
    steps: tuple[Step, ...] = ()
    if join.block.keep == "inner" and unmatched:
        reason = text("data.no_partner", other=join.other)
        steps = (Step(name=f"join {join.name}", reason=reason, dropped=unmatched),)
    if join.block.keep == "inner" or join.block.expect.unmatched != "any" or not unmatched:
        return steps, ()
    told = notice(
        "W439", of=f"joins.{join.name}", join=f"joins.{join.name}", count=unmatched, rows=main.n_rows,
        other=join.other, unused=unused,
    )  # fmt: skip
    return steps, (told,)
