"""Labels of numbers: short, and never the same for two numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.core.labels import number_label, number_labels


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (4.0, "4"), (-2.0, "-2"), (0.0, "0"), (-0.0, "0"), (0.25, "0.25"), (1234567.0, "1234567"),
        (1234568.0, "1234568"), (20190102.0, "20190102"), (2004.1 - 2004.0, "0.1"), (1234567.25, "1234567.25"),
        (1e300, "1e+300"), (math.inf, "inf"), (math.nan, "nan"), (0.1234567, "0.1234567"),
    ],
)  # fmt: skip
def test_short_where_that_is_enough(value, label):
    assert number_label(value) == label


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_that_differ_have_labels_that_differ(one, other):
    """A label holds its number to eleven digits, or exactly."""
    assert float(number_label(one)) == pytest.approx(one, rel=1e-11, abs=0)
    if abs(one - other) > 3e-11 * max(abs(one), abs(other)):
        assert number_label(one) != number_label(other)


def test_labels_of_a_grid_take_the_digits_they_need():
    assert number_labels([0.1, 1 / 3]) == ["0.1", "0.333333"]
    assert number_labels([1234567.0, 1234568.0]) == ["1234567", "1234568"]
    assert number_labels([2.0, 2.0]) == ["2", "2"]
