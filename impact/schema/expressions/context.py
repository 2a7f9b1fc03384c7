"""What an evaluation knows beside the columns, and what it reports: undefined values, stored parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from impact.core.errors import DataError, Fault, Notice, Place
from impact.core.texts import fault, notice, text
from impact.schema.expressions.panel import PanelKeys
from impact.schema.expressions.signatures import SIGNATURES
from impact.schema.expressions.tree import Call, Expression, Node
from impact.schema.expressions.values import Array, Value, missing_in

Lookup = Callable[[tuple[str, ...], Mapping[str, str | float]], float | str | None]


@dataclass(frozen=True, slots=True)
class Event:
    """Something an evaluation reports.

    Arguments:
        kind: ``undefined`` (became missing: W412), ``unconverted`` (W413), ``repaired`` (W474) or ``parameters`` (to
            store).
        what: ``division``, ``logarithm`` … (a key of the catalogue), or the function with the parameters.
        of: the piece of the expression.
        count: rows.
        details: parameters, or examples of values.
    """

    kind: str
    what: str
    of: str
    count: int = 0
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """What an evaluation knows.

    Arguments:
        rows: number of rows.
        panel: keys of the panel, from ``panel_keys``; None where none is declared.
        params: parameters of the spec.
        events: list to which events are added.
        lookup: finds a result by its name parts and keys, for claims; gives None where it is not defined and
            raises KeyError where there is no such result (further arguments of the error are near names).
    """

    rows: int
    panel: PanelKeys | None = None
    params: Mapping[str, float | str | bool] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    lookup: Lookup | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """One evaluation: expression, columns, context, and the rows whose values count (None: all)."""

    expression: Expression
    columns: Mapping[str, Any]
    context: Context
    read: dict[str, Array] = field(default_factory=dict)
    active: Array | None = None

    def error(self, code: str, node: Node, values: Mapping[str, Any], *, suggestion: str = "") -> DataError:
        """The error for a fault at a node."""
        return DataError(fault(code, place=self.expression.at(node), suggestion=suggestion, **values))

    def report(self, kind: str, what: str, node: Node, where: Array, *, examples: str = "") -> None:
        """Add an event for the rows ``where`` that count; nothing if there are none."""
        if self.active is not None:
            where = where & self.active
        elif not where.ndim:
            where = np.broadcast_to(where, self.context.rows)
        count = int(np.count_nonzero(where))
        if count:
            details = {"examples": examples} if examples else {}
            self.context.events.append(Event(kind, what, self.expression.excerpt(node), count, details))


@dataclass(frozen=True, slots=True)
class Use:
    """A function call with its values; lists and mappings stay in ``call.arguments``."""

    call: Call
    values: tuple[Value, ...]
    scope: Scope
    keywords: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.scope.context.rows

    def problem(self, key: str, position: int = 0, *, values: Mapping[str, Any] | None = None) -> DataError:
        """The error for a value that the function cannot use; ``key`` is one of ``expression.problem``."""
        node = self.call.arguments[position] if position < len(self.call.arguments) else self.call
        use = SIGNATURES[self.call.function].summary
        problem = text(f"expression.problem.{key}", "en", **(values or {}))
        return self.scope.error("E414", node, {"name": self.call.function, "problem": problem, "use": use})

    def constant(self, position: int, problem: str, low: float, high: float) -> float:
        """A number argument that is the same in all rows and lies between two bounds.

        Raises:
            DataError: E414.
        """
        value = self.values[position]
        if not isinstance(value, float) or not low <= value <= high:
            raise self.problem(problem, position, values={"most": f"{high:g}"})
        return value

    def whole(self, position: int, problem: str, low: float, high: float) -> int:
        """Like ``constant`` for a whole number."""
        value = self.constant(position, problem, low, high)
        if value != int(value):
            raise self.problem(problem, position, values={"most": f"{high:g}"})
        return int(value)

    def literal(self, position: int) -> str:
        """A text argument that is the same in all rows."""
        value = self.values[position]
        if not isinstance(value, str):
            raise self.problem("constant", position)
        return value

    def undefined(self, what: str, where: Array) -> None:
        """Report rows that became missing."""
        self.scope.report("undefined", what, self.call, where)

    def unconverted(self, what: str, value: Value, where: Array) -> None:
        """Report values that could not be converted, with up to three examples."""
        entries = (
            value[where] if isinstance(value, np.ndarray) and where.ndim else np.array([value], dtype=object)
        )
        shown = [f"{entry:g}" if isinstance(entry, float) else str(entry)[:20] for entry in entries.tolist()]
        examples = ", ".join(f"'{entry}'" for entry in list(dict.fromkeys(shown))[:3])
        self.scope.report("unconverted", what, self.call, where, examples=examples)

    def store(self, details: Mapping[str, object]) -> None:
        """Report parameters that belong in the result."""
        excerpt = self.scope.expression.excerpt(self.call)
        self.scope.context.events.append(Event("parameters", self.call.function, excerpt, 0, details))


def event_notices(events: list[Event], *, of: str = "") -> tuple[Notice, ...]:
    """Warnings W412, W413 and W474 of an evaluation; stored parameters give none."""
    return tuple(
        notice(_CODES[event.kind], of=of, **_words(event)) for event in events if event.kind in _CODES
    )


_CODES = {"undefined": "W412", "unconverted": "W413", "repaired": "W474"}


def _words(event: Event) -> dict[str, Any]:
    return {
        "what": text(f"expression.event.{event.what}"),
        "piece": event.of,
        "count": f"{event.count:,}",
        "examples": str(event.details.get("examples", "")),
    }


def event_faults(events: list[Event], place: Place | None) -> tuple[Fault, ...]:
    """E412 for each undefined value of an evaluation: what ``strict: true`` turns warnings into."""
    return tuple(fault("E412", place=place, **_words(event)) for event in events if event.kind == "undefined")


def stored_parameters(events: list[Event]) -> dict[str, Mapping[str, object]]:
    """Call → parameters of the sample functions, to be kept in the result."""
    return {event.of: event.details for event in events if event.kind == "parameters"}


def missing_anywhere(values: tuple[Value, ...]) -> Array:
    """Rows where any of several values is missing."""
    gone = missing_in(values[0])
    for value in values[1:]:
        gone = gone | missing_in(value)
    return gone
