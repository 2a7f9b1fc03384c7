"""Frames of any library give what the pandas frame of plain numpy columns gives."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import impact as im
from impact.core.errors import DataError
from impact.data.frames import frame_of, names_of

FORMULA = "y ~ x + i(c) + b + k | g"
WITHOUT = "its package is not installed"


def table(*, gaps: bool) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    n = 200
    found = pd.DataFrame(
        {
            "y": draw.normal(size=n),
            "x": draw.normal(size=n),
            "g": draw.choice(["a", "b", "c"], n),
            "k": draw.integers(0, 5, n),
            "b": draw.random(n) > 0.5,
            "c": pd.Categorical(draw.choice(["u", "v"], n)),
        }
    )
    found.loc[3, "x"] = np.nan
    found.loc[5, "g"] = None
    if gaps:
        found["k"] = found["k"].astype("Int64")
        found["b"] = found["b"].astype("boolean")
        found.loc[7, "k"] = pd.NA
        found.loc[8, "b"] = pd.NA
    return found


def polars(frame: pd.DataFrame):
    return pytest.importorskip("polars", reason=WITHOUT).from_pandas(frame)


OTHERS = {
    "arrow": pa.Table.from_pandas,
    "pandas nullable": lambda frame: frame.convert_dtypes(),
    "pandas on arrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "polars": polars,
    "polars lazy": lambda frame: polars(frame).lazy(),
    "duckdb": lambda frame: pytest.importorskip("duckdb", reason=WITHOUT).from_df(frame),
}


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("library", OTHERS)
def test_a_regression_on_a_frame_of_any_library(library, gaps):
    frame = table(gaps=gaps)
    plain = frame.assign(k=frame["k"].astype(float), b=frame["b"].astype(float))
    own, other = im.feols(FORMULA, plain).coef(), im.feols(FORMULA, OTHERS[library](frame)).coef()
    assert list(own) == list(other)
    np.testing.assert_allclose(list(own.values()), list(other.values()), rtol=0, atol=1e-12)


def test_decimals_dates_and_long_numbers():
    day = datetime.date(2018, 10, 31)
    given = pa.table(
        {
            "money": pa.array([Decimal("1.25"), None], pa.decimal128(10, 2)),
            "day": pa.array([day, None], pa.date32()),
            "id": pa.array([2**60, None], pa.int64()),
        }
    )
    frame = frame_of(given, names_of(given))
    np.testing.assert_array_equal(frame.columns["money"], [1.25, np.nan])
    assert frame.columns["day"].tolist() == [day, None]
    nullable = pd.DataFrame({"id": pd.array([2**60, None], dtype="Int64")})
    assert frame.columns["id"].tolist() == [str(2**60), None]
    # beyond 2^53 different identifiers would become one number
    assert frame_of(nullable, ["id"]).columns["id"].tolist() == [str(2**60), None]


@pytest.mark.parametrize(
    ("data", "code"),
    [(3, "E260"), ({"x": [1, 2], "y": [1]}, "E261"), ({"x": np.array([1, "a"], dtype=object)}, "E262")],
)
def test_what_is_no_frame(data, code):
    with pytest.raises(DataError) as caught:
        frame_of(data, ["x", "y"])
    assert caught.value.code == code
