"""JSON Schema (2020-12) of the spec format, composed from the blocks of the spec and the options of every record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

import impact.catalog as catalog
from impact.cli.reference.schema_parts import (
    Schema,
    WithDefaults,
    block_schema,
    open_for_merging,
    open_for_placeholders,
    without_titles,
)
from impact.core.registry import Registry
from impact.core.texts import LANGUAGES
from impact.inference._permutation import PermuteOptions
from impact.schema.model import ModelBlock, SpecModel
from impact.schema.published import TestBlock

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE_NAME = "impact-spec-1.json"
EDITOR_LINE = f"# yaml-language-server: $schema={FILE_NAME}"
# keywords that stand beside the options of each of them in `vcov:`
CLUSTER = "cluster"


def spec_schema() -> Schema:
    """The schema of a spec file as it is written, before `extends`, `params` and `matrix` are worked in."""
    definitions = _definitions()
    root = definitions.pop("SpecModel")
    properties = root["properties"]
    properties["data"] = _described(properties["data"], _data_forms())
    properties["model"] = _described(
        properties["model"], [{"type": "string"}, _ref("model"), {"type": "null"}]
    )
    properties["models"]["additionalProperties"] = {
        "anyOf": [{"type": "string"}, _ref("model"), {"type": "null"}]
    }
    properties["defaults"] = _described(properties["defaults"], [_ref("defaults")])
    properties["tests"]["additionalProperties"] = {"anyOf": [_ref("test"), {"type": "null"}]}
    for name in ("vcov", "permute"):
        properties[name] = _described(properties[name], [_ref(name), {"type": "null"}])
    properties["domain"] = _described(properties["domain"], [_keywords(catalog.DOMAINS), {"type": "null"}])
    languages = {"enum": list(LANGUAGES)}
    properties["language"] = _described(
        properties["language"], [languages, {"type": "array", "items": languages}]
    )
    definitions |= {
        "model": _model(definitions),
        "defaults": _model(definitions),
        "vcov": {"anyOf": _variances()},
        "permute": block_schema(PermuteOptions),
        "test": _test(),
    }
    complete = _required_when_complete(root, definitions)
    for schema in (root, *definitions.values()):
        open_for_placeholders(schema)
        open_for_merging(schema)
    root["allOf"] = [complete]
    root["patternProperties"]["^x-"] = {"description": "Private notes: anything, ignored."}
    return {
        "$schema": DIALECT,
        "$id": FILE_NAME,
        "title": "impact spec 1",
        **{key: value for key, value in root.items() if key != "title"},
        "$defs": dict(sorted(definitions.items())),
    }


def _definitions() -> dict[str, Schema]:
    """The blocks of the spec by name, each with its keys."""
    _, found = models_json_schema(
        [(SpecModel, "validation")], ref_template="#/$defs/{model}", schema_generator=WithDefaults
    )
    definitions: dict[str, Schema] = found["$defs"]
    return {name: without_titles(schema) for name, schema in definitions.items()}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _described(old: Mapping[str, Any], forms: Sequence[Schema]) -> Schema:
    kept = {key: old[key] for key in ("description", "default") if key in old}
    return {**kept, "anyOf": list(forms)}


def _data_forms() -> list[Schema]:
    named = {"anyOf": [{"type": "string"}, _ref("DataBlock")]}
    not_a_file = {"not": {"required": ["file"]}}
    several = {"type": "object", "additionalProperties": named, **not_a_file}
    return [{"type": "string"}, _ref("DataBlock"), several, {"type": "null"}]


def _keywords(registry: Registry) -> Schema:
    """A keyword of a registry, with a sentence on each."""
    return {
        "oneOf": [{"const": name, "description": entry.summary} for name, entry in registry.entries().items()]
    }


def record_options(registry: Registry, keyword: str) -> dict[str, Schema]:
    """The options of a record by name, each with description, default and allowed values."""
    record: Any = registry.load(keyword)
    properties: dict[str, Schema] = block_schema(record.options).get("properties", {})
    return properties


def _model(definitions: Mapping[str, Schema]) -> Schema:
    """The block of a model: its own keys, those of every estimator, and which go with which."""
    own = without_titles(block_schema(ModelBlock))
    design = definitions["DesignBlock"]
    partial = {key: value for key, value in design.items() if key != "required"}
    properties = own["properties"]
    properties["estimator"] = _described(
        properties["estimator"], [_keywords(catalog.ESTIMATORS), {"type": "null"}]
    )
    for name in ("vcov", "permute"):
        properties[name] = _described(properties[name], [_ref(name), {"type": "null"}])
    properties["design"] = _described(properties["design"], [partial, {"type": "null"}])
    return _with_choice(own, "estimator", catalog.ESTIMATORS)


def _with_choice(block: Schema, key: str, registry: Registry) -> Schema:
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
        rules.append(_when(key, keyword, {"properties": allowed}))
    return {**block, "properties": {**own, **extra}, "additionalProperties": False, "allOf": rules}


def _when(key: str, value: str, then: Schema) -> Schema:
    return {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": then}


def _required_when_complete(root: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Takes `required` out of the blocks that `extends` merges, and asks for it where a spec stands alone."""
    wanted: Schema = {}
    for name, schema in root["properties"].items():
        own = _take_required(schema, definitions)
        inner = _take_required(schema.get("additionalProperties"), definitions)
        if own:
            wanted[name] = {"required": own}
        elif inner:
            wanted[name] = {"additionalProperties": {"required": inner}}
    rules = [
        _when("kind", keyword, {"required": names})
        for keyword in catalog.DIAGNOSTICS.names()
        if (names := _required(catalog.DIAGNOSTICS, keyword))
    ]
    wanted["tests"]["additionalProperties"]["allOf"] = rules
    extended: list[Schema] = [{"required": ["extends"]}]
    extended.append({"properties": {"base": {"const": True}}, "required": ["base"]})
    return {"if": {"not": {"anyOf": extended}}, "then": {"properties": wanted}}


def _take_required(schema: Any, definitions: Mapping[str, Schema]) -> list[str]:
    """The required keys of the block that a value may be; the blocks of data files keep theirs."""
    forms = schema.get("anyOf", [schema]) if isinstance(schema, dict) else []
    found: list[str] = []
    for form in forms:
        name = str(form.get("$ref", "")).rpartition("/")[2]
        if name and name != "DataBlock":
            found += definitions[name].get("required", [])
    for form in forms:
        name = str(form.get("$ref", "")).rpartition("/")[2]
        if name and name != "DataBlock":
            definitions[name].pop("required", None)
    return found


def _required(registry: Registry, keyword: str) -> list[str]:
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


def _variances() -> list[Schema]:
    """A keyword; the cluster block; or one keyword with its options."""
    cluster = block_schema(catalog.VARIANCES.load(CLUSTER).options)  # type: ignore[attr-defined]
    forms = [_keywords(catalog.VARIANCES), {**cluster, "required": [CLUSTER]}]
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


def _test() -> Schema:
    block = without_titles(TestBlock.model_json_schema(schema_generator=WithDefaults))
    block["properties"]["kind"] = _described(block["properties"]["kind"], [_keywords(catalog.DIAGNOSTICS)])
    return _with_choice(block, "kind", catalog.DIAGNOSTICS)
