"""Texts: templates are filled, a missing value stays visible, a missing translation falls back to English."""

from __future__ import annotations

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
