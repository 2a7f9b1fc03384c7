"""The expression language of ledgers: its functions, and what is refused before anything is evaluated.

Functions: ``lag(x, k)`` and ``lag(x, k, start)``; ``mean sum min max pv`` of a line over all or some years, one number;
``min max`` of several values and ``log exp sqrt abs round floor ceil sign clip`` year by year; ``pr(condition)``, the
share of draws, in tables, figures and claims. ``year`` is the calendar year.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from impact.core.errors import Fault, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.expressions import tree
from impact.schema.expressions.parse import parse_expression
from impact.schema.expressions.tree import Call, Expression, Node

YEAR = "year"
LEDGER, CLAIMS = "ledger", "ledger_claims"
OVER_YEARS = ("mean", "sum", "min", "max", "pv")
PAIRWISE = ("min", "max")
# function → least and most arguments, how it is written
FUNCTIONS: Mapping[str, tuple[int, int, str]] = {
    "lag": (1, 3, "lag(x, k) or lag(x, k, start): the value k years before"),
    "mean": (1, 3, "mean(x) or mean(x, 2019, 2025)"),
    "sum": (1, 3, "sum(x) or sum(x, 2019, 2025)"),
    "min": (1, 20, "min(x), min(x, 2019, 2025) or min(a, b)"),
    "max": (1, 20, "max(x), max(x, 2019, 2025) or max(a, b)"),
    "pv": (1, 3, "pv(x) or pv(x, 2019, 2025), with discount:"),
    "pr": (1, 1, "pr(condition): share of draws"),
    "log": (1, 1, "log(x)"),
    "exp": (1, 1, "exp(x)"),
    "sqrt": (1, 1, "sqrt(x)"),
    "abs": (1, 1, "abs(x)"),
    "round": (1, 1, "round(x)"),
    "floor": (1, 1, "floor(x)"),
    "ceil": (1, 1, "ceil(x)"),
    "sign": (1, 1, "sign(x)"),
    "clip": (3, 3, "clip(x, lowest, highest)"),
}
CONDITIONS = (tree.Comparison, tree.Logic)


@dataclass(frozen=True, slots=True)
class Known:
    """What an expression may use.

    Arguments:
        names: inputs and lines. first, last: years. discounted: whether the spec says how present values are taken.
        probability: whether pr() may stand here. scenarios: names before a point, in claims.
    """

    names: Collection[str]
    first: int
    last: int
    discounted: bool = False
    probability: bool = False
    scenarios: Collection[str] = ()


def read(source: str, place: Place | None, known: Known, *, mode: str = LEDGER) -> Expression:
    """A parsed and checked expression.

    Raises:
        SpecError: E403, E404 grammar; E436 unknown names, E439 lags, E440 functions, E441 other pieces, E445 pr().
    """
    expression = parse_expression(source, place=place, mode=mode)
    faults = list(_faults(expression, known))
    if faults:
        raise SpecError(*faults)
    return expression


def over_years(call: Call) -> bool:
    """Whether a call gives one number for a range of years, as ``mean(x, 2019, 2025)``; ``min(a, b)`` does not."""
    if call.function not in OVER_YEARS:
        return False
    if call.function not in PAIRWISE or len(call.arguments) == 1:
        return True
    ends = call.arguments[1:]
    return len(ends) == 2 and all(whole(end) is not None for end in ends)


def range_of(call: Call, first: int, last: int) -> tuple[int, int]:
    """First and last year of a call over years."""
    ends = [whole(argument) for argument in call.arguments[1:]]
    if len(ends) == 2 and ends[0] is not None and ends[1] is not None:
        return ends[0], ends[1]
    return first, last


def whole(node: Node) -> int | None:
    """A whole number that is written out, else None."""
    if isinstance(node, tree.Number) and node.value == int(node.value):
        return int(node.value)
    return None


def is_by_year(node: Node, constant: Collection[str] = ()) -> bool:
    """Whether a value differs by year; names in ``constant`` do not."""
    if isinstance(node, Call) and over_years(node):
        return False
    if isinstance(node, tree.Name):
        return node.name not in constant
    if isinstance(node, tree.Dotted):
        return node.parts[-1] not in constant
    return any(is_by_year(child, constant) for child in tree.children(node))


def names_in(node: Node) -> tuple[str, ...]:
    """Names of inputs and lines below a node, once each."""
    found = [one.name for one in tree.walk(node) if isinstance(one, tree.Name) and one.name != YEAR]
    return tuple(dict.fromkeys(found))


def is_condition(node: Node) -> bool:
    """Whether a node is true or false."""
    return isinstance(node, CONDITIONS) or (isinstance(node, tree.Unary) and node.operator == "not")


def _faults(expression: Expression, known: Known) -> Iterator[Fault]:
    for node in tree.walk(expression.root):
        if isinstance(node, tree.Name):
            yield from _name(node, expression, known)
        elif isinstance(node, Call):
            yield from _call(node, expression, known)
        elif isinstance(node, tree.Dotted):
            yield from _dotted(node, expression, known)
        elif not isinstance(
            node,
            tree.Number
            | tree.Unary
            | tree.Binary
            | tree.Logic
            | tree.Comparison
            | tree.Conditional
            | tree.Logical,
        ):
            yield fault("E441", place=expression.at(node), piece=expression.excerpt(node)[:40])


def _name(node: tree.Name, expression: Expression, known: Known) -> Iterator[Fault]:
    if expression.mode == CLAIMS:
        some = next(iter(known.scenarios), "")
        yield fault("E449", place=expression.at(node), name=node.name, example=f"{some}.{node.name}")
    elif node.name != YEAR and node.name not in known.names:
        listed = ", ".join(sorted(known.names)[:20])
        near = nearest(node.name, [*known.names, YEAR])
        yield fault("E436", place=expression.at(node), suggestion=near, name=node.name, names=listed)


def _dotted(node: tree.Dotted, expression: Expression, known: Known) -> Iterator[Fault]:
    scenario, *rest = node.parts
    line = ".".join(rest)
    place = expression.at(node)
    if scenario not in known.scenarios:
        near = nearest(scenario, known.scenarios)
        yield fault("E436", place=place, suggestion=near, name=scenario, names=", ".join(known.scenarios))
    elif line not in known.names:
        near = nearest(line, known.names)
        shown = f"{scenario}.{near}" if near else ""
        yield fault(
            "E436", place=place, suggestion=shown, name=line, names=", ".join(sorted(known.names)[:20])
        )


def _call(call: Call, expression: Expression, known: Known) -> Iterator[Fault]:
    place = expression.at(call)
    if call.function not in FUNCTIONS:
        near = nearest(call.function, FUNCTIONS)
        names = ", ".join(FUNCTIONS)
        yield fault(
            "E440", place=place, suggestion=near, problem=f"there is no function '{call.function}'", use=names
        )
        return
    least, most, use = FUNCTIONS[call.function]
    problem = _CHECKS.get(call.function, _nothing)(call, known)
    if call.keywords or not least <= len(call.arguments) <= most:
        problem = (
            f"{call.function}() takes {least if least == most else f'{least} to {most}'} arguments by place"
        )
    if problem and call.function == "lag":
        yield fault("E439", place=place, problem=problem)
    elif problem:
        yield fault("E440", place=place, problem=problem, use=use)
    if call.function == "pr" and not known.probability:
        yield fault("E445", place=place)


def _nothing(call: Call, known: Known) -> str:
    return ""


def _lag(call: Call, known: Known) -> str:
    steps = whole(call.arguments[1]) if len(call.arguments) > 1 else 1
    if steps is None or not 1 <= steps <= 100:
        return "the number of years is a whole number from 1 to 100 that is written out"
    return ""


def _range(call: Call, known: Known) -> str:
    ends = call.arguments[1:]
    if not ends:
        return ""
    years = [whole(end) for end in ends]
    if len(years) != 2 or years[0] is None or years[1] is None:
        return "a range is two years that are written out"
    if not known.first <= years[0] <= years[1] <= known.last:
        return f"the range {years[0]} to {years[1]} is not within {known.first} to {known.last}"
    return ""


def _smallest(call: Call, known: Known) -> str:
    if over_years(call):
        return _range(call, known)
    return "" if len(call.arguments) > 1 else "nothing to compare"


def _present(call: Call, known: Known) -> str:
    return _range(call, known) if known.discounted else "the spec has no discount: block"


def _probability(call: Call, known: Known) -> str:
    if len(call.arguments) == 1 and not is_condition(call.arguments[0]):
        return "pr() takes a condition, such as net > 0"
    return ""


_CHECKS: Mapping[str, Callable[[Call, Known], str]] = {
    "lag": _lag, "mean": _range, "sum": _range, "min": _smallest, "max": _smallest, "pv": _present,
    "pr": _probability,
}  # fmt: skip
