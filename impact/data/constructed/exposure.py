"""Exposure to migration: shares of migrants in a population, and doses from shares of a national stock.

    share_{c,t} = 100 × migrants_{c,t} / population_{c,b}
    dose_{d,t}  = 100 × share_d × stock_t / population_{d,b}

with the population of a base year b before the arrivals, so that residents' own moves do not enter the denominator
(Jaeger, Ruist and Stuhler 2018; Borjas 2003 for cells of education and experience).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from impact.core.arrays import Floats, Logicals
from impact.core.errors import DataError, Fault, Notice
from impact.core.frames import Frame
from impact.core.texts import notice
from impact.data.constructed.tables import Construction, Rows, common_codes, first_rows, named, plain_moments
from impact.data.keys import key_codes, show_value
from impact.schema.constructed.exposure import CURRENT, DoseBlock, ShareBlock

CODE, NOT_COVERED = "E286", "E287"
# rounding of published percentages
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class _Built:
    """Values (n,) on the rows of main, what the results say of them, notices."""

    values: Floats
    facts: Mapping[str, object]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class _Cells:
    """Codes of a table's rows by unit and by period, and how many of each there are."""

    unit: Rows
    time: Rows
    units: int
    times: int

    def both(self) -> Rows:
        """One code for unit and period, −1 where a part is missing."""
        known = (self.unit >= 0) & (self.time >= 0)
        return np.where(known, self.unit * self.times + self.time, -1)


def add_exposures(
    frame: Frame,
    frames: Mapping[str, Frame],
    blocks: Mapping[str, ShareBlock | DoseBlock],
    denominator_year: int | None,
) -> Frame:
    """The frame with its exposure columns, and their facts under ``exposure.NAME``.

    Arguments:
        denominator_year: of the spec, for blocks that have none of their own.

    Raises:
        DataError: E286 what cannot be built.
    """
    columns, constructed = dict(frame.columns), dict(frame.constructed)
    notices = list(frame.notices)
    for name, block in blocks.items():
        build = Construction("exposure", name, CODE)
        if isinstance(block, ShareBlock):
            built = _share(build, frame, frames, block, denominator_year)
        else:
            built = _dose(build, frame, frames, block, denominator_year)
        values = built.values
        values.setflags(write=False)
        columns[name] = values
        constructed[build.path] = built.facts
        notices += built.notices
    return replace(frame, columns=columns, constructed=constructed, notices=tuple(notices))


def examine_exposures(main: Frame, blocks: Mapping[str, ShareBlock | DoseBlock]) -> Frame:
    """The main sample with the moments of each exposure over its units and periods, each cell once.

    Raises:
        DataError: E287 rows of the sample without exposure, unless the block says `missing: drop` (W490 then).
    """
    constructed, notices = dict(main.constructed), list(main.notices)
    faults: list[Fault] = []
    for name, block in blocks.items():
        build = Construction("exposure", name, CODE)
        units = [block.unit] if isinstance(block.unit, str) else list(block.unit)
        keys = [main.columns[key] for key in (*units, *((block.time,) if block.time else ()))]
        values = main.columns[name]
        absent = np.flatnonzero(np.isnan(values))
        places = named(keys, absent)
        if len(absent) and block.missing == "refuse":
            problem = f"{len(absent)} rows of {places}"
            faults.append(build.fault(problem, key="unit", code=NOT_COVERED))
        elif len(absent):
            notices.append(notice("W490", of=build.path, name=name, count=len(absent), places=places))
        cells = key_codes(keys)
        once = values[first_rows(cells.codes, cells.count)]
        constructed[build.path] = {
            **constructed[build.path],
            "cells": cells.count,
            "rows_without": len(absent),
            "above_whole": int(np.sum(once > block.scale)),
            **plain_moments(once),
        }
    if faults:
        raise DataError(*faults)
    return replace(main, constructed=constructed, notices=tuple(notices))


