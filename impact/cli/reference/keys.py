"""Pages of the keys of a spec, read from its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from impact.cli.reference.json_schema import spec_schema
from impact.cli.reference.page import Page, Section
from impact.cli.reference.schema_parts import Schema
from impact.cli.reference.words import default_words, value_words
from impact.core.texts import area, text

DEEPEST = 4
MOST_BELOW = 30
PREFIX = "#/$defs/"


@cache
def _schema() -> Schema:
    return spec_schema()


def key_topics(depth: int = DEEPEST) -> tuple[str, ...]:
    """Dotted paths of the keys; names that the user chooses are left out (`models.vcov`)."""
    return tuple(path for path, _ in _walk(_schema(), "", depth))


def key_page(topic: str, language: str) -> Page | None:
    """The page of a key, with the keys below it; None where the spec has no such key."""
    schema = _find(_schema(), topic.split("."))
    if schema is None:
        return None
    facts = ("values", "default")
    head = (text("commands.explain.property", language), text("commands.explain.value", language))
    words = {
        "values": value_words(_written_out(schema), language),
        "default": default_words(schema, language),
    }
    rows = [(text(f"commands.explain.{name}", language), words[name]) for name in facts if words[name]]
    sections = [Section(text("commands.explain.use", language), table=(head, *rows))]
    below = list(_walk(schema, "", 2))
    if len(below) > MOST_BELOW:
        below = list(_walk(schema, "", 1))
    if below:
        names = ("name", "default", "values", "meaning")
        heads = tuple(text(f"commands.explain.{name}", language) for name in names)
        cells = [
            (
                path,
                default_words(inner, language),
                value_words(_written_out(inner), language),
                str(inner.get("description", "")),
            )
            for path, inner in below
        ]
        sections.append(Section(text("commands.explain.keys", language), table=(heads, *cells)))
    example = area("any", "examples").get(f"examples.key.{topic}")
    if isinstance(example, str):
        sections.append(Section(text("commands.explain.shortest", language), code=example))
    summary = str(schema.get("description", "")) or topic
    return Page(topic, "key", f"{topic} ({text('commands.explain.key', language)})", summary, tuple(sections))


def _forms(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The alternatives of a value, references followed."""
    if "$ref" in schema:
        yield from _forms(_schema()["$defs"][str(schema["$ref"]).removeprefix(PREFIX)])
    elif "anyOf" in schema and "properties" not in schema:
        for form in schema["anyOf"]:
            yield from _forms(form)
    else:
        yield schema


def _written_out(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The value with its references followed."""
    return {"anyOf": list(_forms(schema))}


def _inner(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The keys below a value; where the user chooses names, those below a name."""
    found: dict[str, Mapping[str, Any]] = {}
    for form in _forms(schema):
        own = {name: inner for name, inner in form.get("properties", {}).items() if isinstance(inner, dict)}
        found |= {name: inner for name, inner in own.items() if name not in found}
        below = [form.get("additionalProperties"), form.get("items")]
        for values in (value for value in below if isinstance(value, dict)):
            found |= {name: inner for name, inner in _inner(values).items() if name not in found}
    return found


def _walk(schema: Mapping[str, Any], path: str, depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, inner in _inner(schema).items():
        here = f"{path}.{name}" if path else name
        yield here, inner
        if depth > 1:
            yield from _walk(inner, here, depth - 1)


def _find(schema: Mapping[str, Any], parts: list[str]) -> Mapping[str, Any] | None:
    """The value under a path; one part after a collection may be a name of the user's."""
    if not parts:
        return schema if "description" in schema else None
    inner = _inner(schema)
    if parts[0] in inner:
        return _find(inner[parts[0]], parts[1:])
    if len(parts) > 1 and _takes_names(schema):
        return _find(inner[parts[1]], parts[2:]) if parts[1] in inner else None
    return None


def _takes_names(schema: Mapping[str, Any]) -> bool:
    return any(isinstance(form.get("additionalProperties"), dict) for form in _forms(schema))
