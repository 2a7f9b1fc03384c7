"""Power and smallest effects against statsmodels, Bloom's multipliers, the design effect, and simulated trials."""

from __future__ import annotations

import math

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower, TTestIndPower, TTestPower

from impact.kernels.power import Trial, detectable, exact_power, power_at, simulated_power, smallest_n


@pytest.mark.parametrize(("n", "share"), [(20, 0.5), (90, 1 / 3), (400, 0.25), (2000, 0.5)])
@pytest.mark.parametrize("effect", [0.0, 0.1, 0.3, -0.4])
def test_two_arms_are_statsmodels(n, share, effect):
    trial = Trial(n, share=share)
    treated = round(share * n)
    ratio = (n - treated) / treated
    wanted = TTestIndPower().power(effect, treated, 0.05, ratio=ratio, alternative="two-sided")
    assert exact_power(effect, trial.df, trial.std_error, alpha=0.05) == pytest.approx(wanted, abs=1e-8)
    normal = NormalIndPower().power(effect, treated, 0.05, ratio=ratio, alternative="two-sided")
    assert power_at(effect, math.inf, trial.std_error, alpha=0.05) == pytest.approx(normal, abs=1e-10)


@pytest.mark.parametrize("df", [4.0, 18.0, 60.0])
def test_a_paired_trial_is_statsmodels(df):
    """One sample of df + 1 differences: the same noncentral law with another number of degrees of freedom."""
    for effect in (0.2, 0.5, 0.7):
        wanted = TTestPower().power(effect, df + 1, 0.1, alternative="two-sided")
        assert exact_power(effect, df, 1 / math.sqrt(df + 1), alpha=0.1) == pytest.approx(wanted, abs=1e-8)


def test_far_from_the_null_the_power_is_one():
    assert exact_power(5.0, 1998.0, 0.05, alpha=0.05) == pytest.approx(1.0, abs=1e-12)
    assert exact_power(-40.0, 4.0, 1.0, alpha=0.05) == pytest.approx(1.0, abs=1e-9)


def test_multipliers_of_bloom():
    """Bloom (1995), table 1: 2.49 one-sided and 2.80 two-sided at 5 % and 80 %, 3.24 two-sided at 90 %."""
    assert detectable(math.inf, 1.0, power=0.8, alpha=0.05) == pytest.approx(2.80, abs=0.005)
    assert detectable(math.inf, 1.0, power=0.8, alpha=0.10) == pytest.approx(2.49, abs=0.005)
    assert detectable(math.inf, 1.0, power=0.9, alpha=0.05) == pytest.approx(3.24, abs=0.005)


@pytest.mark.parametrize("df", [3.0, 18.0, math.inf])
def test_the_power_at_the_smallest_effect(df):
    for power in (0.5, 0.8, 0.95):
        smallest = detectable(df, 0.3, power=power, alpha=0.05)
        other_tail = power_at(-smallest, df, 0.3, alpha=0.05) - power
        assert other_tail == pytest.approx(0.0, abs=0.01)
        assert power_at(smallest, df, 0.3, alpha=0.05) >= power


def test_the_variance_of_a_trial_in_clusters():
    """2σ²/(J m) (1 + (m − 1) ρ)/(2 P (1 − P)): conventions section 31; Duflo, Glennerster and Kremer (2007)."""
    trial = Trial(600, clusters=30, icc=0.1, share=0.4, sd=2.0)
    size = 20
    wanted = 2 * 4 / (30 * size) * (1 + (size - 1) * 0.1) / (0.4 * 0.6 * 2)
    assert trial.std_error**2 == pytest.approx(wanted)
    assert trial.df == 28
    assert Trial(600, clusters=30, share=0.4, sd=2.0).std_error == Trial(600, share=0.4, sd=2.0).std_error
    assert Trial(600, r2=0.36).std_error == pytest.approx(0.8 * Trial(600).std_error)


def test_rows_that_an_effect_needs():
    """Cohen's (1988) table: 64 in each arm for half a standard deviation; statsmodels rounded up to whole arms."""
    assert smallest_n(Trial(0), 0.5, power=0.8, alpha=0.05) == 128
    each = TTestIndPower().solve_power(0.2, power=0.9, alpha=0.05)
    assert abs(smallest_n(Trial(0), 0.2, power=0.9, alpha=0.05) - 2 * each) < 2


def test_more_rows_do_not_help_beyond_the_clusters():
    limit = detectable(18.0, math.sqrt(0.1 / (20 * 0.25)), power=0.8, alpha=0.05)
    planned = Trial(0, clusters=20, icc=0.1)
    assert smallest_n(planned, 0.99 * limit, power=0.8, alpha=0.05) is None
    enough = smallest_n(planned, 1.2 * limit, power=0.8, alpha=0.05)
    reached = Trial(enough, clusters=20, icc=0.1)
    assert power_at(1.2 * limit, reached.df, reached.std_error, alpha=0.05) >= 0.8


@pytest.mark.parametrize(
    "trial",
    [
        Trial(30),
        Trial(60, share=0.25, sd=3.0),
        Trial(240, clusters=12, icc=0.2),
        Trial(500, clusters=10, icc=0.0, r2=0.5),
    ],
    ids=str,
)
def test_simulated_trials_reject_as_often_as_the_law_says(trial):
    """Within four simulation errors of the noncentral t, at the null and at three effects."""
    effects = np.array([0.0, 1.0, 2.0, 3.0]) * trial.std_error
    found = simulated_power(trial, effects, alpha=0.05, reps=4000, seed=11)
    for effect, share in zip(effects.tolist(), found.tolist(), strict=True):
        wanted = exact_power(effect, trial.df, trial.std_error, alpha=0.05)
        assert abs(share - wanted) < 4 * math.sqrt(wanted * (1 - wanted) / 4000)


def test_simulations_are_seeded():
    trial, effects = Trial(100, clusters=10, icc=0.1), np.array([0.3])
    first, again = (simulated_power(trial, effects, alpha=0.05, reps=200, seed=3) for _ in range(2))
    assert np.array_equal(first, again)
