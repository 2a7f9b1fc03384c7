from __future__ import annotations

import math
import re
from string import Formatter

import pytest

from impact.core.texts import LANGUAGES, catalogue
from impact.diagnostics._sentences import amount, both, known, listed, number, probability


def test_every_text_exists_in_every_language_with_the_same_places():
    texts = {language: catalogue(language) for language in LANGUAGES}
    keys = [key for key in texts["en"] if key.startswith("diagnostics.") or re.fullmatch(r"E6[01]\d", key)]
    assert len(keys) > 100

    def places(entry):
        parts = entry.values() if isinstance(entry, dict) else [entry]
        return sorted({name for part in parts for _, name, _, _ in Formatter().parse(part) if name})

    for key in keys:
        assert key in texts["es"], key
        assert places(texts["en"][key]) == places(texts["es"][key]), key


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0149024, "0.0149"),
        (-1234.5, "−1,234"),
        (0, "0"),
        (None, "n/a"),
        (math.inf, "∞"),
        (1e-12, "1.00e−12"),
        (0.5, "0.500"),
        (math.nan, "n/a"),
    ],
)
def test_number(value, shown):
    assert number(value) == shown


def test_amounts():
    assert amount(-0.0149024, scale="share") == {"en": "−1.5 points", "es": "−1.5 puntos"}
    assert amount(-0.0042, scale="share")["en"] == "−0.42 points"
    assert amount(-0.0968727, scale="log")["es"] == "−9.2 por ciento"
    assert amount(12.3456, unit={"en": "soles a month", "es": "soles al mes"})["es"] == "12.3 soles al mes"
    assert amount(math.inf, scale="share")["en"] == "∞"
    assert amount(0.0, scale="points")["en"] == "0.0 points"


def test_words():
    assert probability(0.0004) == "<0.001" and probability(0.0404) == "0.040" and probability(None) == "n/a"
    assert listed(["a", "b", "c"]) == {"en": "a, b and c", "es": "a, b y c"}
    assert listed(["a"])["en"] == "a" and listed([])["en"] == ""
    assert both(
        "published.cell", stat="se", term={"en": "age", "es": "edad"}, model="m", printed="1", ours="2"
    ) == {
        "en": "se of age, m: 1 published, 2 here",
        "es": "se de edad, m: 1 publicado, 2 aquí",
    }


def test_numbers_that_do_not_exist():
    assert known(math.nan) is None and known(0.5) == 0.5
