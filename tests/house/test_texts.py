"""Codes and texts: every code in both languages, explained, used, and defined once."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from string import Formatter

import pytest

from impact.core.texts import LANGUAGES, catalogue

CODE = re.compile(r"[EW]\d{3}")
# assertions about data say only the digits: a failure is an E or a W, as the spec asks
ASSERTIONS = "impact/data/checks.py"


def read(root, language):
    return [
        (file.name, tomllib.loads(file.read_text(encoding="utf-8")))
        for file in sorted((root / "impact/core/texts" / language).glob("*.toml"))
    ]


def coded(language):
    return {key: entry for key, entry in catalogue(language).items() if isinstance(entry, dict)}


def words(language):
    return {key: entry for key, entry in catalogue(language).items() if isinstance(entry, str)}


def placeholders(template):
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


@pytest.fixture(scope="module")
def used(modules):
    """Codes that stand in the source as strings."""
    found = set()
    for module in modules:
        for node in ast.walk(module.tree):
            text = node.value if isinstance(node, ast.Constant) else None
            if not isinstance(text, str):
                continue
            if CODE.fullmatch(text):
                found.add(text)
            elif str(module.path) == ASSERTIONS and re.fullmatch(r"\d{3}", text):
                found |= {f"E{text}", f"W{text}"}
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_stands_in_one_file(root, language):
    counts = Counter(key for _, texts in read(root, language) for key in texts if CODE.fullmatch(key))
    assert {code: count for code, count in counts.items() if count > 1} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_is_told_and_explained(language):
    for code, entry in coded(language).items():
        assert {"title", "message", "explain"} <= set(entry), code
        assert all(entry[part].strip() for part in ("title", "message", "explain")), code
        assert code.startswith("W") or entry.get("help", "").strip(), code


def test_both_languages_know_the_same():
    first, *others = LANGUAGES
    for other in others:
        assert set(coded(first)) == set(coded(other))
        assert set(words(first)) == set(words(other))


def test_both_languages_take_the_same_values():
    for code, entry in coded("en").items():
        for part in ("message", "help"):
            assert placeholders(entry.get(part, "")) == placeholders(coded("es")[code].get(part, "")), code
    for key, word in words("en").items():
        assert placeholders(word) == placeholders(words("es")[key]), key


def test_every_code_in_the_source_has_a_text(used):
    assert used - set(coded("en")) == set()


def test_every_text_is_used(used):
    assert set(coded("en")) - used == set()


def test_areas_have_the_same_files(root):
    names = [{name for name, _ in read(root, language)} for language in LANGUAGES]
    assert all(found == names[0] for found in names)
