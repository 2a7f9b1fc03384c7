"""The nearest name: case, accents and separators do not count; nothing near is nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.core.nearest import nearest

NAMES = ("cluster", "did_cs", "did_sa", "año", "newey_west")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("clutser", "cluster"),
        ("did-sa", "did_sa"),
        ("DID_CS", "did_cs"),
        ("ano", "año"),
        ("NeweyWest", "newey_west"),
        ("zzz", ""),
        ("", ""),
        ("cluster", ""),
    ],
)
def test_examples(name, wanted):
    assert nearest(name, NAMES) == wanted


@given(st.text(max_size=12), st.lists(st.text(min_size=1, max_size=12), max_size=8))
def test_the_answer_is_a_candidate_whatever_their_order(name, candidates):
    found = nearest(name, candidates)
    assert found == "" or found in candidates
    assert found != name or name == ""
    assert found == nearest(name, list(reversed(candidates)))


@given(st.sampled_from(NAMES), st.data())
def test_one_letter_left_out_is_found(name, data):
    position = data.draw(st.integers(0, len(name) - 1))
    shorter = name[:position] + name[position + 1 :]
    assert nearest(shorter, [name, "zzzzzzzz"]) == name
