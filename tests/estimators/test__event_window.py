"""Windows of event time and clean controls."""

from __future__ import annotations

import numpy as np
import pytest

import impact.estimators._event_window as event_window
import impact.pipeline.fit as fitting
from impact.core.designs import Adoption, AdoptionChoices, Factor
from impact.core.errors import DesignError


def adoption(cohorts, periods=8):
    units = len(cohorts)
    unit = Factor("i", np.repeat(np.arange(units), periods).astype(np.int32), tuple(range(units)))
    time = Factor("t", np.tile(np.arange(periods), units).astype(np.int32), tuple(range(1, periods + 1)))
    return Adoption(unit, time, np.arange(1.0, periods + 1), np.array(cohorts, dtype=float))


def test_the_shared_window_is_seen_by_every_cohort():
    found = adoption([4, 5, 7, 1, np.inf])
    assert event_window.cohorts_of(found).tolist() == [4, 5, 7]
    assert event_window.shared_window(found) == (-3.0, 1.0)


def test_options_come_before_the_window_of_the_design():
    found = adoption([4, 6, np.inf])
    choices = AdoptionChoices(window=(-2.0, 1.0))
    assert event_window.asked_window(found, choices, (None, None), "x") == (-2.0, 1.0)
    assert event_window.asked_window(found, choices, (3, None), "x") == (-3.0, 1.0)
    assert event_window.asked_window(found, AdoptionChoices(), (None, 0), "x") == (-3.0, 0.0)


def test_clean_controls():
    cohort = np.array([4, 6, 8, np.inf])
    assert event_window.clean_controls(cohort, 6.0, "not_yet").tolist() == [False, False, True, True]
    assert event_window.clean_controls(cohort, 6.0, "never").tolist() == [False, False, False, True]
    assert event_window.control_group_of(adoption([4, np.inf]), AdoptionChoices()) == "never"
    assert event_window.control_group_of(adoption([4, 6]), AdoptionChoices()) == "not_yet"


def test_windows_that_hold_nothing():
    with pytest.raises(DesignError) as error:
        event_window.asked_window(adoption([1, np.inf]), AdoptionChoices(), (None, None), "x")
    assert error.value.code == "E578"
    with pytest.raises(DesignError) as error:
        event_window.asked_window(adoption([4, np.inf]), AdoptionChoices(reference=-3.0), (2, 1), "x")
    assert error.value.code == "E581"


def test_the_reference_with_gaps():
    every = adoption([4, 6, np.inf])
    assert event_window.observed_reference(event_window.event_times(every), -1.0) == -1.0
    odd = Adoption(every.unit, every.time, np.arange(2.0, 17.0, 2.0), np.array([8.0, 12.0, np.inf]))
    assert event_window.observed_reference(event_window.event_times(odd), -1.0) == -2.0
    assert event_window.observed_reference(np.array([0.0, 1.0]), -1.0) is None


@pytest.mark.parametrize("estimator", ["did_twfe", "did_sa", "did_stacked", "did_lp"])
def test_units_with_gaps_are_dropped_where_asked(estimator, plan_of, as_frame, test_panel):
    """`balance: drop` is the estimate without the unit, and the ledger counts its rows."""
    gap = ~((test_panel["i"] == 4) & (test_panel["t"] == 6))

    def found(rows, **more):
        models = {"m": {"estimator": estimator, "outcome": "y", "vcov": {"cluster": "i"}, **more}}
        plan = plan_of(design={"unit": "i", "time": "t", "cohort": "g", "never": 0}, models=models)
        (result,) = fitting.fit_request(
            as_frame(test_panel, np.flatnonzero(rows)), plan.models[0], seed=1
        ).results
        assert result.error is None
        return result

    one, other = found(gap, balance="drop"), found(test_panel["i"] != 4)
    assert one.estimate.params == pytest.approx(other.estimate.params, abs=1e-12)
    assert one.inference.std_error == pytest.approx(other.inference.std_error, rel=1e-10, nan_ok=True)
    assert [step.dropped for step in one.estimate.design.sample.steps if step.name == "unbalanced"] == [7]
    assert not np.allclose(found(gap).estimate.params, one.estimate.params)
