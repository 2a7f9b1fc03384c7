"""The absorbed part of a formula: ``id + year^region + firm[trend] + $set + sw(a, b)``."""

from __future__ import annotations

from impact.core.texts import text
from impact.schema.formulas.reading import Reading, leave_member, open_set
from impact.schema.formulas.tokens import STEPS
from impact.schema.formulas.tree import AbsorbedEffect, Step

MOST_COMBINED = 10


def read_effects(reading: Reading, *, steps: bool = True) -> tuple[AbsorbedEffect | Step, ...]:
    """A sum of absorbed effects, each once.

    Arguments:
        reading: where to read.
        steps: whether ``sw(..)`` is allowed here.

    Raises:
        SpecError: E301 what is not an absorbed effect, E302 grammar, E305 and E306 sets, E309 steps.
    """
    found = list(_effect(reading, steps=steps))
    while reading.cursor.accept("+"):
        found.extend(_effect(reading, steps=steps))
    if reading.cursor.at("-", ":", "*", "^", "(") or reading.cursor.at("[", "[["):
        token = reading.cursor.token
        raise reading.source.foreign(f"'{token.text}'", "formula_effects", token.start, token.end)
    return tuple(dict.fromkeys(found))


def _effect(reading: Reading, *, steps: bool) -> tuple[AbsorbedEffect | Step, ...]:
    cursor = reading.cursor
    token = cursor.token
    cursor.count()
    if cursor.at("$"):
        return _set(reading)
    if token.kind == "name" and cursor.following.text == "(":
        if token.text not in STEPS:
            raise reading.source.foreign(f"'{token.text}('", "formula_effects", token.start, token.end)
        return (_step(reading, steps=steps),)
    names = [_name(reading)]
    while cursor.accept("^"):
        names.append(_name(reading))
    if len(names) > MOST_COMBINED:
        raise reading.source.limit("combined", MOST_COMBINED, token.start, token.end)
    unique = tuple(dict.fromkeys(names))
    opening = cursor.accept("[", "[[")
    if opening is None:
        return (AbsorbedEffect(unique, (), True, token.start, cursor.end),)
    slopes = [_name(reading)]
    while cursor.accept(","):
        slopes.append(_name(reading))
    closing = cursor.close(opening)
    slopes = list(dict.fromkeys(slopes))
    return (AbsorbedEffect(unique, tuple(slopes), opening.text == "[", token.start, closing.end),)


def _name(reading: Reading) -> str:
    token = reading.cursor.token
    if token.kind not in ("name", "quoted"):
        raise reading.stray(text("language.a_name"))
    reading.cursor.count()
    return str(reading.cursor.take().value)


def _set(reading: Reading) -> tuple[AbsorbedEffect, ...]:
    name, members = open_set(reading)
    effects: list[AbsorbedEffect] = []
    for member in members:
        with member.cursor.deeper():
            found = read_effects(member, steps=False)
        leave_member(reading, member, text("formula.an_effect"))
        effects.extend(effect for effect in found if isinstance(effect, AbsorbedEffect))
    reading.used[name] = tuple(effect.text() for effect in effects)
    return tuple(effects)


def _step(reading: Reading, *, steps: bool) -> Step:
    cursor = reading.cursor
    function = cursor.take()
    if not steps or reading.inside:
        raise reading.source.error("step", function.start, function.end, values={"name": function.text})
    opening = cursor.take()
    alternatives: list[tuple[AbsorbedEffect, ...]] = []
    with cursor.deeper():
        while not alternatives or cursor.accept(","):
            found = read_effects(reading, steps=False)
            alternatives.append(tuple(effect for effect in found if isinstance(effect, AbsorbedEffect)))
    closing = cursor.close(opening)
    return Step(function.text, tuple(alternatives), function.start, closing.end)
