"""A quantity over years: one value, paths, and the rules outside them."""

from __future__ import annotations

import numpy as np
import pytest

from impact.schema.ledger.requests import Series

PATH = ((2017, 10.0), (2019, 30.0))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, None, [10, 10, 10, 20, 30, 30, 30]),
        ("hold", 0, [10, 10, 10, 20, 30, 0, 0]),
        (0, "hold", [0, 0, 10, 20, 30, 30, 30]),
        (-1.5, 7, [-1.5, -1.5, 10, 20, 30, 7, 7]),
    ],
)
def test_rules_outside_the_years_of_a_path(before, after, expected):
    found = Series(path=PATH, before=before, after=after).over(2015, 2021)
    np.testing.assert_array_equal(found, expected)


def test_one_value_has_no_years():
    np.testing.assert_array_equal(Series(value=3.0).over(1990, 2020), [3.0])
