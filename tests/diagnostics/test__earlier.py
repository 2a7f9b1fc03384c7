"""Treatment pretended to have come earlier: rows that are left, cohorts that move, what is not possible."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact.core.designs import Design
from impact.diagnostics._earlier import treated_earlier


def test_periods_before_the_first_treatment_with_moved_cohorts(cohort_design):
    made = treated_earlier(cohort_design([4, 5, np.inf, 6]), 2)
    assert isinstance(made, Design)
    assert made.adoption.periods.tolist() == [1, 2, 3]
    # 4 → 2, 5 → 3, 6 → 4 lies beyond the last period that is left: it compares
    assert made.adoption.cohort.tolist() == [2, 3, np.inf, np.inf]
    assert made.y.tolist() == [0, 1, 2, 6, 7, 8, 12, 13, 14, 18, 19, 20]
    assert made.columns["w"].tolist() == made.y.tolist()
    assert made.columns["g"].codes.tolist() == made.clusters["i"].codes.tolist()
    assert made.sample.steps[-1].dropped == 12


def test_periods_are_counted_as_they_are_seen(cohort_design):
    made = treated_earlier(cohort_design([2008, np.inf], periods=(2000, 2002, 2005, 2008, 2009)), 1)
    assert made.adoption.cohort.tolist() == [2005, np.inf]


def test_anticipated_periods_and_always_treated_are_left_out(cohort_design):
    made = treated_earlier(cohort_design([1, 5, np.inf], anticipation=1.0), 2)
    assert made.adoption.periods.tolist() == [1, 2, 3]
    assert made.adoption.cohort.tolist() == [3, np.inf]
    assert made.adoption.unit.labels == (1, 2)


@pytest.mark.parametrize(
    ("cohorts", "periods", "reason"),
    [
        ([np.inf, np.inf], 1, "no_cohorts"),
        ([1, np.inf], 1, "no_cohorts"),
        ([3, np.inf], 2, "few_periods"),
        ([4, 4], 1, "no_comparison"),
    ],
)
def test_what_is_not_possible(cohorts, periods, reason, cohort_design):
    assert treated_earlier(cohort_design(cohorts), periods) == f"diagnostics.honest.placebo_{reason}"


def test_without_cohorts(cohort_design):
    made = treated_earlier(replace(cohort_design([4, np.inf]), adoption=None), 1)
    assert made == "diagnostics.honest.placebo_no_cohorts"
