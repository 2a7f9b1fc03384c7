"""Event rows: what is before treatment, which period they are relative to, what stands in the way."""

from __future__ import annotations

import numpy as np
import pytest

from impact.diagnostics._event_rows import (
    EventStudy,
    Obstacle,
    before_treatment,
    event_study,
    has_varying_base,
    references_of,
    refusal,
    rows_of,
)


def spread(size, seed=2):
    root = np.random.default_rng(seed).normal(size=(size, size))
    return root @ root.T / size + 0.1 * np.eye(size)


def test_rows_in_order_without_the_reference(event_model):
    covariance = spread(4)
    result = event_model([1.0, 2, 3, 4], covariance, [-3, -2, 0, 1], references=[-1], df=12.0)
    rows = rows_of(result, "event")
    assert rows.names == ("event[-3]", "event[-2]", "event[0]", "event[1]")
    assert rows.params.tolist() == [1, 2, 3, 4] and np.array_equal(rows.covariance, covariance)
    assert rows.df == 12 and references_of(result) == [-1]
    assert before_treatment(rows, 0).names == ("event[-3]", "event[-2]")
    assert before_treatment(rows, 2).names == ("event[-3]",)
    assert rows_of(result, "att_gt").names == ()


def test_rows_relative_to_the_usual_reference_stay(event_model):
    covariance = spread(4)
    study = event_study(event_model([1.0, 2, 3, 4], covariance, [-3, -2, 0, 1], references=[-1]))
    assert isinstance(study, EventStudy)
    assert (study.before, study.base, study.first) == (2, -1, 0)
    assert study.params.tolist() == [1, 2, 3, 4] and study.covariance == pytest.approx(covariance)


def test_a_reference_that_regressions_leave_out(event_model):
    study = event_study(event_model([1.0, 2, 3, 4], spread(4), [-3, -2, 0, 1]))
    assert isinstance(study, EventStudy) and study.base == -1 and study.before == 2


def test_another_reference_is_moved_to_the_last_period_before(event_model):
    """b_t − b_{−1} for every t, and minus b_{−1} for the period that was zero."""
    covariance = spread(4)
    result = event_model([1.0, 2, 3, 4], covariance, [-2, -1, 0, 1], references=[-3])
    study = event_study(result)
    assert isinstance(study, EventStudy)
    assert study.names == ("event[-3]", "event[-2]", "event[0]", "event[1]")
    assert study.params.tolist() == [-2, -1, 1, 2]
    matrix = np.array([[0, -1, 0, 0], [1, -1, 0, 0], [0, -1, 1, 0], [0, -1, 0, 1.0]])
    assert study.covariance == pytest.approx(matrix @ covariance @ matrix.T)


def test_anticipation_and_steps_of_two(event_model):
    comparison = {"anticipation": 1.0, "base_period": "universal"}
    result = event_model([1.0, 2, 3, 4], spread(4), [-3, -1, 0, 1], references=[-2], comparison=comparison)
    study = event_study(result)
    assert isinstance(study, EventStudy) and (study.before, study.base, study.first) == (1, -2, 1)
    wide = event_study(event_model([1.0, 2, 3], spread(3), [-6, -4, 0], references=[-2]))
    assert isinstance(wide, EventStudy) and wide.base == -2 and wide.before == 2


def test_obstacles(event_model):
    params, covariance = np.ones(4), spread(4)
    varying = event_model(params, covariance, [-2, -1, 0, 1], comparison={"base_period": "varying"})
    assert has_varying_base(varying)
    assert event_study(varying) == Obstacle("E590", {"model": "main"})
    all_rows = event_model(
        params, covariance, [-3, -2, 0, 1], references=[-1], comparison={"base_period": "all untreated"}
    )
    assert event_study(all_rows) == Obstacle("E590", {"model": "main"})
    gap = event_study(event_model(params, covariance, [-4, -2, 0, 1], references=[-1]))
    assert gap == Obstacle("E591", {"model": "main", "times": "-3"})
    none = event_study(event_model(params[:2], covariance[:2, :2], [0, 1], references=[2]))
    assert isinstance(none, Obstacle) and none.code == "E592"
    flat = event_study(event_model(params, np.ones((4, 4)), [-3, -2, 0, 1], references=[-1]))
    assert flat == Obstacle("E593", {"model": "main", "count": 4})
    assert refusal(flat).faults[0].code == "E593"
