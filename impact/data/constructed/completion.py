"""A panel of counts whose zeros are not rows: the absent cells are added, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.core.texts import notice
from impact.data.constructed.tables import Construction, Rows, common_codes, first_rows, named
from impact.data.keys import Column
from impact.schema.constructed.rates import CompleteBlock

CODE = "E289"


def complete_panel(frame: Frame, block: CompleteBlock | None) -> Frame:
    """The frame with a row for every unit, period and kind that occur: counts are zero in the rows that are added.

    Other columns of an added row take the value of their unit, period or kind where they have a single one in it,
    and are missing otherwise. Rows follow the order of unit, period and kind.

    Raises:
        DataError: E289 an absent column, several rows of a cell, keys that are missing.
    """
    if block is None:
        return frame
    build = Construction("complete", "", CODE)
    keys = [list(names) for names in (block.unit, block.time, block.by)]
    parts = [_codes(build, frame, names) for names in keys]
    for name in block.counts:
        build.numbers(frame, name, "counts")
    (unit, units), (time, times), (kind, kinds) = parts
    cell = (unit * times + time) * kinds + kind
    count = units * times * kinds
    there = first_rows(cell, count)
    if int((there >= 0).sum()) < frame.n_rows:
        twice = np.setdiff1d(np.arange(frame.n_rows), there)
        held = [frame.columns[name] for names in keys for name in names]
        raise DataError(build.fault(f"several rows of {named(held, twice)}", key="unit"))
    numbers = np.arange(count)
    places = (numbers // (times * kinds), numbers // kinds % times, numbers % kinds)
    groups = [(codes, levels, place) for (codes, levels), place in zip(parts, places, strict=True)]
    columns: dict[str, Column] = {}
    empty: list[str] = []
    for name, values in frame.columns.items():
        columns[name] = _filled(values, there, groups, is_count=name in block.counts)
        columns[name].setflags(write=False)
        if name not in block.counts and _is_missing(columns[name])[there < 0].any():
            empty.append(name)
    added = int((there < 0).sum())
    said = notice(
        "W494",
        of="complete",
        added=added,
        rows=count,
        units=units,
        periods=times,
        empty=", ".join(empty) or "-",
    )
    facts = {"rows_before": frame.n_rows, "added": added, "rows": count, "left_missing": empty}
    return replace(
        frame,
        columns=columns,
        n_rows=count,
        notices=(*frame.notices, *((said,) if added else ())),
        constructed={**frame.constructed, "complete": facts},
        complete=frozenset(),
    )


def _codes(build: Construction, frame: Frame, names: Sequence[str]) -> tuple[Rows, int]:
    """Codes of the rows by some columns, and how many there are; one of no columns."""
    if not names:
        return np.zeros(frame.n_rows, dtype=np.int64), 1
    (codes,), count, _ = common_codes(build, [(frame, names)], "unit")
    if (codes < 0).any():
        problem = f"{', '.join(names)}: missing in {int((codes < 0).sum())} rows"
        raise DataError(build.fault(problem, key="unit"))
    return codes, count


def _filled(
    values: Column, there: Rows, groups: Sequence[tuple[Rows, int, Rows]], *, is_count: bool
) -> Column:
    """A column on all cells: its own rows, and in the others zero, or what is the same in all rows of a key."""
    found = _empty(values, len(there))
    if is_count:
        found[:] = 0.0
    else:
        for codes, levels, place in groups:
            single = _single(values, codes, levels)
            if single is not None:
                found = single[place]
                break
    old = there >= 0
    found[old] = values[there[old]]
    return found


def _single(values: Column, codes: Rows, levels: int) -> Column | None:
    """(levels,) the value of each code, None where some code has several."""
    first = first_rows(codes, levels)
    of_first = values[first[codes]]
    same = (values == of_first) | (_is_missing(values) & _is_missing(of_first))
    return values[first] if bool(np.all(same)) else None


def _empty(values: Column, count: int) -> Column:
    if values.dtype == object:
        return np.full(count, None, dtype=object)
    if values.dtype.kind == "M":
        return np.full(count, np.datetime64("NaT"), dtype=values.dtype)
    return np.full(count, np.nan)


def _is_missing(values: Column) -> np.ndarray:
    if values.dtype == object:
        return np.array([value is None for value in values.tolist()], dtype=bool)
    return np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)
