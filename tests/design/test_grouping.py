"""Factors: sorted labels, codes that pandas agrees with, subsets without empty levels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.core.rows.design_rows import factor_on_rows
from impact.design.grouping import label_text, make_factor

NUMBERS = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=40)
TEXTS = st.lists(st.sampled_from(["b", "a", "ñ", "Á", "10", "9"]), min_size=1, max_size=40)


@settings(max_examples=60)
@given(NUMBERS)
def test_numbers_are_coded_in_order(values):
    column = np.array(values)
    factor = make_factor("id", [column])
    labels, codes = np.unique(column, return_inverse=True)
    assert factor.labels == tuple(labels.tolist())
    assert np.array_equal(factor.codes, codes)
    assert factor.codes.dtype == np.int32


@settings(max_examples=60)
@given(TEXTS)
def test_texts_are_coded_in_order(values):
    factor = make_factor("id", [np.array(values, dtype=object)])
    assert factor.labels == tuple(sorted(set(values)))
    assert [factor.labels[code] for code in factor.codes] == values


def test_dates_are_coded_in_order():
    days = np.array(["2020-02-01", "2019-12-31", "2020-02-01"], dtype="datetime64[D]")
    factor = make_factor("day", [days])
    assert factor.labels == ("2019-12-31", "2020-02-01")
    assert factor.codes.tolist() == [1, 0, 1]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from("xyz"), st.integers(0, 2)), min_size=1, max_size=40)
)
def test_combinations_are_those_of_pandas(rows):
    columns = [
        np.array(part, dtype=object if isinstance(part[0], str) else float)
        for part in zip(*rows, strict=True)
    ]
    factor = make_factor("a^b^c", columns)
    table = pd.DataFrame(dict(enumerate(columns)))
    wanted = table.groupby(list(table.columns), sort=True).ngroup().to_numpy()
    assert np.array_equal(factor.codes, wanted)
    assert [factor.labels[code] for code in factor.codes] == [(float(a), b, float(c)) for a, b, c in rows]


@settings(max_examples=60)
@given(NUMBERS, st.data())
def test_a_subset_is_the_factor_of_the_subset(values, data):
    column = np.array(values)
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    small = factor_on_rows(make_factor("id", [column]), kept)
    if kept.any():
        wanted = make_factor("id", [column[kept]])
        assert small.labels == wanted.labels
        assert np.array_equal(small.codes, wanted.codes)
    else:
        assert small.levels == 0


@pytest.mark.parametrize(
    ("label", "text"),
    [(2016.0, "2016"), (2.5, "2.5"), ("a", "a"), ((1.0, "x"), "1^x"), (np.float64(-3), "-3")],
)
def test_labels_are_printed_as_written(label, text):
    assert label_text(label) == text
