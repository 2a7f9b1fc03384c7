"""Names with a *: which columns they mean."""

from __future__ import annotations

from impact.core.name_patterns import is_pattern, matches, matching, wanted_among

NAMES = ("rep_2", "y", "rep_10", "other_rep_1", "Rep_3")


def test_families_of_columns():
    assert matching("rep_*", NAMES) == ("rep_2", "rep_10")
    assert matching("*rep_*", NAMES) == ("rep_2", "rep_10", "other_rep_1")
    assert matching("y", NAMES) == ("y",)
    assert matching("weight*", NAMES) == ()


def test_only_stars_make_a_family():
    assert is_pattern("rep_*")
    assert not is_pattern("rep_?")
    assert matches("rep_?", "rep_?")
    assert not matches("rep_1", "rep_?")


def test_columns_that_are_read():
    assert wanted_among(NAMES, {"y", "rep_*", "absent"}) == {"y", "rep_2", "rep_10"}
