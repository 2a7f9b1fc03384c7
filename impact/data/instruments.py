"""Constructed instruments: columns from shares and shocks, or from distances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.errors import DataError, Fault, Notice, Place
from impact.core.frames import Frame
from impact.core.nearest import nearest
from impact.core.shift_share import ShiftShare
from impact.core.texts import fault, notice
from impact.data.keys import Column, key_codes, show_key, show_value
from impact.kernels.spatial import great_circle
from impact.schema.data_blocks import DistanceBlock, ShiftShareBlock, share_sum_name

Rows = npt.NDArray[np.int64]
_MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class _Table:
    """A file as a table: values (rows, S) by key and sector, and the row of each observation of main (−1: none)."""

    values: Floats
    row: Rows


@dataclass(frozen=True, slots=True)
class _Long:
    """Rows of a file: their keys, the position of their sector among S (−1: none of them), their values."""

    keys: Sequence[npt.NDArray[Any]]
    sector: Rows
    values: Floats


@dataclass(frozen=True, slots=True)
class _Build:
    """One shift-share variable while it is built."""

    name: str
    block: ShiftShareBlock
    frame: Frame
    frames: Mapping[str, Frame]

    def fault(self, problem: str, *, key: str = "", suggestion: str = "") -> Fault:
        path = f"instruments.{self.name}.{key}" if key else f"instruments.{self.name}"
        place = Place(file="", path=path)
        return fault("E248", place=place, suggestion=suggestion, name=self.name, problem=problem)

    def file(self, key: str) -> Frame:
        """The file of shares or of shocks: a name in `data`, or the path that stands there."""
        written = str(getattr(self.block, key))
        return self.frames[written if written in self.frames else f"{self.name}.{key}"]

    def columns(self, frame: Frame, names: Sequence[str], key: str) -> list[npt.NDArray[Any]]:
        """Columns of a file, or E248."""
        absent = [name for name in names if name not in frame.columns]
        if absent:
            raise DataError(
                *(
                    self.fault(
                        f"{frame.name} has no column '{name}'",
                        key=key,
                        suggestion=nearest(name, frame.columns),
                    )
                    for name in absent
                )
            )
        return [frame.columns[name] for name in names]

    def same_kinds(self, here: Sequence[Column], there: Sequence[Column], key: str) -> None:
        """Refuse to match numbers with texts, as joins do: E248."""
        if any(left.dtype.kind != right.dtype.kind for left, right in zip(here, there, strict=True)):
            raise DataError(self.fault(f"keys of main and of the {key} are of different kinds", key=key))

    def numbers(self, frame: Frame, name: str, key: str) -> Floats:
        """A column of numbers of a file, or E248."""
        (values,) = self.columns(frame, [name], key)
        if values.dtype.kind != "f":
            raise DataError(self.fault(f"'{name}' of {frame.name} holds no numbers", key=key))
        found: Floats = values
        return found


def add_instruments(
    frame: Frame,
    frames: Mapping[str, Frame],
    blocks: Mapping[str, ShiftShareBlock | DistanceBlock],
) -> Frame:
    """The frame with its constructed instruments, and for shift-share variables what they are made of.

    A shift-share variable ``z`` comes with ``z_shares``, the sum of its shares. It is missing where a unit has no
    shares or a sector with a share has no shock.

    Raises:
        DataError: E248 what cannot be built.
    """
    columns = dict(frame.columns)
    made: dict[str, ShiftShare] = dict(frame.shift_shares)
    notices = list(frame.notices)
    for name, block in blocks.items():
        if isinstance(block, DistanceBlock):
            columns[name] = _distance(name, block, frame)
            continue
        build = _Build(name, block, frame, frames)
        found, columns[name], columns[share_sum_name(name)] = _shift_share(build)
        made[name] = found
        notices += _notices(found, columns[share_sum_name(name)])
    for values in columns.values():
        values.setflags(write=False)
    return replace(frame, columns=columns, shift_shares=made, notices=tuple(notices))


def _distance(name: str, block: DistanceBlock, frame: Frame) -> Floats:
    read = [frame.columns[column] for column in (block.lat, block.lon)]
    if any(values.dtype.kind != "f" for values in read):
        place = Place(file="", path=f"instruments.{name}")
        problem = f"'{block.lat}' and '{block.lon}' must be numbers, in degrees"
        raise DataError(fault("E248", place=place, name=name, problem=problem))
    points: Floats = np.asarray(list(block.to.values()), dtype=np.float64)
    km: Floats = np.min(great_circle(np.column_stack(read), points), axis=1)
    if block.form == "km":
        return km
    positive = np.where(km > 0, km, np.nan)
    return np.log(positive) if block.form == "log" else 1.0 / positive


def _shift_share(build: _Build) -> tuple[ShiftShare, Floats, Floats]:
    """What the variable is made of, its values (n,) and sums of shares (n,), NaN where it is not known."""
    block, main = build.block, build.frame
    periods, period = _periods(build)
    sectors = _sectors(build)
    shares = _shares(build, sectors)
    shocks = _shocks(build, sectors)
    known = (shares.row >= 0) & (shocks.row >= 0)
    made = ShiftShare(
        name=build.name,
        sectors=tuple(show_value(sector) for sector in sectors),
        periods=periods,
        shares=shares.values,
        share_row=np.maximum(shares.row, 0),
        shocks=shocks.values,
        shock_row=np.maximum(shocks.row, 0),
        period=period,
        group=np.zeros(len(sectors), dtype=np.int32),
    )
    if block.group is not None:
        labels, codes = _groups(build, sectors)
        made = replace(made, group=codes, groups=labels)
    for name in (block.unit, block.time):
        if name is not None and block.reads_by(name):
            known &= key_codes([main.columns[name]]).codes >= 0
    values, exposures = made.values(), made.exposures()
    known &= np.isfinite(values) & np.isfinite(exposures).all(axis=1)
    return made, np.where(known, values, np.nan), np.where(known, exposures.sum(axis=1), np.nan)


def _periods(build: _Build) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    name = build.block.time
    if name is None:
        return ("",), np.zeros(build.frame.n_rows, dtype=np.int32)
    values = build.frame.columns[name]
    codes = key_codes([values]).codes
    return _labels(values, codes) or ("",), np.maximum(codes, 0).astype(np.int32)


def _labels(values: npt.NDArray[Any], codes: Rows) -> tuple[str, ...]:
    """The values behind the codes 0, 1, … of a column, as written."""
    _, first = np.unique(codes, return_index=True)
    return tuple(show_value(values[row]) for row in first if codes[row] >= 0)


def _sectors(build: _Build) -> Sequence[object]:
    """Sectors in sorted order: those named beside columns, else those of the files."""
    block = build.block
    for columns in (block.shares, block.shocks):
        if not isinstance(columns, str):
            return sorted(columns)
    (values,) = build.columns(build.file("shares"), [str(block.sector)], "sector")
    return sorted({value for value in values.tolist() if value is not None and value == value})


def _shares(build: _Build, sectors: Sequence[object]) -> _Table:
    block = build.block
    if not isinstance(block.shares, str):
        return _from_columns(build, [block.shares[str(sector)] for sector in sectors], "shares")
    file = build.file("shares")
    here, there = [build.frame.columns[str(block.unit)]], [str(block.unit)]
    rows = np.arange(file.n_rows)
    if block.time is not None and block.base is not None:
        (times,) = build.columns(file, [block.time], "shares")
        rows = np.flatnonzero(times == block.base)
        if not len(rows):
            raise DataError(build.fault(f"no share is of {block.time} {show_value(block.base)}", key="base"))
    if block.time is not None and block.lag is not None:
        here.append(build.numbers(build.frame, block.time, "lag") - block.lag)
        there.append(block.time)
    keys = [values[rows] for values in build.columns(file, there, "shares")]
    values = build.numbers(file, block.share, "share")[rows]
    if np.isnan(values).any():
        raise DataError(build.fault(f"'{block.share}' is missing in some rows of {file.name}", key="share"))
    long = _Long(keys, _sector_codes(build, file, sectors, "shares")[rows], values)
    return _pivot(build, here, long, np.zeros(len(sectors)), "shares")


def _shocks(build: _Build, sectors: Sequence[object]) -> _Table:
    block = build.block
    if not isinstance(block.shocks, str):
        return _from_columns(build, [block.shocks[str(sector)] for sector in sectors], "shocks")
    file = build.file("shocks")
    sector = _sector_codes(build, file, sectors, "shocks")
    kept = np.flatnonzero(sector >= 0)
    names = [name for name in (block.time,) if name is not None]
    here = [build.frame.columns[name] for name in names]
    keys = [values[kept] for values in build.columns(file, names, "shocks")]
    values = build.numbers(file, block.shock, "shock")[kept]
    if not names:
        here, keys = [np.zeros(build.frame.n_rows)], [np.zeros(len(kept))]
    long, empty = _Long(keys, sector[kept], values), np.full(len(sectors), np.nan)
    if block.leave_out == "none":
        return _pivot(build, here, long, empty, "shocks")
    return _of_others(build, here, long, kept, len(sectors))


def _of_others(
    build: _Build, here: Sequence[npt.NDArray[Any]], long: _Long, kept: Rows, count: int
) -> _Table:
    """Shocks of all units but one's own: their sum, or their mean by the weights of the file (at rows ``kept``)."""
    keys, sector, values = long.keys, long.sector, long.values
    block, file = build.block, build.file("shocks")
    unit = str(block.unit)
    weights = np.ones(len(values))
    if block.weight is not None:
        weights = build.numbers(file, block.weight, "weight")[kept]
    if np.isnan(values).any() or np.isnan(weights).any():
        raise DataError(build.fault("shocks or weights are missing for some units", key="leave_out"))
    all_units = [build.frame.columns[unit], build.columns(file, [unit], "unit")[0][kept]]
    build.same_kinds([*here, all_units[0]], [*keys, all_units[1]], "shocks")
    table_keys = [np.concatenate(pair) for pair in zip(here, keys, strict=True)]
    cells = key_codes(table_keys)
    n = build.frame.n_rows
    at, of = cells.codes[:n], cells.codes[n:]
    by_unit = key_codes([np.concatenate(all_units)])
    rows = by_unit.codes * cells.count + cells.codes
    rows[(by_unit.codes < 0) | (cells.codes < 0)] = -1
    _refuse_repeated(build, rows[n:] * count + sector, [*keys, all_units[1]], "shocks")
    own = np.zeros((2, by_unit.count * cells.count, count))
    whole = np.zeros((2, cells.count, count))
    used = rows[n:] >= 0
    for place, part in enumerate((values * weights, weights)):
        np.add.at(own[place], (rows[n:][used], sector[used]), part[used])
        np.add.at(whole[place], (of[used], sector[used]), part[used])
    others = np.tile(whole, (1, by_unit.count, 1)) - own
    # a sum over no other unit is 0 where the sector has a shock at all; a mean over none is not known
    known = others[1] > 0 if block.weight is not None else np.tile(whole[1], (by_unit.count, 1)) > 0
    divisor = np.where(known, others[1], 1.0) if block.weight is not None else 1.0
    found = np.where(known, others[0] / divisor, np.nan)
    return _Table(found, np.where(at >= 0, rows[:n], -1))


