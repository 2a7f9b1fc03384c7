"""Serial meats: sandwich's Newey–West of one series, positions of periods."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.serial import default_lags, newey_west_meat, periods


def test_one_series_as_sandwich(test_panel):
    p = test_panel
    x = np.column_stack([np.ones(480), p["D"], p["z"], p["x"]])
    bread = np.linalg.inv(x.T @ x)
    residual = p["y"] - x @ (bread @ x.T @ p["y"])
    meat = newey_west_meat(x * residual[:, None], np.zeros(480, np.int32), np.arange(480), 2)
    # sandwich::NeweyWest(lag = 2, prewhite = FALSE)
    expected = [0.1237139313, 0.1124444848, 0.1280335921, 0.1947435414]
    assert np.sqrt(np.diag(bread @ meat @ bread)) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2010, 2011, 2013], [0, 1, 3]),
        ([2010, 2012, 2014], [0, 1, 2]),
        ([0.0, 31.0, 59.0, 90.0], [0, 1, 2, 3]),
        ([5.0], [0]),
    ],
)
def test_periods(values, expected):
    assert periods(np.array(values, float)).tolist() == expected


def test_default_lags():
    assert [default_lags(t) for t in (8, 15, 16, 80, 81, 256)] == [1, 1, 2, 2, 3, 4]
