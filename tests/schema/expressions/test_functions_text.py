from __future__ import annotations

import datetime
from collections.abc import Callable

import numpy as np
import pytest

from impact.core.errors import DataError
from impact.schema.expressions.context import Context, Event
from impact.schema.expressions.evaluate import evaluate
from impact.schema.expressions.parse import parse_expression

Run = Callable[..., list[object]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("upper(s)", ["A", "BB", None, "01", "3.5"]),
        ('lower("ABC")', ["abc"] * 5),
        ('strip(" a ")', ["a"] * 5),
        ('startswith(s, "b")', [0, 1, None, 0, 0]),
        ('endswith(s, "1")', [0, 0, None, 1, 0]),
        ('contains(s, ".")', [0, 0, None, 0, 1]),
        ('replace(s, "b", "xy")', ["a", "xyxy", None, "01", "3.5"]),
        ("substr(s, 2, 5)", ["", "b", None, "1", ".5"]),
        ('lpad(s, 4, "0")', ["000a", "00bb", None, "0001", "03.5"]),
        ("number(s)", [None, None, None, 1, 3.5]),
        ("text(x)", ["1", "2", None, "-4", "0"]),
        ("text(x / 4)", ["0.25", "0.5", None, "-1", "0"]),
        ("text(d)", ["2018-01-01", "2020-12-31", None, "2021-01-03", "2016-02-29"]),
        ("date(text(d)) == d", [1, 1, None, 1, 1]),
        ("ym(2018, i + 8)", ["2018-09-01", "2018-10-01", "2018-11-01", "2018-12-01", None]),
        ('days_between(date("2018-01-01"), d)', [0, 1095, None, 1098, -672]),
        ('d > date("2018-06-01")', [0, 1, None, 1, 0]),
    ],
)
def test_text_and_date_functions(run: Run, text: str, expected: list[object]) -> None:
    assert run(text) == expected


def test_parts_of_dates_agree_with_the_standard_library() -> None:
    start = datetime.date(1899, 12, 20)
    days = [start + datetime.timedelta(days=13 * step) for step in range(6000)]
    columns = {"d": np.array(days, dtype="datetime64[D]")}
    for text, expected in (
        ("year(d)", [day.year for day in days]),
        ("month(d)", [day.month for day in days]),
        ("quarter(d)", [(day.month + 2) // 3 for day in days]),
        ("week(d)", [day.isocalendar().week for day in days]),
    ):
        assert evaluate(parse_expression(text), columns, Context(len(days))).tolist() == expected


def test_what_cannot_be_converted_is_counted(run: Run) -> None:
    events: list[Event] = []
    run("number(s)", events)
    run("date(s)", events)
    run("ym(2018, i + 10)", events)
    assert [(event.kind, event.what, event.count) for event in events] == [
        ("unconverted", "number", 2),
        ("unconverted", "date", 4),
        ("unconverted", "month", 3),
    ]


@pytest.mark.parametrize("text", ["nan", "inf", "1_0", "0x1", "", "1,5", "١", "9007199254740993", "1e999"])
def test_only_plain_numbers_are_numbers(text: str) -> None:
    columns = {"s": np.array([text], dtype=object)}
    assert np.isnan(evaluate(parse_expression("number(s)"), columns, Context(1))[0])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('date("2018-13-01")', "E414"),
        ("lpad(x, 6, '0')", "E406"),
        ("lpad(s, 100000, '0')", "E414"),
        ("lpad(s, 6, 'ab')", "E414"),
        ("substr(s, 0, 1)", "E414"),
        ("contains(s, s)", "E414"),
        ("replace(s, '', 'a')", "E414"),
        ("number(d)", "E406"),
        ('d > "2018-01-01"', "E405"),
        ("year(x)", "E406"),
    ],
)
def test_wrong_arguments(run: Run, text: str, code: str) -> None:
    with pytest.raises(DataError) as caught:
        run(text)
    assert caught.value.code == code


def test_texts_cannot_explode(run: Run) -> None:
    text = "s"
    for _ in range(6):
        text = f'replace({text}, "a", "{"a" * 200}")'
    with pytest.raises(DataError, match="E417"):
        run(text)
    with pytest.raises(DataError, match="E417"):
        run("+".join(['lpad("a", 1000, "b")'] * 12))
