"""What a piece of JSON Schema allows, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from impact.core.texts import text

LIMITS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
MOST_WORDS = 12


def value_words(schema: Mapping[str, Any], language: str = "en") -> str:
    """The values: words, numbers with their limits, texts, lists, mappings."""
    found = dict.fromkeys(_kinds(schema, language))
    return f" {text('commands.explain.or', language)} ".join(found)


def default_words(schema: Mapping[str, Any], language: str = "en") -> str:
    """The default, or that the key must be given; where records differ, those of each."""
    if "default" not in schema:
        forms = [form for form in schema.get("anyOf", ()) if not _is_placeholder(form)]
        if not any("default" in form for form in forms):
            return text("commands.explain.required", language)
        return " / ".join(dict.fromkeys(default_words(form, language) for form in forms))
    value = schema["default"]
    if value in (None, "", [], {}):
        return text("commands.explain.nothing", language)
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _kinds(schema: Mapping[str, Any], language: str) -> Iterator[str]:
    if _choices(schema):
        yield _words(schema, language)
        return
    for form in schema.get("anyOf", schema.get("oneOf", [schema])):
        if form is not schema and ("anyOf" in form or "oneOf" in form):
            yield from _kinds(form, language)
            continue
        words = _words(form, language)
        if words:
            yield words


def _choices(form: Mapping[str, Any]) -> list[Any]:
    """The values of a choice between fixed words."""
    if "enum" in form or "const" in form:
        return list(form.get("enum", [form.get("const")]))
    return [inner["const"] for inner in form.get("oneOf", []) if "const" in inner]


def _words(form: Mapping[str, Any], language: str) -> str:
    values = _choices(form)
    if values:
        shown = [value if isinstance(value, str) else json.dumps(value) for value in values]
        return ", ".join(shown[:MOST_WORDS]) + (", …" if len(shown) > MOST_WORDS else "")
    if _is_placeholder(form):
        return ""
    kind = form.get("type", "object" if "$ref" in form or "properties" in form else "")
    if kind in ("", "null"):
        return ""
    if kind == "array":
        inner = form.get("items")
        held = value_words(inner, language) if isinstance(inner, dict) else ""
        return text("commands.explain.kind.list", language) + (f" ({held})" if held else "")
    kind = "date" if form.get("format") == "date" else kind
    limits = [f"{sign} {form[name]}" for name, sign in LIMITS.items() if name in form]
    return text(f"commands.explain.kind.{kind}", language) + (f" {', '.join(limits)}" if limits else "")


def _is_placeholder(form: Mapping[str, Any]) -> bool:
    """Whether a form is ${name}, which every short value may be."""
    return str(form.get("pattern", "")).startswith(r"\$")
