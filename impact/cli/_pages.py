"""The topics of `impact explain`, and every page of the reference.

The documentation is built from ``all_pages()``, so that it cannot say anything else than the command.
"""

from __future__ import annotations

from collections.abc import Iterator

from impact.cli.reference.keys import key_page, key_topics
from impact.cli.reference.ledger_page import TOPIC as LEDGER
from impact.cli.reference.ledger_page import ledger_page
from impact.cli.reference.page import Page, Section
from impact.cli.reference.records import KINDS, record_page
from impact.core.errors import SpecError
from impact.core.nearest import nearest
from impact.core.texts import catalogue, entry, fault, text
from impact.schema.expressions.signatures import SIGNATURES

FAMILIES = ("row", "text", "date", "place", "group", "panel", "sample", "claim")
FORMULA_PIECES = (
    "i", "poly", "ns", "bs", "l", "f", "d", "sw", "sw0", "csw", "csw0", "mvsw", "offset", "c",
)  # fmt: skip
VERDICTS = ("effect", "effect_but_small", "equivalent", "inconclusive", "fragile")


def topic_page(topic: str, *, language: str = "en") -> Page:
    """The page of a topic: a keyword, key, code, function or verdict.

    Raises:
        SpecError: E722 nothing is known under this name, with the nearest topic.
    """
    wanted = topic.strip()
    if wanted == LEDGER:
        return ledger_page(language)
    found = _keyword_page(wanted, language) or _small_page(wanted, language) or key_page(wanted, language)
    if found is None:
        close = nearest(wanted, topics())
        raise SpecError(fault("E722", name=topic, suggestion=close))
    return found


def topics() -> tuple[str, ...]:
    """Everything that can be asked for, in the order of the reference."""
    keywords = [name for registry in KINDS.values() for name in registry.names()]
    found = [*keywords, LEDGER, *key_topics(), *codes(), *SIGNATURES, *FORMULA_PIECES, *VERDICTS]
    return tuple(dict.fromkeys(found))


def all_pages(*, language: str = "en") -> tuple[Page, ...]:
    """Every page once: estimators, variances, tests, domains, keys, codes, functions, verdicts."""
    return tuple(_all(language))


def _all(language: str) -> Iterator[Page]:
    for kind, registry in KINDS.items():
        for keyword in registry.names():
            yield record_page(kind, keyword, language)
    yield ledger_page(language)
    for topic in key_topics(depth=1):
        page = key_page(topic, language)
        if page is not None:
            yield page
    for code in codes():
        yield code_page(code, language)
    for name in SIGNATURES:
        yield function_page(name, language)
    for name in FORMULA_PIECES:
        yield piece_page(name, language)
    for name in VERDICTS:
        yield verdict_page(name, language)


def _keyword_page(topic: str, language: str) -> Page | None:
    for kind, registry in KINDS.items():
        if topic in registry.names():
            return record_page(kind, topic, language)
    for registry in KINDS.values():
        if topic in registry.known:
            raise SpecError(registry.unknown(topic))
    return None


def _small_page(topic: str, language: str) -> Page | None:
    if topic.upper() in codes():
        return code_page(topic.upper(), language)
    name = topic.removesuffix("()")
    if name in SIGNATURES and name in FORMULA_PIECES:
        first, second = function_page(name, language), piece_page(name, language)
        return Page(first.topic, first.kind, first.title, first.summary, (*first.sections, *second.sections))
    if name in SIGNATURES:
        return function_page(name, language)
    if name in FORMULA_PIECES:
        return piece_page(name, language)
    return verdict_page(topic, language) if topic in VERDICTS else None


def codes() -> tuple[str, ...]:
    """Codes of all messages, sorted."""
    return tuple(sorted(key for key, value in catalogue("en").items() if isinstance(value, dict)))


def code_page(code: str, language: str) -> Page:
    """What a message means and what to do."""
    texts = entry(code, language)
    words = tuple(part for part in (texts.get("message", ""), texts.get("help", "")) if part)
    sections = (
        Section(text("commands.explain.message", language), code=_plain("\n".join(words)), language="text"),
        Section(
            text("commands.explain.status", language),
            (text(f"commands.explain.range.{_range(code)}", language),),
        ),
    )
    title = f"{code} {texts.get('title', '')}".strip()
    return Page(code, "code", title, texts.get("explain", texts.get("title", code)), sections)


def _plain(template: str) -> str:
    return template.replace("{{", "\0").replace("}}", "\1").replace("\0", "{").replace("\1", "}")


def _range(code: str) -> str:
    return "w" if code.startswith("W") else f"e{code[1]}"


def function_page(name: str, language: str) -> Page:
    """A function of the expression language."""
    signature = SIGNATURES[name]
    family = text(f"commands.explain.family.{signature.family}", language)
    rows = [(text("commands.explain.arguments", language), signature.arity())]
    if signature.keywords:
        rows.append(
            (text("commands.explain.named", language), ", ".join(f"{word}=" for word in signature.keywords))
        )
    rows.append((text("commands.explain.gives", language), signature.gives))
    head = (text("commands.explain.property", language), text("commands.explain.value", language))
    section = Section(text("commands.explain.use", language), (family,), table=(head, *rows))
    return Page(name, "function", f"{name}()", signature.summary, (section,))


def piece_page(name: str, language: str) -> Page:
    """A function that stands only in formulas."""
    summary = text(f"commands.piece.{name}", language)
    section = Section(text("commands.explain.use", language), (summary,))
    title = f"{name}() {text('commands.explain.in_formulas', language)}"
    return Page(name, "function", title, summary, (section,))


def verdict_page(name: str, language: str) -> Page:
    """A verdict word of the results."""
    summary = text(f"commands.verdict.{name}", language)
    return Page(name, "verdict", f"{name} ({text('commands.explain.verdict', language)})", summary)
