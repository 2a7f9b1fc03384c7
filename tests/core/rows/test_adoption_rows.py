"""Cohort, event time and treatment of rows, written out."""

import numpy as np

from impact.core.designs import Adoption, Factor
from impact.core.rows.adoption_rows import cohort_of_rows, event_time_of_rows, treatment_of_rows

UNIT = Factor("unit", np.array([0, 0, 1, 1], dtype=np.int32), ("a", "b"))
TIME = Factor("time", np.array([0, 1, 0, 1], dtype=np.int32), (1.0, 3.0))


def made(treatment=None):
    return Adoption(UNIT, TIME, np.array([1.0, 3.0]), np.array([3.0, np.inf]), treatment)


def test_rows_of_a_unit_share_its_cohort():
    assert cohort_of_rows(made()).tolist() == [3, 3, np.inf, np.inf]
    assert event_time_of_rows(made()).tolist() == [-2, 0, -np.inf, -np.inf]


def test_treatment_is_observed_or_follows_the_cohort():
    assert treatment_of_rows(made()).tolist() == [0, 1, 0, 0]
    dose = np.array([0.0, 0.5, 0.0, 0.25])
    assert treatment_of_rows(made(dose)) is dose
