"""Designs of who is treated from when: cohorts from columns, codes of never treated, order of rows, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DesignError
from impact.design.adoption import build_adoption

N, T = 60, 8


COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


def codes(error):
    return {fault.code for fault in error.value.faults}


def test_cohorts_are_those_of_the_panel(request_with, as_frame, test_panel):
    design = build_adoption(as_frame(test_panel), request_with(COHORTS))
    adoption = design.adoption
    expected = np.array([[np.inf, 4, 5, 7][i % 4] for i in range(1, 61)])
    assert np.array_equal(adoption.cohort, expected)
    assert np.array_equal(adoption.periods, np.arange(1.0, 9))
    assert np.array_equal(adoption.unit.codes, np.repeat(np.arange(N), T))
    assert design.y == pytest.approx(test_panel["y"])
    assert design.extra["adoption"]["cohorts"][0] == {"cohort": 4.0, "units": 15, "rows": 120}
    assert design.extra["adoption"]["share_never"] == 0.25
    assert design.extra["adoption"]["balanced"]
    assert design.extra["adoption"]["cells_without_controls"] == []


def test_cohorts_are_derived_from_the_treatment(request_with, as_frame, test_panel):
    treatment = {"unit": "i", "time": "t", "treatment": "D"}
    one = build_adoption(as_frame(test_panel), request_with(treatment)).adoption
    other = build_adoption(as_frame(test_panel), request_with(COHORTS)).adoption
    assert np.array_equal(one.cohort, other.cohort)
    assert one.switches_off == ()
    changed = {
        **test_panel,
        "D": np.where((test_panel["i"] == 1) & (test_panel["t"] == 8), 0, test_panel["D"]),
    }
    assert build_adoption(as_frame(changed), request_with(treatment)).adoption.switches_off == (1.0,)


def test_a_block_is_one_cohort(request_with, as_frame, test_panel):
    block = {"unit": "i", "time": "t", "treated": "i <= 5", "from": 6}
    cohort = build_adoption(as_frame(test_panel), request_with(block)).adoption.cohort
    assert np.array_equal(cohort, np.where(np.arange(1, 61) <= 5, 6.0, np.inf))


def test_the_order_of_rows_does_not_matter(request_with, as_frame, test_panel):
    rows = np.random.default_rng(4).permutation(N * T)
    request = request_with(COHORTS, controls=["x", "z"], vcov={"cluster": "c"})
    one, other = (
        build_adoption(as_frame(test_panel), request),
        build_adoption(as_frame(test_panel, rows), request),
    )
    assert one.y.tobytes() == other.y.tobytes()
    assert one.x.tobytes() == other.x.tobytes()
    assert np.array_equal(one.clusters["c"].codes, other.clusters["c"].codes)
    assert [term.name for term in one.terms] == ["x", "z"]


def test_everybody_treated_from_the_start(request_with, as_frame, test_panel):
    with pytest.raises(DesignError) as error:
        build_adoption(as_frame({**test_panel, "g": np.ones(N * T)}), request_with(COHORTS))
    assert codes(error) == {"E558"}


def test_persons_of_a_unit_and_period_become_one_row(request_with, as_frame, test_panel):
    """Sums over the persons of cells equal the means of the persons themselves (computed row by row)."""
    rng = np.random.default_rng(2)
    half = rng.integers(2, 9, (2, N * T)).astype(float)
    total = rng.normal(size=(2, N * T)) * half
    columns = {name: np.tile(values, 2) for name, values in test_panel.items()}
    columns |= {"n": half.ravel(), "s": total.ravel(), "q": (total**2 / half + 3.0).ravel()}
    request = request_with(COHORTS, outcome={"sum": "s", "count": "n", "sumsq": "q"})
    found = build_adoption(as_frame(columns), request, sums=True)
    assert found.y == pytest.approx(total.sum(axis=0) / half.sum(axis=0))
    assert found.weights == pytest.approx(half.sum(axis=0))
    spread = (total**2 / half + 3).sum(axis=0) - total.sum(axis=0) ** 2 / half.sum(axis=0)
    assert found.within_sum_of_squares == pytest.approx(spread)
    plain = build_adoption(as_frame(columns), request)
    assert plain.weights is None
    assert {notice.code for notice in plain.notices} == {"W538"}


def test_cross_sections_have_a_unit_for_each_row(request_with, as_frame, test_panel):
    request = request_with({"time": "t", "cohort": "g", "never": 0}, vcov="hc1")
    adoption = build_adoption(as_frame(test_panel), request).adoption
    assert not adoption.is_panel
    assert adoption.unit.levels == N * T


def test_rows_without_a_treatment_are_counted(request_with, as_frame, test_panel):
    columns = {**test_panel, "y": np.where(test_panel["t"] == 2, np.nan, test_panel["y"])}
    found = build_adoption(as_frame(columns), request_with(COHORTS))
    assert [(step.name, step.dropped) for step in found.sample.steps] == [("y", 60)]
    assert found.extra["adoption"]["n_periods"] == 7


def test_units_that_a_permutation_may_treat(request_with, as_frame, test_panel):
    """`among:` is read by unit, whatever the order of rows."""
    permute = {"unit": "i", "sets": "same_size", "among": "i <= 30"}
    block = {"unit": "i", "time": "t", "treated": "i <= 5", "from": 6}
    rows = np.random.default_rng(1).permutation(N * T)
    found = build_adoption(as_frame(test_panel, rows), request_with(block, permute=permute))
    assert np.array_equal(found.extra["eligible"], np.arange(1, 61) <= 30)
