"""Texts: templates are filled, a missing value stays visible, a missing translation falls back to English."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

import impact.core.texts as texts


def test_a_fault_is_filled_in_its_language():
    english = texts.fault("E501", outcome="kept")
    spanish = texts.fault("E501", outcome="kept", language="es")
    assert english.code == spanish.code == "E501"
    assert "kept" in english.message
    assert english.message != spanish.message
    assert (english.severity, texts.fault("W501", count=1).severity) == ("error", "warning")


def test_a_notice_keeps_its_values():
    notice = texts.notice("W501", of="main", count=3)
    assert (notice.of, notice.details) == ("main", {"count": 3})
    assert "3" in notice.message


def test_a_value_that_was_not_given_stays_visible():
    assert texts.fill("{a} and {b}", {"a": 1}) == "1 and {b}"


def test_unknown_codes_and_words_speak_for_themselves():
    assert texts.fault("E999").message == "E999"
    assert texts.text("no.such.word") == "no.such.word"
    assert texts.text("no.such.word", "es") == "no.such.word"


def test_words_fall_back_to_english(monkeypatch):
    tables = {"en": {"a.b": "word {n}", "E1": {"title": "t"}}, "es": {}}
    monkeypatch.setattr(texts, "catalogue", lambda language="en": tables[language])
    assert texts.text("a.b", "es", n=2) == "word 2"
    assert texts.entry("E1", "es") == {"title": "t"}
    assert texts.text("E1") == "E1"


def test_a_fault_is_said_again_in_another_language():
    found = texts.fault("E501", outcome="kept")
    spanish = texts.in_language(found, "es")
    assert (spanish.message, spanish.help) == (
        texts.fault("E501", outcome="kept", language="es").message,
        texts.fault("E501", outcome="kept", language="es").help,
    )
    assert texts.in_language(found, "en") is found
    assert spanish.code == found.code


def test_words_inside_a_fault_are_translated_too():
    found = texts.fault("E170", kind=texts.text("registry.estimator"), name="olss", names="ols")
    assert "estimador" in texts.in_language(found, "es").message


def test_a_message_that_is_not_of_the_catalogue_stays():
    found = replace(texts.fault("E501", outcome="kept"), message="something else")
    assert texts.in_language(found, "es").message == "something else"


def test_values_do_not_count_in_comparisons_and_travel():
    first, second = texts.fault("E501", outcome="kept"), texts.fault("E501", outcome=Path("kept"))
    assert first == second
    assert len(dict.fromkeys([first, second])) == 1
    again = pickle.loads(
        pickle.dumps(texts.fault("E170", kind=texts.text("registry.domain"), name="x", names="y"))
    )
    assert "dominio" in texts.in_language(again, "es").message


@pytest.mark.parametrize(
    "code", sorted(key for key, value in texts.catalogue("en").items() if isinstance(value, dict))
)
def test_every_code_is_said_in_spanish(code):
    templates = texts.entry(code).get("message", "") + texts.entry(code).get("help", "")
    names = {name: f"value of {name}" for name in _names(templates)}
    found, spanish = texts.fault(code, **names), texts.fault(code, language="es", **names)
    said = texts.in_language(found, "es")
    assert (said.message, said.help) == (spanish.message, spanish.help)


def _names(template):
    return [name for _, name, _, _ in Formatter().parse(template) if name]
