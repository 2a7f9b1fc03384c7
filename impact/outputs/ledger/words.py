"""Lines and numbers of a ledger in words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from impact.core.texts import text
from impact.outputs._document import Document, label_of
from impact.outputs._numbers import decimal_text, is_number

MOST_DIGITS = 8
# a call over years: one argument (commas only inside brackets of its own), then perhaps two years
_OVER = re.compile(r"(mean|sum|min|max|pv)\(((?:[^(),]|\([^()]*\))+)(?:, (\d{4}), (\d{4}))?\)")
_YEAR = re.compile(r"(.+)\[(\d{4})\]")
_CONDITION = re.compile(r"pr\((.+?) (>=|<=|==|!=|>|<) (.+)\)")


def line_label(document: Document, term: str, language: str) -> str:
    """A line in words: its label; with what is done over which years."""
    labels: Mapping[str, Any] = document.get("labels") or {}
    if term in labels:
        return label_of(document, term, language)
    if (match := _CONDITION.fullmatch(term)) is not None:
        left, sign, right = match.groups()
        sides = [line_label(document, side, language) for side in (left, right)]
        return text("ledger.probability", language, condition=f"{sides[0]} {sign} {sides[1]}")
    if (match := _YEAR.fullmatch(term)) is not None:
        return f"{line_label(document, match[1], language)}, {match[2]}"
    if (match := _OVER.fullmatch(term)) is not None:
        function, line, first, last = match.groups()
        words = text(f"ledger.over.{function}", language, line=line_label(document, line, language))
        return f"{words}, {first}–{last}" if first else words
    return label_of(document, term, language)


def column_label(word: str, language: str) -> str:
    """The head of a column over years: ``mean 2019–2025``, present value."""
    match = _OVER.fullmatch(word)
    if match is None:
        return word
    function, _, first, last = match.groups()
    head = text(f"ledger.head.{function}", language)
    return f"{head} {first}–{last}" if first else head


def digits_for(values: Sequence[object], asked: int | None) -> int:
    """Decimals for a row: as asked, else three significant digits of its largest number, one more from 1 to 100."""
    if asked is not None:
        return asked
    largest = max((abs(float(value)) for value in values if is_number(value)), default=0.0)
    if largest == 0:
        return 0
    digits = 2 - math.floor(math.log10(largest)) + (1 <= largest < 100)
    return min(max(digits, 0), MOST_DIGITS)


def number_words(value: object) -> str:
    """A number of an input as it is written: up to four significant digits, thousands grouped."""
    if not is_number(value):
        return ""
    number = float(value)
    if number == round(number) and abs(number) < 1e15:
        return decimal_text(number, 0)
    size = abs(number)
    digits = 1 if size >= 100 else 2 if size >= 10 else 4
    shown = decimal_text(number, digits)
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def value_words(values: Sequence[object], years: Sequence[int]) -> str:
    """One number, or those of the first and last year: ``8,000 (2016) … 1,300,000 (2025)``."""
    if len(values) == 1:
        return number_words(values[0])
    return f"{number_words(values[0])} ({years[0]}) … {number_words(values[-1])} ({years[-1]})"


def with_unit(words: str, unit: str, scale: str = "") -> str:
    """A label with its scale and unit in brackets; a label that says its unit, or %, is not told twice."""
    told = not unit or unit.casefold() in words.casefold() or ("%" in unit and "%" in words)
    inside = " ".join(part for part in (scale, "" if told else unit) if part)
    return f"{words} ({inside})" if inside else words
