"""The same columns in the frame of every library."""

from __future__ import annotations

import sys
import types

import numpy as np
import pandas as pd
import pyarrow
import pytest

import impact
from impact.face.frames_out import frame_out, rows_out, series_out
from impact.face.options import options

COLUMNS = {"term": ["a", "b"], "estimate": np.array([1.5, np.nan])}


@pytest.fixture
def library(monkeypatch):
    """Sets the option and takes it back."""
    return lambda name: monkeypatch.setattr(options, "_frame", name)


def test_pandas_keeps_the_index():
    frame = frame_out(COLUMNS, index=[3, 4])
    assert frame.index.tolist() == [3, 4]
    assert frame["term"].tolist() == ["a", "b"]
    assert series_out("fitted", np.array([1.0]), index=[7]).index.tolist() == [7]


def test_rows_need_no_row():
    assert rows_out([], ("a", "b")).columns.tolist() == ["a", "b"]
    assert rows_out([{"a": 1}, {"b": 2}])["b"].tolist()[1] == 2


def test_pyarrow(library, test_panel):
    library("pyarrow")
    fit = impact.feols("y ~ D + z", test_panel)
    tidy = fit.tidy()
    assert isinstance(tidy, pyarrow.Table)
    assert dict(zip(tidy["term"].to_pylist(), tidy["estimate"].to_pylist(), strict=True)) == fit.coef()
    library("pandas")
    assert fit.predict().tolist() == _in(library, "pyarrow", fit.predict).to_pylist()


def _in(library, name, call):
    library(name)
    return call()


def test_polars_gets_names_and_plain_lists(library, monkeypatch):
    """polars is not needed by the package: what it would be given is looked at."""
    stub = types.ModuleType("polars")
    stub.DataFrame = lambda columns, strict: ("frame", columns, strict)
    stub.Series = lambda name, values: ("series", name, values)
    monkeypatch.setitem(sys.modules, "polars", stub)
    library("polars")
    kind, columns, strict = frame_out({"a": np.array([1.0, 2.0]), "b": [{"x": 1}, None]})
    assert (kind, columns, strict) == ("frame", {"a": [1.0, 2.0], "b": ["{'x': 1}", None]}, False)
    assert series_out("fitted", np.array([1.0])) == ("series", "fitted", [1.0])
    library("pandas")
    assert isinstance(frame_out(COLUMNS), pd.DataFrame)
