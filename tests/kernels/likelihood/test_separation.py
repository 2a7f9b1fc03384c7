"""Separation: the linear program that defines it, combinations of regressors and effects, and levels without counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import impact.kernels.likelihood.separation as separation
from impact.kernels.factors import Effect


def effect(codes):
    return Effect(np.asarray(codes, dtype=np.int32), int(np.max(codes)) + 1, None, True)


def by_linear_program(matrix, y):
    """Rows that some z = matrix·g separates: maximise the sum of min(z, 1) over rows without a count."""
    zero = y == 0
    n_zero, k = int(zero.sum()), matrix.shape[1]
    if n_zero == 0:
        return np.zeros(len(y), dtype=bool)
    # variables: g (free), s in [0, 1] with s ≤ z on rows without a count; z = 0 elsewhere
    cost = np.concatenate([np.zeros(k), -np.ones(n_zero)])
    upper = np.hstack([-matrix[zero], np.eye(n_zero)])
    equal = np.hstack([matrix[~zero], np.zeros((int((~zero).sum()), n_zero))])
    found = linprog(
        cost, A_ub=upper, b_ub=np.zeros(n_zero), A_eq=equal, b_eq=np.zeros(len(equal)),
        bounds=[(None, None)] * k + [(0, 1)] * n_zero,
    )  # fmt: skip
    rows = np.zeros(len(y), dtype=bool)
    rows[np.flatnonzero(zero)] = found.x[k:] > 0.5
    return rows


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 100_000))
def test_the_rectifier_finds_what_the_linear_program_finds(seed):
    generator = np.random.default_rng(seed)
    n, groups = 40, 5
    codes = generator.integers(0, groups, n)
    codes[:groups] = np.arange(groups)
    x = np.asfortranarray(generator.integers(-1, 2, size=(n, 3)).astype(float))
    y = generator.poisson(0.25, n).astype(float)
    matrix = np.hstack([x, np.equal.outer(codes, np.arange(groups)).astype(float)])
    expected = by_linear_program(matrix, y)
    found = separation.separated_rows(x, y, [effect(codes)], (y == 0).astype(float))
    # a pass may find some of them; dropping and looking again finds all
    total = found.copy()
    while found.any():
        left = np.flatnonzero(~total)
        again, kept = np.unique(codes[left], return_inverse=True)
        found = np.zeros(n, dtype=bool)
        if len(again):
            found[left] = separation.separated_rows(
                np.asfortranarray(x[left]), y[left], [effect(kept)], (y[left] == 0).astype(float)
            )
        total |= found
    assert np.array_equal(total, expected)


def test_example_of_the_paper():
    """A regressor that is positive only where the outcome is zero separates those rows (Correia et al., section 2)."""
    y = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 3.0])
    x = np.asfortranarray([[2.0, 1.0], [0.0, 2.0], [0.0, -1.0], [0.0, 1.0], [0.0, 3.0], [0.0, 2.0]])
    found = separation.separated_rows(x, y, [], (y == 0).astype(float))
    assert found.tolist() == [True, False, False, False, False, False]


def test_levels_without_counts_fall_one_after_the_other():
    """Unit 0 has only zeros; without it period 0 has, too; without both unit 1 is left with zeros."""
    unit = effect([0, 0, 1, 1, 2, 2])
    period = effect([0, 1, 0, 1, 1, 2])
    y = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 2.0])
    every = np.ones(6, dtype=bool)
    rows = separation.uninformative_rows(every, [unit, period], [y == 0])
    assert rows.tolist() == [True, True, True, True, False, False]
    # chain: the only count of the period is in the unit that stays
    y = np.array([0.0, 0.0, 0.0, 3.0, 1.0, 2.0])
    rows = separation.uninformative_rows(every, [unit, period], [y == 0])
    assert rows.tolist() == [True, True, True, False, False, False]


def test_both_edges_of_choices():
    unit = effect([0, 0, 1, 1, 2, 2])
    y = np.array([0.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    rows = separation.uninformative_rows(np.ones(6, dtype=bool), [unit], [y == 0, y == 1])
    assert rows.tolist() == [True, True, True, True, False, False]


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        ([3, 3, 0, 0], True),
        ([1, 0, 0, 0], True),
        ([1, 0, 1, 0], False),
        ([1, 1, 1, 1], False),
        ([1, 2, 3, 4], False),
    ],
)
def test_a_column_that_decides(indicator, expected):
    outcome = np.array([1.0, 1.0, 0.0, 0.0])
    assert separation.predicted_by(outcome, np.array(indicator, dtype=float)) is expected
