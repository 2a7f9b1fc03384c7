"""Order of lines, circles, and how far back each is needed."""

from __future__ import annotations

import pytest

from impact.schema.expressions.parse import parse_expression
from impact.schema.ledger.order import groups_of, reach_of


def parsed(**equations):
    return {name: parse_expression(text, mode="ledger") for name, text in equations.items()}


def test_lines_come_after_what_they_use():
    groups, faults = groups_of(parsed(net="revenue - cost", cost="x", revenue="2 * cost"))
    order = [name for group in groups for name in group.names]
    assert not faults
    assert order.index("cost") < order.index("revenue") < order.index("net")


def test_the_order_of_keys_changes_nothing():
    first, _ = groups_of(parsed(a="x", b="x", c="a + b"))
    second, _ = groups_of(parsed(c="a + b", b="x", a="x"))
    assert first == second


@pytest.mark.parametrize(
    ("equations", "circle"),
    [
        ({"a": "b", "b": "c", "c": "a"}, "a → b → c → a"),
        ({"a": "a + 1"}, "a → a"),
        ({"a": "lag(a, 1, 0) + mean(a)"}, "a → a"),
        ({"a": "lag(b, 1, 0) + b", "b": "a"}, "a → b → a"),
    ],
)
def test_a_circle_is_named(equations, circle):
    _, faults = groups_of(parsed(**equations))
    assert [fault.code for fault in faults] == ["E437"]
    assert circle in faults[0].message


def test_a_lag_of_itself_needs_a_start():
    groups, faults = groups_of(parsed(k="0.9 * lag(k, 1) + i"))
    assert [fault.code for fault in faults] == ["E439"]
    groups, faults = groups_of(parsed(k="0.9 * lag(m, 1, 5) + i", m="k * 2"))
    assert not faults
    assert groups[0].recursive and groups[0].names == ("k", "m")


def test_lags_of_lags_reach_back_together():
    equations = parsed(mid="(stock + lag(stock, 1)) / 2", added="mid - lag(mid, 2)")
    groups, _ = groups_of(equations)
    reach = reach_of(equations, groups, {"added": parse_expression("added", mode="ledger")})
    assert (reach["mid"], reach["stock"]) == (2, 3)


def test_a_start_stops_the_reach():
    equations = parsed(k="lag(stock, 3, 0)", m="lag(lag(stock, 1), 2, 0)")
    groups, _ = groups_of(equations)
    roots = {"k": parse_expression("k", mode="ledger")}
    assert reach_of(equations, groups, roots)["stock"] == 1  # of m: one year before the first