def _from_columns(build: _Build, names: Sequence[str], key: str) -> _Table:
    values = [build.numbers(build.frame, name, key) for name in names]
    return _Table(np.column_stack(values), np.arange(build.frame.n_rows))


def _sector_codes(build: _Build, file: Frame, sectors: Sequence[object], key: str) -> Rows:
    """Position (rows,) of each row's sector among the sectors, −1 for others."""
    (values,) = build.columns(file, [str(build.block.sector)], key)
    position = {sector: place for place, sector in enumerate(sectors)}
    codes = np.array([position.get(value, -1) for value in values.tolist()], dtype=np.int64)
    if not (codes >= 0).any():
        raise DataError(build.fault(f"no sector of {file.name} is one of those with shares", key=key))
    return codes


def _pivot(
    build: _Build,
    here: Sequence[npt.NDArray[Any]],
    long: _Long,
    empty: Floats,
    key: str,
) -> _Table:
    """A long table as (keys, S), cells without a row as in ``empty`` (S,), and the row of each observation of main."""
    there, sector, count = long.keys, long.sector, len(empty)
    build.same_kinds(here, there, key)
    both = key_codes([np.concatenate(pair) for pair in zip(here, there, strict=True)])
    n = build.frame.n_rows
    at, of = both.codes[:n], both.codes[n:]
    used = (of >= 0) & (sector >= 0)
    _refuse_repeated(build, np.where(used, of * count + sector, -1), [*there], key)
    table = np.tile(empty, (max(both.count, 1), 1))
    table[of[used], sector[used]] = long.values[used]
    present = np.zeros(max(both.count, 1), dtype=bool)
    present[of[used]] = True
    return _Table(table, np.where((at >= 0) & present[np.maximum(at, 0)], at, -1))


