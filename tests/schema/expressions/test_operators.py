from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.errors import DataError
from impact.schema.expressions.context import Context, Event
from impact.schema.expressions.evaluate import evaluate
from impact.schema.expressions.parse import parse_expression

Run = Callable[..., list[object]]


def test_kleene_tables() -> None:
    """Kleene, Introduction to Metamathematics (1952), section 64: the strong three-valued tables."""
    order = {0.0: 0, None: 1, 1.0: 2}
    pairs = list(itertools.product([0.0, None, 1.0], repeat=2))
    columns = {
        name: np.array([np.nan if pair[at] is None else pair[at] for pair in pairs])
        for at, name in enumerate("ab")
    }
    for word, pick in (("and", min), ("or", max)):
        found = evaluate(parse_expression(f"a {word} b"), columns, Context(9))
        expected = [pick(pair, key=order.__getitem__) for pair in pairs]
        assert [None if np.isnan(value) else value for value in found] == expected
    negated = evaluate(parse_expression("not a"), columns, Context(9))
    assert [None if np.isnan(value) else value for value in negated[::3]] == [1.0, None, 0.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + 1", [2, 3, None, -3, 1]),
        ("-1 <= x <= 2", [1, 1, None, 0, 1]),
        ("x in [1, 2]", [1, 1, None, 0, 0]),
        ("x not in [1, 2]", [0, 0, None, 1, 1]),
        ('s == "a"', [1, 0, None, 0, 0]),
        ('s != "a"', [0, 1, None, 1, 1]),
        ('s in ["a", "01"]', [1, 0, None, 1, 0]),
        ('s < "b"', [1, 0, None, 1, 1]),
        ('s + "!"', ["a!", "bb!", None, "01!", "3.5!"]),
        ("s == name", [0, 1, None, 0, 0]),
        ("x // 2", [0, 1, None, -2, 0]),
        ("x % 3", [1, 2, None, 2, 0]),
        ("k * 2", [6] * 5),
        ('d == date("2020-12-31")', [0, 1, None, 0, 0]),
        ("x > 1 or f", [1, 1, 1, 1, 0]),
        ("f and x > 1", [0, 0, None, 0, 0]),
        ("true + 1", [2] * 5),
        ("missing", [None] * 5),
    ],
)
def test_operators(run: Run, text: str, expected: list[object]) -> None:
    assert run(text) == expected


@pytest.mark.parametrize(
    ("text", "what", "count"),
    [
        ("1 / x", "division", 1),
        ("x / 0", "division", 4),
        ("x % 0", "division", 4),
        ("x // (x - x)", "division", 4),
        ("9 ** 9 ** 9", "infinite", 5),
        ("1e308 * 10", "infinite", 5),
        ("x ** 0.5", "power", 1),
        ("0 ** (x - 1)", "infinite", 2),
        ("log(x)", "logarithm", 2),
        ("sqrt(x)", "root", 1),
        ("exp(1000)", "infinite", 5),
    ],
)
def test_undefined_results_are_missing_and_counted(run: Run, text: str, what: str, count: int) -> None:
    events: list[Event] = []
    found = run(text, events)
    assert [(event.what, event.count) for event in events] == [(what, count)]
    assert not any(isinstance(value, float) and math.isinf(value) for value in found)


@pytest.mark.parametrize(
    "text",
    ["log(x) if x > 0 else missing", "x > 0 and log(x) < 1", "x <= 0 or log(x) < 1", "when(x > 0, log(x), 0)",
     "1 / x if x != 0 else 0", "x == 0 or 1 / x > 0"],
)  # fmt: skip
def test_rows_that_are_not_used_are_not_counted(run: Run, text: str) -> None:
    events: list[Event] = []
    run(text, events)
    assert events == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x and f", "E411"),
        ("1 if i else 2", "E411"),
        ("not x", "E411"),
        ("share(i)", "E411"),
        ("s + 1", "E405"),
        ("d + 1", "E406"),
        ("-s", "E406"),
        ("zz", "E402"),
    ],
)
def test_wrong_values_are_data_errors(run: Run, text: str, code: str) -> None:
    with pytest.raises(DataError) as caught:
        run(text)
    assert caught.value.code == code


NUMBERS = st.one_of(st.none(), st.integers(-3, 3).map(float), st.floats(-100, 100).map(lambda v: round(v, 3)))
LEAVES = st.sampled_from(["a", "b", "c", "2", "0.5", "-1", "missing"])


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    sign = st.sampled_from(["+", "-", "*", "/", "//", "%", "<", "<=", "==", "!="])
    return st.tuples(inner, sign, inner).map(lambda parts: f"(({parts[0]}) {parts[1]} ({parts[2]}))")


def _reference(node: object, row: dict[str, float | None]) -> float | None:
    """The meaning of a tree for one row, in plain Python: the second implementation."""
    name = type(node).__name__
    if name == "Number":
        return node.value
    if name == "Missing":
        return None
    if name == "Name":
        return row[node.name]
    if name == "Unary":
        value = _reference(node.operand, row)
        return None if value is None else -value
    left, right = (node.left, node.right) if name == "Binary" else node.operands
    sign = node.operator if name == "Binary" else node.operators[0]
    first, second = _reference(left, row), _reference(right, row)
    if first is None or second is None or (sign in ("/", "//", "%") and second == 0):
        return None
    result = {
        "+": lambda: first + second, "-": lambda: first - second, "*": lambda: first * second,
        "/": lambda: first / second, "//": lambda: first // second, "%": lambda: first % second,
        "<": lambda: float(first < second), "<=": lambda: float(first <= second),
        "==": lambda: float(first == second), "!=": lambda: float(first != second),
    }[sign]()  # fmt: skip
    return None if math.isinf(result) else result


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(LEAVES, _grow, max_leaves=8),
    st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=6),
)
def test_arithmetic_and_comparisons_equal_a_second_implementation(text: str, rows: list[tuple]) -> None:
    tree = parse_expression(text.replace("(missing)", "(a - missing)"))  # comparing the literal is refused
    columns = {
        name: np.array([np.nan if row[at] is None else row[at] for row in rows])
        for at, name in enumerate("abc")
    }
    found = evaluate(tree, columns, Context(len(rows)))
    for position, row in enumerate(rows):
        expected = _reference(tree.root, dict(zip("abc", row, strict=True)))
        value = found[position]
        assert (expected is None) == np.isnan(value)
        if expected is not None:
            assert value == expected or abs(value - expected) <= 1e-12 * abs(expected)
