"""Choices between keywords in the JSON Schema, and the options that go with each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import impact.catalog as catalog
from impact.cli.reference.schema_parts import Schema, block_schema
from impact.core.registry import Registry

# keyword that stands beside its options in `vcov:`
CLUSTER = "cluster"


def keyword_choice(registry: Registry) -> Schema:
    """A keyword of a registry, with a sentence on each."""
    return {
        "oneOf": [{"const": name, "description": entry.summary} for name, entry in registry.entries().items()]
    }


def record_options(registry: Registry, keyword: str) -> dict[str, Schema]:
    """The options of a record by name, each with description, default and allowed values."""
    record: Any = registry.load(keyword)
    properties: dict[str, Schema] = block_schema(record.options).get("properties", {})
    return properties


def with_choice(block: Schema, key: str, registry: Registry) -> Schema:
    """A block whose further keys are the options of the keyword that ``key`` names."""
    options = {keyword: record_options(registry, keyword) for keyword in registry.names()}
    own = block["properties"]
    extra = {
        name: _merged(name, options.values())
        for found in options.values()
        for name in found
        if name not in own
    }
    rules = []
    for keyword, found in options.items():
        allowed: Schema = dict(found)
        allowed |= {name: False for name in extra if name not in found}
        rules.append(when_equal(key, keyword, {"properties": allowed}))
    return {**block, "properties": {**own, **extra}, "additionalProperties": False, "allOf": rules}


def when_equal(key: str, value: str, then: Schema) -> Schema:
    """A rule that holds where a key has a value."""
    return {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": then}


def required_options(registry: Registry, keyword: str) -> list[str]:
    """The options of a record that have no default."""
    record: Any = registry.load(keyword)
    return [name for name, field in record.options.model_fields.items() if field.is_required()]


def _merged(name: str, options: Iterable[Mapping[str, Schema]]) -> Schema:
    """One description of an option that several records have; which values go with which is in the rules."""
    found = [held[name] for held in options if name in held]
    sentences = dict.fromkeys(str(schema["description"]) for schema in found)
    same = all(schema == found[0] for schema in found)
    if same:
        return found[0]
    forms = [{key: value for key, value in schema.items() if key != "description"} for schema in found]
    return {"description": " / ".join(sentences), "anyOf": forms}


def variance_forms() -> list[Schema]:
    """A keyword; the cluster block; or one keyword with its options."""
    cluster = block_schema(catalog.VARIANCES.load(CLUSTER).options)  # type: ignore[attr-defined]
    forms = [keyword_choice(catalog.VARIANCES), {**cluster, "required": [CLUSTER]}]
    for keyword, entry in catalog.VARIANCES.entries().items():
        if keyword == CLUSTER:
            continue
        inner = block_schema(catalog.VARIANCES.load(keyword).options)  # type: ignore[attr-defined]
        described = {"description": entry.summary, "default": None, "anyOf": [inner, {"type": "null"}]}
        forms.append(
            {
                "type": "object",
                "properties": {keyword: described},
                "required": [keyword],
                "additionalProperties": False,
            }
        )
    return forms


def described(old: Mapping[str, Any], forms: Sequence[Schema]) -> Schema:
    """Other forms for a key, with the description and default that it had."""
    kept = {key: old[key] for key in ("description", "default") if key in old}
    return {**kept, "anyOf": list(forms)}


def reference_to(name: str) -> Schema:
    """A reference to a definition of the schema."""
    return {"$ref": f"#/$defs/{name}"}
