"""Pieces of formulas: transforms against numpy, lags against a loop over units and periods."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.errors import DesignError, SpecError
from impact.design.parts import Source, lag_names, piece_text, piece_values, pieces_of, shift_in_time
from impact.pipeline.fit import design_of
from impact.schema.formulas.parse import parse_formula


def source_of(columns, rows=None, **more):
    n = len(next(iter(columns.values())))
    return Source(columns, n, np.arange(n) if rows is None else np.array(rows), **more)


def values(text, source):
    formula = parse_formula(f"y ~ {text}")
    (term,) = formula.terms
    return [piece_values(piece, formula, source) for piece in pieces_of(term)]


CELLS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=20, unique=True)


@settings(max_examples=80)
@given(CELLS, st.integers(-2, 2), st.randoms(use_true_random=False))
def test_a_lag_is_the_same_units_value_that_many_periods_before(cells, shift, random):
    random.shuffle(cells)
    unit, time = (np.array(part) for part in zip(*cells, strict=True))
    x = 10.0 * unit + time
    known = dict(zip(cells, x.tolist(), strict=True))
    wanted = [known.get((i, t - shift), np.nan) for i, t in cells]
    found = shift_in_time(x, unit.astype(np.int32), time.astype(float), shift)
    np.testing.assert_array_equal(found, wanted)


def test_lags_leads_and_differences_in_a_formula():
    columns = {"x": np.array([1.0, 2.0, 4.0, 8.0]), "t": np.array([1.0, 2.0, 3.0, 5.0])}
    source = source_of(columns, unit=np.zeros(4, dtype=np.int32), time=columns["t"])
    (lags,) = values("l(x, 1:2)", source)
    np.testing.assert_array_equal(lags, [[np.nan, 1, 2, np.nan], [np.nan, np.nan, 1, 4]])
    ((lead,),) = values("f(x, 1)", source)
    np.testing.assert_array_equal(lead, [2, 4, np.nan, np.nan])
    ((change,),) = values("d(x)", source)
    np.testing.assert_array_equal(change, [np.nan, 1, 2, np.nan])
    (term,) = parse_formula("y ~ l(x, 1:2)").terms
    assert lag_names(term) == ["l(x, 1)", "l(x, 2)"]


def test_lags_need_a_panel():
    with pytest.raises(DesignError) as caught:
        values("l(x, 1)", source_of({"x": np.ones(3)}))
    assert caught.value.code == "E506"


def test_lags_look_beyond_the_sample():
    """The sample may drop the row that a lag is read from."""
    columns = {"x": np.array([1.0, 2.0]), "t": np.array([1.0, 2.0])}
    source = source_of(columns, rows=[1], unit=np.zeros(2, dtype=np.int32), time=columns["t"])
    assert values("l(x, 1)", source)[0][0].tolist() == [1.0]


def test_transforms_are_those_of_numpy():
    x = np.array([0.5, 1.0, 3.0])
    source = source_of({"x": x, "z": 2 * x})
    assert values("log(x)", source)[0][0] == pytest.approx(np.log(x))
    assert values("log(x * z + 1)", source)[0][0] == pytest.approx(np.log(2 * x * x + 1))
    (first, second) = values("x:z", source)
    assert (first[0].tolist(), second[0].tolist()) == (x.tolist(), (2 * x).tolist())


def test_rows_of_the_sample_only():
    assert values("x", source_of({"x": np.arange(4.0)}, rows=[1, 3]))[0][0].tolist() == [1.0, 3.0]


def test_indicator_pieces_are_columns_of_any_kind():
    source = source_of({"g": np.array(["a", "b"], dtype=object), "x": np.ones(2)})
    names = [piece_text(piece) for piece in pieces_of(parse_formula("y ~ i(g, x)").terms[0])]
    assert names == ["g", "x"]
    assert values("i(g)", source)[0][0].tolist() == ["a", "b"]


@pytest.mark.parametrize(("text", "error", "code"), [("g", DesignError, "E515"), ("xx", SpecError, "E514")])
def test_what_is_no_number_column(text, error, code):
    source = source_of({"g": np.array(["a"], dtype=object), "x": np.ones(1)})
    with pytest.raises(error) as caught:
        values(text, source)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "block",
    [
        {"formula": "y ~ D | i + t"},
        {
            "estimator": "did_bjs",
            "outcome": "y",
            "spec": {"design": {"unit": "i", "time": "t", "cohort": "g", "never": 0}},
        },
    ],
)
def test_coordinates_that_are_text_are_named(as_frame, request_of, test_panel, block):
    columns = {**test_panel, "lon": np.array([f"{value:.2f}W" for value in test_panel["lon"]])}
    request = request_of(vcov={"conley": {"lat": "lat", "lon": "lon", "km": 100}}, **block)
    with pytest.raises(DesignError, match=r"E515.*'lon' is text"):
        design_of(as_frame(columns), request)
