from __future__ import annotations

import numpy as np

from impact.schema.expressions.panel import panel_keys, shifted_rows


def dates(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def test_months_quarters_years_and_days() -> None:
    one = np.zeros(3)
    assert panel_keys([one], dates("2018-11-01", "2018-12-01", "2019-01-01")).period.tolist() == [0, 1, 2]
    assert panel_keys([one], dates("2018-10-01", "2019-01-01", "2019-07-01")).period.tolist() == [0, 1, 3]
    assert panel_keys([one], dates("2015-01-01", "2016-01-01", "2019-01-01")).period.tolist() == [0, 1, 4]
    assert panel_keys([one], dates("2015-01-01", "2015-01-02", "2015-01-08")).period.tolist() == [0, 1, 7]


def test_missing_keys_are_left_out() -> None:
    keys = panel_keys([np.array([1, np.nan, 1, 1])], np.array([1.0, 1, np.nan, 2]))
    assert keys.order.tolist() == [0, 3]
    assert keys.repeated == 0
    assert shifted_rows(keys, 1).tolist() == [-1, -1, -1, 0]


def test_a_unit_does_not_borrow_from_its_neighbour() -> None:
    keys = panel_keys([np.array([0, 0, 1, 1])], np.array([1, 2, 1, 2]))
    assert shifted_rows(keys, 1).tolist() == [-1, 0, -1, 2]
    assert shifted_rows(keys, -1).tolist() == [1, -1, 3, -1]
    assert shifted_rows(keys, 5).tolist() == [-1] * 4


def test_units_of_several_columns() -> None:
    keys = panel_keys([np.array(["a", "a", "b"], dtype=object), np.array([1, 2, 1])], np.array([1, 1, 1]))
    assert len(set(keys.unit.tolist())) == 3


def test_times_that_are_not_whole_are_not_regular() -> None:
    assert not panel_keys([np.zeros(2)], np.array([1.5, 2.0])).regular
    assert not panel_keys([np.zeros(2)], np.array(["a", "b"], dtype=object)).regular
