"""Records of a ledger that was evaluated: lines of every scenario, break-even points, drivers, identities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from impact.core.arrays import Floats


@dataclass(frozen=True, slots=True)
class LineResult:
    """One line of a scenario, in one year or over years.

    Arguments:
        line: name of the output. time: year, None for one number. point: at the inputs' values.
        std_error: standard deviation of the draws. quantiles: at the ends of the interval, 0.25, 0.5 and 0.75.
        positive: share of draws above zero. NaN where there are no draws.
    """

    line: str
    time: int | None
    point: float
    std_error: float
    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float
    positive: float
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class BreakevenResult:
    """A break-even question in one scenario: its value, or why there is none.

    Arguments:
        state: found, none, several or everywhere. values: the crossings. at_low, at_high: the output at both ends.
        reached: the output at the value.
    """

    name: str
    scenario: str
    input: str
    output: str
    equals: float
    state: str
    values: tuple[float, ...]
    low: float
    high: float
    at_low: float
    at_high: float
    reached: float


@dataclass(frozen=True, slots=True)
class Driver:
    """How an input moves an output: rank correlation over the draws, and the output at low and high of the input."""

    scenario: str
    output: str
    input: str
    rank_correlation: float
    at_low: float
    at_high: float
    point: float


@dataclass(frozen=True, slots=True)
class IdentityResult:
    """An identity with the largest gap over scenarios, years and draws."""

    text: str
    gap: float


@dataclass(frozen=True, slots=True)
class InputResult:
    """An input of a scenario over the years of the ledger."""

    name: str
    point: Floats
    low: Floats | None
    high: Floats | None


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """One scenario: its lines and inputs."""

    name: str
    lines: tuple[LineResult, ...]
    inputs: tuple[InputResult, ...]


@dataclass(frozen=True, slots=True)
class LedgerResult:
    """A ledger as it was evaluated; correlations: pair → (asked of the normals, rank correlation found)."""

    scenarios: tuple[ScenarioResult, ...]
    breakeven: tuple[BreakevenResult, ...]
    drivers: tuple[Driver, ...]
    identities: tuple[IdentityResult, ...]
    correlations: Mapping[str, tuple[float, float]]
