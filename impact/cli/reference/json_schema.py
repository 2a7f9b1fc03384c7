"""JSON Schema (2020-12) of the spec format, composed from the blocks of the spec and the options of every record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

import impact.catalog as catalog
from impact.cli.reference.choices import (
    described,
    keyword_choice,
    reference_to,
    required_options,
    variance_forms,
    when_equal,
    with_choice,
)
from impact.cli.reference.ledger_schema import with_ledger
from impact.cli.reference.schema_parts import (
    Schema,
    WithDefaults,
    block_schema,
    open_for_merging,
    open_for_placeholders,
    without_titles,
)
from impact.core.texts import LANGUAGES
from impact.inference._options import PermuteOptions, WildOptions
from impact.schema.ledger.block import LedgerBlock
from impact.schema.model import ModelBlock, SpecModel
from impact.schema.published import TestBlock
from impact.schema.survey_block import SurveyBlock

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE_NAME = "impact-spec-1.json"
EDITOR_LINE = f"# yaml-language-server: $schema={FILE_NAME}"


def spec_schema() -> Schema:
    """The schema of a spec file as it is written, before `extends`, `params` and `matrix` are worked in."""
    definitions = _definitions()
    root = definitions.pop("SpecModel")
    ledger = definitions.pop("LedgerBlock")
    properties = root["properties"]
    properties["data"] = described(properties["data"], _data_forms())
    _open_for_taking_away(definitions["DataBlock"])
    properties["model"] = described(
        properties["model"], [{"type": "string"}, reference_to("model"), {"type": "null"}]
    )
    properties["models"]["additionalProperties"] = {
        "anyOf": [{"type": "string"}, reference_to("model"), {"type": "null"}]
    }
    properties["defaults"] = described(properties["defaults"], [reference_to("defaults")])
    properties["tests"]["additionalProperties"] = {"anyOf": [reference_to("test"), {"type": "null"}]}
    for name in ("vcov", "permute", "wild", "survey"):
        properties[name] = described(properties[name], [reference_to(name), {"type": "null"}])
    properties["domain"] = described(
        properties["domain"], [keyword_choice(catalog.DOMAINS), {"type": "null"}]
    )
    languages = {"enum": list(LANGUAGES)}
    properties["language"] = described(
        properties["language"], [languages, {"type": "array", "items": languages}]
    )
    definitions |= {
        "model": _model(definitions),
        "defaults": _model(definitions),
        "vcov": {"anyOf": variance_forms()},
        "permute": block_schema(PermuteOptions),
        "wild": block_schema(WildOptions),
        "survey": block_schema(SurveyBlock),
        "test": _test(),
    }
    complete = _required_when_complete(root, definitions)
    kinds = with_ledger(root, ledger, definitions)
    for schema in (root, *definitions.values()):
        open_for_placeholders(schema)
        open_for_merging(schema)
    root["allOf"] = [complete, *kinds]
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
        [(SpecModel, "validation"), (LedgerBlock, "validation")],
        ref_template="#/$defs/{model}",
        schema_generator=WithDefaults,
    )
    definitions: dict[str, Schema] = found["$defs"]
    definitions = {name: without_titles(schema) for name, schema in definitions.items()}
    definitions["DataBlock"] = _with_sources(definitions["DataBlock"])
    return definitions


def _with_sources(block: Schema) -> Schema:
    """The block of a data file or of one kind of source: each kind is a key with its own options below it."""
    kinds: Schema = {}
    for keyword, entry in catalog.SURVEYS.entries().items():
        record: Any = catalog.SURVEYS.load(keyword)
        kinds[keyword] = {**block_schema(record.options), "description": entry.summary}
    one = [{"required": [name]} for name in ("file", *kinds)]
    rest = {key: value for key, value in block.items() if key != "required"}
    return {**rest, "properties": {**block["properties"], **kinds}, "oneOf": one}


def _data_forms() -> list[Schema]:
    # a null takes away what a base had: a spec may put several files in the place of one
    named = {"anyOf": [{"type": "string"}, reference_to("DataBlock"), {"type": "null"}]}
    absent = {"description": "Taken away from a base.", "not": {"type": "null"}}
    not_a_file = {"not": {"required": ["file"], "properties": {"file": absent}}}
    several = {"type": "object", "additionalProperties": named, **not_a_file}
    return [{"type": "string"}, reference_to("DataBlock"), several, {"type": "null"}]


def _open_for_taking_away(block: Schema) -> None:
    """Every key of a block may be null, which takes away what a base had; required keys are judged apart."""
    for name, schema in block["properties"].items():
        own = {key: value for key, value in schema.items() if key not in ("description", "default")}
        forms = own.get("anyOf", [own])
        if name not in block.get("required", ()) and {"type": "null"} not in forms:
            kept = {key: value for key, value in schema.items() if key in ("description", "default")}
            block["properties"][name] = {**kept, "anyOf": [*forms, {"type": "null"}]}


def _model(definitions: Mapping[str, Schema]) -> Schema:
    """The block of a model: its own keys, those of every estimator, and which go with which."""
    own = without_titles(block_schema(ModelBlock))
    design = definitions["DesignBlock"]
    partial = {key: value for key, value in design.items() if key != "required"}
    properties = own["properties"]
    properties["estimator"] = described(
        properties["estimator"], [keyword_choice(catalog.ESTIMATORS), {"type": "null"}]
    )
    for name in ("vcov", "permute", "wild", "survey"):
        properties[name] = described(properties[name], [reference_to(name), {"type": "null"}])
    properties["design"] = described(properties["design"], [partial, {"type": "null"}])
    return with_choice(own, "estimator", catalog.ESTIMATORS)


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
        when_equal("kind", keyword, {"required": names})
        for keyword in catalog.DIAGNOSTICS.names()
        if (names := required_options(catalog.DIAGNOSTICS, keyword))
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


def _test() -> Schema:
    block = without_titles(TestBlock.model_json_schema(schema_generator=WithDefaults))
    block["properties"]["kind"] = described(
        block["properties"]["kind"], [keyword_choice(catalog.DIAGNOSTICS)]
    )
    return with_choice(block, "kind", catalog.DIAGNOSTICS)
