from __future__ import annotations

from impact.schema.formulas.describe import describe_formula
from impact.schema.formulas.parse import parse_formula


def test_the_example_of_the_manual() -> None:
    formula = parse_formula(
        "keep ~ $demog | ubigeo + quarter^group | m ~ z", sets={"demog": ["tenure", "firm_size", "head"]}
    )
    assert describe_formula(formula) == [
        ("outcome", "keep"),
        ("regressors", "tenure, firm_size, head      (from $demog)"),
        ("absorbed", "ubigeo; quarter x group"),
        ("endogenous", "m"),
        ("instruments", "z"),
        ("estimator", "iv (two-stage least squares)"),
    ]


def test_slopes_steps_and_offset() -> None:
    formula = parse_formula("c(y, w) ~ 0 + sw(a, b) + offset(log(n)) | id[t] + g[[t]]")
    lines = dict(describe_formula(formula))
    assert lines["constant"] == "none"
    assert lines["offset"] == "log(n)"
    assert lines["absorbed"] == "id with its own slopes of t; slopes of t by g"
    assert lines["models"].startswith("outcome=y;step=1; ")
    assert lines["estimator"] == "ols (least squares)"


def test_in_spanish() -> None:
    assert describe_formula(parse_formula("y ~ x"), language="es")[0] == ("resultado", "y")
