"""Placebo sets and ranks among them, counted by hand."""

import numpy as np
import pytest

from impact.core.errors import DesignError, SpecError
from impact.estimators._placebo_ranks import few_before, judged, placebo_sets, ranked
from impact.estimators._treated_block import read_panel
from tests.estimators.comparative_panels import design_of

PLACEBOS = np.array([[1.0, -1.0, 4.0], [0.5, 0.5, -1.0], [2.0, 2.0, 2.0]])
# five periods before treatment with the same mean squares
FIVE = np.hstack([np.repeat(PLACEBOS[:, :1], 3, axis=1), PLACEBOS])


def panel(units=5, treated=1, *, start=6.0, seed=1):
    y = np.random.default_rng(0).normal(size=(units, 7))
    return read_panel(design_of(y, np.where(np.arange(units) < treated, start, np.inf), seed=seed), "x")


def test_ranks_by_effect_and_by_ratio():
    found = ranked(np.array([0.1, -0.1, 0.1, 0.1, -0.1, 2.0]), FIVE, 5)
    # effects 4, 1, 2 against 2: two are as large; ratios 4, 2, 1 against 20: none is
    assert found.facts["p_effect"] == pytest.approx(3 / 4)
    assert found.p_ratio == found.facts["p_ratio"] == pytest.approx(1 / 4)
    assert found.facts["smallest_p"] == pytest.approx(1 / 4)
    assert found.facts["ratio"] == pytest.approx(20)
    assert found.facts["n_sets"] == 3


def test_few_periods_give_no_rank_by_the_ratio():
    found = ranked(np.array([0.1, -0.1, 2.0]), PLACEBOS, 2)
    assert found.p_ratio is None
    assert found.facts["rank_effect"] == 3
    assert not [name for name in found.facts if "ratio" in name]
    assert [notice.code for notice in few_before(4, "y")] == ["W520"]
    assert few_before(5, "y") == ()


def test_an_exact_fit_before_is_an_infinite_ratio():
    found = ranked(np.r_[np.zeros(5), 1.0], FIVE, 5)
    assert np.isinf(found.facts["ratio"])
    assert found.facts["rank_ratio"] == 1


def test_all_sets_or_draws_of_them():
    assert [own.tolist() for own in placebo_sets(panel(5, 2), 2, 99)] == [[2, 3], [2, 4], [3, 4]]
    drawn = placebo_sets(panel(12, 2), 2, 20)
    assert len(drawn) == 20
    assert all(2 <= own[0] < own[1] < 12 for own in drawn)
    with pytest.raises(SpecError) as no_seed:
        placebo_sets(panel(12, 2, seed=None), 2, 20)
    assert no_seed.value.faults[0].code == "E182"
    with pytest.raises(DesignError) as none:
        placebo_sets(panel(5, 3), 3, 99)
    assert none.value.faults[0].code == "E586"


def test_each_assignment_counts_once():
    """Three draws are two assignments of cohorts 0 and 1, with effects 3 and 1 against 2: rank 2 of 3."""
    orders = np.array([[0, 1, 2, 3], [1, 0, 2, 3], [0, 1, 3, 2]])
    draws = np.array([[3.0], [3.0], [1.0]])
    found = judged(panel(), np.array([2.0]), draws, orders, np.array([0, 1]))
    assert found.facts == pytest.approx(
        {"rank_effect": 2, "p_effect": 2 / 3, "smallest_p": 1 / 3, "n_sets": 2}
    )
    assert found.own.vcov[0, 0] == pytest.approx(8 / 9)
    assert found.own.p_value is None
    assert not found.notices
    # the same role: one assignment
    assert judged(panel(), np.array([2.0]), draws, orders, np.array([0, 0])).facts["n_sets"] == 1


def test_few_periods_give_placebo_errors_no_verdict():
    found = judged(panel(start=5.0), np.ones(1), np.ones((2, 1)), np.array([[0, 1], [1, 0]]), np.array([0]))
    assert [notice.code for notice in found.notices] == ["W520"]
    assert np.isnan(found.own.p_value).all()
