"""Step-down p-values: closed testing over every subfamily, and what must hold of any such adjustment."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from impact.kernels.stepdown import stepdown_maxima, stepdown_minima, unadjusted


def closed_testing(table, best):
    """The adjusted p of j is the largest p over all subfamilies that hold j: a second, exponential algorithm.

    ``best(values)``: the extreme of each row of a subfamily, larger ones speaking against the null.
    """
    count = table.shape[1]
    adjusted = np.zeros(count)
    for size in range(1, count + 1):
        for family in combinations(range(count), size):
            extremes = best(table[:, family])
            p = np.mean(extremes >= extremes[0] - 1e-12)
            for j in family:
                adjusted[j] = max(adjusted[j], p)
    return adjusted


def p_values_of_rows(table):
    """Share of each column at least as large, by plain comparison."""
    return np.array([[np.mean(column >= value) for value in column] for column in table.T]).T


@pytest.fixture(params=range(4))
def table(request):
    """Related statistics, those of the third column with a heavy tail; the actual ones of different strength."""
    random = np.random.default_rng(request.param)
    shared = random.normal(size=(150, 1))
    values = np.abs(shared + random.normal(size=(150, 4)) * np.array([1.0, 2.0, 1.0, 0.5]))
    values[:, 2] = values[:, 2] ** 3
    values[0] = np.array([3.0, 3.5, 20.0, 0.4]) * random.uniform(0.6, 1.1)
    return values


def test_maxima_are_closed_testing(table):
    expected = closed_testing(table, lambda values: values.max(axis=1))
    assert stepdown_maxima(table) == pytest.approx(expected, abs=1e-12)


def test_minima_are_closed_testing(table):
    p_values = p_values_of_rows(table)
    expected = closed_testing(-p_values, lambda values: values.max(axis=1))
    assert stepdown_minima(table) == pytest.approx(expected, abs=1e-12)
    assert unadjusted(table) == pytest.approx(p_values[0], abs=1e-12)


@pytest.mark.parametrize("adjust", [stepdown_maxima, stepdown_minima])
def test_any_adjustment(table, adjust):
    """Not below the unadjusted p, in its order within a column's own law, and whatever the order of the family."""
    found = adjust(table)
    assert np.all(found >= unadjusted(table) - 1e-12)
    order = [2, 0, 3, 1]
    assert adjust(table[:, order]) == pytest.approx(found[order])
    assert adjust(table[:, :1])[0] == pytest.approx(unadjusted(table[:, :1])[0])


def test_minima_do_not_depend_on_the_law_of_a_column(table):
    """Any increasing change of a statistic leaves its p-values, and so the adjusted ones, as they are."""
    changed = table.copy()
    changed[:, 1] = np.expm1(changed[:, 1])
    assert stepdown_minima(changed) == pytest.approx(stepdown_minima(table))


@pytest.mark.parametrize("adjust", [stepdown_maxima, stepdown_minima])
def test_copies_of_one_hypothesis_cost_nothing(table, adjust):
    twice = np.column_stack([table[:, 0], table[:, 0]])
    assert adjust(twice) == pytest.approx(np.repeat(unadjusted(table)[0], 2))


@pytest.mark.parametrize("adjust", [stepdown_maxima, stepdown_minima, unadjusted])
def test_missing_statistics(table, adjust):
    """Of a resample: counted against rejecting. Of the actual set: no p-value, and the others without it."""
    holes = table.copy()
    holes[7, 0] = np.nan
    filled = table.copy()
    filled[7, 0] = np.inf
    assert adjust(holes) == pytest.approx(adjust(filled))
    none = table.copy()
    none[0, 1] = np.nan
    found = adjust(none)
    assert np.isnan(found[1])
    assert np.delete(found, 1) == pytest.approx(adjust(np.delete(table, 1, axis=1)))
