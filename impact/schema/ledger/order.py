"""The order in which lines are evaluated: after what they use, lags of themselves apart.

Lines that lean on each other's earlier years only (capital that grows out of last year's capital) form a group that is
evaluated year by year; a circle without a lag has no order and is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from impact.core.errors import Fault
from impact.core.texts import fault
from impact.schema.expressions import tree
from impact.schema.expressions.tree import Call, Expression, Node
from impact.schema.ledger.language import YEAR, over_years, whole
from impact.schema.ledger.requests import Group


@dataclass(frozen=True, slots=True)
class Use:
    """A name that an expression uses.

    Arguments:
        lag: years back in all. back: years back that reach before the first year. started: whether a start value stands
            for years before the first, so that ``back`` counts from there and not from where the expression is needed.
    """

    name: str
    lag: int
    back: int
    started: bool
    node: Node


def uses_of(node: Node, lag: int = 0, back: int = 0, *, started: bool = False) -> Iterator[Use]:
    """Every name below a node with its lag; names in a range over years count as used in the year itself."""
    if isinstance(node, tree.Name):
        if node.name != YEAR:
            yield Use(node.name, lag, back, started, node)
    elif isinstance(node, Call) and node.function == "lag":
        steps = (whole(node.arguments[1]) if len(node.arguments) > 1 else 1) or 0
        begins = len(node.arguments) > 2
        inner = 0 if begins else back + steps
        yield from uses_of(node.arguments[0], lag + steps, inner, started=started or begins)
        for start in node.arguments[2:]:
            yield from uses_of(start, lag, back, started=started)
    elif isinstance(node, Call) and over_years(node):
        # all years at once: a lag around it does not take a line out of its own circle
        for use in uses_of(node.arguments[0], started=True):
            yield replace(use, lag=0)
    else:
        for child in tree.children(node):
            yield from uses_of(child, lag, back, started=started)


def groups_of(equations: Mapping[str, Expression]) -> tuple[tuple[Group, ...], list[Fault]]:
    """The groups in the order of evaluation, and E437 circles, E439 lags of a line itself without a start."""
    uses = {
        name: [use for use in uses_of(one.root) if use.name in equations] for name, one in equations.items()
    }
    now = {name: [use.name for use in found if use.lag == 0] for name, found in uses.items()}
    circle = _circle(now)
    if circle:
        first = circle[0]
        node = next(use.node for use in uses[first] if use.lag == 0 and use.name in circle)
        shown = " → ".join([*circle, first])
        return (), [fault("E437", place=equations[first].at(node), circle=shown)]
    groups, faults = [], []
    for names in _components({name: [use.name for use in found] for name, found in uses.items()}):
        inside = set(names)
        recursive = len(names) > 1 or any(use.name in inside for use in uses[names[0]])
        ordered = tuple(_ordered(names, now)) if recursive else tuple(names)
        groups.append(Group(ordered, recursive))
        for name in ordered if recursive else ():
            lacking = [
                use for use in uses[name] if use.name in inside and use.lag and (use.back or not use.started)
            ]
            problem = f"'{name}' leans on earlier years of itself; write lag(x, k, start)"
            faults += [
                fault("E439", place=equations[name].at(use.node), problem=problem) for use in lacking[:1]
            ]
    return tuple(groups), faults


def reach_of(
    equations: Mapping[str, Expression], groups: tuple[Group, ...], roots: Mapping[str, Expression]
) -> dict[str, int]:
    """Name of a line or input → years before the first year in which it is needed."""
    reach: dict[str, int] = {}

    def need(expression: Expression, before: int, inside: frozenset[str]) -> None:
        for use in uses_of(expression.root):
            if use.name not in inside:
                years = use.back if use.started else before + use.back
                reach[use.name] = max(reach.get(use.name, 0), years)

    for root in roots.values():
        need(root, 0, frozenset())
    for group in reversed(groups):
        inside = frozenset(group.names) if group.recursive else frozenset()
        # a group that leans on itself starts in its own first year: all of it begins where any of it is needed
        deepest = max(reach.get(name, 0) for name in group.names)
        for name in group.names:
            reach[name] = deepest
            need(equations[name], deepest, inside)
    return reach


def _circle(edges: Mapping[str, list[str]]) -> list[str]:
    """Names of a circle in the order of use, empty where there is none."""
    left = set(edges)
    while ready := {name for name in left if not left.intersection(edges[name])}:
        left -= ready
    path: list[str] = []
    # every name that is left uses another that is left: following them comes back to one seen before
    name = next((one for one in edges if one in left), None)
    while name is not None and name not in path:
        path.append(name)
        name = next(one for one in edges[name] if one in left)
    return path[path.index(name) :] if name is not None else []


def _ordered(names: list[str], edges: Mapping[str, list[str]]) -> list[str]:
    """Names after those that they use in the same year, otherwise in the order given."""
    placed: list[str] = []
    waiting = list(names)
    while waiting:
        ready = [name for name in waiting if all(one in placed or one not in waiting for one in edges[name])]
        placed += ready
        waiting = [name for name in waiting if name not in ready]
    return placed


def _components(edges: Mapping[str, list[str]]) -> list[list[str]]:
    """Strongly connected components, each after those that it uses; the order of names decides nothing else."""
    reachable = {name: _reachable(name, edges) for name in edges}
    components: list[list[str]] = []
    left = sorted(edges)
    while left:
        name = next(
            one
            for one in left
            if all(other not in left or one in reachable[other] for other in reachable[one])
        )
        own = [
            other
            for other in left
            if other == name or (other in reachable[name] and name in reachable[other])
        ]
        components.append(own)
        left = [other for other in left if other not in own]
    return components


def _reachable(start: str, edges: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in edges[waiting.pop()]:
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found
