"""Pieces of the schema: titles, inner blocks, placeholders, merging."""

from __future__ import annotations

from pydantic import BaseModel, Field

from impact.cli.reference.schema_parts import (
    block_schema,
    open_for_merging,
    open_for_placeholders,
    without_titles,
)


class Inner(BaseModel):
    number: int = Field(1, description="a number")


class Outer(BaseModel):
    title: str = Field("x", description="a title")
    inner: Inner = Field(default_factory=Inner, description="a block")


def test_inner_blocks_are_written_out():
    schema = block_schema(Outer)
    assert "$ref" not in str(schema)
    assert schema["properties"]["inner"]["properties"]["number"]["type"] == "integer"
    assert schema["properties"]["inner"]["description"] == "a block"


def test_a_key_that_is_called_title_stays():
    assert without_titles(
        {"title": "Outer", "properties": {"title": {"type": "string", "title": "Title"}}}
    ) == {"properties": {"title": {"type": "string"}}}


def test_numbers_and_words_may_be_placeholders():
    schema = {"properties": {"n": {"type": "integer", "description": "d"}, "t": {"type": "string"}}}
    open_for_placeholders(schema)
    assert schema["properties"]["n"]["anyOf"][1]["pattern"] == r"\$\{"
    assert schema["properties"]["n"]["description"] == "d"
    assert schema["properties"]["t"] == {"type": "string"}


def test_entries_may_be_taken_out_and_added():
    schema = {"type": "object", "properties": {"m": {"additionalProperties": {"type": "string"}}}}
    open_for_merging(schema)
    assert {"type": "null"} in schema["properties"]["m"]["additionalProperties"]["anyOf"]
    assert list(schema["patternProperties"]) == [r"^[A-Za-z_]+\+$"]
