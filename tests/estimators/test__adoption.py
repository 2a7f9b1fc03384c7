"""What the difference-in-differences estimators share: tables of units by periods, counted drops, choices, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import impact.estimators._adoption as shared
from impact.core.errors import DesignError
from impact.core.options import NoOptions, Options
from impact.core.rows.adoption_rows import cohort_of_rows, event_time_of_rows
from impact.design.adoption import build_adoption

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture
def design(request_with, as_frame, test_panel):
    kept = np.flatnonzero(~((test_panel["i"] == 2) & (test_panel["t"] == 3)))
    request = request_with(COHORTS, controls=["x"], weights="w", vcov={"cluster": "c"})
    return build_adoption(as_frame(test_panel, kept), request)


def test_the_wide_table_holds_every_row(design):
    wide = shared.wide_of(design, "x")
    assert wide.present.sum() == 479
    assert not wide.present[1, 2]
    assert wide.complete.sum() == 59
    assert wide.y[wide.present] == pytest.approx(design.y[wide.row[wide.present]])
    assert np.array_equal(shared.first_rows(design.adoption.unit), wide.row[:, 0])


def test_units_that_leave_are_counted_and_everything_follows(design):
    cohort = design.adoption.cohort
    left = shared.keep_units(design, cohort != 4, name="g", reason="dropped")
    assert left.sample.steps[-1].dropped == np.count_nonzero(cohort_of_rows(design.adoption) == 4)
    assert left.adoption.unit.levels == 45
    assert {*np.unique(left.adoption.cohort).tolist()} == {5.0, 7.0, np.inf}
    rows = cohort_of_rows(design.adoption) != 4
    for name in ("y", "weights"):
        assert np.array_equal(getattr(left, name), getattr(design, name)[rows])
    assert np.array_equal(left.x, design.x[rows])
    labels = np.array(design.clusters["c"].labels)[design.clusters["c"].codes[rows]]
    assert np.array_equal(np.array(left.clusters["c"].labels)[left.clusters["c"].codes], labels)
    assert shared.keep_units(design, np.ones(60, dtype=bool), name="", reason="") is design


def test_a_period_without_rows_leaves_the_calendar(design):
    left = shared.keep_rows(design, design.adoption.time.codes != 0, name="t", reason="dropped")
    assert np.array_equal(left.adoption.periods, np.arange(2.0, 9))
    event = event_time_of_rows(left.adoption)
    assert event[0] == -np.inf or np.isfinite(event[0])


def test_options_of_the_estimator_come_before_the_design(design):
    class Own(Options):
        control_group: str | None = None
        anticipation: float | None = None

    assert shared.choices_of(design, NoOptions(), "x") == design.adoption.choices
    found = shared.choices_of(design, Own(control_group="not_yet"), "x")
    assert (found.control_group, found.anticipation) == ("not_yet", 0.0)
    assert shared.choice_facts(found, aggregate="cohort")["aggregate"] == "cohort"


def test_designs_that_cannot_be_used(design, request_with, as_frame, test_panel):
    from dataclasses import replace

    with pytest.raises(DesignError) as error:
        shared.adoption_of(replace(design, adoption=None), "did_cs")
    assert error.value.faults[0].code == "E560"
    off = {**test_panel, "D": np.where(test_panel["t"] == 8, 0, test_panel["D"])}
    request = request_with({"unit": "i", "time": "t", "treatment": "D"})
    with pytest.raises(DesignError) as error:
        shared.require_absorbing(build_adoption(as_frame(off), request).adoption, "did_cs")
    assert error.value.faults[0].code == "E561"
    assert "45 unit(s) (1, 2, 3, 5, 6)" in str(error.value)
    assert "did_dcdh" in error.value.faults[0].help


def test_long_lists_are_cut():
    assert shared.shown(list("abcdefgh")) == "a, b, c, d, e, f, g, h"
    assert shared.shown(list("abcdefghij")) == "a, b, c, d, e, f, g, h (+2)"