def _share(
    build: Construction,
    main: Frame,
    frames: Mapping[str, Frame],
    block: ShareBlock,
    spec_year: int | None,
) -> _Built:
    counts = build.file(frames, block.data, "data", main)
    over = counts if block.over_data is None else build.file(frames, block.over_data, "over_data", main)
    base = _base_of(build, block, spec_year)
    units, n_units, _ = common_codes(build, [(one, block.unit) for one in (main, counts, over)], "unit")
    if block.time is None:
        times = [np.zeros(one.n_rows, dtype=np.int64) for one in (main, counts, over)]
        n_times = 1
    else:
        times, n_times, _ = common_codes(build, [(one, [block.time]) for one in (main, counts, over)], "time")
    here, there, below = (_Cells(u, t, n_units, n_times) for u, t in zip(units, times, strict=True))
    numerator = _cell_values(
        build, counts, block.count, there.both(), n_units * n_times, block.combine, "count"
    )
    if base is None:
        denominator = _cell_values(
            build, over, block.over, below.both(), n_units * n_times, block.combine, "over"
        )
    else:
        codes = np.where(_of_base(build, over, block, base), below.unit, -1)
        by_unit = _cell_values(build, over, block.over, codes, n_units, block.combine, "over")
        denominator = np.repeat(by_unit, n_times)
    values = _divided(build, numerator, denominator, block.scale)
    cells = here.both()
    found = np.where(cells >= 0, values[np.maximum(cells, 0)], np.nan)
    facts = {
        "kind": "share",
        "count": block.count,
        "over": block.over,
        "unit": list(block.unit),
        "denominator_year": CURRENT if base is None and block.time else base,
        "scale": block.scale,
    }
    return _Built(found, facts)


def _base_of(build: Construction, block: ShareBlock, spec_year: int | None) -> int | None:
    """The year whose population divides; None for each period's own.

    Raises:
        DataError: E286 there are periods, and nobody says which.
    """
    if block.time is None or block.denominator_year == CURRENT:
        return None
    base = spec_year if block.denominator_year is None else int(block.denominator_year)
    if base is None:
        problem = "say whose population divides: denominator_year: YEAR before the arrivals, or current"
        raise DataError(build.fault(problem, key="denominator_year"))
    return base


def _of_base(build: Construction, over: Frame, block: ShareBlock, base: int) -> Logicals:
    times = build.numbers(over, str(block.time), "time")
    found: Logicals = times == base
    if not found.any():
        known = sorted({show_value(value) for value in times.tolist()})
        problem = f"no row of {over.name} is of {block.time} {base} (there are {', '.join(known[:12])})"
        raise DataError(build.fault(problem, key="denominator_year"))
    return found


def _cell_values(
    build: Construction, frame: Frame, name: str, codes: Rows, count: int, combine: str, key: str
) -> Floats:
    """(count,) the value of each cell, NaN without a row: the one its rows agree on, or their sum.

    Raises:
        DataError: E286 negative or missing values, rows of a cell that differ.
    """
    values = build.numbers(frame, name, key)
    rows = np.flatnonzero(codes >= 0)
    used = values[rows]
    if np.isnan(used).any() or (used < 0).any():
        bad = int(np.isnan(used).sum() + (used < 0).sum())
        raise DataError(
            build.fault(f"'{name}' of {frame.name} is missing or negative in {bad} rows", key=key)
        )
    at = codes[rows]
    first = first_rows(codes, count)
    found: Floats = np.where(first >= 0, values[np.maximum(first, 0)], np.nan)
    if combine == "sum":
        total = np.bincount(at, weights=used, minlength=count)
        return np.where(first >= 0, total, np.nan)
    differ = int(np.sum(found[at] != used))
    if differ:
        problem = (
            f"'{name}' of {frame.name} has several values within one unit and period ({differ} rows): "
            "write combine: sum if they are parts of a whole"
        )
        raise DataError(build.fault(problem, key=key))
    return found


def _divided(build: Construction, numerator: Floats, denominator: Floats, scale: float) -> Floats:
    """Shares of all cells, NaN where one of the two is not known.

    Raises:
        DataError: E286 a population of zero.
    """
    zero = int(np.sum(denominator == 0))
    if zero:
        raise DataError(build.fault(f"the population that divides is zero in {zero} cells", key="over"))
    return scale * numerator / denominator


