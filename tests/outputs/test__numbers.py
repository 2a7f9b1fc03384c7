import re
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.outputs._numbers import (
    decimal_text,
    error_text,
    interval_text,
    p_text,
    percent_text,
    scientific_text,
    whole_text,
)

finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (0.0005, 3, "0.001"),  # the float is 0.0005000000000000000104: above the half
        (0.125, 2, "0.12"),  # exactly half: to the even digit
        (0.375, 2, "0.38"),
        (-0.0004, 3, "0.000"),
        (-0.0, 3, "0.000"),
        (1234567.891, 2, "1,234,567.89"),
        (-1234.5, 0, "-1,234"),
        (2.5, 0, "2"),
        (1e22, 1, "10,000,000,000,000,000,000,000.0"),
        ("inf", 3, "∞"),
        ("-inf", 3, "-∞"),
        (float("inf"), 3, "∞"),
        (float("nan"), 3, ""),
        (None, 3, ""),
        (True, 3, ""),
        (7, 2, "7.00"),
    ],
)
def test_decimal_text(value, digits, shown):
    assert decimal_text(value, digits) == shown


@given(value=finite, digits=st.integers(0, 9))
@settings(max_examples=200)
def test_decimal_text_is_the_exact_value_rounded_half_to_even(value, digits):
    shown = decimal_text(value, digits)
    expected = Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    assert Decimal(shown.replace(",", "")) == expected
    assert not re.fullmatch(r"-[0.,]+", shown)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0047, "0.005"), (0.00031, "3.1e-4"), (0.0, "0.000"), (None, ""), (9.96e-12, "1.0e-11")],
)
def test_small_errors_are_never_zero(value, shown):
    assert error_text(value, 3) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0004, "<0.001"), (0.0, "<0.001"), (0.0496, "0.050"), (1.0, "1.000"), (None, "")]
)
def test_p_text(value, shown):
    assert p_text(value) == shown


def test_whole_text_groups_thousands_and_keeps_fractions():
    assert whole_text(36478) == "36,478"
    assert whole_text(36478.0) == "36,478"
    assert whole_text(12.25) == "12.2"
    assert whole_text(2018, grouping=False) == "2018"
    assert whole_text(None) == ""


def test_intervals_and_percent():
    assert interval_text(-0.0512, 0.0224, 3) == "[-0.051, 0.022]"
    assert interval_text("-inf", 0.1, 2) == "[-∞, 0.10]"
    assert interval_text(None, 0.1, 2) == ""
    assert percent_text(0.0722) == "7.2 %"
    assert scientific_text(0.0004) == "4.0e-4"
