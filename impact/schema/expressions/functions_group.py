"""Functions of a group (``by=``): each row receives the figure of its group; without it all rows are one.

Missing values are left out; a group without any value gives missing. Rows whose group is missing are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from impact.core.texts import text
from impact.schema.expressions.context import Use
from impact.schema.expressions.functions_row import ROW_FUNCTIONS, Function
from impact.schema.expressions.values import (
    Array,
    Value,
    blank,
    codes_of,
    combined_codes,
    missing_in,
    spread,
)

Codes = NDArray[np.int64]
_TIES = ("average", "min", "max")


def group_codes(use: Use) -> tuple[Codes, int]:
    """Codes of the groups of ``by=``, -1 where missing, and their number."""
    by = use.keywords.get("by")
    if by is None:
        return np.zeros(use.rows, dtype=np.int64), 1
    return combined_codes([spread(value, use.rows) for value in by])


def _spread_groups(figures: Array, codes: Codes) -> Array:
    out = blank({"f": "number", "M": "date", "O": "text"}[figures.dtype.kind], len(codes))
    known = codes >= 0
    out[known] = figures[codes[known]]
    return out


def _counted(use: Use) -> tuple[Array, Codes, Array, int]:
    """The argument, codes, rows with both, and number of groups."""
    x = spread(use.values[0], use.rows)
    codes, groups = group_codes(use)
    return x, codes, (codes >= 0) & ~missing_in(x), max(groups, 1)


def _figure(function: Callable[[Array, Codes, int], Array]) -> Function:
    """A function of the values that are there, their groups and the number of groups."""

    def apply(use: Use) -> Value:
        x, codes, used, groups = _counted(use)
        return _spread_groups(function(x[used], codes[used], groups), codes)

    return apply


def _divided(total: Array, count: Array) -> Array:
    return np.asarray(np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0))


def _mean(x: Array, codes: Codes, groups: int) -> Array:
    return _divided(np.bincount(codes, x, groups), np.bincount(codes, minlength=groups).astype(np.float64))


def _sum(x: Array, codes: Codes, groups: int) -> Array:
    total = np.bincount(codes, x, groups)
    return np.where(np.bincount(codes, minlength=groups) > 0, total, np.nan)


def _sd(x: Array, codes: Codes, groups: int) -> Array:
    count = np.bincount(codes, minlength=groups).astype(np.float64)
    apart = x - _mean(x, codes, groups)[codes]
    return np.sqrt(_divided(np.bincount(codes, apart * apart, groups), count - 1))


def _nunique(x: Array, codes: Codes, groups: int) -> Array:
    levels, count = codes_of(x)
    pairs = np.unique(codes * max(count, 1) + levels) // max(count, 1)
    return np.bincount(pairs, minlength=groups).astype(np.float64)


def _extreme(use: Use) -> Value:
    if "by" not in use.keywords:
        return ROW_FUNCTIONS[use.call.function](use)
    x, codes, used, groups = _counted(use)
    figures = blank("date" if x.dtype.kind == "M" else "number", groups)
    order = np.flatnonzero(used)[np.argsort(codes[used], kind="stable")]
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    if order.size:
        join = np.minimum if use.call.function == "min" else np.maximum
        figures[codes[order][starts]] = join.reduceat(x[order], starts)
    return _spread_groups(figures, codes)


def _count(use: Use) -> Value:
    codes, groups = group_codes(use)
    used = codes >= 0
    if use.values:
        used = used & ~missing_in(spread(use.values[0], use.rows))
    figures = np.bincount(codes[used], minlength=max(groups, 1)).astype(np.float64)
    return _spread_groups(figures, codes)


def _percentile(use: Use) -> Value:
    share = use.constant(1, "percentile", 0, 100) / 100
    x, codes, used, groups = _counted(use)
    values, held = x[used], codes[used]
    order = np.lexsort((values, held))
    values, held = values[order], held[order]
    count = np.bincount(held, minlength=groups)
    starts = np.cumsum(count) - count
    figures = np.full(groups, np.nan)
    there = count > 0
    position = (count[there] - 1) * share
    low = np.floor(position).astype(np.int64)
    high = np.minimum(low + 1, count[there] - 1)
    first = values[starts[there] + low]
    figures[there] = first + (position - low) * (values[starts[there] + high] - first)
    return _spread_groups(figures, codes)


def _wmean(use: Use) -> Value:
    x, codes, used, groups = _counted(use)
    weights = spread(use.values[1], use.rows)
    used = used & ~np.isnan(weights)
    if (weights[used] < 0).any():
        raise use.problem("weights", 1)
    total = np.bincount(codes[used], x[used] * weights[used], groups)
    return _spread_groups(_divided(total, np.bincount(codes[used], weights[used], groups)), codes)


def _end(use: Use) -> Value:
    """``first`` and ``last``: the value in that period of the group, missing if it is missing there."""
    x = spread(use.values[0], use.rows)
    codes, groups = group_codes(use)
    key = _order(use)
    rows = np.flatnonzero((codes >= 0) & ~missing_in(key))
    rows = rows[np.lexsort((codes_of_order(key[rows]), codes[rows]))]
    same = (np.diff(codes[rows]) == 0) & (key[rows][1:] == key[rows][:-1])
    if same.any():
        raise unordered(use, int(same.sum()), "order")
    edge = (
        np.diff(codes[rows], prepend=-1) if use.call.function == "first" else np.diff(codes[rows], append=-1)
    )
    ends = rows[edge != 0]
    figures = blank({"f": "number", "M": "date", "O": "text"}[x.dtype.kind], max(groups, 1))
    figures[codes[ends]] = x[ends]
    return _spread_groups(figures, codes)


def codes_of_order(key: Array) -> Array:
    """A sortable form of an order key."""
    return key.astype(np.int64) if key.dtype.kind == "M" else key


def _order(use: Use) -> Array:
    given = use.keywords.get("order")
    if given is not None:
        key = spread(given[0], use.rows)
        if key.dtype.kind == "O":
            raise use.problem("time")
        return key
    panel = use.scope.context.panel
    if panel is None:
        advice = text("expression.advice.no_order")
        raise use.scope.error("E410", use.call, {"name": use.call.function, "advice": advice})
    return panel.time


def unordered(use: Use, count: int, advice: str) -> Exception:
    """The error for an order that is not unique."""
    keys = {"panel_keys": "panel", "ties": "value"}.get(advice, "order")
    values = {
        "name": use.call.function,
        "count": f"{count:,}",
        "keys": text(f"expression.keys.{keys}"),
        "advice": text(f"expression.advice.{advice}"),
    }
    return use.scope.error("E415", use.call, values)


def _rank(use: Use) -> Value:
    x, codes, used, groups = _counted(use)
    ties = use.keywords.get("ties", (None,))[0]
    if ties is not None and ties not in _TIES:
        raise use.problem("ties")
    rows = np.flatnonzero(used)
    rows = rows[np.lexsort((codes_of_order(x[rows]), codes[rows]))]
    held = codes[rows]
    count = np.bincount(held, minlength=groups)
    place = np.arange(len(rows)) - (np.cumsum(count) - count)[held] + 1.0
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (np.diff(held) != 0) | (x[rows][1:] != x[rows][:-1])
    if ties is None and not new.all():
        raise unordered(use, int((~new).sum()), "ties")
    out = np.full(use.rows, np.nan)
    if len(rows):
        starts = np.flatnonzero(new)
        block = np.cumsum(new) - 1
        low, high = place[starts][block], place[np.append(starts[1:], len(rows)) - 1][block]
        out[rows] = {"min": low, "max": high}.get(str(ties), (low + high) / 2)
    return out


GROUP_FUNCTIONS: Mapping[str, Function] = {
    "mean": _figure(_mean),
    "sum": _figure(_sum),
    "count": _count,
    "sd": _figure(_sd),
    "min": _extreme,
    "max": _extreme,
    "p": _percentile,
    "first": _end,
    "last": _end,
    "rank": _rank,
    "nunique": _figure(_nunique),
    "share": _figure(_mean),
    "wmean": _wmean,
}
