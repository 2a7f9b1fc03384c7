"""Sets of units: counts, lists and draws."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from impact.kernels.assignments import count_sets, draw_sets, indicators, list_sets, with_actual


def test_list_is_every_combination():
    units = np.array([4, 1, 2, 7], np.int32)
    found = list_sets([units], [2])
    assert [tuple(row) for row in found.tolist()] == list(combinations([1, 2, 4, 7], 2))
    assert count_sets([units], [2]) == 6


def test_strata_keep_their_numbers():
    strata = [np.array([0, 1, 2], np.int32), np.array([3, 4], np.int32), np.array([5], np.int32)]
    found = list_sets(strata, [1, 2, 0])
    assert found.tolist() == [[0, 3, 4], [1, 3, 4], [2, 3, 4]]
    assert count_sets(strata, [1, 2, 0]) == 3
    drawn = draw_sets(strata, [2, 1, 0], 200, seed=3)
    assert np.all(np.diff(drawn, axis=1) > 0)
    assert np.all((drawn <= 2).sum(axis=1) == 2)
    assert len(np.unique(drawn, axis=0)) == 6


def test_draws_are_even_and_seeded():
    units = np.arange(6, dtype=np.int32)
    drawn = draw_sets([units], [3], 6000, seed=1)
    counts = np.unique(drawn, axis=0, return_counts=True)[1]
    assert len(counts) == 20
    assert counts.min() > 200  # expectation 300, standard deviation 17
    assert counts.max() < 400
    np.testing.assert_array_equal(drawn, draw_sets([units], [3], 6000, seed=1))
    assert not np.array_equal(drawn, draw_sets([units], [3], 6000, seed=2))


def test_the_actual_set_is_always_there():
    sets = np.array([[0, 1], [0, 2]], np.int32)
    members, row = with_actual(sets, np.array([2, 0], np.int32))
    assert (members.tolist(), row) == (sets.tolist(), 1)
    members, row = with_actual(sets, np.array([5, 3, 4], np.int32))
    assert (members.tolist(), row) == ([[3, 4, 5], [-1, 0, 1], [-1, 0, 2]], 0)


@pytest.mark.parametrize("padded", [False, True])
def test_indicators(padded):
    sets = np.array([[-1, 3]] if padded else [[1, 3]], np.int32)
    assert indicators(sets, 4).tolist() == [[0, 0 if padded else 1, 0, 1]]
