"""A design in words: what a reader should know before the estimates."""

from __future__ import annotations

import pytest

from impact.design.adoption import build_adoption
from impact.outputs._design_words import cohorts_text, design_sentences

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture
def facts(request_with, as_frame, test_panel):
    def make(rows=None, **design):
        request = request_with({**COHORTS, **design})
        return build_adoption(as_frame(test_panel, rows), request).extra["adoption"]

    return make


def test_cohorts_and_their_sizes_are_told(facts):
    """15 units of each cohort: conventions of the test panel."""
    words = " ".join(design_sentences(facts(), "en"))
    assert "60 units, 8 periods (1 to 8)" in words
    assert "4 (15), 5 (15), 7 (15); never treated: 15 (25 %)" in words
    assert "Every unit is seen in every period." in words
    assert "Every treated cell has controls (never treated units)." in words


def test_gaps_and_cells_without_controls_are_told(facts, test_panel):
    import numpy as np

    rows = np.flatnonzero((test_panel["g"] > 0) & ~((test_panel["i"] == 2) & (test_panel["t"] == 3)))
    words = " ".join(design_sentences(facts(rows, control_group="not_yet"), "en"))
    assert "Unbalanced: 1 unit-periods are absent." in words
    assert (
        "6 treated cells without controls among units not treated yet: 4 in 7, 4 in 8, 5 in 7, 5 in 8."
        in words
    )
    assert "Thinnest cohort and period: 5 in 3, 14 unit(s)." in words


def test_long_lists_are_cut():
    many = {"cohorts": [{"cohort": float(2000 + j), "units": 1} for j in range(11)]}
    assert cohorts_text(many).endswith("2007 (1), +3")


def test_the_words_are_there_in_spanish(facts):
    words = " ".join(design_sentences(facts(), "es"))
    assert "nunca tratadas: 15 (25 %)" in words


def test_no_design_no_words():
    assert design_sentences({}, "en") == []
