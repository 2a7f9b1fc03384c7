"""What a formula parser carries with it: the cursor, the sets it may open, and the sets it is inside of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from impact.core.errors import SpecError
from impact.core.nearest import nearest
from impact.core.texts import text
from impact.schema.expressions.cursor import Cursor
from impact.schema.expressions.tokens import Source, Token, read_tokens
from impact.schema.formulas.tokens import FUNCTIONS, OTHER_FUNCTIONS, OTHER_SIGNS

Sets = Mapping[str, str | Sequence[str]]


@dataclass(slots=True)
class Reading:
    """A cursor and the sets around it; ``used`` collects the members of the sets that were opened."""

    cursor: Cursor
    sets: Sets
    inside: tuple[str, ...] = ()
    used: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def source(self) -> Source:
        """The text that is read."""
        return self.cursor.source

    def wrong_arguments(self, function: str, use: str, start: int) -> SpecError:
        """The error for arguments that a function does not take; ``use`` is a key of the catalogue."""
        values = {"name": function, "use": text(f"formula.use.{use}")}
        return self.source.error("arguments", start, max(self.cursor.end, start + 1), values=values)

    def stray(self, expected: str) -> SpecError:
        """The error for a token that cannot stand here, with advice where another program has it."""
        token = self.cursor.token
        if token.kind == "operator" and token.text in OTHER_SIGNS:
            advice, plain = OTHER_SIGNS[token.text]
            return self.source.foreign(f"'{token.text}'", advice, token.start, token.end, suggestion=plain)
        if token.kind in ("number", "text"):
            return self.source.foreign(token.text[:40], "formula_number", token.start, token.end)
        return self.cursor.unexpected(expected)

    def unknown_function(self, token: Token) -> SpecError:
        """The error for a function that formulas do not have."""
        name = token.text
        suggestion = OTHER_FUNCTIONS.get(name) or (
            nearest(name, FUNCTIONS, cutoff=0.5) if len(name) > 1 else ""
        )
        advice = text("language.formula_functions") if name != "I" else text("language.formula_arithmetic")
        values = {"piece": f"'{name[:40]}'", "advice": advice, "what": text("language.part_of.function")}
        return self.source.error("foreign", token.start, token.end, values=values, suggestion=suggestion)


def open_set(reading: Reading) -> tuple[str, Iterator[Reading]]:
    """The set named at the cursor (``$name``): its name and, one after the other, a reading of each member.

    Raises:
        SpecError: E305 for a set that does not exist, E306 for one that contains itself.
    """
    cursor = reading.cursor
    dollar = cursor.take()
    token = cursor.token
    if token.kind not in ("name", "quoted") or (not reading.inside and token.start != dollar.end):
        raise cursor.source.foreign("'$'", "formula_dollar", dollar.start, dollar.end)
    name = str(cursor.take().value)
    if name not in reading.sets:
        names = ", ".join(f"${known}" for known in reading.sets) or text("language.none")
        near = nearest(name, reading.sets)
        values, suggestion = {"name": name, "names": names}, f"${near}" if near else ""
        raise cursor.source.error("E305", dollar.start, token.end, values=values, suggestion=suggestion)
    if name in reading.inside:
        circle = " -> ".join(f"${inner}" for inner in (*reading.inside[reading.inside.index(name) :], name))
        raise cursor.source.error("E306", dollar.start, token.end, values={"circle": circle})
    members = reading.sets[name]
    members = (members,) if isinstance(members, str) else tuple(members)
    return name, (_open_member(reading, name, str(member), (dollar.start, token.end)) for member in members)


def _open_member(reading: Reading, name: str, member: str, site: tuple[int, int]) -> Reading:
    """A reading of a member; whatever is wrong in it is shown where the set is used."""
    outer = reading.source
    place = outer.at(*site)
    note = text("formula.inside_set", name=name, member=member[:60])
    place = replace(place, note=f"{place.note}; {note}" if place.note and note not in place.note else note)
    source = Source(member, place, outer.language, fixed=True)
    tokens = tuple(replace(token, start=site[0], end=site[1]) for token in read_tokens(source))
    inner = Cursor(source, tokens, nodes=reading.cursor.nodes, depth=reading.cursor.depth)
    return Reading(inner, reading.sets, (*reading.inside, name), reading.used)


def leave_member(reading: Reading, member: Reading, expected: str) -> None:
    """Check that a member was read to its end, and carry its count of nodes over.

    Raises:
        SpecError: something is left in the member.
    """
    if member.cursor.token.kind != "end":
        raise member.stray(expected)
    reading.cursor.nodes = member.cursor.nodes
