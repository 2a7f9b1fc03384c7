from __future__ import annotations

from impact.core.errors import Place
from impact.schema.expressions.parse import parse_expression
from impact.schema.expressions.tree import ColumnUse, Name, columns_of, walk


def test_columns_once_with_the_first_offset() -> None:
    text = "b + log(`año x`) if mean(b, by=[g, h]) > k else recode(c, {1: 2})"
    uses = columns_of(parse_expression(text))
    assert sorted(use.name for use in uses) == ["año x", "b", "c", "g", "h", "k"]
    assert ColumnUse("b", 0, 1) in uses
    for use in uses:
        assert text[use.start : use.end].strip("`") == use.name


def test_function_names_are_no_columns() -> None:
    assert [use.name for use in columns_of(parse_expression("log(log)"))] == ["log"]


def test_place_of_a_node_is_that_of_the_file() -> None:
    tree = parse_expression("1 + abc", place=Place("s.yaml", 7, 20, path="derive.x"))
    node = next(node for node in walk(tree.root) if isinstance(node, Name))
    assert (tree.at(node).line, tree.at(node).column, tree.at(node).end_column) == (7, 24, 27)
    assert tree.excerpt(node) == "abc"


def test_long_chains_are_spelled_without_recursion() -> None:
    text = " + ".join(["x"] * 200)
    assert parse_expression(text).text() == text
