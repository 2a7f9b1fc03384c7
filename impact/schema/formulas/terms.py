"""The terms of a formula: columns, transforms, indicators, interactions, lags, steps, sets.

sum         := [sign] product (sign product)*        product     := interaction ('*' interaction)*
interaction := power (':' power)*                     power       := atom ['^' whole number]
atom        := name | function '(' .. ')' | '$' set
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import impact.schema.expressions.tree as expressions
from impact.core.texts import text
from impact.schema.expressions.tokens import Token
from impact.schema.formulas.calls import read_call, read_transform
from impact.schema.formulas.reading import Reading, leave_member, open_set
from impact.schema.formulas.tokens import STEPS
from impact.schema.formulas.tree import Call, Interaction, Lag, Part, Power, Step, Term, Variable

MOST_POWER = 20


@dataclass(frozen=True, slots=True)
class Sum:
    """What a sum of terms says: terms and steps in order, the constant if it was spoken of, the offset."""

    terms: tuple[Term | Step, ...] = ()
    intercept: bool | None = None
    offset: expressions.Node | None = None


def read_sum(reading: Reading, *, steps: bool = True) -> Sum:
    """A sum of terms, up to the first sign that does not belong to it.

    Arguments:
        reading: where to read.
        steps: whether ``sw(..)`` and ``offset(..)`` are allowed here.

    Raises:
        SpecError: E301 what is not part of a formula, E302 grammar, E304 arguments, E305 and E306 sets, E309.
    """
    total = Sum()
    positive = _sign(reading, first=True)
    while True:
        total = _added(total, _summand(reading, positive, steps=steps))
        if not reading.cursor.at("+", "-"):
            return Sum(unique_terms(total.terms), total.intercept, total.offset)
        positive = _sign(reading, first=False)


def _sign(reading: Reading, *, first: bool) -> bool:
    """Whether the next summand is added; a leading sign may be absent."""
    sign = reading.cursor.accept("+", "-")
    return True if sign is None and first else sign is not None and sign.text == "+"


def _added(total: Sum, more: Sum) -> Sum:
    intercept = total.intercept if more.intercept is None else more.intercept
    return Sum((*total.terms, *more.terms), intercept, more.offset or total.offset)


def _summand(reading: Reading, positive: bool, *, steps: bool) -> Sum:
    cursor = reading.cursor
    token = cursor.token
    if (
        token.kind == "number"
        and token.value in (0.0, 1.0)
        and cursor.following.text not in (":", "*", "^", "/")
    ):
        cursor.take()
        return Sum(intercept=(token.value == 1.0) == positive)
    if not positive:
        raise reading.source.foreign("'-'", "formula_minus", token.start, max(token.end, token.start + 1))
    called = token.kind == "name" and cursor.following.text == "("
    if called and token.text in STEPS:
        return Sum((_step(reading, steps=steps),))
    if called and token.text == "offset":
        return Sum(offset=_offset(reading, allowed=steps))
    return Sum(_product(reading))


def _product(reading: Reading) -> tuple[Term, ...]:
    terms = _interaction(reading)
    while reading.cursor.accept("*"):
        right = _interaction(reading)
        terms = (*terms, *right, *_crossed(reading, terms, right))
    return tuple(sorted(terms, key=lambda term: len(parts_of(term))))


def _interaction(reading: Reading) -> tuple[Term, ...]:
    terms = _power(reading)
    while reading.cursor.accept(":"):
        terms = _crossed(reading, terms, _power(reading))
    return terms


def _crossed(reading: Reading, left: tuple[Term, ...], right: tuple[Term, ...]) -> tuple[Term, ...]:
    crossed = []
    for first in left:
        for second in right:
            reading.cursor.count()
            parts = (*parts_of(first), *parts_of(second))
            if len(set(parts)) < len(parts):
                raise reading.source.foreign(f"'{second.text()}'", "formula_itself", second.start, second.end)
            crossed.append(Interaction(parts, first.start, second.end))
    return tuple(crossed)


def parts_of(term: Term) -> tuple[Part, ...]:
    """The parts of an interaction; a simple term is its own only part."""
    return term.parts if isinstance(term, Interaction) else (term,)


def _power(reading: Reading) -> tuple[Term, ...]:
    terms = _atom(reading)
    cursor = reading.cursor
    if not cursor.at("^"):
        return terms
    sign = cursor.take()
    exponent = cursor.token
    if exponent.kind != "number":
        raise reading.source.foreign("'^'", "formula_combined", sign.start, sign.end, suggestion=":")
    cursor.take()
    if exponent.value not in range(1, MOST_POWER + 1):
        raise reading.wrong_arguments("^", "power", exponent.start)
    power = int(exponent.value)
    return tuple(_raised(reading, term, power, exponent) for term in terms)


def _raised(reading: Reading, term: Term, power: int, exponent: Token) -> Term:
    if not isinstance(term, Variable | Call | Lag):
        raise reading.wrong_arguments("^", "power", term.start)
    return term if power == 1 else Power(term, power, term.start, exponent.end)


def _atom(reading: Reading) -> tuple[Term, ...]:
    cursor = reading.cursor
    token = cursor.token
    cursor.count()
    if cursor.at("$"):
        return _set(reading)
    if token.kind == "quoted" or (token.kind == "name" and cursor.following.text != "("):
        cursor.take()
        term: Term = Variable(str(token.value), token.start, token.end)
    elif token.kind == "name" and token.text in (*STEPS, "offset", "c"):
        raise _misplaced(reading, token)
    elif token.kind == "name":
        term = read_call(reading)
    else:
        raise reading.stray(text("formula.a_term"))
    if cursor.at("[", "[[", ".", "(", "/"):
        raise reading.stray(text("formula.a_term"))
    return (term,)


def _misplaced(reading: Reading, token: Token) -> Exception:
    if token.text == "c":
        return reading.source.foreign("'c('", "formula_c", token.start, token.end)
    return reading.source.error("step", token.start, token.end, values={"name": token.text})


def _set(reading: Reading) -> tuple[Term, ...]:
    name, members = open_set(reading)
    terms: list[Term] = []
    for member in members:
        with member.cursor.deeper():
            found = read_sum(member, steps=False)
        leave_member(reading, member, text("formula.a_term"))
        if found.intercept is not None:
            raise reading.source.foreign(
                f"'${name}'", "formula_number", reading.cursor.end - 1, reading.cursor.end
            )
        terms.extend(term for term in found.terms if not isinstance(term, Step))
    reading.used[name] = tuple(term.text() for term in terms)
    return tuple(terms)


def _step(reading: Reading, *, steps: bool) -> Step:
    cursor = reading.cursor
    function = cursor.take()
    if not steps or reading.inside:
        raise reading.source.error("step", function.start, function.end, values={"name": function.text})
    opening = cursor.take()
    alternatives: list[tuple[Term, ...]] = []
    with cursor.deeper():
        while not alternatives or cursor.accept(","):
            found = read_sum(reading, steps=False)
            if found.intercept is not None:
                raise reading.wrong_arguments(function.text, "step", function.start)
            alternatives.append(tuple(term for term in found.terms if not isinstance(term, Step)))
    closing = cursor.close(opening)
    if cursor.at(":", "*", "^"):
        raise reading.source.error("step", function.start, function.end, values={"name": function.text})
    return Step(function.text, tuple(alternatives), function.start, closing.end)


def _offset(reading: Reading, *, allowed: bool) -> expressions.Node:
    function = reading.cursor.take()
    if not allowed or reading.inside:
        raise reading.source.error("step", function.start, function.end, values={"name": function.text})
    opening = reading.cursor.take()
    with reading.cursor.deeper():
        node = read_transform(reading)
    reading.cursor.close(opening)
    return node


def unique_terms(terms: Iterable[Term | Step]) -> tuple[Term | Step, ...]:
    """Terms without repetitions; ``x:z`` and ``z:x`` are the same."""
    seen: dict[object, Term | Step] = {}
    for term in terms:
        key = frozenset(term.parts) if isinstance(term, Interaction) else term
        seen.setdefault(key, term)
    return tuple(seen.values())
