"""Functions of one row: mathematics, choices, intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np

from impact.schema.expressions import tree
from impact.schema.expressions.context import Use
from impact.schema.expressions.values import (
    Array,
    Value,
    blank,
    kind_of_value,
    missing_in,
    reduced,
    spread,
)

Function = Callable[[Use], Value]
# age at which school begins, unless experience() is told another
SCHOOL_AGE = 6.0


def _number(value: Value) -> Array:
    return np.asarray(np.nan if value is None else value, dtype=np.float64)


def _finite(use: Use, out: Array) -> Value:
    """Infinite results become missing and are counted."""
    out = np.asarray(out, dtype=np.float64)
    infinite = np.isinf(out)
    if infinite.any():
        use.undefined("infinite", infinite)
        out = np.where(infinite, np.nan, out)
    return reduced(out)


def _log(use: Use) -> Value:
    x = _number(use.values[0])
    bad = x <= 0
    use.undefined("logarithm", bad)
    with np.errstate(all="ignore"):
        return reduced(np.asarray(np.log(np.where(bad, np.nan, x) if bad.any() else x)))


def _sqrt(use: Use) -> Value:
    x = _number(use.values[0])
    bad = x < 0
    use.undefined("root", bad)
    with np.errstate(all="ignore"):
        return reduced(np.asarray(np.sqrt(x)))


def _exp(use: Use) -> Value:
    with np.errstate(all="ignore"):
        return _finite(use, np.exp(_number(use.values[0])))


def _round(use: Use) -> Value:
    digits = use.whole(1, "digits", -15, 15) if len(use.values) > 1 else 0
    return _finite(use, np.round(_number(use.values[0]), digits))


def _plain(function: Callable[[Array], Array]) -> Function:
    return lambda use: reduced(np.asarray(function(_number(use.values[0]))))


def _extreme(use: Use) -> Value:
    """``min`` and ``max`` of a row: missing if any value is."""
    dates = any(kind_of_value(value) == "date" for value in use.values)
    join = np.minimum if use.call.function == "min" else np.maximum
    gone = np.datetime64("NaT", "D")
    parts = [(gone if value is None else value) if dates else _number(value) for value in use.values]
    out = np.asarray(parts[0])
    for part in parts[1:]:
        out = np.asarray(join(out, np.asarray(part)))
    return reduced(out)


def _clip(use: Use) -> Value:
    x, low, high = (_number(value) for value in use.values)
    return reduced(np.asarray(np.minimum(np.maximum(x, low), high)))


def _experience(use: Use) -> Value:
    """Potential experience (Mincer 1974): years since school would have ended, none of them negative."""
    age, schooling = (_number(value) for value in use.values[:2])
    start = _number(use.values[2]) if len(use.values) > 2 else SCHOOL_AGE
    return reduced(np.asarray(np.maximum(age - schooling - start, 0.0)))


def _is_missing(use: Use) -> Value:
    return reduced(missing_in(use.values[0]).astype(np.float64))


def _coalesce(use: Use) -> Value:
    kind = common_kind(use.values)
    out = spread(use.values[0], use.rows, kind).copy()
    for value in use.values[1:]:
        gone = missing_in(out)
        if not gone.any():
            break
        out[gone] = spread(value, use.rows, kind)[gone]
    return out


def common_kind(values: tuple[Value, ...]) -> str:
    """Kind of the first value that has one."""
    return next((kind for value in values if (kind := kind_of_value(value)) != "missing"), "number")


def constants(node: tree.Node) -> list[float | str | None]:
    """The values of a list of constants."""
    items = node.items if isinstance(node, tree.Listing) else ()
    return [constant(item) for item in items]


def constant(node: tree.Node) -> float | str | None:
    """The value of a constant."""
    match node:
        case tree.Number() | tree.Text():
            return node.value
        case tree.Logical():
            return float(node.value)
        case tree.Unary(operand=tree.Number(value=value)):
            return -value
        case _:
            return None


def _cut(use: Use) -> Value:
    breaks = constants(use.call.arguments[1])
    edges = np.array([edge for edge in breaks if isinstance(edge, float)])
    if len(edges) < 2 or len(edges) != len(breaks) or (np.diff(edges) <= 0).any():
        raise use.problem("breaks", 1)
    labels = _labels(use, edges)
    x = spread(use.values[0], use.rows)
    position = np.searchsorted(edges, x, side="right") - 1
    inside = (position >= 0) & (position < len(edges) - 1) & ~np.isnan(x)
    texts = isinstance(labels[0], str)
    out = blank("text" if texts else "number", use.rows)
    out[inside] = np.array(labels, dtype=object if texts else np.float64)[position[inside]]
    return out


def _labels(use: Use, edges: Array) -> list[float | str | None]:
    wanted = len(edges) - 1
    if len(use.call.arguments) < 3:
        spelled = [f"{edge:g}" for edge in edges]
        return [f"[{low},{high})" for low, high in pairwise(spelled)]
    labels = constants(use.call.arguments[2])
    if len(labels) != wanted:
        raise use.problem("labels", 2, values={"breaks": len(edges), "labels": wanted})
    if len({type(label) for label in labels}) > 1:
        raise use.problem("mixed", 2)
    return labels


def _recode(use: Use) -> Value:
    mapping = use.call.arguments[1]
    assert isinstance(mapping, tree.Mapped)
    x = spread(use.values[0], use.rows)
    values = [constant(value) for _, value in mapping.entries]
    otherwise = None if mapping.otherwise is None else constant(mapping.otherwise)
    given = [value for value in (*values, otherwise) if value is not None]
    kinds = {kind_of_value(value) for value in given}
    if len(kinds) > 1:
        raise use.problem("mixed", 1)
    own = kind_of_value(x)
    kind = kinds.pop() if kinds else own
    out = x.copy() if kind == own and mapping.otherwise is None else spread(otherwise, use.rows, kind).copy()
    done = np.zeros(use.rows, dtype=bool)
    for (key, _), value in zip(mapping.entries, values, strict=True):
        at = _equal_to(x, constant(key))
        if (at & done).any():
            raise use.problem("repeated", 1)
        done |= at
        out[at] = spread(value, 1, kind)[0]
    left = ~done & ~missing_in(x)
    if mapping.otherwise is None and kind != own and left.any():
        use.unconverted("entry", x, left)
    if mapping.otherwise is not None:
        unlisted = missing_in(x) & ~done
        out[unlisted] = spread(None, 1, kind)[0]
    return out


def _equal_to(x: Array, key: float | str | None) -> Array:
    if key is None:
        return missing_in(x)
    if kind_of_value(key) != kind_of_value(x):
        return np.zeros(len(x), dtype=bool)
    return np.asarray(x == key, dtype=bool)


ROW_FUNCTIONS: Mapping[str, Function] = {
    "log": _log,
    "exp": _exp,
    "sqrt": _sqrt,
    "abs": _plain(np.abs),
    "round": _round,
    "floor": _plain(np.floor),
    "ceil": _plain(np.ceil),
    "sign": _plain(np.sign),
    "min": _extreme,
    "max": _extreme,
    "clip": _clip,
    "experience": _experience,
    "missing": _is_missing,
    "coalesce": _coalesce,
    "cut": _cut,
    "recode": _recode,
}
