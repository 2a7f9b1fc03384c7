"""Pieces of the JSON Schema: one block on its own, and what a spec may hold before it is worked out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import WithDefaultSchema

Schema = dict[str, Any]
PLACEHOLDER: Schema = {"type": "string", "pattern": r"\$\{"}


class WithDefaults(GenerateJsonSchema):
    """Writes the lists and blocks that a key holds by default; without them it would read as required."""

    def default_schema(self, schema: WithDefaultSchema) -> Schema:
        """The schema of a key with its default, one that is made anew each time included."""
        written = super().default_schema(schema)
        factory: Any = schema.get("default_factory")
        if factory is None or "default" in written:
            return written
        value = factory()
        return {**written, "default": value if isinstance(value, list | dict) else {}}


def without_titles(schema: Any) -> Any:
    """Titles that repeat a key's name say nothing; properties that are called title stay."""
    if isinstance(schema, list):
        return [without_titles(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key != "title" or not isinstance(value, str)}
    return {key: without_titles(value) for key, value in kept.items()}


def block_schema(model_class: type[BaseModel]) -> Schema:
    """One block on its own, its inner blocks written out in place."""
    schema = without_titles(model_class.model_json_schema(schema_generator=WithDefaults))
    inner = schema.pop("$defs", {})
    written: Schema = _inline(schema, inner)
    return written


def _inline(schema: Any, inner: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inline(item, inner) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = _inline(inner[schema["$ref"].rpartition("/")[2]], inner)
        return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return {key: _inline(value, inner) for key, value in schema.items()}


def open_for_placeholders(schema: Any) -> None:
    """Numbers, booleans and words may also be ${name}: params and matrix are put in before they are checked."""
    if isinstance(schema, list):
        for inner in schema:
            open_for_placeholders(inner)
    if not isinstance(schema, dict):
        return
    for name, inner in list(schema.get("properties", {}).items()):
        if isinstance(inner, dict) and _is_narrow(inner):
            value = {key: held for key, held in inner.items() if key not in ("description", "default")}
            kept = {key: held for key, held in inner.items() if key in ("description", "default")}
            schema["properties"][name] = {**kept, "anyOf": [*value.get("anyOf", [value]), PLACEHOLDER]}
    for key, inner in schema.items():
        if key not in ("if", "then", "not"):
            open_for_placeholders(list(inner.values()) if key in ("properties", "$defs") else inner)


def _is_narrow(schema: Mapping[str, Any]) -> bool:
    """Whether a text such as ${name} would be refused."""
    if "anyOf" in schema:
        return any(_is_narrow(form) for form in schema["anyOf"]) and {"type": "string"} not in schema["anyOf"]
    return "enum" in schema or "const" in schema or schema.get("type") in ("number", "integer", "boolean")


def open_for_merging(schema: Schema) -> None:
    """With `extends`, ``key: null`` takes out an entry of a collection and ``key+:`` adds to one."""
    for inner in schema.get("properties", {}).values():
        values = inner.get("additionalProperties") if isinstance(inner, dict) else None
        if isinstance(values, dict) and {"type": "null"} not in values.get("anyOf", []):
            inner["additionalProperties"] = {"anyOf": [*values.get("anyOf", [values]), {"type": "null"}]}
    if "properties" in schema:
        schema["patternProperties"] = {
            r"^[A-Za-z_]+\+$": {"description": "With `extends`: added to the list or mapping of the base."}
        }
