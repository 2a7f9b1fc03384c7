"""Draws of refits: units of every group, orders, and which errors exist."""

import numpy as np
import pytest

from impact.core.designs import AdoptionChoices, Term
from impact.core.errors import DesignError
from impact.estimators._refits import (
    Refits,
    aggregated,
    bootstrap_units,
    chosen_errors,
    fitted_rows,
    placebo_orders,
    spread_of_draws,
)


def test_rows_of_a_draw():
    effects = np.array([[np.nan, 1.0, 3.0], [np.nan, np.nan, 2.0]])
    terms, params = aggregated(
        Refits(np.array([2.0, 3.0]), np.arange(1.0, 4), AdoptionChoices()), effects, np.array([1.0, 2.0])
    )
    rows = dict(zip([term.name for term in terms], params.tolist(), strict=True))
    assert rows["att"] == pytest.approx((1 + 3 + 2 * 2) / 4)
    assert rows["cohort[2]"] == pytest.approx(2)
    assert rows["event[0]"] == pytest.approx((1 + 2 * 2) / 3)


def test_draws_hold_each_group_and_orders_each_unit():
    generator = np.random.default_rng(1)
    drawn = bootstrap_units(generator, [np.array([0]), np.array([1, 2])], 6, 200)
    assert all(0 in row and {1, 2} & set(row.tolist()) for row in drawn)
    assert np.array_equal(np.sort(placebo_orders(generator, 5, 7), axis=1), np.tile(np.arange(5), (7, 1)))


def test_rows_that_were_fitted():
    terms = [Term("att"), Term("event[-1]", event_time=-1.0), Term("event[0]", event_time=0.0)]
    assert fitted_rows(terms).tolist() == [False, True, False]


def test_the_spread_of_draws_leaves_out_what_a_draw_lacks():
    draws = np.array([[1.0, 2.0, np.nan], [3.0, np.nan, np.nan], [2.0, 6.0, np.nan]])
    own = spread_of_draws(draws, "bootstrap", "county")
    assert np.diagonal(own.vcov)[:2] == pytest.approx([np.var([1, 3, 2]), np.var([2, 6])])
    # first and third draw, each less the mean of its row
    assert own.vcov[0, 1] == pytest.approx(((1 - 2) * (2 - 4) + (2 - 2) * (6 - 4)) / 2)
    assert np.isnan(own.vcov[2, 2])
    assert "3" in own.text["en"]
    assert "county" in own.text["en"]


def test_which_errors_exist():
    assert chosen_errors(None, np.array([1.0]), 5) == "placebo"
    assert chosen_errors(None, np.array([2.0]), 5) == "bootstrap"
    for asked, sizes, controls in (("placebo", [3.0], 3), ("jackknife", [1.0], 9), ("bootstrap", [1.0], 9)):
        with pytest.raises(DesignError) as error:
            chosen_errors(asked, np.array(sizes), controls)
        assert error.value.code == "E586"
