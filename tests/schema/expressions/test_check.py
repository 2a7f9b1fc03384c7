from __future__ import annotations

import pytest

from impact.core.errors import Place
from impact.schema.expressions.check import check_expression
from impact.schema.expressions.parse import parse_expression

KINDS = {"dpto": "text", "n": "number", "d": "date", "f": "logical", "wage": "any"}


def faults(text: str) -> list[tuple[str, int, str]]:
    tree = parse_expression(text, place=Place("s.yaml", 1, 1))
    return [
        (fault.code, fault.place.column, fault.suggestion) for fault in check_expression(tree, KINDS, KINDS)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dpto == 15", [("E405", 9, '"15"')]),
        ("15 == dpto", [("E405", 1, '"15"')]),
        ('n == "15"', [("E405", 6, "15")]),
        ('d > "2018-10-31"', [("E405", 5, 'date("2018-10-31")')]),
        ("dpto in [15, 16]", [("E405", 10, '"15"')]),
        ("wagee > 3", [("E402", 1, "wage")]),
        ("True and f", [("E402", 1, "true")]),
        ("n == NA", [("E402", 6, "missing")]),
        ("log(dpto)", [("E406", 5, "")]),
        ("dpto * 2", [("E406", 1, "")]),
        ("n + dpto", [("E405", 5, "")]),
        ("not d", [("E406", 5, "")]),
        ("1 if dpto else 2", [("E406", 6, "")]),
        ('n if f else "b"', [("E405", 13, "")]),
        ('when(f, n, "a")', [("E405", 12, "")]),
        ("coalesce(n, dpto)", [("E405", 13, "")]),
        ("mean(dpto, by=d)", [("E406", 6, "")]),
        ('recode(n, {1: "a"}) + 1', [("E405", 23, '"1"')]),
        ("x1 + log(dpto) + y1", [("E402", 1, ""), ("E402", 18, ""), ("E406", 10, "")]),
    ],
)
def test_faults_without_data(text: str, expected: list[tuple[str, int, str]]) -> None:
    assert faults(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "wage + 1", 'wage == "a"', "dpto + dpto", "n if f else missing", "missing(dpto) or f", "min(d, d)",
        "year(d) + n", 'recode(dpto, {"15": 1}) == 1', "f + f", 'dpto in ["15"]', "number(dpto) * 2",
        'cut(n, [1, 2]) == "[1,2)"', "cut(n, [1, 2], [7]) + 1",
    ],
)  # fmt: skip
def test_right_expressions_pass(text: str) -> None:
    assert faults(text) == []


def test_names_are_checked_only_when_given() -> None:
    assert check_expression(parse_expression("anything + 1")) == []


def test_the_file_is_named() -> None:
    tree = parse_expression("zz")
    assert "enaho.dta" in check_expression(tree, None, ["a"], read_from="enaho.dta")[0].help
