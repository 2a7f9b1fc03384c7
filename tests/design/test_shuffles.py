"""Shuffled columns: values stay within their groups, units exchange them whole, draws are seeded and even."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from impact.core.errors import DesignError
from impact.design.shuffles import make_shuffler

UNIT, YEAR = np.repeat(np.arange(6.0), 3), np.tile(np.arange(2000.0, 2003.0), 6)
REGION = np.repeat([0.0, 0, 0, 1, 1, 1], 3)


@pytest.fixture
def frame(as_frame):
    return as_frame({"u": UNIT, "t": YEAR, "r": REGION, "m": np.arange(18.0)})


def taken(frame, seed=1, rows=None, **options):
    rows = np.arange(frame.n_rows) if rows is None else rows
    shuffler = make_shuffler(frame, rows, ["m"], **{"within": (), "unit": None, **options})
    return shuffler.sources((seed, 0))


def test_rows_stay_within_their_group(frame):
    source = taken(frame, within=["t"])
    assert np.array_equal(YEAR[source], YEAR)
    assert sorted(source.tolist()) == list(range(18))
    assert not np.array_equal(source, np.arange(18))


def test_units_exchange_whole_paths(frame):
    source = taken(frame, within=["t"], unit="u")
    assert np.array_equal(YEAR[source], YEAR)
    partners = UNIT[source].reshape(6, 3)
    assert np.array_equal(partners, np.repeat(partners[:, :1], 3, axis=1))
    assert sorted(partners[:, 0].tolist()) == list(range(6))


def test_strata_of_units_and_periods_are_told_apart(frame):
    for seed in range(20):
        source = taken(frame, seed, within=["t", "r"], unit="u")
        assert np.array_equal(YEAR[source], YEAR)
        assert np.array_equal(REGION[source], REGION)


def test_missing_values_and_other_rows_stay(as_frame):
    m = np.arange(18.0)
    m[4] = np.nan
    frame = as_frame({"u": UNIT, "t": YEAR, "r": REGION, "m": m})
    source = taken(frame, rows=np.arange(12))
    assert source[4] == 4
    assert np.array_equal(source[12:], np.arange(12, 18))


def test_draws_are_seeded_and_even(as_frame):
    """All 6 orders of three values come up; a chi-square of 6 cells stays below its 1 in 10,000 point."""
    frame = as_frame({"m": np.arange(3.0)})
    shuffler = make_shuffler(frame, np.arange(3), ["m"], within=(), unit=None)
    assert np.array_equal(shuffler.sources((5, 2)), shuffler.sources((5, 2)))
    counts = Counter(tuple(shuffler.sources((5, draw)).tolist()) for draw in range(1200))
    assert len(counts) == 6
    assert sum((count - 200) ** 2 / 200 for count in counts.values()) < 25.7


@pytest.mark.parametrize(
    ("changed", "options", "word"),
    [
        ({}, {"unit": "u"}, "differs between rows"),
        ({"t": np.where(np.arange(18) == 0, 2009.0, YEAR)}, {"unit": "u", "within": ["t"]}, "not every u"),
        ({"m": np.full(18, np.nan)}, {}, "no rows"),
    ],
)
def test_what_cannot_be_shuffled(frame, as_frame, changed, options, word):
    changed_frame = as_frame({**{name: values for name, values in frame.columns.items()}, **changed})
    with pytest.raises(DesignError, match=word) as caught:
        taken(changed_frame, **options)
    assert caught.value.faults[0].code == "E194"
