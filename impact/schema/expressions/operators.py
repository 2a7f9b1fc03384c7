"""Arithmetic, comparisons and three-valued logic on values, with counts of what is not defined."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from impact.core.errors import DataError
from impact.schema.expressions import tree
from impact.schema.expressions.check import clash, wrong_kind
from impact.schema.expressions.context import Scope
from impact.schema.expressions.values import (
    Array,
    Value,
    is_scalar,
    kind_of_value,
    missing_in,
    reduced,
    spread,
)

LONGEST_RESULT = 10_000
_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.mod,
    "**": np.power,
}
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def number_of(value: Value, node: tree.Node, name: str, scope: Scope) -> Array:
    """A value as float64.

    Raises:
        DataError: E406 for texts and dates.
    """
    kind = kind_of_value(value)
    if kind in ("text", "date"):
        raise DataError(wrong_kind(scope.expression, node, (name, "number", kind)))
    return np.asarray(np.nan if value is None else value, dtype=np.float64)


def condition_of(value: Value, node: tree.Node, scope: Scope) -> Array:
    """A value as a condition: 1, 0 or NaN.

    Raises:
        DataError: E406 for texts and dates, E411 for numbers other than 0 and 1 in rows that count.
    """
    kind = kind_of_value(value)
    if kind in ("text", "date"):
        raise DataError(wrong_kind(scope.expression, node, ("condition", "condition", kind)))
    condition = np.asarray(np.nan if value is None else value, dtype=np.float64)
    logical = isinstance(node, tree.Comparison | tree.Membership | tree.Logic | tree.Logical)
    if logical or (isinstance(node, tree.Unary) and node.operator == "not"):
        return condition
    other = (condition != 0) & (condition != 1) & ~np.isnan(condition)
    if scope.active is not None:
        other = other & scope.active
    if other.any():
        found = np.unique(np.broadcast_to(condition, other.shape)[other] if other.ndim else condition)
        shown = [f"{entry:g}" for entry in found[:3]]
        name = scope.expression.excerpt(node)[:60]
        values = {"name": f"'{name}'", "bare": name, "values": ", ".join(shown), "example": shown[0]}
        raise scope.error("E411", node, values)
    return condition


def arithmetic(node: tree.Binary, left: Value, right: Value, scope: Scope) -> Value:
    """``left operator right``; undefined and infinite results become missing and are counted."""
    if node.operator == "+" and "text" in (kind_of_value(left), kind_of_value(right)):
        return _joined(node, left, right, scope)
    first = number_of(left, node.left, node.operator, scope)
    second = number_of(right, node.right, node.operator, scope)
    with np.errstate(all="ignore"):
        out = np.asarray(_ARITHMETIC[node.operator](first, second))
        if node.operator in ("/", "//", "%"):
            out = _without(out, (second == 0) & ~np.isnan(first), "division", node, scope)
        elif node.operator == "**":
            undefined = np.isnan(out) & ~np.isnan(first) & ~np.isnan(second)
            out = _without(out, undefined, "power", node, scope)
        infinite = np.isinf(out)
        return reduced(_without(out, infinite, "infinite", node, scope))


def _without(out: Array, where: Array, what: str, node: tree.Node, scope: Scope) -> Array:
    if not where.any():
        return out
    scope.report("undefined", what, node, where)
    return np.where(where, np.nan, out)


def _joined(node: tree.Binary, left: Value, right: Value, scope: Scope) -> Value:
    kinds = (kind_of_value(left), kind_of_value(right))
    if not set(kinds) <= {"text", "missing"}:
        raise DataError(clash(scope.expression, (node.left, node.right), kinds))
    if is_scalar(left) and is_scalar(right):
        return None if left is None or right is None else _limited(str(left) + str(right), node, scope)
    rows = scope.context.rows
    pairs = zip(spread(left, rows, "text").tolist(), spread(right, rows, "text").tolist(), strict=True)
    out = np.empty(rows, dtype=object)
    out[:] = [None if a is None or b is None else _limited(a + b, node, scope) for a, b in pairs]
    return out


def _limited(joined: str, node: tree.Node, scope: Scope) -> str:
    if len(joined) > LONGEST_RESULT:
        raise scope.error("E417", node, {"name": "+", "most": f"{LONGEST_RESULT:,}"})
    return joined


def negated(node: tree.Unary, operand: Value, scope: Scope) -> Value:
    """``-x``, ``+x`` or ``not x``."""
    if node.operator == "not":
        return reduced(np.asarray(1.0 - condition_of(operand, node.operand, scope)))
    number = number_of(operand, node.operand, node.operator, scope)
    return reduced(np.asarray(-number if node.operator == "-" else number))


def compared(
    symbol: str, nodes: tuple[tree.Node, tree.Node], values: tuple[Value, Value], scope: Scope
) -> Value:
    """One comparison: 1, 0, or NaN where a side is missing.

    Raises:
        DataError: E405 for text against numbers or dates.
    """
    left, right = values
    kinds = (kind_of_value(left), kind_of_value(right))
    if "missing" in kinds:
        return np.nan
    if kinds[0] != kinds[1]:
        raise DataError(clash(scope.expression, nodes, kinds))
    compare = _COMPARE[symbol]
    gone = missing_in(left) | missing_in(right)
    if kinds[0] == "text" and symbol not in ("==", "!="):
        return _texts_ordered(compare, values, gone, scope)
    out = np.asarray(compare(left, right)).astype(np.float64)
    if gone.any():
        out = np.where(gone, np.nan, out)
    return reduced(out)


def _texts_ordered(
    compare: Callable[[Any, Any], Any], values: tuple[Value, Value], gone: Array, scope: Scope
) -> Value:
    """Texts in the order of their code points."""
    if is_scalar(values[0]) and is_scalar(values[1]):
        return float(compare(values[0], values[1]))
    left, right = (spread(value, scope.context.rows) for value in values)
    out = np.full(scope.context.rows, np.nan)
    out[~gone] = np.asarray(compare(left[~gone], right[~gone])).astype(np.float64)
    return out


def joined_conditions(word: str, conditions: list[Array]) -> Value:
    """Three-valued ``and`` and ``or`` (Kleene): false and missing is false, true or missing is true."""
    deciding = 0.0 if word == "and" else 1.0
    join = np.minimum if word == "and" else np.maximum
    out = conditions[0]
    for condition in conditions[1:]:
        joined = np.asarray(join(out, condition))
        unknown = np.isnan(joined)
        if unknown.any():
            decided = (out == deciding) | (condition == deciding)
            joined = np.where(unknown & decided, deciding, joined)
        out = joined
    return reduced(out)


def contained(item: Value, choices: list[float | str], *, outside: bool) -> Value:
    """Whether a value is one of several constants; missing where it is missing."""
    gone = missing_in(item)
    if item is None:
        return np.nan
    found = _found(item, choices) if isinstance(item, np.ndarray) else np.asarray(item in choices)
    out = (found != outside).astype(np.float64)
    return reduced(np.where(gone, np.nan, out) if gone.any() else out)


def _found(item: Array, choices: list[float | str]) -> Array:
    if item.dtype.kind != "O":
        return np.isin(item, np.array(choices, dtype=np.float64))
    wanted = set(choices)
    return np.array([entry in wanted for entry in item.tolist()], dtype=bool)
