"""The order in which derived columns are computed: each after those it reads."""

from __future__ import annotations

from collections.abc import Mapping

from impact.core.errors import SpecError
from impact.core.texts import fault
from impact.schema.expressions.tree import Expression, columns_of


def order_by_dependence(expressions: Mapping[str, Expression]) -> tuple[str, ...]:
    """Names of derived columns so that each follows those it reads; ties keep the order of the spec.

    A column that reads its own name reads the column of the data file, which it replaces; that is no circle.

    Arguments:
        expressions: name of the derived column → its expression.

    Raises:
        SpecError: E413 for a circle of two or more columns, at the first column of the circle.
    """
    needs = {
        name: [use.name for use in columns_of(expression) if use.name in expressions and use.name != name]
        for name, expression in expressions.items()
    }
    order: list[str] = []
    waiting = dict(needs)
    while waiting:
        ready = [name for name, reads in waiting.items() if all(read not in waiting for read in reads)]
        if not ready:
            raise _circular(waiting, expressions)
        order.append(ready[0])
        del waiting[ready[0]]
    return tuple(order)


def _circular(waiting: Mapping[str, list[str]], expressions: Mapping[str, Expression]) -> SpecError:
    """The error that shows one circle among the columns that wait for each other."""
    path = [next(iter(waiting))]
    while path[-1] not in path[:-1]:
        path.append(next(read for read in waiting[path[-1]] if read in waiting))
    circle = path[path.index(path[-1]) :]
    first = expressions[circle[0]]
    use = next(use for use in columns_of(first) if use.name == circle[1])
    place = None if first.place is None else first.place.shifted(use.start, use.end - use.start)
    return SpecError(fault("E413", place=place, cycle=" -> ".join(circle)))
