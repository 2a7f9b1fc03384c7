"""What a piece of schema allows, in words."""

from __future__ import annotations

import pytest

from impact.cli.reference.words import default_words, value_words


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "number ≤ 1, > 0"),
        ({"type": "integer", "minimum": 1}, "whole number ≥ 1"),
        ({"enum": ["a", "b"]}, "a, b"),
        ({"oneOf": [{"const": "a"}, {"const": "b"}]}, "a, b"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text"),
        (
            {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            "text or list (text)",
        ),
        ({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"\$\{"}]}, "whole number"),
        ({"type": "boolean"}, "true or false"),
        ({"type": "string", "format": "date"}, "date"),
        ({"$ref": "#/$defs/x"}, "mapping"),
    ],
)
def test_values(schema, words):
    assert set(value_words(schema).replace(",", "").split()) == set(words.replace(",", "").split())


def test_values_in_spanish():
    assert value_words({"type": "integer", "minimum": 1}, "es") == "número entero ≥ 1"


@pytest.mark.parametrize(
    ("schema", "words"),
    [({}, "required"), ({"default": None}, "not set"), ({"default": []}, "not set"), ({"default": False}, "false"),
     ({"default": "main"}, "main"), ({"default": 1e-10}, "1e-10")],
)  # fmt: skip
def test_defaults(schema, words):
    assert default_words(schema) == words
