"""Means by cohort and period: the same effects, influence and variances as the comparisons unit by unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.group_time as general
import impact.kernels.group_time_means as kernel

PERIODS = np.arange(1.0, 7)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    weighted=st.booleans(),
    not_yet=st.booleans(),
    universal=st.booleans(),
    never=st.booleans(),
)
def test_equal_to_comparisons_of_units(seed, weighted, not_yet, universal, never):
    rng = np.random.default_rng(seed)
    cohort = rng.permutation(np.repeat([3.0, 4.0, 6.0, np.inf if never else 5.0], [7, 9, 5, 11]))
    y = 1e4 * rng.normal(size=(32, 1)) + rng.normal(size=(32, 6))
    row = np.arange(192).reshape(32, 6)
    weights = rng.uniform(0.2, 3, 32) if weighted else None
    plan = general.plan_cells(
        [3.0, 4.0, 6.0], PERIODS, general.Timing(universal=universal, not_yet=not_yet, anticipation=seed % 2)
    )
    rows = None if weights is None else np.repeat(weights, 6)
    one = general.panel_effects(general.PanelArrays(y, cohort, row, None, rows), plan, general.Rules())
    other = kernel.mean_effects(y, cohort, weights, plan)
    assert other.att == pytest.approx(one.att, abs=1e-9, nan_ok=True)
    assert other.reasons == one.reasons
    own = np.ones(32) if weights is None else weights
    cohorts = np.array([3.0, 4.0, 6.0])
    share = np.array([np.mean(own * (cohort == g)) for g in cohorts])
    members = general.Members(cohorts, share, cohort, own)
    matrix, shares = rng.normal(size=(len(plan), 4)), rng.normal(size=(3, 4))
    expected = one.influence(matrix, shares, members)
    membership = (own[:, None] * (cohort[:, None] == cohorts) - share) / 32
    assert expected == pytest.approx(one.cells @ matrix + membership @ shares, abs=1e-12)
    assert other.influence(matrix, shares, members) == pytest.approx(expected, abs=1e-9)
    columns = np.flatnonzero(np.isfinite(one.att))
    assert other.variance(columns) == pytest.approx(one.variance(columns), abs=1e-9)
    assert other.gram(matrix, shares, members) == pytest.approx(expected.T @ expected, abs=1e-9)
