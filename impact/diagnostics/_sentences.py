"""Sentences in both languages, with numbers as a reader expects them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from impact.core import texts

Words = dict[str, str]


def both(key: str, **values: object) -> Words:
    """The text ``diagnostics.<key>`` in every language; values given by language are put in theirs."""
    return {
        language: texts.text(f"diagnostics.{key}", language, **_in(language, values))
        for language in texts.LANGUAGES
    }


def word(value: object, *, language: str = "en") -> str:
    """A text of the spec in one language: plain text serves all, English stands in where one is missing."""
    if isinstance(value, Mapping):
        return str(value.get(language) or value.get("en") or next(iter(value.values()), ""))
    return "" if value is None else str(value)


def pair(value: object) -> Words:
    """A text of the spec in every language."""
    return {language: word(value, language=language) for language in texts.LANGUAGES}


def term_words(labels: Mapping[str, object], name: str) -> Words:
    """A term in words: its label, else ``year::2018:coast`` as ``year = 2018 × coast`` with the labels of its parts."""
    if name in labels:
        return pair(labels[name])
    variable, mark, rest = name.partition("::")
    level, *others = rest.split(":")
    said = [pair(labels.get(part) or part) for part in ([variable, *others] if mark else name.split(":"))]
    if mark:
        coded = pair(labels.get(f"{variable}={level}") or level)
        said[0] = {language: f"{shown} = {coded[language]}" for language, shown in said[0].items()}
    return {language: " × ".join(part[language] for part in said) for language in texts.LANGUAGES}


def joined(sentences: list[Words]) -> Words:
    """Several sentences as one text."""
    return {language: " ".join(s[language] for s in sentences if s[language]) for language in texts.LANGUAGES}


def listed(items: list[str]) -> Words:
    """Names as an enumeration: a, b and c."""
    if len(items) <= 1:
        return pair("".join(items))
    head = ", ".join(items[:-1])
    return {
        language: f"{head} {texts.text('diagnostics.and', language)} {items[-1]}"
        for language in texts.LANGUAGES
    }


def number(value: float | None, *, digits: int = 3) -> str:
    """A plain number with ``digits`` significant digits, no exponent for usual sizes, a true minus sign."""
    if value is None or math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    shown = f"{value:.{digits - 1}e}" if decimals > 8 else f"{value:,.{decimals}f}"
    return shown.replace("-", "−")


def probability(value: float | None) -> str:
    """A p-value: three decimals, or an upper bound where these would all be zero."""
    if value is None or math.isnan(value):
        return "n/a"
    return "<0.001" if value < 0.0005 else f"{value:.3f}"


def amount(value: float | None, *, scale: str = "number", unit: object = "") -> Words:
    """An estimate in words: share → points, points, log → per cent, number → number and unit."""
    if value is None or not math.isfinite(value):
        return pair(number(value))
    if scale == "log":
        return {k: f"{_short(100 * math.expm1(value))} {v}" for k, v in both("unit.percent").items()}
    if scale in {"share", "points"}:
        shown = _short(100 * value if scale == "share" else value)
        return {k: f"{shown} {v}" for k, v in both("unit.points").items()}
    name = pair(unit)
    return {k: f"{number(value)} {v}".strip() for k, v in name.items()}


def _short(value: float) -> str:
    """One decimal where that says enough, else two significant digits."""
    if value == 0:
        return "0.0"
    decimals = 1 if abs(value) >= 0.95 else 1 - math.floor(math.log10(abs(value)))
    return f"{value:,.{decimals}f}".replace("-", "−")


def _in(language: str, values: Mapping[str, object]) -> dict[str, object]:
    return {k: word(v, language=language) if isinstance(v, Mapping) else v for k, v in values.items()}


def known(value: float) -> float | None:
    """A number, or None where it does not exist."""
    return None if math.isnan(value) else value
