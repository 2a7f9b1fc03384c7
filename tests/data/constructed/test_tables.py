"""Codes over several tables, first rows and moments, each against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.data.constructed.tables import Construction, common_codes, first_rows, named, plain_moments

BUILD = Construction("exposure", "m", "E286")


def frame(name, **columns):
    held = {k: np.array(v, dtype=object if isinstance(v[0], str) else float) for k, v in columns.items()}
    return Frame(held, len(next(iter(held.values()))), name=name)


def test_the_same_key_has_the_same_code_everywhere():
    left, right = frame("main", a=["x", "y", "x"], b=[1, 1, 2]), frame("other", a=["y", "z"], b=[1, 1])
    (here, there), count, _ = common_codes(BUILD, [(left, ["a", "b"]), (right, ["a", "b"])], "unit")
    assert count == 4
    assert there[0] == here[1]
    assert len({*here.tolist(), *there.tolist()}) == 4


def test_absent_columns_have_a_suggestion():
    with pytest.raises(DataError) as caught:
        BUILD.numbers(frame("main", people=[1, 2]), "peopel", "over")
    found = caught.value.faults[0]
    assert (found.code, found.suggestion, found.place.path) == ("E286", "people", "exposure.m.over")


def test_infinite_numbers_are_refused():
    with pytest.raises(DataError, match="infinite"):
        BUILD.numbers(frame("main", people=[1, np.inf]), "people", "over")


def test_first_rows_and_moments():
    codes = np.array([2, -1, 0, 2, 0])
    assert first_rows(codes, 4).tolist() == [2, -1, 0, -1]
    values = np.array([1.0, np.nan, 4.0, 7.0])
    assert plain_moments(values) == {"mean": 4.0, "sd": 3.0, "min": 1.0, "max": 7.0}
    assert plain_moments(np.array([np.nan])) == {}


def test_long_lists_are_cut_and_counted():
    keys = [np.arange(12.0)]
    assert named(keys, np.arange(12)) == "0, 1, 2, 3, 4, 5, 6, 7, … (12)"
    assert named(keys, np.array([3, 3])) == "3"
