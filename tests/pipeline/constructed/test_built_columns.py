"""Derived columns before and after what blocks build, whatever the order in the spec."""

from __future__ import annotations

from impact.pipeline.constructed.built_columns import derived_after
from impact.schema.expressions.parse import parse_expression


def test_what_reads_a_built_column_comes_after_it():
    derive = {"c": "b + 1", "b": "a * m", "a": "x + y", "d": "log(x)", "e": "c if d > 0 else missing"}
    parsed = {name: parse_expression(text) for name, text in derive.items()}
    assert derived_after(parsed, {"m"}) == {"b", "c", "e"}
    assert derived_after(parsed, {"x"}) == {"a", "b", "c", "d", "e"}
    assert derived_after(parsed, {"other"}) == set()
