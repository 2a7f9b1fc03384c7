"""M12 and M13: what passing a test before treatment does to estimates, and intervals that allow for departures.

M12 (Roth 2022): a linear departure that three estimates before treatment find with probability one half, all variances
one and correlations one half. Reference of 200,000 draws of an independent program: the bias grows from .587 to 1.006
among the draws that pass, the coverage falls from .910 to .858.
M13 (Rambachan and Roth 2023): the departure lies on the edge of the set that the interval allows for; it must cover.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from impact.kernels.honest.intervals import Restriction, Study, interval_at
from impact.kernels.honest.pretest import Pretest, expected_after_passing, passing, slope_for_power

CRITICAL = 1.959963984540054
BEFORE = 3
DISTANCE = np.array([-3.0, -2.0, -1.0, 1.0])
COVARIANCE = 0.5 * np.eye(4) + 0.5


def test_passing_a_test_before_treatment(agrees):
    test = Pretest(COVARIANCE, BEFORE)
    slope = slope_for_power(test, DISTANCE, 0.5)
    draws = 200_000
    rng = np.random.default_rng(1200)
    found = rng.multivariate_normal(slope * DISTANCE, COVARIANCE, size=draws)
    passed = (np.abs(found[:, :BEFORE]) <= CRITICAL).all(axis=1)
    late = found[:, BEFORE]
    covered = np.abs(late) <= CRITICAL
    before, after = late.mean(), late[passed].mean()
    print(
        f"M12 all draws: bias {before:.3f}, cover {covered.mean():.3f}\n"
        f"M12 draws that pass ({passed.mean():.3f}): bias {after:.3f}, cover {covered[passed].mean():.3f}"
    )
    assert agrees(passed.mean(), passing(test, slope * DISTANCE), draws)
    error = late[passed].std() / math.sqrt(passed.sum())
    assert abs(after - float(expected_after_passing(test, slope * DISTANCE)[-1])) <= 4 * error
    assert slope == pytest.approx(0.587, abs=0.006)
    assert after == pytest.approx(1.006, abs=0.012)
    assert covered.mean() == pytest.approx(0.910, abs=0.005)
    assert covered[passed].mean() == pytest.approx(0.858, abs=0.006)


# two estimates before the reference and two after it; a departure on the edge of the set, and its bound
HONEST = 0.03 * (0.5 * np.eye(4) + 0.5)
EDGES = {
    "smoothness, a straight line": (
        Restriction("smoothness", method="flci"),
        np.array([-0.4, -0.2, 0.2, 0.4]),
        0.0,
    ),
    "smoothness, a bend": (Restriction("smoothness", method="flci"), np.array([-0.2, -0.1, 0.3, 0.9]), 0.2),
    "smoothness, conditional": (
        Restriction("smoothness", method="c_f"),
        np.array([-0.2, -0.1, 0.3, 0.9]),
        0.2,
    ),
    "relative magnitude": (Restriction("relative_magnitude"), np.array([-0.1, -0.4, 0.4, 0.8]), 1.0),
    "relative magnitude, falling": (
        Restriction("relative_magnitude"),
        np.array([-0.1, -0.4, -0.2, -0.4]),
        0.5,
    ),
    "relative smoothness": (Restriction("relative_smoothness"), np.array([-0.3, -0.3, 0.6, 1.5]), 1.0),
}
HONEST_DRAWS = 500


@pytest.mark.slow
@pytest.mark.parametrize("name", EDGES)
def test_honest_intervals_cover(name, agrees):
    restriction, departure, bound = EDGES[name]
    rng = np.random.default_rng(1300 + list(EDGES).index(name))
    target, effect = np.array([1.0, 0.0]), 0.7
    covered, plain, length = 0, 0, 0.0
    for _ in range(HONEST_DRAWS):
        params = rng.multivariate_normal(departure + np.r_[0, 0, effect, effect], HONEST)
        study = Study(params, HONEST, 2, target)
        low, high = interval_at(study, restriction, 0.05)(bound)
        covered += low <= effect <= high
        length += (high - low) / HONEST_DRAWS
        plain += abs(study.estimate - effect) <= CRITICAL * study.std_error
    cover, usual = covered / HONEST_DRAWS, plain / HONEST_DRAWS
    print(f"M13 {name}: cover {cover:.3f}, length {length:.2f}, usual interval {usual:.3f}")
    assert cover >= 0.95 or agrees(cover, 0.95, HONEST_DRAWS)
    assert usual < 0.9
