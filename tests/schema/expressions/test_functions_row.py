from __future__ import annotations

from collections.abc import Callable

import pytest

from impact.core.errors import DataError
from impact.schema.expressions.context import Event

Run = Callable[..., list[object]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abs(x)", [1, 2, None, 4, 0]),
        ("sign(x)", [1, 1, None, -1, 0]),
        ("floor(x / 3)", [0, 0, None, -2, 0]),
        ("ceil(x / 3)", [1, 1, None, -1, 0]),
        ("round(x / 3, 2)", [0.33, 0.67, None, -1.33, 0]),
        ("min(x, i)", [1, 2, None, -4, 0]),
        ("max(x, i, 3)", [3, 3, None, 4, 5]),
        ('min(d, date("2019-01-01"))', ["2018-01-01", "2019-01-01", None, "2019-01-01", "2016-02-29"]),
        ("experience(x + 18, 12)", [1, 2, None, 0, 0]),
        ("experience(x + 18, 12, 5)", [2, 3, None, 0, 1]),
        ("clip(x, 0, 1)", [1, 1, None, 0, 0]),
        ("between(x, 0, 2)", [1, 1, None, 0, 1]),
        ("missing(x)", [0, 0, 1, 0, 0]),
        ("missing(s)", [0, 0, 1, 0, 0]),
        ("missing(d)", [0, 0, 1, 0, 0]),
        ("coalesce(x, i)", [1, 2, 3, -4, 0]),
        ("coalesce(missing, s, 'z')", ["a", "bb", "z", "01", "3.5"]),
        ('cut(i, [1, 3, 5], ["lo", "hi"])', ["lo", "lo", "hi", "hi", None]),
        ("cut(i, [1, 3, 5], [10, 20])", [10, 10, 20, 20, None]),
        ("cut(x, [-5, 0, 2])", ["[0,2)", None, None, "[-5,0)", "[0,2)"]),
        ("recode(i, {1: 10, 2: -1})", [10, -1, 3, 4, 5]),
        ("recode(i, {1: 10, else: missing})", [10, None, None, None, None]),
        ("recode(x, {1: 10, missing: 0})", [10, 2, 0, -4, 0]),
        ("recode(x, {1: 10, else: 5})", [10, 5, None, 5, 5]),
        ('recode(s, {"a": 1, else: 0})', [1, 0, None, 0, 0]),
        ('when(x > 1, "p", x < 0, "n", "z")', ["z", "p", None, "n", "z"]),
        ("when(x > 1, 1, x < 0, 2)", [None, 1, None, 2, None]),
        ("x if f else -1", [1, -1, None, -4, -1]),
        ("f if x > 0 else missing", [1, 0, None, None, None]),
    ],
)
def test_row_functions(run: Run, text: str, expected: list[object]) -> None:
    assert run(text) == expected


def test_recode_counts_what_it_does_not_know(run: Run) -> None:
    events: list[Event] = []
    assert run('recode(i, {1: "a", 2: "b"})', events) == ["a", "b", None, None, None]
    assert [(event.kind, event.count, event.details["examples"]) for event in events] == [
        ("unconverted", 3, "'3', '4', '5'")
    ]


@pytest.mark.parametrize(
    "text",
    ["cut(i, [3, 1])", "cut(i, [1])", 'cut(i, [1, 2, 3], ["a"])', 'cut(i, [1, 2, 3], ["a", 1])',
     'recode(i, {1: "a", 2: 3})', "recode(i, {1: 2, 1: 3})", "round(x, 0.5)", "round(x, i)"],
)  # fmt: skip
def test_values_that_cannot_be_used(run: Run, text: str) -> None:
    with pytest.raises(DataError) as caught:
        run(text)
    assert caught.value.code == "E414"
