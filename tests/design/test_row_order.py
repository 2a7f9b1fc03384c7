"""The canonical order: any shuffle of the rows gives the same sequence."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.design.row_order as row_order

ROWS = st.lists(st.tuples(st.integers(0, 3), st.floats(-2, 2, width=16)), min_size=1, max_size=30)


@settings(max_examples=60)
@given(ROWS, st.randoms(use_true_random=False))
def test_shuffled_rows_end_in_the_same_order(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    found = []
    for given_rows in (rows, shuffled):
        columns = [np.array(part, dtype=float) for part in zip(*given_rows, strict=True)]
        order = row_order.canonical_order(columns)
        found.append(np.column_stack(columns)[order])
    assert np.array_equal(found[0], found[1])
    assert found[0].tolist() == sorted(map(list, found[0].tolist()))


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 3), st.floats(-2, 2, width=16)), min_size=1, max_size=20
    )
)
def test_codes_decide_as_sorting_by_all_columns_does(rows):
    """Rows that differ in their codes are sorted by these alone; the order is that of numpy's lexsort either way."""
    first, second, value = (np.array(part) for part in zip(*rows, strict=True))
    columns = [first.astype(np.int32), second.astype(np.int32), value]
    assert np.array_equal(row_order.canonical_order(columns), np.lexsort((value, second, first)))
    big = [first.astype(np.int64) * 2**60, second.astype(np.int64) * 2**60, value]
    assert np.array_equal(row_order.canonical_order(big), np.lexsort((value, second, first)))


def test_large_tables_keep_the_order_of_the_file():
    assert row_order.canonical_order([]) is None
    assert row_order.canonical_order([np.zeros(row_order.CANONICAL_LIMIT + 1)]) is None
    assert row_order.canonical_order([np.array([2.0, 1.0])]).tolist() == [1, 0]


def test_words_sort_by_their_codes():
    numbers = np.array([2.5, 1.0])
    assert row_order.sortable(numbers) is numbers
    codes = row_order.sortable(np.array(["b", "a", "b"], dtype=object))
    assert codes[0] == codes[2] != codes[1] and codes.dtype.kind == "i"


def test_surveys_sort_fewer_rows(request_of):
    plain, surveyed = request_of("y ~ x"), request_of("y ~ x", spec={"survey": {"psu": "p"}})
    means = request_of(estimator="survey_mean", of="y")
    assert row_order.limit_of(plain) == row_order.CANONICAL_LIMIT
    assert row_order.limit_of(surveyed) == row_order.limit_of(means) == row_order.LIMIT_OF_SUMS
    rows = [np.arange(row_order.LIMIT_OF_SUMS + 1.0)]
    assert row_order.canonical_order(rows, row_order.LIMIT_OF_SUMS) is None
    assert row_order.canonical_order(rows) is not None
