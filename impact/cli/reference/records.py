"""Pages of registered records: the module's docstring, the options, and what the catalogue adds."""

from __future__ import annotations

import importlib
from typing import Any

import impact.catalog as catalog
from impact.cli._installed import summary_of
from impact.cli.reference.choices import record_options
from impact.cli.reference.page import Page, Section, paragraphs_of
from impact.cli.reference.taken import ADOPTION, taken_table
from impact.cli.reference.words import default_words, value_words
from impact.core.registry import Registry
from impact.core.texts import area, text

KINDS = {
    "estimator": catalog.ESTIMATORS,
    "variance": catalog.VARIANCES,
    "test": catalog.DIAGNOSTICS,
    "domain": catalog.DOMAINS,
    "source": catalog.SURVEYS,
}
PROGRAMS = ("stata", "r", "python", "here")


def record_page(kind: str, keyword: str, language: str) -> Page:
    """The page of a keyword: what it computes, options, when not to use it, references, spec, other programs."""
    registry = KINDS[kind]
    record: Any = registry.load(keyword)
    module = importlib.import_module(registry.entries()[keyword].module)
    sections = [Section(text("commands.explain.computes", language), paragraphs_of(module.__doc__ or ""))]
    if kind == "domain":
        sections.append(_outcomes(record, language))
    else:
        sections.append(_options(registry, keyword, language))
    if kind == "estimator" and ADOPTION in record.accepts:
        sections.append(_taken(keyword, language))
    sections += _when_not(registry, keyword, language)
    references = tuple(getattr(record, "references", ()))
    if references:
        sections.append(Section(text("commands.explain.references", language), references))
    sections += _example(registry, keyword, language)
    sections += _elsewhere(registry, keyword, language)
    title = f"{keyword} ({text(f'registry.{registry.attribute.lower()}', language)})"
    kept = tuple(section for section in sections if section.paragraphs or section.table or section.code)
    return Page(keyword, kind, title, summary_of(registry, keyword, language), kept)


def _options(registry: Registry, keyword: str, language: str) -> Section:
    heading = text("commands.explain.options", language)
    properties = record_options(registry, keyword)
    if not properties:
        return Section(heading, (text("commands.explain.no_options", language),))
    words = ("option", "default", "values", "meaning")
    head = tuple(text(f"commands.explain.{word}", language) for word in words)
    rows = [
        (
            name,
            default_words(schema, language),
            value_words(schema, language),
            str(schema.get("description", "")),
        )
        for name, schema in properties.items()
    ]
    return Section(heading, table=(head, *rows))


def _taken(keyword: str, language: str) -> Section:
    """What the estimator takes, and the code that refuses the rest."""
    head, *rows = taken_table(language)
    own = next(row for row in rows if row[0] == keyword)
    columns = (text("taken.what", language), text("taken.answers", language))
    return Section(text("taken.heading", language), table=(columns, *zip(head[1:], own[1:], strict=True)))


def _outcomes(record: Any, language: str) -> Section:
    head = tuple(text(f"commands.explain.{word}", language) for word in ("outcome", "label", "columns"))
    rows = [
        (
            name,
            record.labels.get(name, {}).get(language, ""),
            ", ".join(f"{k}: {v}" for k, v in block.items()),
        )
        for name, block in record.outcomes.items()
    ]
    return Section(text("commands.explain.outcomes", language), table=(head, *rows) if rows else ())


def _when_not(registry: Registry, keyword: str, language: str) -> list[Section]:
    key = f"records.{registry.attribute.lower()}.{keyword}.when_not"
    found = area(language, "records").get(key) or area("en", "records").get(key)
    return [Section(text("commands.explain.when_not", language), (found,))] if isinstance(found, str) else []


def _example(registry: Registry, keyword: str, language: str) -> list[Section]:
    found = area("any", "examples").get(f"examples.{registry.attribute.lower()}.{keyword}")
    return (
        [Section(text("commands.explain.shortest", language), code=found)] if isinstance(found, str) else []
    )


def _elsewhere(registry: Registry, keyword: str, language: str) -> list[Section]:
    """The same in other programs: one row for each form that the catalogue has."""
    prefix = f"elsewhere.{registry.attribute.lower()}.{keyword}."
    texts = {key: str(value) for key, value in area("any", "examples").items() if key.startswith(prefix)}
    forms = dict.fromkeys(key.removeprefix(prefix).partition(".")[0] for key in texts)
    if not forms:
        return []
    rows = [tuple(texts.get(f"{prefix}{form}.{program}", "-") for program in PROGRAMS) for form in forms]
    head = tuple(text(f"commands.explain.{program}", language) for program in PROGRAMS)
    return [Section(text("commands.explain.elsewhere", language), table=(head, *rows))]
