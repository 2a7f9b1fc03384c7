"""M05 and M06: few treated clusters (MacKinnon and Webb 2017, 2018; Conley and Taber 2011).

The clustered error over-rejects without bound as the number of treated clusters falls; permutation of the
treated set is exact when units are exchangeable, for the estimate and for t. Reference rates of CR1 with
t(49), 50 clusters: .785 .297 .127 .075 .073 for 1, 2, 4, 10, 25 treated (1,000 draws).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import impact as im
from impact.diagnostics._subjects import Subject
from impact.diagnostics.equivalence import two_one_sided

pytestmark = pytest.mark.slow
CR1 = {1: 0.785, 2: 0.297, 4: 0.127, 10: 0.075, 25: 0.073}


@pytest.mark.parametrize("treated", CR1)
def test_clustered_errors_over_reject(agrees, units_and_periods, treated):
    rng = np.random.default_rng(500 + treated)
    unit, period = units_and_periods(50, 6)
    d = ((unit < treated) & (period >= 3)).astype(float)
    draws, rejected = 1000, 0
    for _ in range(draws):
        y = rng.standard_normal(300) + np.repeat(rng.standard_normal(50), 6)
        found = im.feols("y ~ d | unit + period", {"unit": unit, "period": period, "d": d, "y": y},
                         vcov={"cluster": "unit"})  # fmt: skip
        rejected += found.inference.p_value[0] < 0.05
    print(f"M05 treated {treated}: CR1 {rejected / draws:.3f}")
    assert agrees(rejected / draws, CR1[treated], draws, gap=0.02, expected_draws=1000)


@pytest.fixture(scope="module")
def draws_of(fit_plan, units_and_periods):
    """Results of many draws: units exchangeable with skewed unit shocks, a true effect, treated from mid-way."""

    def make(units, treated, *, effect, draws, seed, periods=4, **permute):
        rng = np.random.default_rng(seed)
        unit, period = units_and_periods(units, periods)
        fit = fit_plan(
            design={"unit": "unit", "time": "period", "treated": f"unit < {treated}", "from": periods // 2},
            permute={"unit": "unit", "sets": "same_size", **permute},
            models={"main": {"formula": "y ~ exposed | unit + period"}},
        )
        exposed = (unit < treated) & (period >= periods // 2)
        for _ in range(draws):
            change = np.repeat(rng.exponential(size=units), periods) * (period >= periods // 2)
            y = rng.standard_normal(unit.size) + change + effect * exposed
            yield fit({"unit": unit, "period": period, "y": y})

    return make


# units, treated, options, and the exact size: the largest number of sets at or below 5 % over all sets
PERMUTED = {
    "one of 20": (20, 1, {}, 1 / 20),
    "one of 30": (30, 1, {}, 1 / 30),
    "two of 20": (20, 2, {}, 9 / 190),
    "four of 40, drawn": (40, 4, {"reps": 99}, 5 / 100),
}


@pytest.mark.parametrize("name", PERMUTED)
def test_permutation_is_exact(agrees, draws_of, name):
    units, treated, options, size = PERMUTED[name]
    draws = 600 if options else 1000
    rejected = np.zeros(3)
    for result in draws_of(units, treated, effect=0.0, draws=draws, seed=600 + units, **options):
        found = result.permutation
        assert len(found.estimates) == (100 if options else math.comb(units, treated))
        rejected += [found.p_value[0] <= 0.05, found.p_value_t[0] <= 0.05, result.inference.p_value[0] < 0.05]
    estimate, t, clustered = rejected / draws
    print(f"M06 {name}: estimate {estimate:.4f}, t {t:.4f} (exact {size:.4f}); CR1 {clustered:.3f}")
    assert agrees(estimate, size, draws)
    assert agrees(t, size, draws)
    assert clustered > size + 0.05


def test_interval_by_inversion_covers(agrees, draws_of):
    """The interval misses the true effect as often as the test of that effect rejects: 9 of 190 sets."""
    draws, effect, missed = 1000, 0.7, 0
    for result in draws_of(20, 2, effect=effect, draws=draws, seed=700):
        found = result.permutation
        missed += not found.ci_low[0] <= effect <= found.ci_high[0]
    print(f"Interval by inversion: misses {missed / draws:.4f} (exact {9 / 190:.4f})")
    assert agrees(missed / draws, 9 / 190, draws)


def equivalent(result, bound):
    subject = Subject(result, result.estimate, result.inference, 0)
    return two_one_sided(subject, subject.read(), bound=bound, alpha=0.05).p_value <= 0.05


def test_equivalence_at_the_bound_by_permutation(agrees, draws_of):
    """An effect of exactly the bound passes as equivalent in 9 of 190 cases, no more."""
    draws, bound = 1000, 8.0
    passed = sum(equivalent(result, bound) for result in draws_of(20, 2, effect=bound, draws=draws, seed=800))
    print(f"TOST at the bound, permutation: {passed / draws:.4f} (exact {9 / 190:.4f})")
    assert agrees(passed / draws, 9 / 190, draws)


@pytest.mark.parametrize("sign", [-1, 1])
def test_equivalence_at_the_bound_with_many_clusters(agrees, fit_plan, units_and_periods, sign):
    """With 20 of 40 clusters treated the two t-tests keep their level at either bound."""
    rng = np.random.default_rng(900 + sign)
    unit, period = units_and_periods(40, 4)
    fit = fit_plan(
        design={"unit": "unit", "time": "period", "treated": "unit < 20", "from": 2},
        models={"main": {"formula": "y ~ exposed | unit + period"}},
    )
    exposed = (unit < 20) & (period >= 2)
    draws, bound, passed = 2000, 2.0, 0
    for _ in range(draws):
        y = rng.standard_normal(160) + np.repeat(rng.standard_normal(40), 4) + sign * bound * exposed
        passed += equivalent(fit({"unit": unit, "period": period, "y": y}), bound)
    print(f"TOST at the bound {sign * bound}: {passed / draws:.4f}")
    assert agrees(passed / draws, 0.05, draws, gap=0.01)
