"""Expressions: what they say here must be what they say there, row by row, missing values included."""

from __future__ import annotations

import pytest

from impact.cli.importing.stata_expressions import Untranslatable, expression, terms


@pytest.mark.parametrize(
    ("stata", "here"),
    [
        ("ln(x) + x^2", "log(x) + x ** 2"),
        ("min(a, b) / 2", "min(a, b) / 2"),
        ("cond(x > 1, 2, 3)", "(2 if x > 1 else 3)"),
        ("x >= .", "missing(x)"),
        ("log(exp(x) + (a - b))", "log(exp(x) + (a - b))"),
        (".", "missing"),
    ],
)
def test_expressions(stata, here):
    assert expression(stata) == here


@pytest.mark.parametrize("text", ["strpos(a, b)", "x[_n-1]", "regexm(x)", "log(x", "a @ b"])
def test_what_has_no_counterpart(text):
    with pytest.raises(Untranslatable):
        expression(text)


@pytest.mark.parametrize("word", ["x*", "x1-x9", "_all", "S.x", "i.a##i.b", "i.a#i.b"])
def test_lists_without_a_counterpart(word):
    with pytest.raises(Untranslatable):
        list(terms([word]))
