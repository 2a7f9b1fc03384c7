"""Money in constant prices: monthly price changes chained to a level, money converted between year and month once.

level_m = Π_{j≤m} (1 + change_j / 100),     level of a year = mean of its twelve months
real = nominal × unit factor × level of the base year / level of the period
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from impact.core.arrays import Floats
from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.core.texts import notice
from impact.data.constructed.tables import Construction, plain_moments
from impact.data.keys import show_value
from impact.schema.constructed.prices import MONTHS, DeflateBlock

CODE = "E288"
# ENAHO's names of money that the statistics office deflated already
_REAL_ALREADY = re.compile(r"d5(24|29|30|36|38|40|41|43|44)\w*", re.IGNORECASE)
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class _Level:
    """Price levels by month number (12 × year + month − 1), consecutive from ``first``."""

    first: int
    values: Floats

    def at(self, months: Floats) -> Floats:
        """The level of each month, NaN outside the series."""
        place = np.where(np.isnan(months), -1, months - self.first).astype(np.int64)
        inside = (place >= 0) & (place < len(self.values))
        return np.where(inside, self.values[np.clip(place, 0, len(self.values) - 1)], np.nan)

    def of_years(self, years: Floats) -> Floats:
        """The mean level of each year's twelve months, NaN where a month is missing."""
        months = years[:, None] * MONTHS + np.arange(MONTHS)
        found: Floats = self.at(months.ravel()).reshape(months.shape).mean(axis=1)
        return found


def add_real_money(frame: Frame, frames: Mapping[str, Frame], blocks: Mapping[str, DeflateBlock]) -> Frame:
    """The frame with its deflated columns, and their facts under ``deflate.NAME``.

    Raises:
        DataError: E288 a series of prices with gaps, periods it does not cover, money that is real already.
    """
    columns, constructed = dict(frame.columns), dict(frame.constructed)
    notices = list(frame.notices)
    for name, block in blocks.items():
        build = Construction("deflate", name, CODE)
        if block.of in blocks or _REAL_ALREADY.fullmatch(block.of):
            problem = f"'{block.of}' is in constant prices already"
            raise DataError(build.fault(problem, key="of"))
        money = build.numbers(frame, block.of, "of")
        level = _level(build, build.file(frames, block.prices, "prices", frame), block)
        base = float(level.of_years(np.array([float(block.base)]))[0])
        if np.isnan(base):
            raise DataError(build.fault(f"prices do not cover the twelve months of {block.base}", key="base"))
        ratio = base / _levels(build, frame, block, level, money)
        values: Floats = money * block.factor() * ratio
        values.setflags(write=False)
        columns[name] = values
        to = block.to or block.unit
        known = ratio[~np.isnan(ratio)]
        constructed[build.path] = {
            "of": block.of, "unit": block.unit, "to": to, "unit_factor": block.factor(), "base": block.base,
            "least_factor": float(known.min()) if len(known) else None,
            "greatest_factor": float(known.max()) if len(known) else None,
            **plain_moments(values),
        }  # fmt: skip
        notices.append(
            notice(
                "W497", of=build.path, name=name, money=block.of, unit=block.unit, to=to, base=block.base,
                factor=f"{block.factor():.6g}", zeros=int(np.sum(values == 0)), missing=int(np.isnan(values).sum()),
            )
        )  # fmt: skip
    return replace(frame, columns=columns, constructed=constructed, notices=tuple(notices))


def _level(build: Construction, prices: Frame, block: DeflateBlock) -> _Level:
    """The price level, chained from monthly changes.

    Raises:
        DataError: E288 months that are missing, repeated or no months, changes that are missing.
    """
    year = build.numbers(prices, block.price_year, "price_year")
    month = build.numbers(prices, block.price_month, "price_month")
    change = build.numbers(prices, block.change, "change")
    if (
        not len(change)
        or np.isnan(year).any()
        or np.isnan(change).any()
        or not np.isin(month, np.arange(1, 13)).all()
    ):
        problem = f"{prices.name} is empty, or has missing years or changes, or months other than 1 to 12"
        raise DataError(build.fault(problem, key="prices"))
    numbers = (year * MONTHS + month - 1).astype(np.int64)
    order = np.argsort(numbers)
    steps = np.diff(numbers[order])
    if (steps != 1).any():
        after = int(numbers[order][np.flatnonzero(steps != 1)[0]])
        problem = f"prices have a gap or a repeated month after {after // MONTHS}-{after % MONTHS + 1:02d}"
        raise DataError(build.fault(problem, key="prices"))
    if (change <= -100).any():
        raise DataError(build.fault(f"'{block.change}' has changes of -100 per cent or less", key="change"))
    levels: Floats = np.asarray(np.cumprod(1.0 + change[order] / 100.0), dtype=np.float64)
    return _Level(int(numbers[order][0]), levels)


def _levels(build: Construction, frame: Frame, block: DeflateBlock, level: _Level, money: Floats) -> Floats:
    """(n,) the price level of each row's period.

    Raises:
        DataError: E288 periods with money that the prices do not cover, months that are none.
    """
    years = build.numbers(frame, block.time, "time")
    if block.month is None:
        found = level.of_years(years)
        periods = years
    else:
        months = _months(build, frame, block)
        found = level.at(years * MONTHS + months - 1)
        periods = years * 100 + months
    bad = np.isnan(found) & ~np.isnan(money)
    if bad.any():
        shown = sorted({show_value(value) for value in periods[bad].tolist()})[:_MOST_NAMED]
        raise DataError(build.fault(f"no prices for {', '.join(shown)} ({int(bad.sum())} rows)", key="time"))
    return found


def _months(build: Construction, frame: Frame, block: DeflateBlock) -> Floats:
    """Months 1 to 12 of the rows; ENAHO's are text such as 03."""
    name = str(block.month)
    values = build.column(frame, name, "month")
    if values.dtype == object:
        texts = [None if value is None else str(value).strip() for value in values.tolist()]
        found = np.array([float(t) if t is not None and t.isdigit() else np.nan for t in texts])
    else:
        found = build.numbers(frame, name, "month")
    known = found[~np.isnan(found)]
    if len(known) and not np.isin(known, np.arange(1, 13)).all():
        raise DataError(build.fault(f"'{name}' has values other than the months 1 to 12", key="month"))
    return found
