"""Controls that say nothing of their own are named."""

from __future__ import annotations

import numpy as np
import pytest

import impact as im
from impact.core.designs import Design, Sample, Term
from impact.estimators._controls import redundant_controls


def design_of(**columns):
    x = np.column_stack(list(columns.values()))
    terms = tuple(Term(name) for name in columns)
    return Design("y", terms, np.zeros(len(x)), x, Sample(np.arange(len(x))))


def test_constants_and_combinations_are_named():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=50), 1e6 + rng.normal(size=50)
    found = redundant_controls(
        design_of(one=np.full(50, 3.0), a=a, b=b, c=2 * a - 1e-3 * b, d=1e9 * a, e=a**2)
    )
    assert found == {
        "one": "constant",
        "c": "a combination of other controls",
        "d": "a combination of other controls",
    }


@pytest.mark.parametrize("estimator", ["etwfe", "lp"])
def test_the_estimate_without_them_is_the_same_and_says_so(estimator, test_panel):
    data = {name: test_panel[name] for name in ("i", "t", "g", "y", "x")}
    data["x2"] = 1 - 3 * data["x"]

    def fit(*controls):
        return im.did(data, y="y", time="t", unit="i", cohort="g", estimator=estimator, controls=controls,
                      more={"never": 0})  # fmt: skip

    one, both = fit("x"), fit("x", "x2")
    assert both.estimate.params == pytest.approx(one.estimate.params, abs=1e-9)
    assert both.estimate.dropped_terms["x2"] == "a combination of other controls"
    assert [n.code for n in both.estimate.notices if "x2" in n.message] == ["W506"]
