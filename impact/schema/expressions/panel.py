"""Unit and time of a panel as whole keys, so that lags follow the calendar and not the order of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact.schema.expressions.values import Array, as_column, combined_codes, missing_in


@dataclass(frozen=True, slots=True)
class PanelKeys:
    """Keys of each row in a panel.

    Arguments:
        unit: (n,) whole codes from 0, -1 where missing.
        period: (n,) whole periods from 0; one period is one step of the calendar.
        time: (n,) the time as given, numbers or dates.
        order: rows with both keys, sorted by unit and period.
        repeated: number of rows that share both keys with another row.
        regular: whether the times are whole numbers or dates.
    """

    unit: NDArray[np.int64]
    period: NDArray[np.int64]
    time: Array
    order: NDArray[np.int64]
    repeated: int
    regular: bool = True


def panel_keys(unit: Sequence[Any], time: Any) -> PanelKeys:
    """Keys of a panel from its columns.

    Times are whole numbers (one period a unit step), or dates. Dates that are all first days of a month count
    in months, or in quarters or years where no two dates are nearer; other dates count in days.

    Arguments:
        unit: one or several columns that name the unit.
        time: the column of times.
    """
    times = as_column(time)
    if times.dtype.kind == "O":
        times = np.full(len(times), np.nan)
    codes, _ = combined_codes([as_column(column) for column in unit])
    present = ~missing_in(times)
    period = np.zeros(len(times), dtype=np.int64)
    regular = bool(present.any())
    if times.dtype.kind == "M":
        period[present] = _calendar(times[present])
    elif regular:
        regular = bool(np.array_equal(times[present], np.floor(times[present])))
        period[present] = np.clip(np.floor(times[present]), -(2.0**53), 2.0**53).astype(np.int64)
    if present.any():
        period[present] -= period[present].min()
    rows = np.flatnonzero(present & (codes >= 0))
    order = rows[np.lexsort((period[rows], codes[rows]))]
    same = (codes[order][1:] == codes[order][:-1]) & (period[order][1:] == period[order][:-1])
    repeated = int((np.append(same, False) | np.append(False, same)).sum())
    return PanelKeys(codes, period, times, order, repeated, regular)


def _calendar(dates: Array) -> NDArray[np.int64]:
    months = dates.astype("datetime64[M]")
    if not np.array_equal(months.astype("datetime64[D]"), dates):
        return dates.astype(np.int64)
    numbers = months.astype(np.int64)
    apart = int(np.gcd.reduce(numbers - numbers.min())) if numbers.size else 1
    step = 12 if apart and apart % 12 == 0 else 3 if apart and apart % 3 == 0 else 1
    return np.asarray((numbers - numbers.min()) // step, dtype=np.int64)


def shifted_rows(keys: PanelKeys, periods: int) -> NDArray[np.int64]:
    """For each row that of the same unit so many periods before (negative: later); -1 where there is none."""
    order = keys.order
    found = np.full(len(keys.unit), -1, dtype=np.int64)
    if not order.size:
        return found
    period = keys.period[order]
    span = int(period.max()) + 1
    sorted_keys = keys.unit[order] * span + period
    wanted = period - periods
    inside = (wanted >= 0) & (wanted < span)
    targets = sorted_keys[inside] - periods
    at = np.minimum(np.searchsorted(sorted_keys, targets), len(order) - 1)
    hit = sorted_keys[at] == targets
    found[order[inside]] = np.where(hit, order[at], -1)
    return found
