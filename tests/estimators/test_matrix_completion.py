"""Matrix completion: Proposition 99, truths without noise, missing cells, errors, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DesignError, SpecError
from impact.estimators.matrix_completion import MatrixCompletionOptions, fit
from tests.estimators.comparative_panels import california, design_of, panel_cohorts


def error(estimate):
    return float(np.sqrt(estimate.own_variance.vcov[0, 0]))


def test_california():
    """Arkhangelsky et al. (2021), table 1: −20.2 (11.5); folds and grid differ, so within one."""
    found = fit(california(), MatrixCompletionOptions(reps=50))
    assert found.params[0] == pytest.approx(-20.2, abs=1.0)
    assert 8 < error(found) < 15
    assert found.fit["kkt"] < 1e-6
    assert found.converged


def test_effects_without_noise_are_exact():
    """Outcomes of unit and period effects alone, effects that differ by unit and period: the truth."""
    rng = np.random.default_rng(0)
    cohort = np.array([np.inf] * 6 + [5.0] * 2 + [7.0] * 2)
    effect = rng.uniform(0, 2, (10, 9)) * (np.arange(1, 10) >= cohort[:, None])
    y = rng.normal(size=(10, 1)) + rng.normal(size=9) + effect
    found = fit(design_of(y, cohort), MatrixCompletionOptions(reps=20))
    assert found.params[0] == pytest.approx(effect.sum() / np.count_nonzero(effect), abs=1e-10)
    assert found.fit["penalty"] == 0


def test_a_strong_factor_is_taken_out():
    """A factor on which the treated load more: far less biased than effects of unit and period."""
    rng = np.random.default_rng(1)
    load = np.r_[np.linspace(0, 1, 30), np.full(6, 1.0)]
    y = 6 * load[:, None] * np.sin(np.arange(16) / 3) + 0.1 * rng.normal(size=(36, 16))
    cohort = np.where(np.arange(36) < 30, np.inf, 13.0)
    found = fit(design_of(y, cohort), MatrixCompletionOptions(reps=20))
    plain = fit(design_of(y, cohort), MatrixCompletionOptions(reps=20, penalty=10.0))
    assert plain.fit["rank"] == 0
    assert abs(found.params[0]) < 0.3 * abs(plain.params[0])


def test_missing_cells_are_no_matter():
    rng = np.random.default_rng(2)
    cohort = np.where(np.arange(10) < 7, np.inf, 6.0)
    y = rng.normal(size=(10, 1)) + rng.normal(size=9) + 1.5 * (np.arange(1, 10) >= cohort[:, None])
    y[0, 3] = y[8, 2] = y[9, 8] = np.nan
    found = fit(design_of(y, cohort), MatrixCompletionOptions(reps=20))
    assert found.params[0] == pytest.approx(1.5, abs=1e-10)
    assert found.n_obs == 87


def test_several_cohorts_and_only_rows_after_treatment(test_panel):
    found = fit(panel_cohorts(test_panel), MatrixCompletionOptions(reps=20))
    assert 0.3 < found.params[0] < 0.8
    assert all(term.event_time is None or term.event_time >= 0 for term in found.terms)
    assert 0.04 < error(found) < 0.4
    again = fit(panel_cohorts(test_panel), MatrixCompletionOptions(reps=20))
    assert again.own_variance.vcov.tobytes() == found.own_variance.vcov.tobytes()


def test_treated_cells_without_a_comparison_are_named():
    """A period in which nobody untreated is seen; two groups of units that share no untreated period."""
    y = np.random.default_rng(0).normal(size=(5, 8))
    y[1:, 7] = np.nan
    with pytest.raises(DesignError) as caught:
        fit(design_of(y, np.where(np.arange(5) == 0, 5.0, np.inf)), MatrixCompletionOptions())
    assert caught.value.faults[0].code == "E599"
    assert "(0, 8)" in caught.value.faults[0].message
    apart = np.random.default_rng(0).normal(size=(6, 8))
    apart[:3, 4:7] = apart[3:, :4] = np.nan
    apart[3:, 7] = np.nan
    apart[1:3, 7] = np.nan
    apart[5, 7] = 0.0
    with pytest.raises(DesignError) as caught:
        fit(design_of(apart, np.where(np.arange(6) == 0, 5.0, np.inf)), MatrixCompletionOptions())
    assert caught.value.faults[0].code == "E599"


def test_placebos_take_over_dates_and_missing_cells():
    """Unit and period effects alone, one treated unit that misses a treated period: every placebo effect is zero."""
    rng = np.random.default_rng(5)
    y = rng.normal(size=(7, 1)) + rng.normal(size=10)
    y[0, 8] = np.nan
    found = fit(design_of(y, np.where(np.arange(7) == 0, 8.0, np.inf)), MatrixCompletionOptions(reps=20))
    assert np.abs(found.own_variance.draws).max() < 1e-9
    assert [term.time for term in found.terms if term.kind == "att_gt"] == [8.0, 10.0]
    assert found.fit["n_sets"] <= 6


def test_the_rank_is_that_of_a_loop():
    """Each control as the treated unit at the same penalty, without the treated one."""
    rng = np.random.default_rng(6)
    y = rng.normal(size=(8, 1)) @ rng.normal(size=(1, 11)) + 0.3 * rng.normal(size=(8, 11))
    y[0, 8:] += 0.5
    options = MatrixCompletionOptions(reps=100, penalty=0.02)
    found = fit(design_of(y, np.where(np.arange(8) == 0, 9.0, np.inf)), options)
    others = [
        fit(design_of(y[1:], np.where(np.arange(7) == j, 9.0, np.inf)), options).params[0] for j in range(7)
    ]
    assert found.fit["rank_effect"] == 1 + np.count_nonzero(np.abs(others) >= abs(found.params[0]))
    assert found.fit["n_sets"] == 7
    assert np.unique(found.own_variance.draws[:, 0].round(3)) == pytest.approx(np.sort(others), abs=2e-3)


def test_a_penalty_of_zero_is_no_choice():
    with pytest.raises(ValueError, match="greater than 0"):
        MatrixCompletionOptions(penalty=0)


def test_folds_need_a_seed():
    with pytest.raises(SpecError) as caught:
        fit(california(seed=None), MatrixCompletionOptions())
    assert caught.value.faults[0].code == "E182"
