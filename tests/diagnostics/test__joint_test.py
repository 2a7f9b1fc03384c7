"""The joint test against its closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from impact.diagnostics._joint_test import Joint, joint_statistic, joint_test, rank_of

COVARIANCE = np.array([[0.04, 0.01], [0.01, 0.09]])
DIFFERENCE = np.array([0.3, -0.2])


def test_f_and_chi_squared():
    form = DIFFERENCE @ np.linalg.inv(COVARIANCE) @ DIFFERENCE
    f = joint_test(DIFFERENCE, COVARIANCE, 11.0)
    assert (f.statistic, f.df, f.df2) == (pytest.approx(form / 2), 2, 11)
    assert f.p_value == pytest.approx(stats.f.sf(form / 2, 2, 11))
    for found in (
        joint_test(DIFFERENCE, COVARIANCE, math.inf),
        joint_test(DIFFERENCE, COVARIANCE, 11.0, chi2=True),
    ):
        assert found.statistic == pytest.approx(form) and math.isinf(found.df2)
        assert found.p_value == pytest.approx(stats.chi2.sf(form, 2))


def test_singular_covariances_have_no_test():
    assert joint_test(DIFFERENCE, np.ones((2, 2)), 10.0) is None
    assert joint_test(DIFFERENCE, np.full((2, 2), np.nan), 10.0) is None
    assert rank_of(np.ones((2, 2))) == 1
    # units do not matter
    assert rank_of(np.diag([1e-12, 1e6])) == 2


def test_the_statistic_is_told_with_its_law():
    assert joint_statistic(Joint(4.25, 3, math.inf, 0.2)) == "χ²(3) = 4.250"
    assert joint_statistic(Joint(1.4, 3, 25.0, 0.3)) == "F(3, 25) = 1.400"
