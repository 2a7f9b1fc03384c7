"""Unquoted scalars: numbers, true, false, null; all else is text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.schema.scalars import Refused, read_plain


@pytest.mark.parametrize(
    "written, value",
    [
        ("true", True), ("false", False), ("null", None), ("~", None), ("", None),
        ("1", 1), ("-3", -3), ("+4", 4), ("0", 0), ("1_000", 1000), ("1_000.5", 1000.5),
        ("1e3", 1000.0), ("660e9", 660e9), (".5", 0.5), ("1.", 1.0), ("0.120", 0.12), ("-1.5E-3", -0.0015),
        ("9007199254740992", 2**53), ("-9007199254740992", -(2**53)),
    ],
)  # fmt: skip
def test_numbers_and_words(written, value):
    found = read_plain(written)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    "written",
    ["no", "NO", "yes", "on", "off", "y", "True", "FALSE", "Null", "12:30", "12:30:45", "2018-10-31", "0x1F",
     "0o17", "1__0", "_1", "1_", "e3", ".", "+", "-", "1e", "1.2.3", "14-24", "2016..2025", "infinity", "nan",
     "1 000", "１２"],
)  # fmt: skip
def test_text(written):
    assert read_plain(written) == written


@pytest.mark.parametrize("written", ["0123", "-01", "00", "01.5", "000e1", "0_1"])
def test_a_leading_zero_is_neither_number_nor_text(written):
    assert read_plain(written) == Refused("E115")


@pytest.mark.parametrize("written", ["9007199254740993", "-9007199254740993", "9" * 5000])
def test_whole_numbers_that_a_double_cannot_hold(written):
    assert read_plain(written) == Refused("E116")


@pytest.mark.parametrize("written", ["1e999", "-1e400", ".inf", "-.INF", ".nan"])
def test_numbers_that_are_not_finite(written):
    assert read_plain(written) == Refused("E135")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_comes_back(value):
    written = repr(value)
    assert read_plain(written) == value or read_plain(written) == Refused("E115")


@given(st.text(max_size=30))
def test_any_text_is_read(written):
    found = read_plain(written)
    assert not isinstance(found, float) or math.isfinite(found)
