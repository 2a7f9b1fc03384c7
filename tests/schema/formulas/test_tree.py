from __future__ import annotations

import numpy as np

from impact.schema.expressions.context import Context
from impact.schema.expressions.evaluate import evaluate
from impact.schema.expressions.panel import panel_keys
from impact.schema.formulas.parse import parse_formula
from impact.schema.formulas.tree import columns_of, term_expression


def test_columns_of_every_part() -> None:
    formula = parse_formula(
        "c(y, log(v)) ~ x:z + i(g, h) + l(w) + sw(a, b) + offset(log(n)) | id^t[u] | d ~ q"
    )
    assert {use.name for use in columns_of(formula)} == set("yvxzghwabntudq") | {"id"}


def test_terms_are_evaluated_as_expressions() -> None:
    columns = {"x": np.array([1.0, 2.0, 4.0]), "u": np.zeros(3), "t": np.arange(3)}
    context = Context(3, panel_keys([columns["u"]], columns["t"]))
    terms = parse_formula("y ~ log(x + 1)^2 + l(x, 1) + f(x, 2) + d(x) + sqrt(x) + x").terms
    found = [evaluate(term_expression(term), columns, context) for term in terms]
    np.testing.assert_allclose(found[0], np.log(columns["x"] + 1) ** 2)
    np.testing.assert_array_equal(found[1], [np.nan, 1, 2])
    np.testing.assert_array_equal(found[2], [4, np.nan, np.nan])
    np.testing.assert_array_equal(found[3], [np.nan, 1, 2])
    np.testing.assert_array_equal(found[4], np.sqrt(columns["x"]))
    np.testing.assert_array_equal(found[5], columns["x"])


def test_terms_that_are_several_columns_are_no_expression() -> None:
    for term in parse_formula("y ~ poly(x, 2) + i(g) + x:z + l(x, 1:2)").terms:
        assert term_expression(term) is None
