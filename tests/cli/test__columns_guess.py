"""Which columns a first model is made of, on the shipped files and on made ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.cli._columns_guess import guess_columns
from impact.core.frames import Frame
from impact.data.read import read_frame
from impact.schema.data_blocks import DataBlock

DATA = Path(__file__).resolve().parents[2] / "data"


def guess(name):
    return guess_columns(read_frame(DataBlock.model_validate({"file": name}), folder=DATA))


@pytest.mark.parametrize(
    ("file", "outcome", "regressor", "unit", "time", "varies"),
    [
        ("castle.csv", "l_homicide", "post", "sid", "year", True),
        ("wagepan.csv", "lwage", "married", "nr", "year", True),
        ("prop99.csv", "packs_per_capita", "treated", "state", "year", True),
        ("mpdta.csv", "lemp", "treat", "countyreal", "year", False),
        ("nsw.csv", "re78", "treat", "", "", False),
    ],
)
def test_shipped_files(file, outcome, regressor, unit, time, varies):
    found = guess(file)
    assert (found.outcome, found.regressor, found.unit, found.time) == (outcome, regressor, unit, time)
    assert found.varies_in_unit is varies


def test_no_two_columns_of_numbers():
    assert guess("peru_policy_calendar.csv") is None


def test_a_level_is_no_regressor_of_its_logarithm():
    rng = np.random.default_rng(1)
    wage = rng.lognormal(size=50)
    frame = Frame({"lwage": np.log(wage), "wage": wage, "educ": rng.normal(size=50)}, 50)
    assert guess_columns(frame).regressor == "educ"


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(0, 30),
    seed=st.integers(0, 10_000),
    names=st.lists(
        st.sampled_from(["id", "year", "y", "x", "post", "weight", "lwage"]), max_size=6, unique=True
    ),
)
def test_any_frame_gives_columns_of_the_frame_or_nothing(rows, seed, names):
    rng = np.random.default_rng(seed)
    kinds = {
        "id": lambda: rng.integers(0, 5, rows).astype(float),
        "year": lambda: rng.integers(2000, 2004, rows).astype(float),
        "post": lambda: rng.integers(0, 2, rows).astype(float),
    }
    columns = {name: kinds.get(name, lambda: np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows)))()
               for name in names}  # fmt: skip
    columns["label"] = np.array([None if i % 4 == 0 else f"u{i % 3}" for i in range(rows)], dtype=object)
    found = guess_columns(Frame(columns, rows))
    if found is None:
        return
    chosen = [name for name in (found.outcome, found.regressor, found.unit, found.time) if name]
    assert set(chosen) <= set(columns)
    assert found.outcome != found.regressor
    assert np.nanstd(columns[found.outcome]) > 0
