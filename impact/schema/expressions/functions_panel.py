"""Functions of a panel, by calendar time inside each unit; functions of the sample with stored parameters."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from impact.core.texts import text
from impact.schema.expressions.context import Use
from impact.schema.expressions.functions_group import unordered
from impact.schema.expressions.functions_row import Function
from impact.schema.expressions.panel import PanelKeys, shifted_rows
from impact.schema.expressions.values import Array, Value, blank, spread

MOST_LAG = 1_000
MOST_GROUPS = 1_000


def _panel(use: Use, *, ordered: bool) -> PanelKeys:
    """The panel; where order matters its keys must identify the rows."""
    panel = use.scope.context.panel
    if panel is None:
        advice = text("expression.advice.panel")
        raise use.scope.error("E410", use.call, {"name": use.call.function, "advice": advice})
    if ordered and not panel.regular:
        raise use.problem("time")
    if ordered and panel.repeated:
        raise unordered(use, panel.repeated, "panel_keys")
    return panel


def _shift(use: Use) -> Value:
    """``lag`` and ``lead``: the value of the unit so many periods away, missing where there is none."""
    return _moved(use, -1 if use.call.function == "lead" else 1)


def _moved(use: Use, sign: int) -> Array:
    panel = _panel(use, ordered=True)
    periods = use.whole(1, "lag", -MOST_LAG, MOST_LAG) if len(use.values) > 1 else 1
    x = spread(use.values[0], use.rows)
    rows = shifted_rows(panel, sign * periods)
    out = blank({"f": "number", "M": "date", "O": "text"}[x.dtype.kind], use.rows)
    there = rows >= 0
    out[there] = x[rows[there]]
    return out


def _diff(use: Use) -> Value:
    return np.asarray(spread(use.values[0], use.rows) - _moved(use, 1))


def _cumsum(use: Use) -> Value:
    """Running sum inside each unit in order of time, period by period: units do not share rounding."""
    panel = _panel(use, ordered=True)
    x = spread(use.values[0], use.rows)
    order = panel.order
    out = np.full(use.rows, np.nan)
    if not order.size:
        return out
    unit = panel.unit[order]
    count = np.bincount(unit)
    place = np.arange(len(order)) - (np.cumsum(count) - count)[unit]
    by_place = np.argsort(place, kind="stable")
    edges = np.searchsorted(place[by_place], np.arange(place.max() + 2))
    total = np.zeros(len(count))
    for first, last in pairwise(edges.tolist()):
        rows = order[by_place[first:last]]
        total[panel.unit[rows]] += x[rows]
        out[rows] = total[panel.unit[rows]]
    return out


def _ever(use: Use) -> Value:
    """True if true in any period of the unit; missing if never true but unknown in some."""
    panel = _panel(use, ordered=False)
    condition = spread(use.values[0], use.rows)
    known = panel.unit >= 0
    units = int(panel.unit.max(initial=-1)) + 1
    found = np.bincount(panel.unit[known & (condition == 1)], minlength=units) > 0
    unknown = np.bincount(panel.unit[known & np.isnan(condition)], minlength=units) > 0
    figures = np.where(found, 1.0, np.where(unknown, np.nan, 0.0))
    out = np.full(use.rows, np.nan)
    out[known] = figures[panel.unit[known]]
    return out


def _first_time(use: Use) -> Value:
    """The first time of the unit in which a condition is true; missing if it never is."""
    panel = _panel(use, ordered=False)
    condition = spread(use.values[0], use.rows)
    order = panel.order[condition[panel.order] == 1]
    starts = order[np.diff(panel.unit[order], prepend=-1) != 0]
    kind = "date" if panel.time.dtype.kind == "M" else "number"
    figures = blank(kind, int(panel.unit.max(initial=-1)) + 1)
    figures[panel.unit[starts]] = panel.time[starts]
    out = blank(kind, use.rows)
    known = panel.unit >= 0
    out[known] = figures[panel.unit[known]]
    return out


def _winsor(use: Use) -> Value:
    share = use.constant(1, "tail", 0, 0.5)
    x = spread(use.values[0], use.rows)
    if np.isnan(x).all():
        return x
    low, high = (float(bound) for bound in np.nanquantile(x, [share, 1 - share]))
    use.store({"share": share, "low": low, "high": high})
    return np.clip(x, low, high)


def _std(use: Use) -> Value:
    x = spread(use.values[0], use.rows)
    known = x[~np.isnan(x)]
    mean = float(known.mean()) if known.size else np.nan
    spread_of = float(known.std(ddof=1)) if known.size > 1 else np.nan
    use.store({"mean": mean, "sd": spread_of})
    if spread_of == 0:
        use.undefined("division", ~np.isnan(x))
        return np.full(use.rows, np.nan)
    return np.asarray((x - mean) / spread_of)


def _ntile(use: Use) -> Value:
    """Group 1 to n; equal values share a group: a value on a cut belongs below it."""
    groups = use.whole(1, "groups", 2, MOST_GROUPS)
    x = spread(use.values[0], use.rows)
    if np.isnan(x).all():
        return x
    cuts = np.nanquantile(x, np.arange(1, groups) / groups)
    use.store({"groups": groups, "cuts": [float(cut) for cut in cuts]})
    return np.where(np.isnan(x), np.nan, np.searchsorted(cuts, x, side="left") + 1.0)


PANEL_FUNCTIONS: Mapping[str, Function] = {
    "lag": _shift,
    "lead": _shift,
    "diff": _diff,
    "cumsum": _cumsum,
    "ever": _ever,
    "first_time": _first_time,
    "winsor": _winsor,
    "std": _std,
    "ntile": _ntile,
}
