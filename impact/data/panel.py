"""The declared panel: its columns exist, and no (unit, time) stands twice where lags are taken."""

from __future__ import annotations

from typing import Any

import numpy as np

from impact.core.errors import DataError, Fault, Notice, Place
from impact.core.frames import Frame
from impact.core.nearest import nearest
from impact.core.texts import fault, notice
from impact.data.keys import Codes, key_codes, kind_of, show_value
from impact.schema.data_blocks import PanelBlock

_MOST_EXAMPLES = 3


def examine_panel(frame: Frame, panel: PanelBlock, *, needed: bool = False) -> tuple[Notice, ...]:
    """What the user should know about the panel's keys.

    Arguments:
        needed: lags or leads are taken, so that repeated keys are an error.

    Raises:
        DataError: E233 a panel column is absent or time is text, E220 repeated keys where they are needed.
    """
    faults = _column_faults(frame, panel)
    if faults:
        raise DataError(*faults)
    columns = [frame.columns[name] for name in (*panel.unit, panel.time)]
    codes = key_codes(columns).codes
    notices = []
    missing = int((codes < 0).sum())
    if missing:
        notices.append(notice("W444", of="panel", count=missing, rows=frame.n_rows))
    repeated = _repeated(frame, panel, codes)
    if repeated is None:
        return tuple(notices)
    if needed:
        raise DataError(fault("E220", place=_place(), **repeated))
    return (*notices, notice("W440", of="panel", **repeated))


def _place(key: str = "") -> Place:
    return Place(file="", path=f"panel.{key}" if key else "panel")


def _column_faults(frame: Frame, panel: PanelBlock) -> list[Fault]:
    faults = [
        fault(
            "E233",
            place=_place(key),
            suggestion=nearest(name, frame.columns),
            column=name,
            reason="is not in the data",
        )
        for key, name in (*(("unit", unit) for unit in panel.unit), ("time", panel.time))
        if name not in frame.columns
    ]
    if panel.time in frame.columns and kind_of(frame.columns[panel.time]) == "text":
        reason = "is text; time must be a number or a date"
        faults.append(fault("E233", place=_place("time"), column=panel.time, reason=reason))
    return faults


def _repeated(frame: Frame, panel: PanelBlock, codes: Codes) -> dict[str, Any] | None:
    known = codes[codes >= 0]
    counts = np.bincount(known) if known.size else np.zeros(0, dtype=np.int64)
    twice = np.flatnonzero(counts > 1)
    if not twice.size:
        return None
    shown = []
    for code in twice[:_MOST_EXAMPLES]:
        rows = np.flatnonzero(codes == code)
        pairs = (f"{name}={show_value(frame.columns[name][rows[0]])}" for name in (*panel.unit, panel.time))
        listed = ", ".join(str(row + 1) for row in rows[:_MOST_EXAMPLES]) + (", …" if len(rows) > 3 else "")
        shown.append(f"{' '.join(pairs)} (rows {listed})")
    more = "; …" if len(twice) > len(shown) else ""
    return {"count": int(counts[twice].sum()), "pairs": len(twice), "examples": "; ".join(shown) + more}
