"""Outcomes given as sums against the persons they were made of; weights that cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.errors import DataError, DesignError
from impact.design.outcome import read_outcome, read_weights
from impact.design.parts import Source
from impact.schema.expressions.parse import parse_expression
from impact.schema.requests import OutcomeSums, WeightRequest

SUMS = {"outcomes": {"kept": {"sum": "s", "count": "n", "sumsq": "q"}}}


def source_of(**columns):
    arrays = {name: np.asarray(values, dtype=float) for name, values in columns.items()}
    n = len(next(iter(arrays.values())))
    return Source(arrays, n, np.arange(n))


@settings(max_examples=60, deadline=None)
@given(cells=st.lists(st.lists(st.integers(-3, 3).map(float), max_size=5), min_size=1, max_size=6))
def test_sums_give_mean_count_and_squared_deviations(request_of, cells):
    request = request_of("kept ~ x", spec=SUMS)
    assert isinstance(request.outcome, OutcomeSums)
    source = source_of(
        s=[sum(cell) for cell in cells],
        n=[len(cell) for cell in cells],
        q=[sum(v * v for v in cell) for cell in cells],
    )
    found = read_outcome(request, source)
    assert found.counts.tolist() == [len(cell) for cell in cells]
    for k, cell in enumerate(cells):
        if cell:
            assert found.y[k] == pytest.approx(np.mean(cell))
            assert found.within[k] == pytest.approx(np.sum((np.array(cell) - np.mean(cell)) ** 2), abs=1e-9)
        else:
            assert np.isnan(found.y[k])


def test_squares_of_a_share_are_its_sum(request_of):
    request = request_of("kept ~ x", spec={"outcomes": {"kept": {"sum": "s", "count": "n"}}})
    found = read_outcome(request, source_of(s=[3], n=[4]))
    assert found.within.tolist() == [pytest.approx(4 * 0.75 * 0.25)]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"s": [1], "n": [1.5], "q": [1]}, "whole number"),
        ({"s": [1], "n": [-1], "q": [1]}, "whole number"),
        ({"s": [10], "n": [2], "q": [3]}, "sum of squares"),
    ],
)
def test_sums_that_cannot_be(request_of, columns, problem):
    with pytest.raises(DataError) as caught:
        read_outcome(request_of("kept ~ x", spec=SUMS), source_of(**columns))
    assert caught.value.code == "E517"
    assert problem in caught.value.faults[0].message


def test_columns_and_expressions(request_of):
    source = source_of(y=[1, 2], x=[0, 1])
    assert read_outcome(request_of("y ~ x"), source).y.tolist() == [1, 2]
    assert read_outcome(request_of("log(y) ~ x"), source).y == pytest.approx(np.log([1, 2]))
    made = request_of("twice ~ x", spec={"outcomes": {"twice": "2 * y"}})
    assert read_outcome(made, source).y.tolist() == [2, 4]


def test_an_outcome_of_text(request_of):
    source = Source({"y": np.array(["a"], dtype=object), "x": np.ones(1)}, 1, np.arange(1))
    with pytest.raises(DesignError) as caught:
        read_outcome(request_of("y ~ x"), source)
    assert caught.value.code == "E515"


def weights(kind, values):
    request = WeightRequest(parse_expression("w"), kind, "w")
    return read_weights(request, source_of(w=values))


def test_weights_by_kind():
    assert weights("analytic", [0.5, 0, np.nan]).tolist()[:2] == [0.5, 0]
    assert weights("frequency", [3, 0]).tolist() == [3, 0]


@pytest.mark.parametrize(
    ("kind", "values", "problem"),
    [
        ("sampling", [1, -1], "negative"),
        ("frequency", [1, 2.5], "fractional"),
        ("frequency", [-1, 2], "negative"),
    ],
)
def test_weights_that_cannot_be(kind, values, problem):
    with pytest.raises(DataError) as caught:
        weights(kind, values)
    assert caught.value.code == "E513"
    assert problem in caught.value.faults[0].message
