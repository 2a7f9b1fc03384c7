"""A parsed expression on columns: whole arrays at a time, no code of the user is ever run.

Any operation with a missing value is missing; ``and``, ``or``, ``not`` are three-valued; a choice whose
condition is missing is missing. Undefined and infinite results become missing, counted where they are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from impact.core.errors import DataError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.expressions import tree
from impact.schema.expressions.check import check_expression, wrong_kind
from impact.schema.expressions.context import Context, Scope, Use
from impact.schema.expressions.functions_group import GROUP_FUNCTIONS
from impact.schema.expressions.functions_panel import PANEL_FUNCTIONS
from impact.schema.expressions.functions_places import PLACE_FUNCTIONS
from impact.schema.expressions.functions_row import ROW_FUNCTIONS, Function, common_kind, constant
from impact.schema.expressions.functions_text import TEXT_FUNCTIONS
from impact.schema.expressions.operators import (
    arithmetic,
    compared,
    condition_of,
    contained,
    joined_conditions,
    negated,
)
from impact.schema.expressions.signatures import SIGNATURES
from impact.schema.expressions.tokens import DEEPEST, spell_name
from impact.schema.expressions.tree import Expression, Node
from impact.schema.expressions.values import Array, Value, as_column, kind_of_value, reduced, spread

FUNCTIONS: Mapping[str, Function] = {
    **ROW_FUNCTIONS,
    **TEXT_FUNCTIONS,
    **PLACE_FUNCTIONS,
    **GROUP_FUNCTIONS,
    **PANEL_FUNCTIONS,
}
_WHOLE_SAMPLE = ("group", "panel", "sample")


def evaluate(expression: Expression, columns: Mapping[str, Any], context: Context) -> Array:
    """Values of an expression, one a row: float64 (conditions 1, 0, NaN), object (text) or datetime64[D].

    Arguments:
        expression: the parsed expression.
        columns: name → array of ``context.rows`` values; whole numbers and truth values are taken as numbers.
        context: rows, panel, parameters; events are added to its list.

    Raises:
        DataError: E402 unknown columns, E405 and E406 kinds, E409 large numbers, E410 and E415 panels, E411
            conditions, E414 values that a function cannot use, E416 unknown results, E417 texts too long.
    """
    scope = _scope(expression, columns, context)
    return spread(_guarded(scope), context.rows)


def evaluate_condition(expression: Expression, columns: Mapping[str, Any], context: Context) -> Array:
    """Values of a condition, for filters and checks: 1 true, 0 false, NaN missing.

    Arguments:
        expression, columns, context: as in ``evaluate``.

    Raises:
        DataError: as ``evaluate``, and E411 where values are not true, false or missing.
    """
    scope = _scope(expression, columns, context)
    return spread(reduced(condition_of(_guarded(scope), expression.root, scope)), context.rows)


def _scope(expression: Expression, columns: Mapping[str, Any], context: Context) -> Scope:
    """The columns that are read, and every fault of names and kinds at once."""
    read: dict[str, Array] = {}
    kinds: dict[str, str] = {}
    for use in tree.columns_of(expression):
        node = tree.Name(use.name, use.start, use.end)
        if use.name in columns:
            read[use.name] = _column(columns[use.name], node, expression)
            kinds[use.name] = kind_of_value(read[use.name])
        elif use.name in context.params:
            kinds[use.name] = kind_of_value(_parameter(context.params[use.name]))
    scope = Scope(expression, columns, context, read)
    faults = check_expression(expression, kinds, [*columns, *context.params])
    if faults:
        raise DataError(*faults)
    return scope


def _column(values: Any, node: tree.Name, expression: Expression) -> Array:
    place = expression.at(node)
    try:
        return as_column(values)
    except OverflowError:
        raise DataError(fault("E409", place=place, number=f"'{node.name}'")) from None
    except TypeError as problem:
        raise DataError(fault("E421", place=place, name=node.name, kind=str(problem))) from None


def _parameter(value: float | str | bool) -> Value:
    return value if isinstance(value, str) else float(value)


def _guarded(scope: Scope) -> Value:
    try:
        return _value(scope.expression.root, scope)
    except RecursionError:
        problem = fault("E408", place=scope.expression.place, most=str(DEEPEST), what="levels")
        raise DataError(problem) from None


def _value(node: Node, scope: Scope) -> Value:
    match node:
        case tree.Number() | tree.Text() | tree.Logical():
            return constant(node)
        case tree.Missing():
            return None
        case tree.Name():
            return _named(node.name, scope)
        case tree.Dotted():
            return _looked_up(node, node.parts, {}, scope)
        case tree.Binary():
            return _binary(node, scope)
        case tree.Conditional():
            return _conditional(node, scope)
        case tree.Call():
            return _call(node, scope)
        case _:
            return _logical(node, scope)


def _named(name: str, scope: Scope) -> Value:
    """A column, or else a parameter."""
    return scope.read[name] if name in scope.read else _parameter(scope.context.params[name])


def _binary(node: tree.Binary, scope: Scope) -> Value:
    """A chain of operations from the left, without recursion: a + b + c + … may be long."""
    chain = [node]
    while isinstance(chain[-1].left, tree.Binary):
        chain.append(chain[-1].left)
    left = _value(chain[-1].left, scope)
    for link in reversed(chain):
        left = arithmetic(link, left, _value(link.right, scope), scope)
    return left


def _logical(node: Node, scope: Scope) -> Value:
    match node:
        case tree.Unary():
            return negated(node, _value(node.operand, scope), scope)
        case tree.Logic():
            return _joined(node, scope)
        case tree.Comparison():
            return _chain(node, scope)
        case tree.Membership():
            choices = [value for item in node.choices.items if (value := constant(item)) is not None]
            return contained(_value(node.item, scope), choices, outside=node.negated)
        case _:
            raise TypeError(type(node).__name__)


def _joined(node: tree.Logic, scope: Scope) -> Value:
    """``and``, ``or``; rows decided by an earlier condition do not count later: ``x > 0 and log(x) > 1``."""
    deciding = 0.0 if node.operator == "and" else 1.0
    conditions: list[Array] = []
    inner = scope
    for part in node.operands:
        condition = condition_of(_value(part, inner), part, inner)
        conditions.append(condition)
        undecided = np.broadcast_to(condition != deciding, scope.context.rows)
        inner = replace(inner, active=undecided if inner.active is None else inner.active & undecided)
    return joined_conditions(node.operator, conditions)


def _chain(node: tree.Comparison, scope: Scope) -> Value:
    values = [_value(operand, scope) for operand in node.operands]
    results = []
    for position, symbol in enumerate(node.operators):
        pair = (node.operands[position], node.operands[position + 1])
        results.append(compared(symbol, pair, (values[position], values[position + 1]), scope))
    if len(results) == 1:
        return results[0]
    return joined_conditions("and", [np.asarray(result, dtype=np.float64) for result in results])


def _conditional(node: tree.Conditional, scope: Scope) -> Value:
    return _chosen([(node.condition, node.then)], node.otherwise, scope)


def _chosen(pairs: list[tuple[Node, Node]], otherwise: Node | None, scope: Scope) -> Value:
    """The value of the first condition that is true; missing from the first that is missing on.

    Each value is evaluated with only its own rows counting: ``log(x) if x > 0 else 0`` reports nothing.
    """
    rows = scope.context.rows
    open_rows = np.ones(rows, dtype=bool) if scope.active is None else scope.active.copy()
    chosen: list[tuple[Array, Value]] = []
    for condition_node, value_node in pairs:
        inner = replace(scope, active=open_rows)
        condition = condition_of(_value(condition_node, inner), condition_node, inner)
        taken = open_rows & (condition == 1)
        chosen.append((taken, _value(value_node, replace(scope, active=taken))))
        open_rows = open_rows & (condition == 0)
    last = None if otherwise is None else _value(otherwise, replace(scope, active=open_rows))
    values = (*(value for _, value in chosen), last)
    kind = common_kind(values)
    for value in values:
        if kind_of_value(value) not in (kind, "missing"):
            node = otherwise or pairs[-1][1]
            raise DataError(wrong_kind(scope.expression, node, ("if", kind, kind_of_value(value))))
    out = spread(None, rows, kind)
    for taken, value in [*chosen, (open_rows, last)]:
        out[taken] = value[taken] if isinstance(value, np.ndarray) else spread(value, 1, kind)[0]
    return out


def _call(call: tree.Call, scope: Scope) -> Value:
    if call.function == "when":
        count = len(call.arguments) // 2
        pairs = [(call.arguments[2 * at], call.arguments[2 * at + 1]) for at in range(count)]
        return _chosen(pairs, call.arguments[-1] if len(call.arguments) % 2 else None, scope)
    if call.function == "between":
        return _between(call, scope)
    if call.function in ("get", "difference"):
        return _get(call, scope)
    signature = SIGNATURES[call.function]
    whole = signature.family in _WHOLE_SAMPLE or call.keyword("by") is not None
    inner = replace(scope, active=None) if whole else scope
    values = tuple(
        None if isinstance(argument, tree.Listing | tree.Mapped) else _value(argument, inner)
        for argument in call.arguments
    )
    for position, value in enumerate(values):
        _fitting(call, position, value, inner)
    _ordered(call, values, inner)
    keywords = {name: _keyword(value, inner) for name, value in call.keywords}
    return FUNCTIONS[call.function](Use(call, values, scope, keywords))


def _keyword(node: Node, scope: Scope) -> tuple[Value, ...]:
    nodes = node.items if isinstance(node, tree.Listing) else (node,)
    return tuple(_value(item, scope) for item in nodes)


def _ordered(call: tree.Call, values: tuple[Value, ...], scope: Scope) -> None:
    """Values of which the smallest or largest is asked are numbers or dates, all of one kind, whichever is missing."""
    if SIGNATURES[call.function].letter(0) != "o":
        return
    kinds = [kind_of_value(value) for value in values]
    known = next((kind for kind in kinds if kind != "missing"), "missing")
    expected = "date" if known == "date" else "number"
    for node, kind in zip(call.arguments, kinds, strict=True):
        if kind == "text" or ((known == "date") != (kind == "date") and kind != "missing"):
            raise DataError(wrong_kind(scope.expression, node, (call.function, expected, kind)))


def _fitting(call: tree.Call, position: int, value: Value, scope: Scope) -> None:
    """Check the kind of an argument; most faults were found before, results looked up are known only now."""
    letter = SIGNATURES[call.function].letter(position)
    kind = kind_of_value(value)
    expected = {**dict.fromkeys("nckw", "number"), **dict.fromkeys("tq", "text"), "d": "date"}.get(letter)
    if expected and kind not in (expected, "missing"):
        node = call.arguments[position]
        raise DataError(wrong_kind(scope.expression, node, (call.function, expected, kind)))
    if letter == "c":
        condition_of(value, call.arguments[position], scope)


def _between(call: tree.Call, scope: Scope) -> Value:
    item, low, high = call.arguments
    return _chain(tree.Comparison(("<=", "<="), (low, item, high), call.start, call.end), scope)


def _get(call: tree.Call, scope: Scope) -> Value:
    parts = [_value(argument, scope) for argument in call.arguments]
    keys: dict[str, str | float] = {}
    for name, node in call.keywords:
        value = _value(node, scope)
        if not isinstance(value, str | float):
            raise Use(call, (), scope).problem("constant")
        keys[name] = value
    if not all(isinstance(part, str) for part in parts):
        raise Use(call, (), scope).problem("constant")
    function = () if call.function == "get" else (call.function,)
    return _looked_up(call, (*function, *(str(part) for part in parts)), keys, scope)


def _looked_up(node: Node, parts: tuple[str, ...], keys: Mapping[str, str | float], scope: Scope) -> Value:
    name = ".".join(spell_name(part) for part in parts)
    if scope.context.lookup is None:
        raise scope.error("E416", node, {"name": name})
    try:
        found = scope.context.lookup(parts, keys)
    except KeyError as problem:
        candidates = [str(candidate) for candidate in problem.args[1:]]
        suggestion = nearest(name, candidates)
        raise scope.error("E416", node, {"name": name}, suggestion=suggestion) from None
    return found if found is None or isinstance(found, str) else float(found)