def _refuse_repeated(build: _Build, codes: Rows, keys: Sequence[npt.NDArray[Any]], key: str) -> None:
    found, first, counts = np.unique(codes, return_index=True, return_counts=True)
    repeated = first[(counts > 1) & (found >= 0)]
    if len(repeated):
        examples = ", ".join(show_key(keys, int(row)) for row in repeated[:_MOST_EXAMPLES])
        problem = f"the {key} have {len(repeated)} keys with several rows for one sector ({examples})"
        raise DataError(build.fault(problem, key=key))


def _groups(build: _Build, sectors: Sequence[object]) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    file = build.file("shocks")
    (values,) = build.columns(file, [str(build.block.group)], "group")
    sector = _sector_codes(build, file, sectors, "group")
    of = np.full(len(sectors), -1, dtype=np.int64)
    codes = key_codes([values]).codes
    for place, code in zip(sector.tolist(), codes.tolist(), strict=True):
        if place >= 0 and of[place] not in (-1, code):
            raise DataError(build.fault(f"sector {sectors[place]} is in several groups", key="group"))
        if place >= 0:
            of[place] = code
    if (of < 0).any():
        raise DataError(build.fault("some sectors with shares have no group", key="group"))
    return _labels(values, codes), of.astype(np.int32)


def _notices(made: ShiftShare, sums: Floats) -> list[Notice]:
    of = f"instruments.{made.name}"
    found: list[Notice] = []
    missing = int(np.isnan(sums).sum())
    if missing:
        found.append(notice("W448", of=of, name=made.name, count=missing))
    known = sums[~np.isnan(sums)]
    if len(made.sectors) == 1:
        found.append(notice("W450", of=of, name=made.name, sector=made.sectors[0]))
    elif len(known) and np.abs(known - 1.0).max() > 1e-6:
        low, high = (f"{value:.8g}" for value in (known.min(), known.max()))
        column = share_sum_name(made.name)
        found.append(notice("W449", of=of, name=made.name, low=low, high=high, column=column))
    return found
