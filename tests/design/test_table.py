"""Columns that a model may read, and those that the treated block makes."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DesignError, SpecError
from impact.design.table import column_of, is_missing, number_column, take_rows, values_of, with_block
from impact.schema.expressions.parse import parse_expression
from impact.schema.requests import TreatedBlock


def block(**more):
    values = {"unit": "area", "time": "year", "treated": parse_expression('area == "lima"'), "start": 2017.0}
    return TreatedBlock(**{**values, **more})


@pytest.fixture
def frame(as_frame):
    return as_frame(
        {"area": ["lima", "lima", "cusco", "cusco", "puno"], "year": [2016, 2017, 2016, 2017, np.nan]}
    )


def test_the_block_makes_three_columns(frame):
    made = with_block(frame, block())
    assert made["treated"].tolist() == [1, 1, 0, 0, 0]
    assert made["post"].tolist()[:4] == [0, 1, 0, 1]
    assert made["exposed"].tolist()[:4] == [0, 1, 0, 0]
    assert np.isnan(made["post"][4])
    assert np.isnan(made["exposed"][4])


def test_a_late_outcome_is_exposed_earlier(frame):
    assert with_block(frame, block(outcome_lead=1))["post"].tolist()[:4] == [1, 1, 1, 1]
    assert with_block(frame, None) is frame.columns


def test_a_unit_is_treated_in_all_rows_or_none(frame):
    with pytest.raises(DesignError) as caught:
        with_block(frame, block(treated=parse_expression("year == 2017")))
    assert caught.value.code == "E512"
    assert "cusco, lima" in caught.value.faults[0].message


def test_a_wrong_name_gets_the_nearest(frame):
    assert column_of(frame.columns, "year") is frame.columns["year"]
    with pytest.raises(SpecError) as caught:
        column_of(frame.columns, "yaer")
    assert (caught.value.code, caught.value.suggestion) == ("E514", "year")


def test_text_is_no_number(frame):
    assert number_column(frame.columns, "year") is frame.columns["year"]
    with pytest.raises(DesignError) as caught:
        number_column(frame.columns, "area")
    assert caught.value.code == "E515"


def test_missing_by_kind():
    assert is_missing(np.array([1.0, np.nan])).tolist() == [False, True]
    assert is_missing(np.array(["", None], dtype=object)).tolist() == [False, True]
    assert is_missing(np.array(["2020-01-01", "NaT"], dtype="datetime64[D]")).tolist() == [False, True]


def test_all_rows_are_taken_without_a_copy(frame):
    values = frame.columns["year"]
    assert take_rows(values, np.arange(5)) is values
    assert take_rows(values, np.array([1, 3])).tolist() == [2017, 2017]


def test_expressions_are_evaluated_on_the_columns(frame):
    found = values_of(parse_expression("year - 2000"), frame.columns, 5)
    assert found.tolist()[:4] == [16, 17, 16, 17]
