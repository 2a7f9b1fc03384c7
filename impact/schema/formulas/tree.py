"""The tree of a formula: plain frozen terms with their offsets. Offsets do not count in comparisons.

Arguments of functions are small expression trees (``impact.schema.expressions.tree``): ``log(x + 1)`` is
evaluated by the same code as a derived column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import impact.schema.expressions.tree as expressions
from impact.core.errors import Place
from impact.schema.expressions.tokens import spell_name, spell_number, spell_text
from impact.schema.expressions.tree import ColumnUse, Expression


@dataclass(frozen=True, slots=True)
class Variable:
    """A column."""

    name: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def text(self) -> str:
        """Canonical spelling."""
        return spell_name(self.name)


@dataclass(frozen=True, slots=True)
class Call:
    """A transform: ``log exp sqrt abs`` of an arithmetic of columns, ``poly ns bs`` with their size."""

    function: str
    arguments: tuple[expressions.Node, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def text(self) -> str:
        """Canonical spelling."""
        return f"{self.function}({', '.join(map(expressions.spell, self.arguments))})"


@dataclass(frozen=True, slots=True)
class Lag:
    """``l(x, lags)``, ``f(x, leads)`` or ``d(x, lags)`` in the declared panel."""

    kind: str
    term: Variable | Call
    lags: tuple[int, ...] = (1,)
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def text(self) -> str:
        """Canonical spelling."""
        first, last = self.lags[0], self.lags[-1]
        lags = f"{first}:{last}" if len(self.lags) > 1 else str(first)
        return f"{self.kind}({self.term.text()}, {lags})"


@dataclass(frozen=True, slots=True)
class Power:
    """A whole power of a column or transform."""

    base: Variable | Call | Lag
    exponent: int
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def text(self) -> str:
        """Canonical spelling."""
        return f"{self.base.text()}^{self.exponent}"


@dataclass(frozen=True, slots=True)
class Indicator:
    """``i(variable, by, ref=.., ref2=..)``: indicators of the values of a column.

    Arguments:
        variable: the column whose values become indicators.
        by: a second column: a number multiplies each indicator, a text or categorical column crosses with it.
        reference: values of ``variable`` left out (numbers or texts); empty: none named.
        reference_by: values of ``by`` left out (``ref2=``).
    """

    variable: str
    by: str | None = None
    reference: tuple[float | str, ...] = ()
    reference_by: tuple[float | str, ...] = ()
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def text(self) -> str:
        """Canonical spelling."""
        parts = [spell_name(self.variable)]
        parts += [spell_name(self.by)] if self.by is not None else []
        parts += [f"ref={_spell_values(self.reference)}"] if self.reference else []
        parts += [f"ref2={_spell_values(self.reference_by)}"] if self.reference_by else []
        return f"i({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class Interaction:
    """The product of two or more parts, ``x:z``."""

    parts: tuple[Variable | Call | Lag | Power | Indicator, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def text(self) -> str:
        """Canonical spelling."""
        return ":".join(part.text() for part in self.parts)


@dataclass(frozen=True, slots=True)
class AbsorbedEffect:
    """An absorbed factor: ``id``, ``id^year``, ``id[trend]`` with its slopes, ``id[[trend]]`` slopes only."""

    variables: tuple[str, ...]
    slopes: tuple[str, ...] = ()
    intercept: bool = True
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def text(self) -> str:
        """Canonical spelling."""
        factor = "^".join(map(spell_name, self.variables))
        if not self.slopes:
            return factor
        slopes = ", ".join(map(spell_name, self.slopes))
        return f"{factor}[{slopes}]" if self.intercept else f"{factor}[[{slopes}]]"


Part = Variable | Call | Lag | Power | Indicator
Term = Part | Interaction


@dataclass(frozen=True, slots=True)
class Step:
    """``sw sw0 csw csw0 mvsw``: one model for each alternative, in regressors or absorbed effects."""

    kind: str
    alternatives: tuple[tuple[Term | AbsorbedEffect, ...], ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def text(self) -> str:
        """Canonical spelling."""
        alternatives = (" + ".join(term.text() for term in terms) for terms in self.alternatives)
        return f"{self.kind}({', '.join(alternatives)})"


Outcome = Variable | Call | Lag


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula; sets are expanded.

    Arguments:
        outcomes: left side; empty where the outcome is given otherwise (as sums).
        terms: regressors, and at most the steps among them, in the order of the text.
        intercept: whether a constant is asked for (it is absorbed where there are absorbed effects).
        absorbed: absorbed effects and steps.
        endogenous, instruments: the last part, ``| d ~ z``.
        offset: exposure term, an expression tree.
        source, place: the text and where it stands.
        sets: name of each set used and the spelling of its members.
    """

    outcomes: tuple[Outcome, ...]
    terms: tuple[Term | Step, ...]
    intercept: bool = True
    absorbed: tuple[AbsorbedEffect | Step, ...] = ()
    endogenous: tuple[Term, ...] = ()
    instruments: tuple[Term, ...] = ()
    offset: expressions.Node | None = None
    source: str = field(default="", compare=False)
    place: Place | None = field(default=None, compare=False)
    sets: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), compare=False)

    @property
    def effects(self) -> tuple[AbsorbedEffect, ...]:
        """The absorbed effects without steps, which are gone once the models of a spec are told apart."""
        return tuple(effect for effect in self.absorbed if isinstance(effect, AbsorbedEffect))

    def text(self) -> str:
        """Canonical spelling, with sets expanded."""
        return format_formula(self)

    def at(self, node: ColumnUse | Term | Step | AbsorbedEffect) -> Place:
        """Place of a node in the spec."""
        place = self.place or Place(file="formula", line=1, column=1)
        return place.shifted(node.start, node.end - node.start)


