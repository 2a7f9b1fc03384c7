"""Units: what combines and what cannot be added."""

from __future__ import annotations

import pytest

from impact.schema.expressions.parse import parse_expression
from impact.schema.ledger.units import UnitCheck, read_unit, unit_text

KNOWN = {
    "stock": "persons",
    "pay": "PEN/person/month",
    "months": "month/year",
    "wa": "share",
    "gdp": "PEN/year",
}


@pytest.fixture
def check():
    return UnitCheck({name: read_unit(unit)[0] for name, unit in KNOWN.items()} | {"open": None})


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("stock * pay * months", "PEN/year"),
        ("stock * wa", "person"),
        ("100 * stock * pay * months / gdp", ""),
        ("gdp / stock", "PEN/person/year"),
        ("stock ** 2", "person^2"),
        ("sqrt(stock ** 2)", "person"),
        ("stock + 5", "person"),
        ("lag(stock, 1, 0) + stock", "person"),
        ("mean(gdp) - 3", "PEN/year"),
        ("max(stock, lag(stock, 1))", "person"),
        ("stock if year > 2018 else 0", "person"),
        ("log(gdp / lag(gdp, 1))", ""),
        ("stock > 3", ""),
    ],
)
def test_a_unit_is_found(check, text, unit):
    assert unit_text(check.of(parse_expression(text, mode="ledger"))) == unit
    assert check.faults == []


@pytest.mark.parametrize("text", ["open * pay", "open + pay * 0 + open", "gdp ** wa"])
def test_what_is_open_is_not_checked(check, text):
    check.of(parse_expression(text, mode="ledger"))
    assert check.faults == []


@pytest.mark.parametrize(
    ("text", "left", "right"),
    [
        ("pay + stock", "PEN/month/person", "person"),
        ("gdp - stock * pay", "PEN/year", "PEN/month"),
        ("max(stock, gdp)", "person", "PEN/year"),
        ("stock > gdp", "person", "PEN/year"),
        ("stock if year > 2018 else gdp", "person", "PEN/year"),
        ("log(stock)", "person", "a number without unit"),
        ("2 ** stock", "a number without unit", "person"),
        ("lag(stock, 1, gdp)", "person", "PEN/year"),
        ("1 + 2 + stock + gdp", "person", "PEN/year"),
    ],
)
def test_units_that_do_not_fit(check, text, left, right):
    check.of(parse_expression(text, mode="ledger"))
    assert [fault.code for fault in check.faults] == ["E438"]
    assert f"{left} and {right}" in check.faults[0].message


@pytest.mark.parametrize("written", ["PEN//month", "/", "PEN*", "m^x", "m^99"])
def test_a_text_that_is_no_unit(written):
    assert [fault.code for fault in read_unit(written)[1]] == ["E448"]


def test_words_without_dimension():
    for written in ("share", "% of GDP", "1", "index"):
        assert read_unit(written) == ({}, [])
    assert read_unit("persons")[0] == read_unit("person")[0]
