"""What a ledger asks for: inputs, equations in their order, scenarios, outputs, every expression parsed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from impact.core.errors import Notice, Place
from impact.kernels.ledger.paths import LINEAR, values_between
from impact.schema.expressions.tree import Expression
from impact.schema.ledger.block import LedgerFigureBlock, LedgerTableBlock

Floats = npt.NDArray[np.float64]
# how a path goes on between its years unless it says otherwise
LINEAR_DEFAULT = LINEAR
# rule of a path outside its years: its first or last value
HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Series:
    """A quantity over years: one value, or a path with rules for the years outside it.

    Arguments:
        value: the value of all years, None for a path. path: (year, value), increasing.
        interpolate: linear, geometric or step. before, after: hold, a number, or None where none is given.
    """

    value: float | None = None
    path: tuple[tuple[int, float], ...] = ()
    interpolate: str = LINEAR
    before: str | float | None = None
    after: str | float | None = None

    def over(self, first: int, last: int) -> Floats:
        """(1,) for one value, (years,) for a path, of the years from first to last."""
        if self.value is not None:
            return np.array([self.value])
        years = np.arange(first, last + 1)
        known = [year for year, _ in self.path]
        values = [value for _, value in self.path]
        inside = np.clip(years, known[0], known[-1])
        found = values_between(known, values, inside, self.interpolate)
        for rule, outside in ((self.before, years < known[0]), (self.after, years > known[-1])):
            if isinstance(rule, float | int):
                found = np.where(outside, float(rule), found)
        return found


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a scenario: its value, range and distribution.

    Arguments:
        point, low, high: over years; low and high are None without a range. changed: set by the scenario.
    """

    name: str
    point: Series
    low: Series | None = None
    high: Series | None = None
    dist: str = "fixed"
    draw: str = "path"
    unit: str | None = None
    source: Mapping[str, str] | None = None
    status: str = "assumption"
    title: Mapping[str, str] | None = None
    note: Mapping[str, str] | None = None
    changed: bool = False
    place: Place | None = None

    @property
    def is_random(self) -> bool:
        """Whether the draws of this input differ from one another."""
        return self.dist != "fixed"


@dataclass(frozen=True, slots=True)
class Equation:
    """One line: its expression, unit as stated or found, and how many years before the first it is needed."""

    name: str
    expression: Expression
    unit: str | None = None
    title: Mapping[str, str] | None = None
    reach: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that are evaluated together: one, or several that lean on each other's earlier years."""

    names: tuple[str, ...]
    recursive: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario: every input as it is there, and what it changes, as written."""

    name: str
    inputs: Mapping[str, Input]
    changes: Mapping[str, object]
    title: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Discount:
    """How present values are taken."""

    rate: float | str
    base: int
    years: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Breakeven:
    """The value of an input at which an output equals a number."""

    name: str
    input: str
    output: Expression
    equals: float
    low: float | None
    high: float | None
    place: Place


@dataclass(frozen=True, slots=True)
class Identity:
    """Two sides that are equal to the cent in every year and draw."""

    text: str
    left: Expression
    right: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Output:
    """A line of the results: its name there, its expression, and whether it has a value for each year.

    Arguments:
        years: the years that are shown; empty for one number. unit: as stated or found, None where it is not known.
    """

    name: str
    expression: Expression
    by_year: bool
    unit: str | None = None
    years: tuple[int, ...] = ()
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerRequest:
    """A ledger ready to be evaluated.

    Arguments:
        first, last: years. inputs: as written, before scenarios. equations: by name; groups: their order.
        reach: input → years before the first that are needed. outputs: everything the results hold.
        draws: number of draws, None without. correlate: (a, b, rho). level: of the intervals of draws.
        notices: what the user should know before any number.
    """

    first: int
    last: int
    inputs: Mapping[str, Input]
    equations: Mapping[str, Equation]
    groups: tuple[Group, ...]
    reach: Mapping[str, int]
    scenarios: tuple[Scenario, ...]
    outputs: tuple[Output, ...]
    draws: int | None
    correlate: tuple[tuple[str, str, float], ...]
    discount: Discount | None
    breakeven: tuple[Breakeven, ...]
    identities: tuple[Identity, ...]
    tables: Mapping[str, LedgerTableBlock]
    figures: Mapping[str, LedgerFigureBlock]
    level: float = 0.90
    notices: tuple[Notice, ...] = ()
    units: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def years(self) -> tuple[int, ...]:
        """All years."""
        return tuple(range(self.first, self.last + 1))
