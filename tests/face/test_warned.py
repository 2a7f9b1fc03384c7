"""Notices of a fit are Python warnings with their code, at the line of the call."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest

import impact
from impact.core.errors import Notice
from impact.face.warned import ImpactWarning, warn


def test_a_dropped_column_is_warned_of(test_panel):
    table = pd.DataFrame(test_panel)
    table["twice"] = 2 * table["x"]
    with pytest.warns(impact.ImpactWarning) as caught:
        fit = impact.feols("y ~ D + x + twice", table)
    assert "W506" in [one.message.code for one in caught]
    assert {one.filename for one in caught} == {__file__}
    assert len(fit.terms) == 3


def test_what_every_table_says_is_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn([Notice("W519", "the variance by default")], level=1)
        impact.feols("y ~ x", {"y": np.arange(30.0) ** 0.5, "x": np.arange(30.0)})


def test_another_variance_warns_of_what_is_new(test_panel):
    fit = impact.feols("y ~ D + z", test_panel, vcov="hc1")
    with pytest.warns(impact.ImpactWarning) as caught:
        fit.summary(vcov={"cluster": "c"})  # twelve clusters
    assert [(one.message.code, one.filename) for one in caught] == [("W512", __file__)]


def test_a_warning_can_be_pickled():
    one = pickle.loads(pickle.dumps(ImpactWarning("W506", "a column was dropped")))
    assert (one.code, str(one)) == ("W506", "W506 a column was dropped")


@pytest.mark.parametrize("estimator", ["cs", "sa"])
def test_designs_warn_at_the_call(estimator):
    rows = [(unit, time, 3 if unit < 4 else 0) for unit in range(12) for time in range(1, 6)]
    data = {
        name: np.array(column, dtype=float)
        for name, column in zip(("i", "t", "g"), zip(*rows, strict=True), strict=True)
    }
    data["y"] = np.sin(np.arange(60.0)) + (data["g"] > 0) * (data["t"] >= 3)
    with pytest.warns(impact.ImpactWarning) as caught:
        impact.did(data, y="y", unit="i", time="t", cohort="g", estimator=estimator, more={"never": 0})
    assert {one.filename for one in caught} == {__file__}
