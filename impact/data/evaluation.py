"""One expression on the columns of a frame: the bridge between frames and the expression language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import DataError, Notice, Place
from impact.core.frames import Frame
from impact.core.texts import fault
from impact.schema.data_blocks import PanelBlock
from impact.schema.expressions.context import Context, event_notices, stored_parameters
from impact.schema.expressions.evaluate import evaluate, evaluate_condition
from impact.schema.expressions.panel import PanelKeys, panel_keys
from impact.schema.expressions.signatures import SIGNATURES
from impact.schema.expressions.tree import Call, Expression, walk

_MONTHS = {"year": 12, "quarter": 3, "month": 1}
_DAYS = {"week": 7, "day": 1}


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Values (n,) of an expression, what it reports, and the parameters of its sample functions."""

    values: npt.NDArray[Any]
    notices: tuple[Notice, ...] = ()
    parameters: Mapping[str, Mapping[str, object]] | None = None


def evaluate_on(
    frame: Frame,
    expression: Expression,
    *,
    params: Mapping[str, Any] | None = None,
    panel: PanelBlock | None = None,
    of: str = "",
    condition: bool = False,
) -> Evaluated:
    """An expression on the columns of a frame.

    Arguments:
        params: parameters of the spec by name.
        panel: unit and time, for lags and leads.
        of: what it is for, in notices ("derive.wage").
        condition: the values must be true, false or missing.

    Returns:
        float64 (conditions as 0, 1 and NaN), object of str or None, or datetime64[D].

    Raises:
        DataError: faults that show on the data (E4xx), E245 times that do not fit ``freq:``.
    """
    keys = frame_keys(frame, panel) if panel is not None and uses_panel(expression) else None
    context = Context(rows=frame.n_rows, panel=keys, params=params or {})
    values = (evaluate_condition if condition else evaluate)(expression, frame.columns, context)
    return Evaluated(values, event_notices(context.events, of=of), stored_parameters(context.events))


def uses_panel(expression: Expression) -> bool:
    """Whether an expression takes lags, leads or anything else along the panel."""
    calls = (node.function for node in walk(expression.root) if isinstance(node, Call))
    return any(name in SIGNATURES and SIGNATURES[name].family == "panel" for name in calls)


def frame_keys(frame: Frame, panel: PanelBlock) -> PanelKeys | None:
    """Unit and period of each row; None where a column of the panel is absent (the expression says so)."""
    if any(name not in frame.columns for name in (*panel.unit, panel.time)):
        return None
    unit = [frame.columns[name] for name in panel.unit]
    time = frame.columns[panel.time]
    if panel.freq is None:
        return panel_keys(unit, time)
    # the calendar's own numbers stand in for the times, which stay as given for results such as first_time()
    return replace(panel_keys(unit, _periods(time, panel)), time=time)


def _periods(time: npt.NDArray[Any], panel: PanelBlock) -> npt.NDArray[np.float64]:
    freq = panel.freq
    if time.dtype.kind == "f" and isinstance(freq, int) and freq > 0:
        known = time[~np.isnan(time)]
        steps = (time - (known.min() if known.size else 0.0)) / freq
        if np.all(np.isnan(steps) | (steps == np.floor(steps))):
            return np.asarray(steps, dtype=np.float64)
        raise _unfit(panel, f"times are not {freq} apart")
    if time.dtype.kind == "f" and freq == "year":
        return time
    if time.dtype.kind != "M" or isinstance(freq, int):
        raise _unfit(panel, "a number has a step such as 2, a date has year, quarter, month, week or day")
    absent = np.isnat(time)
    if freq in _MONTHS:
        numbers = time.astype("datetime64[M]").astype(np.int64) // _MONTHS[str(freq)]
    else:
        days = time.astype(np.int64)
        numbers = (days - (days[~absent].min() if (~absent).any() else 0)) // _DAYS[str(freq)]
    return np.where(absent, np.nan, numbers.astype(np.float64))


def _unfit(panel: PanelBlock, reason: str) -> DataError:
    place = Place(file="", path="panel.freq")
    return DataError(fault("E245", place=place, time=panel.time, freq=panel.freq, reason=reason))
