"""The keys of specs of kind ledger in the JSON Schema of the spec format."""

from __future__ import annotations

from impact.cli.reference.choices import described, reference_to, when_equal
from impact.cli.reference.schema_parts import Schema
from impact.schema.ledger.block import LedgerBlock
from impact.schema.ledger.kinds import KIND, LEDGER_KEYS, SHARED

# keys that both kinds have, each with blocks of its own
DESCRIPTION = "The blocks of the kind of spec."
BOTH = {"tables": ("TableBlock", "LedgerTableBlock"), "figures": ("FigureBlock", "LedgerFigureBlock")}


def with_ledger(root: Schema, ledger: Schema, definitions: dict[str, Schema]) -> list[Schema]:
    """Adds the keys of ledgers to the root of the schema; the rules that say which keys go with which kind.

    What a block needs is asked for where the spec stands alone: `extends` may bring the rest.
    """
    properties = root["properties"]
    own = ledger["properties"]
    estimate = [key for key in properties if key not in (*SHARED, *LEDGER_KEYS)]
    properties |= {key: _open_for_taking_away(own[key]) for key in LEDGER_KEYS if key not in BOTH}
    for key, names in BOTH.items():
        forms = [reference_to(name) for name in names]
        properties[key] = {**properties[key], "additionalProperties": {"anyOf": forms}}
    required = [name for name, field in LedgerBlock.model_fields.items() if field.is_required()]
    for key in required:
        # asked for below, where the spec is complete and of this kind
        properties[key] = described(properties[key], _forms(properties[key]))
    this: Schema = {key: _values(names[1]) for key, names in BOTH.items()} | dict.fromkeys(estimate, False)
    other: Schema = {key: _values(names[0]) for key, names in BOTH.items()}
    other |= dict.fromkeys([key for key in LEDGER_KEYS if key not in BOTH], False)
    rule = when_equal("kind", KIND, {"properties": this})
    complete = {"not": {"anyOf": [{"required": ["extends"]}, {"required": ["base"]}]}}
    figure = definitions["LedgerFigureBlock"].pop("required")
    inside = {"figures": {"description": DESCRIPTION, "additionalProperties": {"required": figure}}}
    needs = when_equal("kind", KIND, {"required": required, "properties": inside})
    # a spec that extends another may have its kind from there
    alone = {"if": complete, "then": {"properties": other}}
    return [{**rule, "else": alone}, {"if": complete, "then": needs}]


def _open_for_taking_away(schema: Schema) -> Schema:
    """Entries of a mapping may be null, which takes away what a base had."""
    inner = schema.get("additionalProperties")
    if not isinstance(inner, dict):
        return schema
    return {**schema, "additionalProperties": {"anyOf": [*inner.get("anyOf", [inner]), {"type": "null"}]}}


def _values(name: str) -> Schema:
    values = {"anyOf": [reference_to(name), {"type": "null"}]}
    return {"description": DESCRIPTION, "additionalProperties": values}


def _forms(schema: Schema) -> list[Schema]:
    kept = {key: value for key, value in schema.items() if key not in ("description", "default")}
    forms: list[Schema] = kept.get("anyOf", [kept])
    return forms
