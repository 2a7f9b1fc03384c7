"""Rank decisions on factors whose rank is known by construction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.collinear as collinear


def unit_columns(matrix):
    return matrix / np.sqrt((matrix**2).sum(axis=0))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8), st.data())
def test_combinations_of_earlier_columns_are_dropped_and_explained(seed, k, data):
    rng = np.random.default_rng(seed)
    free = data.draw(st.lists(st.booleans(), min_size=k, max_size=k))
    matrix = np.zeros((12, k))
    for j in range(k):
        earlier = matrix[:, :j][:, np.array(free[:j], dtype=bool)]
        matrix[:, j] = rng.normal(size=12) if free[j] else earlier @ rng.normal(size=earlier.shape[1])
    lengths = np.sqrt((matrix**2).sum(axis=0))
    scaled = matrix / np.where(lengths > 0, lengths, 1)
    decision = collinear.decide_rank(scaled, np.full(k, 1e-9))
    assert decision.kept.tolist() == [bool(f) for f in free]
    np.testing.assert_allclose(
        scaled[:, decision.kept] @ decision.combination, scaled[:, ~decision.kept], atol=1e-9
    )
    inner = decision.factor
    np.testing.assert_allclose(
        inner.T @ inner, scaled[:, decision.kept].T @ scaled[:, decision.kept], atol=1e-13
    )
    np.testing.assert_array_equal(np.tril(inner, -1), 0)


def test_threshold_is_the_length_of_the_unexplained_part():
    matrix = np.array([[1.0, 1.0], [0.0, 1e-6]])
    assert collinear.decide_rank(matrix, np.array([0.0, 0.9e-6])).kept.tolist() == [True, True]
    assert collinear.decide_rank(matrix, np.array([0.0, 1.1e-6])).kept.tolist() == [True, False]


def test_condition_is_held_under_the_limit_by_raising_the_threshold():
    rng = np.random.default_rng(0)
    triangle = np.triu(rng.normal(size=(8, 8)))
    triangle[np.arange(8), np.arange(8)] = 10.0 ** -np.arange(8)
    triangle = unit_columns(triangle)
    free = collinear.decide_rank(triangle, np.zeros(8))
    assert free.kept.all()
    assert collinear.condition_number(free.factor) > 1e5
    held = collinear.limit_condition(triangle, np.zeros(8), limit=1e5)
    assert collinear.condition_number(held.factor) <= 1e5
    assert held.kept[:2].all()
    assert not held.kept.all()


def test_condition_number_of_known_matrices():
    assert collinear.condition_number(np.diag([4.0, 1.0, 0.5])) == pytest.approx(8.0)
    assert collinear.condition_number(np.zeros((2, 2))) == float("inf")
    assert collinear.condition_number(np.zeros((0, 0))) == 1.0
    hilbert = 1.0 / (np.arange(5)[:, None] + np.arange(5) + 1)
    # Todd 1954: the Hilbert matrix of order 5 has condition number 4.766e5.
    assert collinear.condition_number(hilbert) == pytest.approx(4.766e5, rel=1e-4)


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-200, 1e200))
def test_scale_is_a_power_of_two_that_brings_the_length_under_one(length):
    scale = float(collinear.power_of_two_scale(np.array([length]))[0])
    assert np.frexp(scale)[0] == 0.5
    assert 0.5 <= scale * length < 1.0


def test_scale_of_a_column_of_zeros_is_one():
    assert collinear.power_of_two_scale(np.array([0.0, 3.0])).tolist() == [1.0, 0.25]


def test_parts_are_named_by_their_size_not_by_their_unit():
    combination = np.array([[1e-12, 0.0], [5.0, 1e-12], [0.0, 2.0]])
    lengths, dropped = np.array([1e12, 1.0, 1.0]), np.array([5.0, 2.0])
    assert collinear.named_parts(combination, lengths, dropped) == [(0, 1), (2,)]