def format_formula(formula: Formula) -> str:
    """The canonical spelling of a formula; parsing it gives the formula back."""
    left = ", ".join(outcome.text() for outcome in formula.outcomes)
    left = f"c({left})" if len(formula.outcomes) > 1 else left
    terms = [term.text() for term in formula.terms]
    if formula.offset is not None:
        terms.append(f"offset({expressions.spell(formula.offset)})")
    if not formula.intercept:
        terms.insert(0, "0")
    parts = [f"{left} ~ {' + '.join(terms) or '1'}".strip()]
    if formula.absorbed:
        parts.append(" + ".join(effect.text() for effect in formula.absorbed))
    if formula.endogenous:
        sides = (
            " + ".join(term.text() for term in side) for side in (formula.endogenous, formula.instruments)
        )
        parts.append(" ~ ".join(sides))
    return " | ".join(parts)


def columns_of(formula: Formula) -> tuple[ColumnUse, ...]:
    """Every column a formula reads, once, where it first stands."""
    seen: dict[str, ColumnUse] = {}
    nodes = (*formula.outcomes, *formula.terms, *formula.absorbed, *formula.endogenous, *formula.instruments)
    for node in nodes:
        for use in columns_of_term(node):
            seen.setdefault(use.name, use)
    for use in _names(formula.offset):
        seen.setdefault(use.name, use)
    return tuple(seen.values())


def columns_of_term(node: Term | Step | AbsorbedEffect) -> Iterator[ColumnUse]:
    """Every column that a term or absorbed effect reads, as often as it stands there."""
    match node:
        case Variable():
            yield ColumnUse(node.name, node.start, node.end)
        case Call():
            for argument in node.arguments:
                yield from _names(argument)
        case Lag():
            yield from columns_of_term(node.term)
        case Power():
            yield from columns_of_term(node.base)
        case Indicator():
            names = (node.variable,) if node.by is None else (node.variable, node.by)
            yield from (ColumnUse(name, node.start, node.end) for name in names)
        case Interaction():
            for part in node.parts:
                yield from columns_of_term(part)
        case AbsorbedEffect():
            yield from (ColumnUse(name, node.start, node.end) for name in (*node.variables, *node.slopes))
        case Step():
            for alternative in node.alternatives:
                for term in alternative:
                    yield from columns_of_term(term)


def _names(node: expressions.Node | None) -> Iterator[ColumnUse]:
    for below in expressions.walk(node) if node is not None else ():
        if isinstance(below, expressions.Name):
            yield ColumnUse(below.name, below.start, below.end)


def term_expression(term: Term) -> Expression | None:
    """A term as an expression that can be evaluated on columns; None for indicators, bases and interactions.

    Arguments:
        term: a column, ``log exp sqrt abs``, a power, or a lag, lead or difference with a single lag.
    """
    root = _tree_of(term)
    return None if root is None else Expression(root, expressions.spell(root))


def _tree_of(term: Term) -> expressions.Node | None:
    match term:
        case Variable():
            return expressions.Name(term.name)
        case Call() if len(term.arguments) == 1:
            return expressions.Call(term.function, term.arguments)
        case Power():
            base = _tree_of(term.base)
            return (
                None
                if base is None
                else expressions.Binary("**", base, expressions.Number(float(term.exponent)))
            )
        case Lag() if len(term.lags) == 1:
            inner = _tree_of(term.term)
            function = {"l": "lag", "f": "lead", "d": "diff"}[term.kind]
            return inner and expressions.Call(function, (inner, expressions.Number(float(term.lags[0]))))
        case _:
            return None


def _spell_values(values: tuple[float | str, ...]) -> str:
    spelled = [spell_text(value) if isinstance(value, str) else spell_number(value) for value in values]
    return spelled[0] if len(spelled) == 1 else f"c({', '.join(spelled)})"
