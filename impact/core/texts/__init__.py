"""User texts by language and area: messages, warnings and interface words, read on first use."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from string import Formatter

from impact.core.errors import Fault, Notice, Place

LANGUAGES = ("en", "es")
_FOLDER = Path(__file__).parent


class Words(str):
    """A text of the catalogue that remembers its key, so that it can be said in another language."""

    key: str
    values: Mapping[str, object]


@cache
def catalogue(language: str = "en") -> dict[str, dict[str, str] | str]:
    """All texts of a language: coded entries (``E102``) are tables, interface words are dotted keys."""
    texts: dict[str, dict[str, str] | str] = {}
    for file in sorted((_FOLDER / language).glob("*.toml")):
        texts.update(area(language, file.stem))
    return texts


@cache
def area(language: str, name: str) -> dict[str, dict[str, str] | str]:
    """The texts of one file; those of a language-free file stand under the language ``any``."""
    texts: dict[str, dict[str, str] | str] = {}
    file = _FOLDER / language / f"{name}.toml"
    if not file.is_file():
        return texts
    for key, value in tomllib.loads(file.read_text(encoding="utf-8")).items():
        if _is_code(key):
            texts[key] = value
        else:
            texts.update(_flatten(key, value))
    return texts


def _is_code(key: str) -> bool:
    return len(key) == 4 and key[0] in "EW" and key[1:].isdigit()


def _flatten(key: str, value: object) -> dict[str, dict[str, str] | str]:
    if not isinstance(value, dict):
        return {key: str(value)}
    flat: dict[str, dict[str, str] | str] = {}
    for name, inner in value.items():
        flat.update(_flatten(f"{key}.{name}", inner))
    return flat


class _Lenient(Formatter):
    """Fills a template; a value that was not given stays visible as {name}."""

    def get_value(self, key: int | str, args: object, kwargs: object) -> object:
        values = kwargs if isinstance(kwargs, dict) else {}
        return values.get(key, "{" + str(key) + "}")


def fill(template: str, values: dict[str, object]) -> str:
    """The template with its {names} replaced."""
    return _Lenient().vformat(template, (), values)


def entry(code: str, language: str = "en") -> dict[str, str]:
    """The catalogue entry of a code: title, message, help, explain."""
    found = catalogue(language).get(code) or catalogue("en").get(code)
    return dict(found) if isinstance(found, dict) else {"title": code, "message": code}


def fault(
    code: str,
    *,
    place: Place | None = None,
    suggestion: str = "",
    details: tuple[str, ...] = (),
    language: str = "en",
    **values: object,
) -> Fault:
    """A fault whose message and help come from the catalogue."""
    texts = entry(code, language)
    return Fault(
        code=code,
        message=fill(texts.get("message", code), values),
        severity="warning" if code.startswith("W") else "error",
        place=place,
        suggestion=suggestion,
        help=fill(texts.get("help", ""), values),
        details=details,
        values={name: _kept(value) for name, value in values.items()},
    )


def _kept(value: object) -> object:
    """A value that can be filled in again later, also in another process."""
    return value if isinstance(value, str | int | float | None) else str(value)


def in_language(found: Fault, language: str) -> Fault:
    """The fault with message and help in a language, where both came from the catalogue."""
    if language == "en":
        return found
    english, texts = entry(found.code, "en"), entry(found.code, language)
    said = {name: _said(value, language) for name, value in found.values.items()}
    parts = {"message": found.message, "help": found.help}
    for part, filled in parts.items():
        if part in texts and filled == fill(english.get(part, ""), dict(found.values)):
            parts[part] = fill(texts[part], said)
    return replace(found, message=parts["message"], help=parts["help"])


def _said(value: object, language: str) -> object:
    if not isinstance(value, Words):
        return value
    return text(value.key, language, **{name: _said(inner, language) for name, inner in value.values.items()})


def notice(code: str, *, of: str = "", language: str = "en", **values: object) -> Notice:
    """A notice whose message comes from the catalogue; the values are kept beside it."""
    message = fill(entry(code, language).get("message", code), values)
    return Notice(code=code, message=message, of=of, details=dict(values))


def text(key: str, language: str = "en", **values: object) -> str:
    """An interface word or sentence by its dotted key; English stands in where a translation is missing.

    A key that starts with the name of a file reads that file alone: the command line starts quickly.
    """
    name = key.partition(".")[0]
    found = area(language, name).get(key) or catalogue(language).get(key)
    if found is None:
        found = catalogue("en").get(key, key)
    if not isinstance(found, str):
        return key
    words = Words(fill(found, values))
    words.key, words.values = key, {inner: _kept(value) for inner, value in values.items()}
    return words


def in_all_languages(key: str, **values: object) -> dict[str, str]:
    """The text of a key in every language."""
    return {language: text(key, language, **values) for language in LANGUAGES}
