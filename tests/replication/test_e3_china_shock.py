"""The China shock. Numbers: linearmodels 7.1 on the table ADH$reg; Autor, Dorn and Hanson (2013), table 3."""

from __future__ import annotations

import pytest

NAME = "replication_e3_china_shock"
CHECKED = {
    "c1": (-0.74603, 0.06804),
    "c2": (-0.61044, 0.09403),
    "c3": (-0.53764, 0.09091),
    "c4": (-0.50797, 0.08116),
    "c5": (-0.56246, 0.09626),
    "c6": (-0.59636, 0.09877),
    "other_sectors": (-0.17787, 0.13705),
    "all_sectors": (-0.77423, 0.17581),
}


@pytest.fixture
def result(replicate):
    return replicate(NAME, needs="adh.csv")


@pytest.mark.parametrize("model", CHECKED)
def test_checked_numbers(result, model):
    assert result.pair(model, "shock") == pytest.approx(CHECKED[model], abs=1e-4)


def test_first_stage(result):
    assert result.pair("first_stage", "IV") == pytest.approx((0.6310409, 0.0914237), abs=1e-6)
    stage = result.document["models"]["c6"]["extra"]["first_stage"]["shock"]
    assert stage["coefficients"]["IV"] == pytest.approx(0.6310409, abs=1e-6)


def test_estimator_follows_from_the_formula(result):
    assert result.document["models"]["c1"]["estimator"] == "iv"
    assert result.document["models"]["c1"]["focus"] == ["shock"]


@pytest.mark.parametrize("table", ["table_3", "package"])
def test_published_cells(result, all_equal, table):
    all_equal(result, table)
