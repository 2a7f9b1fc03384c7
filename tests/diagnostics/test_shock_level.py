"""The regression of shocks: the estimate of the units, what is said where it differs, and where it does not exist."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def world(shift_share_world):
    return shift_share_world("shock_level")


def test_the_estimate_is_that_of_the_units(world):
    *_, tests, document = world
    (test,) = tests("m")
    row = next(row for row in document["rows"] if row["model"] == "m" and row["term"] == "x")
    assert test["details"]["estimate"] == pytest.approx(row["estimate"], rel=1e-8)
    assert test["details"]["same_as_units"] and test["details"]["shocks"] == 12
    half = 1.959963984540054 * test["details"]["std_error"]
    middle = test["details"]["estimate"]
    assert (test["ci_low"], test["ci_high"]) == pytest.approx((middle - half, middle + half))
    # 12 shocks are too few for errors that treat them as draws
    assert test["verdict"] == "warn" and "20 effective shocks" in test["sentence"]


def test_without_effects_of_period_it_differs_and_says_so(world):
    *_, tests, document = world
    (test,) = tests("pooled")
    row = next(row for row in document["rows"] if row["model"] == "pooled" and row["term"] == "x")
    assert not test["details"]["same_as_units"]
    assert test["details"]["estimate"] != pytest.approx(row["estimate"], rel=1e-3)
    assert "not among the controls" in test["sentence"]


def test_where_it_does_not_exist(world):
    *_, tests, _ = world
    (test,) = tests("one")
    assert "one shock" in test["sentence"]
    (test,) = tests("own")
    assert "shocks of their own" in test["sentence"]
    (test,) = tests("other")
    assert "shift-share variable" in test["sentence"]
