"""Codes, singletons, nesting, components and rank against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.factors as factors
from impact.kernels.factors import Effect

codes_pairs = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 11), min_size=n, max_size=n),
        st.lists(st.integers(0, 7), min_size=n, max_size=n),
    )
)


def effect(codes, levels):
    return Effect(np.array(codes, dtype=np.int32), levels)


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.int32])
def test_whole_numbers_are_encoded_in_sorted_order(dtype):
    values = np.array([2019, 2015, 2019, -3, 2015], dtype=dtype)
    codes, labels = factors.encode(values)
    assert codes.dtype == np.int32
    np.testing.assert_array_equal(labels[codes], values)
    np.testing.assert_array_equal(labels, [-3, 2015, 2019])


@pytest.mark.parametrize(
    "values",
    [
        np.array([0.5, 0.25, 0.5]),
        np.array([1e17, 3.0, 1e17]),
        np.array([2.0**53 - 1, 0.0]),
        np.array(["b", "a", "b"]),
        np.array([], dtype=np.float64),
        np.arange(10.0)[::-2],
    ],
)
def test_other_values_are_encoded_by_sorting(values):
    codes, labels = factors.encode(values)
    np.testing.assert_array_equal(labels[codes], values)
    assert (np.sort(labels) == labels).all()
    assert len(np.unique(labels)) == len(labels)


@settings(max_examples=60, deadline=None)
@given(codes_pairs)
def test_singletons_are_dropped_to_a_fixed_point(pair):
    effects = [effect(pair[0], 12), effect(pair[1], 8)]
    keep, rounds = factors.drop_singletons(effects)
    expected = np.ones(len(pair[0]), dtype=bool)
    while True:
        alone = np.zeros(len(expected), dtype=bool)
        for own in effects:
            counts = np.bincount(own.codes[expected], minlength=own.levels)
            alone |= expected & (counts[own.codes] == 1)
        if not alone.any():
            break
        expected &= ~alone
    np.testing.assert_array_equal(keep, expected)
    assert (rounds == 0) == keep.all()


def test_slopes_alone_make_no_singletons():
    slope = Effect(np.arange(4, dtype=np.int32), 4, np.arange(4.0), intercept=False)
    assert factors.drop_singletons([slope])[0].all()


@settings(max_examples=60, deadline=None)
@given(codes_pairs)
def test_nesting_and_rank_are_those_of_the_dummies(pair):
    first, second = effect(pair[0], 12), effect(pair[1], 8)
    nested = all(len(set(second.codes[first.codes == g])) <= 1 for g in range(12))
    assert factors.is_nested(first.codes, second.codes) == nested
    rank = factors.rank_of_effects([first, second])
    dummies = np.hstack([np.eye(12)[first.codes], np.eye(8)[second.codes]])
    assert rank.exact == np.linalg.matrix_rank(dummies)
    assert rank.is_exact
    assert rank.levels == (len(set(pair[0])), len(set(pair[1])))
    assert rank.conventional == sum(rank.levels) - 1
    count, component = factors.connected_components(first, second)
    assert count == rank.components[1]
    joined = component[first.codes]
    assert set(joined.tolist()) == set(range(count))
    assert (component[np.setdiff1d(np.arange(12), first.codes)] == -1).all()
    for level in range(8):
        assert len(set(joined[second.codes == level])) <= 1


def test_rank_of_three_effects_is_a_bound_and_says_so():
    rng = np.random.default_rng(3)
    effects = [effect(rng.integers(0, g, 40), g) for g in (9, 5, 4)]
    rank = factors.rank_of_effects(effects)
    dummies = np.hstack([np.eye(own.levels)[own.codes] for own in effects])
    assert not rank.is_exact
    assert np.linalg.matrix_rank(dummies) <= rank.exact <= rank.conventional


def test_compress_keeps_the_order_of_levels():
    codes, old = factors.compress(np.array([5, 2, 5, 7], dtype=np.int32), 9)
    np.testing.assert_array_equal(codes, [1, 0, 1, 2])
    np.testing.assert_array_equal(old, [2, 5, 7])


def test_an_effect_absorbs_something():
    with pytest.raises(ValueError, match="intercept or a slope"):
        Effect(np.zeros(2, dtype=np.int32), 1, None, intercept=False)
