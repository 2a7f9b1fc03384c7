"""The functions of a formula with their arguments: transforms, bases, indicators, lags."""

from __future__ import annotations

import impact.schema.expressions.tree as expressions
from impact.core.texts import text
from impact.schema.expressions.tokens import Token
from impact.schema.formulas.reading import Reading
from impact.schema.formulas.tokens import BASES, LAGS, MATHEMATICS
from impact.schema.formulas.tree import Call, Indicator, Lag, Variable

MOST_BASIS = 20
MOST_LAG = 1000
MOST_LAGS = 60


def read_call(reading: Reading) -> Call | Indicator | Lag:
    """The function at the cursor with its arguments.

    Raises:
        SpecError: E301 unknown functions, E304 arguments that the function does not take.
    """
    function = reading.cursor.take()
    if function.text in MATHEMATICS:
        return _mathematics(reading, function)
    if function.text in BASES:
        return _basis(reading, function)
    if function.text in LAGS:
        return _lag(reading, function)
    if function.text == "i":
        return _indicator(reading)
    raise reading.unknown_function(function)


def _mathematics(reading: Reading, function: Token) -> Call:
    opening = reading.cursor.take()
    with reading.cursor.deeper():
        argument = read_transform(reading)
    if reading.cursor.at(","):
        raise reading.wrong_arguments(function.text, "one", function.start)
    closing = reading.cursor.close(opening)
    return Call(function.text, (argument,), function.start, closing.end)


def _basis(reading: Reading, function: Token) -> Call:
    cursor = reading.cursor
    opening = cursor.take()
    with cursor.deeper():
        argument = read_transform(reading)
    size = cursor.token if cursor.accept(",") is None else cursor.take()
    if size.kind != "number" or size.value not in range(1, MOST_BASIS + 1):
        raise reading.wrong_arguments(function.text, "basis", function.start)
    number = expressions.Number(float(size.value), size.start, size.end)
    closing = cursor.close(opening)
    return Call(function.text, (argument, number), function.start, closing.end)


def _lag(reading: Reading, function: Token) -> Lag:
    cursor = reading.cursor
    opening = cursor.take()
    token = cursor.token
    with cursor.deeper():
        called = token.kind == "name" and cursor.following.text == "("
        term = read_call(reading) if called else _column(reading)
    if not isinstance(term, Variable | Call) or (isinstance(term, Call) and term.function in BASES):
        raise reading.wrong_arguments(function.text, "lag", function.start)
    lags = _lags(reading, function) if cursor.accept(",") else (1,)
    closing = cursor.close(opening)
    return Lag(function.text, term, lags, function.start, closing.end)


def _lags(reading: Reading, function: Token) -> tuple[int, ...]:
    first = _whole(reading, function)
    if not reading.cursor.accept(":"):
        return (first,)
    last = _whole(reading, function)
    if not first <= last < first + MOST_LAGS:
        raise reading.wrong_arguments(function.text, "lag", function.start)
    return tuple(range(first, last + 1))


def _whole(reading: Reading, function: Token) -> int:
    token = reading.cursor.take()
    if token.kind != "number" or token.value not in range(MOST_LAG + 1):
        raise reading.wrong_arguments(function.text, "lag", function.start)
    return int(token.value)


def _column(reading: Reading) -> Variable:
    token = reading.cursor.token
    if token.kind not in ("name", "quoted"):
        raise reading.stray(text("language.a_name"))
    reading.cursor.take()
    reading.cursor.count()
    return Variable(str(token.value), token.start, token.end)


def _indicator(reading: Reading) -> Indicator:
    cursor = reading.cursor
    start = cursor.tokens[cursor.position - 1].start
    opening = cursor.take()
    variable = _column(reading)
    by: Variable | None = None
    named: dict[str, tuple[float | str, ...]] = {}
    while cursor.accept(","):
        if cursor.following.text == "=" and cursor.token.kind == "name":
            key = cursor.take().text
            cursor.take()
            if key not in ("ref", "ref2") or key in named:
                raise reading.wrong_arguments("i", "indicator", start)
            named[key] = _values(reading)
        elif by is None and not named:
            by = _column(reading)
        else:
            raise reading.wrong_arguments("i", "indicator", start)
    if (by is None and "ref2" in named) or cursor.at("^"):
        raise reading.wrong_arguments("i", "indicator", start)
    closing = cursor.close(opening)
    name = None if by is None else by.name
    return Indicator(variable.name, name, named.get("ref", ()), named.get("ref2", ()), start, closing.end)


def _values(reading: Reading) -> tuple[float | str, ...]:
    """One value or ``c(..)`` of several."""
    cursor = reading.cursor
    if not (cursor.at_word("c") and cursor.following.text == "("):
        return (_value(reading),)
    cursor.take()
    opening = cursor.take()
    values = [_value(reading)]
    while cursor.accept(","):
        values.append(_value(reading))
    cursor.close(opening)
    return tuple(values)


def _value(reading: Reading) -> float | str:
    cursor = reading.cursor
    sign = -1.0 if cursor.accept("-") else 1.0
    token = cursor.token
    cursor.count()
    if token.kind == "number":
        return sign * float(cursor.take().value)
    if token.kind == "text" and sign > 0:
        return str(cursor.take().value)
    if token.kind in ("name", "quoted"):
        suggestion = f'"{token.value}"'
        raise reading.source.foreign(
            f"'{token.value}'", "formula_quotes", token.start, token.end, suggestion=suggestion
        )
    raise cursor.unexpected(text("language.a_constant"))


def read_transform(reading: Reading) -> expressions.Node:
    """Arithmetic of columns inside a transform: ``+ - * / ^``, numbers, and the mathematical functions."""
    left = _product(reading)
    while reading.cursor.at("+", "-"):
        operator = reading.cursor.take().text
        right = _product(reading)
        left = expressions.Binary(operator, left, right, left.start, right.end)
    return left


def _product(reading: Reading) -> expressions.Node:
    left = _signed(reading)
    while reading.cursor.at("*", "/"):
        operator = reading.cursor.take().text
        right = _signed(reading)
        left = expressions.Binary(operator, left, right, left.start, right.end)
    return left


def _signed(reading: Reading) -> expressions.Node:
    cursor = reading.cursor
    if not cursor.at("-"):
        return _raised(reading)
    sign = cursor.take()
    cursor.count()
    with cursor.deeper():
        operand = _signed(reading)
    return expressions.Unary("-", operand, sign.start, operand.end)


def _raised(reading: Reading) -> expressions.Node:
    base = _operand(reading)
    if not reading.cursor.accept("^", "**"):
        return base
    with reading.cursor.deeper():
        exponent = _signed(reading)
    return expressions.Binary("**", base, exponent, base.start, exponent.end)


def _operand(reading: Reading) -> expressions.Node:
    cursor = reading.cursor
    token = cursor.token
    cursor.count()
    if token.kind == "number":
        cursor.take()
        return expressions.Number(float(token.value), token.start, token.end)
    if cursor.at("("):
        opening = cursor.take()
        with cursor.deeper():
            node = read_transform(reading)
        cursor.close(opening)
        return node
    if token.kind == "name" and cursor.following.text == "(":
        cursor.take()
        if token.text not in MATHEMATICS:
            raise reading.unknown_function(token)
        call = _mathematics(reading, token)
        return expressions.Call(call.function, call.arguments, (), call.start, call.end)
    if token.kind in ("name", "quoted"):
        cursor.take()
        return expressions.Name(str(token.value), token.start, token.end)
    raise reading.stray(text("language.a_value"))
