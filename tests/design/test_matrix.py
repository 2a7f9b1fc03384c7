"""Terms to columns: names, values, reference levels, event times."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DesignError
from impact.design.matrix import Timing, term_columns
from impact.design.parts import Source, piece_text, piece_values, pieces_of
from impact.schema.formulas.parse import parse_formula

YEAR = np.array([2015.0, 2016.0, 2017.0, 2015.0, 2016.0, 2017.0])
COLUMNS = {
    "year": YEAR,
    "treated": np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]),
    "sex": np.array(["men", "women", "men", "women", "men", "women"], dtype=object),
    "x": np.array([1.0, 2.0, 4.0, 7.0, 11.0, 16.0]),
    "rel": YEAR - 2016,
}


def columns_of(text, *, timing=None, has_constant=True):
    formula = parse_formula(f"y ~ {text}")
    source = Source(COLUMNS, 6, np.arange(6))
    pieces = {
        piece_text(piece): piece_values(piece, formula, source)
        for term in formula.terms
        for piece in pieces_of(term)
    }
    return term_columns(formula, pieces, timing=timing or Timing(), has_constant=has_constant)


def names(columns):
    return [column.term.name for column in columns]


def test_variables_powers_and_calls():
    x = COLUMNS["x"]
    found = columns_of("x + x^2 + log(x) + sqrt(x)")
    assert names(found) == ["x", "x^2", "log(x)", "sqrt(x)"]
    for column, wanted in zip(found, (x, x**2, np.log(x), np.sqrt(x)), strict=True):
        assert column.values == pytest.approx(wanted)


def test_products_cross_every_column():
    found = columns_of('i(sex, ref="men"):i(year, ref=2015)')
    assert names(found) == ["sex::women:year::2016", "sex::women:year::2017"]
    assert found[0].values.tolist() == [0, 1, 0, 0, 0, 0]
    assert found[1].values.tolist() == [0, 0, 0, 0, 0, 1]
    (product,) = columns_of("x:treated")
    assert product.values.tolist() == (COLUMNS["x"] * COLUMNS["treated"]).tolist()


def test_the_first_level_is_left_out_where_there_is_a_constant():
    assert names(columns_of("i(sex)")) == ["sex::women"]
    assert names(columns_of("i(sex)", has_constant=False)) == ["sex::men", "sex::women"]
    assert names(columns_of('i(sex, ref="women")')) == ["sex::men"]


def test_levels_times_a_number_keep_every_level_but_the_reference():
    assert names(columns_of("i(year, treated)")) == [f"year::{y}:treated" for y in (2015, 2016, 2017)]
    found = columns_of("i(year, treated, ref=2016)", timing=Timing("year", 2017.0))
    assert names(found) == ["year::2015:treated", "year::2017:treated"]
    assert [column.values.tolist() for column in found] == [[1, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]]


def test_event_terms_carry_time_and_event_time():
    found = [
        column.term for column in columns_of("i(year, treated, ref=2016)", timing=Timing("year", 2018.0, 1))
    ]
    assert [(term.kind, term.time, term.event_time) for term in found] == [
        ("event", 2015.0, -2.0),
        ("event", 2017.0, 0.0),
    ]
    relative = [column.term for column in columns_of("i(rel, ref=-1)")]
    assert [(term.kind, term.event_time) for term in relative] == [("event", 0.0), ("event", 1.0)]
    alone = [column.term for column in columns_of("i(year, ref=2016)", timing=Timing("year", 2017.0))]
    assert [(term.kind, term.event_time) for term in alone] == [("event", -2.0), ("event", 0.0)]
    plain = [column.term for column in columns_of("i(year)", timing=Timing("year", 2017.0))]
    assert {term.kind for term in plain} == {"coef"}


def test_levels_crossed_with_levels():
    found = columns_of('i(year, sex, ref=2016, ref2="men")')
    assert names(found) == ["year::2015:sex::women", "year::2017:sex::women"]
    assert [column.values.tolist() for column in found] == [[0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 1]]
    assert sum(column.values for column in columns_of("i(year, sex)")).tolist() == [1] * 6


def test_a_reference_that_does_not_occur():
    with pytest.raises(DesignError) as caught:
        columns_of("i(year, ref=1999)")
    assert caught.value.code == "E509"
    assert "2015, 2016, 2017" in str(caught.value.faults[0].message + caught.value.faults[0].help)


def test_polynomials_are_orthonormal_and_span_the_powers():
    found = columns_of("poly(x, 3)")
    basis = np.column_stack([column.values for column in found])
    assert names(found) == ["poly(x, 3)1", "poly(x, 3)2", "poly(x, 3)3"]
    gram = basis.T @ basis
    assert gram == pytest.approx(np.diag(np.diag(gram)), abs=1e-12 * gram.max())
    assert basis.sum(axis=0) == pytest.approx(0, abs=1e-12)
    powers = np.vander(COLUMNS["x"], 4)
    both = np.column_stack([np.ones(6), basis])
    fitted = both @ np.linalg.lstsq(both, powers, rcond=None)[0]
    assert fitted == pytest.approx(powers, rel=1e-9)


def test_a_basis_too_large_for_its_values():
    with pytest.raises(DesignError) as caught:
        columns_of("poly(treated, 3)")
    assert caught.value.code == "E519"


def test_splines_have_the_columns_asked_for():
    assert len(columns_of("ns(x, 3)")) == 3
    assert len(columns_of("bs(x, 4)")) == 4
