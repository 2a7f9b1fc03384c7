"""Lines of a ledger over years and draws: whole arrays at a time, no code of the user is ever run.

Every value is an array (draws or 1, years or 1). A line is evaluated over all its years at once; lines that lean on
their own earlier years are filled in year by year.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.schema.expressions import tree
from impact.schema.expressions.tree import Call, Node
from impact.schema.ledger.language import YEAR, over_years, range_of, whole
from impact.schema.ledger.requests import Discount, Equation, Group

Floats = npt.NDArray[np.float64]
_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "//": np.floor_divide, "%": np.mod,
    "**": np.power,
}  # fmt: skip
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip
_EACH: Mapping[str, Callable[[Any], Any]] = {
    "log": np.log, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs, "round": np.rint, "floor": np.floor,
    "ceil": np.ceil, "sign": np.sign,
}  # fmt: skip

_OVER_YEARS: Mapping[str, Callable[..., Any]] = {"mean": np.mean, "sum": np.sum, "min": np.min, "max": np.max}


@dataclass(frozen=True, slots=True)
class Held:
    """Values of a name from a first year on: (draws or 1, years or 1)."""

    first: int
    values: Floats

    def over(self, low: int, high: int) -> Floats:
        """The values of the years from low to high."""
        if self.values.shape[1] == 1:
            return self.values
        assert low >= self.first, "a year before the first that was asked for"
        return self.values[:, low - self.first : high - self.first + 1]


@dataclass(frozen=True, slots=True)
class World:
    """Inputs and lines that are known so far, from the first to the last year of the ledger."""

    first: int
    last: int
    discount: Discount | None = None
    held: dict[str, Held] = field(default_factory=dict)

    def value(self, node: Node, low: int | None = None, high: int | None = None) -> Floats:
        """The value of an expression over the years from low to high, all by default."""
        low, high = self.first if low is None else low, self.last if high is None else high
        with np.errstate(all="ignore"):
            return np.asarray(_value(node, self, low, high), dtype=np.float64)


def evaluate(world: World, equations: Mapping[str, Equation], groups: tuple[Group, ...]) -> None:
    """Adds every line to the world, in the order of the groups."""
    for group in groups:
        if not group.recursive:
            name = group.names[0]
            low = world.first - equations[name].reach
            world.held[name] = Held(low, world.value(equations[name].expression.root, low))
            continue
        _fill(world, equations, group)


def _fill(world: World, equations: Mapping[str, Equation], group: Group) -> None:
    """Year by year, from the first year in which any line of the group is needed."""
    low = world.first - max(equations[name].reach for name in group.names)
    columns: dict[str, list[Floats]] = {name: [] for name in group.names}
    years = World(world.first, world.last, world.discount, dict(world.held))
    for year in range(low, world.last + 1):
        for name in group.names:
            found = years.value(equations[name].expression.root, year, year)
            columns[name].append(found[:, :1])
            years.held[name] = Held(low, _beside(columns[name]))
    for name in group.names:
        world.held[name] = Held(low, _beside(columns[name]))


def _beside(columns: list[Floats]) -> Floats:
    draws = max(column.shape[0] for column in columns)
    return np.concatenate([np.broadcast_to(column, (draws, column.shape[1])) for column in columns], axis=1)


def _value(node: Node, world: World, low: int, high: int) -> Any:
    match node:
        case tree.Number():
            return np.array([[node.value]])
        case tree.Logical():
            return np.array([[float(node.value)]])
        case tree.Name():
            if node.name == YEAR:
                return np.arange(low, high + 1, dtype=np.float64)[None, :]
            return world.held[node.name].over(low, high)
        case tree.Unary():
            operand = _value(node.operand, world, low, high)
            return 1.0 - operand if node.operator == "not" else -operand if node.operator == "-" else operand
        case tree.Binary():
            return _chain(node, world, low, high)
        case tree.Logic():
            join = np.minimum if node.operator == "and" else np.maximum
            values = [_value(one, world, low, high) for one in node.operands]
            return _reduced(join, values)
        case tree.Comparison():
            return _compared(node, [_value(one, world, low, high) for one in node.operands])
        case tree.Conditional():
            parts = [_value(one, world, low, high) for one in (node.condition, node.then, node.otherwise)]
            return np.where(parts[0] != 0, parts[1], parts[2])
        case tree.Call():
            return _call(node, world, low, high)
        case _:
            raise TypeError(type(node).__name__)


def _chain(node: tree.Binary, world: World, low: int, high: int) -> Any:
    """Operations from the left, without recursion."""
    chain = [node]
    while isinstance(chain[-1].left, tree.Binary):
        chain.append(chain[-1].left)
    found = _value(chain[-1].left, world, low, high)
    for link in reversed(chain):
        found = _ARITHMETIC[link.operator](found, _value(link.right, world, low, high))
    return found


def _reduced(join: Callable[[Any, Any], Any], values: list[Any]) -> Any:
    found = values[0]
    for value in values[1:]:
        found = join(found, value)
    return found


def _compared(node: tree.Comparison, values: list[Any]) -> Any:
    found = [
        _COMPARE[sign](left, right).astype(np.float64)
        for sign, left, right in zip(node.operators, values, values[1:], strict=False)
    ]
    return _reduced(np.minimum, found)


def _call(call: Call, world: World, low: int, high: int) -> Any:
    if call.function == "lag":
        return _lagged(call, world, low, high)
    if over_years(call):
        return _over_years(call, world)
    if call.function == "pr":
        return _value(call.arguments[0], world, low, high).mean(axis=0, keepdims=True)
    values = [_value(argument, world, low, high) for argument in call.arguments]
    if call.function in ("min", "max"):
        return _reduced(np.minimum if call.function == "min" else np.maximum, values)
    if call.function == "clip":
        return np.clip(*values)
    return _EACH[call.function](values[0])


def _lagged(call: Call, world: World, low: int, high: int) -> Any:
    steps = (whole(call.arguments[1]) if len(call.arguments) > 1 else 1) or 1
    if len(call.arguments) < 3:
        return _value(call.arguments[0], world, low - steps, high - steps)
    begun = world.first + steps
    parts = []
    if low < begun:
        end = min(high, begun - 1)
        parts.append(_wide(_value(call.arguments[2], world, low, end), end - low + 1))
    if high >= begun:
        start = max(low, begun)
        parts.append(_wide(_value(call.arguments[0], world, start - steps, high - steps), high - start + 1))
    return _beside(parts)


def _wide(values: Any, years: int) -> Floats:
    return np.broadcast_to(np.asarray(values, dtype=np.float64), (values.shape[0], years))


def _over_years(call: Call, world: World) -> Any:
    low, high = range_of(call, world.first, world.last)
    discount = world.discount
    if call.function == "pv" and discount is not None:
        if len(call.arguments) == 1:
            low, high = discount.years
        values = _wide(_value(call.arguments[0], world, low, high), high - low + 1)
        rate = discount.rate
        own = (
            np.array([[rate]])
            if isinstance(rate, float)
            else world.held[rate].over(discount.base, discount.base)
        )
        periods = np.arange(low, high + 1, dtype=np.float64)[None, :] - discount.base
        return (values / (1.0 + own) ** periods).sum(axis=1, keepdims=True)
    values = _wide(_value(call.arguments[0], world, low, high), high - low + 1)
    return _OVER_YEARS[call.function](values, axis=1, keepdims=True)
