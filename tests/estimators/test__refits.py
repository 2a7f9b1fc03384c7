"""Draws of refits: units of every group, orders, and which errors exist."""

import numpy as np
import pytest

from impact.core.designs import AdoptionChoices
from impact.core.errors import DesignError
from impact.estimators._refits import Refits, aggregated, bootstrap_units, chosen_errors, placebo_orders


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


def test_which_errors_exist():
    assert chosen_errors(None, np.array([1.0]), 5) == "placebo"
    assert chosen_errors(None, np.array([2.0]), 5) == "bootstrap"
    for asked, sizes, controls in (("placebo", [3.0], 3), ("jackknife", [1.0], 9), ("bootstrap", [1.0], 9)):
        with pytest.raises(DesignError) as error:
            chosen_errors(asked, np.array(sizes), controls)
        assert error.value.code == "E586"