def _dose(
    build: Construction,
    main: Frame,
    frames: Mapping[str, Frame],
    block: DoseBlock,
    spec_year: int | None,
) -> _Built:
    shares = build.file(frames, block.shares, "shares", main)
    people = build.file(frames, block.population, "population", main)
    base = spec_year if block.denominator_year is None else block.denominator_year
    if base is None:
        problem = "say whose population divides: denominator_year: YEAR before the arrivals"
        raise DataError(build.fault(problem, key="denominator_year"))
    codes, count, _ = common_codes(build, [(one, [block.unit]) for one in (main, shares, people)], "unit")
    here, there, below = codes
    persons = _population(build, people, block, base, below, count)
    parts, total = _parts(build, shares, block, there, persons)
    left = 1.0 - total
    unlisted = np.isnan(parts) & ~np.isnan(persons)
    if block.rest == "population" and left > _TOLERANCE:
        if not unlisted.any():
            raise DataError(build.fault("no place without a share is left for the rest", key="rest"))
        parts[unlisted] = left * persons[unlisted] / float(persons[unlisted].sum())
    else:
        parts[unlisted] = 0.0
    stock = _stock(build, main, block)
    per_head = block.scale * parts / persons
    found = np.where(here >= 0, per_head[np.maximum(here, 0)], np.nan) * stock
    facts = {
        "kind": "dose",
        "unit": [block.unit],
        "denominator_year": base,
        "rest": block.rest,
        "share_sum_pct": 100.0 * total,
        "stock": {period: value for period, value in sorted(block.stock.items())},
        "scale": block.scale,
    }
    rest = notice(
        "W496",
        of=build.path,
        name=build.name,
        share=f"{100.0 * total:.4g}",
        left=f"{100.0 * left:.4g}",
        rest=block.rest,
        year=base,
    )
    return _Built(found, facts, (rest,))


def _population(
    build: Construction, people: Frame, block: DoseBlock, base: int, codes: Rows, count: int
) -> Floats:
    """(count,) persons of each place in the base year, NaN for places that the file lacks.

    Raises:
        DataError: E286 no row of that year, several rows of a place, persons that are not positive.
    """
    times = build.numbers(people, block.time, "time")
    values = build.numbers(people, block.persons, "persons")
    rows = np.flatnonzero((times == base) & (codes >= 0))
    if not len(rows):
        problem = f"{people.name} has no {block.time} {base}"
        raise DataError(build.fault(problem, key="denominator_year"))
    if len(np.unique(codes[rows])) < len(rows):
        raise DataError(build.fault(f"{people.name} has several rows of a place in {base}", key="population"))
    if np.isnan(values[rows]).any() or (values[rows] <= 0).any():
        raise DataError(build.fault(f"'{block.persons}' of {base} is not positive everywhere", key="persons"))
    found: Floats = np.full(count, np.nan)
    found[codes[rows]] = values[rows]
    return found


def _parts(
    build: Construction, shares: Frame, block: DoseBlock, codes: Rows, persons: Floats
) -> tuple[Floats, float]:
    """(count,) the part of the national stock of each place, NaN where it has none; and what the parts sum to.

    Raises:
        DataError: E286 shares that are missing, negative or above 100 in all, or places without a population.
    """
    percent = build.numbers(shares, block.share, "share")
    if (codes < 0).any() or np.isnan(percent).any() or (percent < 0).any():
        problem = f"'{block.unit}' or '{block.share}' of {shares.name} is missing, or a share is negative"
        raise DataError(build.fault(problem, key="share"))
    if len(np.unique(codes)) < len(codes):
        raise DataError(build.fault(f"{shares.name} has several rows of a place", key="shares"))
    unknown = np.flatnonzero(np.isnan(persons[codes]))
    if len(unknown):
        places = named([build.column(shares, block.unit, "unit")], unknown)
        raise DataError(build.fault(f"places with a share have no population: {places}", key="population"))
    office = np.arange(len(codes))
    if block.office is not None:
        _, office = np.unique(build.column(shares, block.office, "office").astype(str), return_inverse=True)
    first = first_rows(office.astype(np.int64), int(office.max()) + 1 if len(office) else 0)
    if (percent[first][office] != percent).any():
        raise DataError(build.fault(f"'{block.share}' differs within one {block.office}", key="office"))
    total = float(percent[first].sum()) / 100.0
    if total > 1.0 + _TOLERANCE:
        raise DataError(build.fault(f"the shares sum to {100 * total:.6g} per cent", key="share"))
    served = np.bincount(office, weights=persons[codes])
    found: Floats = np.full(len(persons), np.nan)
    found[codes] = percent / 100.0 * persons[codes] / served[office]
    return found, total


def _stock(build: Construction, main: Frame, block: DoseBlock) -> Floats:
    """(n,) the national stock of each row's period, NaN for periods without one."""
    times = build.numbers(main, block.time, "time")
    found: Floats = np.full(main.n_rows, np.nan)
    for period, persons in block.stock.items():
        found[times == float(period)] = persons
    return found
