"""Formula text to a tree of terms: ``outcome(s) ~ regressors | absorbed effects | endogenous ~ instruments``.

A formula is data, never run as a program. Names may be anything: a name is a function only before a bracket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from impact.core.errors import Fault, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault, text
from impact.schema.expressions.cursor import Cursor
from impact.schema.expressions.tokens import DEEPEST, Source, read_tokens
from impact.schema.formulas.calls import read_call
from impact.schema.formulas.effects import read_effects
from impact.schema.formulas.reading import Reading, leave_member, open_set
from impact.schema.formulas.terms import Sum, read_sum
from impact.schema.formulas.tokens import FORMULAS
from impact.schema.formulas.tree import (
    AbsorbedEffect,
    Call,
    Formula,
    Lag,
    Outcome,
    Step,
    Term,
    Variable,
    columns_of,
)


def parse_formula(
    source: str,
    *,
    place: Place | None = None,
    sets: Mapping[str, str | Sequence[str]] | None = None,
) -> Formula:
    """The tree of a formula, with its sets expanded.

    Arguments:
        source: the text.
        place: where its first character stands in the spec.
        sets: name → members, for ``$name``; members are pieces of formula and may name other sets.

    Raises:
        SpecError: E301 what is not part of a formula, E302 and E311 grammar, E303 parts, E304 arguments, E305
            and E306 sets, E307 limits, E308 a variable on both sides, E309 steps, E310 and E312 numbers.
    """
    origin = Source(source, place, FORMULAS)
    reading = Reading(Cursor(origin, read_tokens(origin)), sets or {})
    try:
        formula = _formula(reading)
    except RecursionError:
        raise origin.limit("depth", DEEPEST) from None
    return _checked(replace(formula, source=source, place=place), origin)


def _formula(reading: Reading) -> Formula:
    cursor = reading.cursor
    outcomes = () if cursor.at("~") else _outcomes(reading)
    if not cursor.at("~"):
        if cursor.token.kind == "end":
            raise _parts(reading, "no_tilde")
        raise reading.stray("'~'")
    cursor.take()
    if cursor.token.kind == "end" or cursor.at("|"):
        raise _parts(reading, "no_regressors")
    regressors = read_sum(reading)
    absorbed: tuple[AbsorbedEffect | Step, ...] = ()
    endogenous, instruments = Sum(), Sum()
    while cursor.at("|") and not endogenous.terms:
        bar = cursor.take()
        if cursor.token.kind == "end" or cursor.at("|"):
            raise _parts(reading, "empty")
        if _has_tilde(cursor):
            endogenous, instruments = _instrumented(reading)
        elif absorbed:
            raise reading.source.error("parts", bar.start, bar.end, values=_problem("two_absorbed"))
        else:
            absorbed = read_effects(reading)
    if cursor.at("|", "~"):
        raise _parts(reading, "too_many" if cursor.at("|") else "two_tildes")
    if cursor.token.kind != "end":
        raise reading.stray(text("formula.a_join"))
    intercept = True if regressors.intercept is None else regressors.intercept
    return Formula(
        outcomes,
        regressors.terms,
        intercept,
        absorbed,
        _plain(endogenous),
        _plain(instruments),
        regressors.offset,
        sets=tuple(reading.used.items()),
    )


def _plain(found: Sum) -> tuple[Term, ...]:
    return tuple(term for term in found.terms if not isinstance(term, Step))


def _problem(key: str) -> dict[str, object]:
    return {"problem": text(f"formula.parts.{key}")}


def _parts(reading: Reading, key: str) -> SpecError:
    token = reading.cursor.token
    return reading.source.error("parts", token.start, max(token.end, token.start + 1), values=_problem(key))


def _has_tilde(cursor: Cursor) -> bool:
    for token in cursor.tokens[cursor.position :]:
        if token.kind == "operator" and token.text in ("~", "|"):
            return token.text == "~"
    return False


def _instrumented(reading: Reading) -> tuple[Sum, Sum]:
    if reading.cursor.at("~"):
        raise _parts(reading, "no_endogenous")
    endogenous = read_sum(reading, steps=False)
    if not reading.cursor.at("~"):
        raise reading.stray("'~'")
    tilde = reading.cursor.take()
    if reading.cursor.token.kind == "end":
        raise _parts(reading, "no_instruments")
    instruments = read_sum(reading, steps=False)
    constants = (endogenous.intercept, instruments.intercept)
    if constants != (None, None) or not (endogenous.terms and instruments.terms):
        raise reading.source.error("parts", tilde.start, tilde.end, values=_problem("no_instruments"))
    return endogenous, instruments


def _outcomes(reading: Reading) -> tuple[Outcome, ...]:
    cursor = reading.cursor
    if not (cursor.at_word("c") and cursor.following.text == "("):
        return tuple(dict.fromkeys(_outcome(reading)))
    cursor.take()
    opening = cursor.take()
    outcomes = list(_outcome(reading))
    while cursor.accept(","):
        outcomes.extend(_outcome(reading))
    cursor.close(opening)
    return tuple(dict.fromkeys(outcomes))


def _outcome(reading: Reading) -> tuple[Outcome, ...]:
    cursor = reading.cursor
    token = cursor.token
    cursor.count()
    if cursor.at("$"):
        return _outcome_set(reading)
    if token.kind == "name" and cursor.following.text == "(":
        return _transformed_outcome(reading)
    if token.kind not in ("name", "quoted"):
        raise reading.stray(text("formula.an_outcome"))
    cursor.take()
    if cursor.at("+", "-", "*", "/", "^", ":", "**"):
        sign = cursor.token
        raise reading.source.foreign(f"'{sign.text}'", "formula_outcome", sign.start, sign.end)
    return (Variable(str(token.value), token.start, token.end),)


def _transformed_outcome(reading: Reading) -> tuple[Outcome, ...]:
    token = reading.cursor.token
    term = read_call(reading)
    if not isinstance(term, Call | Lag) or (isinstance(term, Call) and len(term.arguments) > 1):
        raise reading.source.foreign(f"'{token.text}('", "formula_outcome", token.start, token.end)
    if isinstance(term, Lag):
        return tuple(replace(term, lags=(lag,)) for lag in term.lags)
    return (term,)


def _outcome_set(reading: Reading) -> tuple[Outcome, ...]:
    name, members = open_set(reading)
    outcomes: list[Outcome] = []
    for member in members:
        with member.cursor.deeper():
            outcomes.extend(_outcome(member))
            while member.cursor.accept("+"):
                outcomes.extend(_outcome(member))
        leave_member(reading, member, text("formula.an_outcome"))
    reading.used[name] = tuple(outcome.text() for outcome in outcomes)
    return tuple(outcomes)


def _checked(formula: Formula, source: Source) -> Formula:
    """The formula, if no variable stands on two sides.

    Raises:
        SpecError: E308.
    """
    regressors = set(_all_terms(formula.terms))
    faults = [
        _both_sides(outcome, "outcome", source)
        for outcome in formula.outcomes
        if outcome in regressors or outcome in formula.endogenous
    ]
    for term in formula.endogenous:
        if term in regressors:
            faults.append(_both_sides(term, "endogenous", source))
        if term in formula.instruments:
            faults.append(_both_sides(term, "instrument", source))
    if faults:
        raise SpecError(*faults)
    return formula


def _all_terms(terms: tuple[Term | Step, ...]) -> list[object]:
    found: list[object] = []
    for term in terms:
        if isinstance(term, Step):
            found.extend(inner for alternative in term.alternatives for inner in alternative)
        else:
            found.append(term)
    return found


def _both_sides(term: Term, key: str, source: Source) -> Fault:
    where = text(f"formula.both_sides.{key}")
    return fault("E308", place=source.at(term.start, term.end), name=term.text(), where=where)


def check_formula(formula: Formula, names: Sequence[str], *, read_from: str = "") -> list[Fault]:
    """A fault for each column that the data do not have, with the nearest that they have.

    Arguments:
        formula: the parsed formula.
        names: columns of the data, derived ones included.
        read_from: the file in which the columns were read, for the message.
    """
    known = set(names)
    faults = []
    for use in columns_of(formula):
        if use.name not in known:
            listed = text("language.columns_of", file=read_from) if read_from else text("language.columns")
            shown = f"{listed}: {', '.join(sorted(known)[:12])}"
            place, near = formula.at(use), nearest(use.name, known)
            faults.append(fault("E313", place=place, suggestion=near, name=use.name, names=shown))
    return faults
