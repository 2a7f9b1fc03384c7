"""Coefficient stability: a sample whose truth is known, statsmodels' regressions, and what is refused.

The formulas are checked against exact samples in tests/kernels/test_proportional_selection.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import impact
from impact.core.designs import Design, Sample, Term
from impact.core.errors import DesignError, SpecError
from impact.core.findings import ModelResult
from impact.diagnostics.oster import OsterOptions, examine
from impact.estimators.ols import OlsOptions, fit
from impact.inference.iid import IidOptions, infer
from impact.schema.shipped import find_shipped


def fitted(x, y, names):
    terms = (*map(Term, names), Term("Intercept"))
    x = np.column_stack([x, np.ones(len(y))])
    design = Design("y", terms, y, x, Sample(np.arange(len(y))), focus=(0,), intercept=True)
    estimate = fit(design, OlsOptions())
    return ModelResult("m", None, estimate, infer(estimate, design, IidOptions(), 0.95), design)


@pytest.fixture(scope="module")
def known():
    """y = 0.3 x + W1 + W2 + e with selection on W2 half of that on W1, exactly; levels far from zero."""
    random = np.random.default_rng(4)
    q, _ = np.linalg.qr(np.column_stack([np.ones(150), random.normal(size=(150, 4))]))
    w, hidden, u, e = (q[:, 1:] * np.sqrt(150)).T
    x = 0.6 * w + 0.3 * hidden + 0.8 * u
    y = 0.3 * x + w + hidden + e
    r_max = 1 - (e @ e) / (y @ y)
    return fitted(np.column_stack([x + 7, 3 * w - 4]), y + 20, ("x", "w")), r_max


def ask(make, result, **options):
    return examine(make.question("oster", result), OsterOptions(**options))[0]


def test_the_truth_is_found(make, known):
    result, r_max = known
    found = ask(make, result, r_max=r_max, delta=0.5, target=0.3)
    assert found.details["adjusted"] == pytest.approx(0.3, abs=1e-9)
    assert found.statistic == found.details["delta_for_target"] == pytest.approx(0.5, rel=1e-8)
    assert found.term == "x" and found.details["keeps_direction"]


def test_verdicts(make, known):
    result, r_max = known
    assert ask(make, result, r_max=r_max, delta=0.5).verdict == "pass"
    found = ask(make, result, r_max=r_max, delta=0.5, target=0.31)
    assert found.verdict == "warn" and "0.31 is not ruled out" in found.sentence
    turned = ask(make, result, r_max=1.0, delta=5.0)
    assert not turned.details["keeps_direction"]
    assert turned.verdict == "warn" and "no solution" in turned.sentence


def test_against_regressions_of_statsmodels(make):
    """Shipped data: both coefficients and R² are those of two regressions; R_max is 1.3 times the larger."""
    spec = {"spec": 1, "data": "shipped:wagepan", "model": "lwage ~ union + educ + exper + married"}
    spec["tests"] = {"stable": {"kind": "oster", "of": "model.union"}}
    done = impact.run(spec, out=None)
    (line,) = done.document["tests"]
    data = pd.read_csv(find_shipped("wagepan", "data"))
    short = smf.ols("lwage ~ union", data).fit()
    long = smf.ols("lwage ~ union + educ + exper + married", data).fit()
    details = line["details"]
    assert details["estimate_without_controls"] == pytest.approx(short.params["union"], rel=1e-9)
    assert details["estimate"] == pytest.approx(long.params["union"], rel=1e-9)
    assert details["r2_without_controls"] == pytest.approx(short.rsquared, rel=1e-9)
    assert details["r2"] == pytest.approx(long.rsquared, rel=1e-9)
    assert details["r_max"] == pytest.approx(1.3 * long.rsquared, rel=1e-9)


def test_columns_in_both_regressions_are_partialled_out(make, known):
    """Naming a control in `always:` is the same as taking it out of every other column first."""
    random = np.random.default_rng(9)
    both, control = random.normal(size=(2, 80))
    x = both + control + random.normal(size=80)
    y = x + both + control + random.normal(size=80)
    named = ask(
        make, fitted(np.column_stack([x, control, both]), y, ("x", "control", "both")), always=("both",)
    )

    def left(column):
        return column - np.polyval(np.polyfit(both, column, 1), both)

    taken = ask(make, fitted(np.column_stack([left(x), left(control)]), left(y), ("x", "control")))
    for name in ("estimate_without_controls", "estimate", "r2_without_controls", "r2", "adjusted"):
        assert named.details[name] == pytest.approx(taken.details[name], rel=1e-8)


def test_faults(make, known):
    result, _ = known
    with pytest.raises(DesignError) as caught:
        ask(make, result, always=("w",))
    assert caught.value.code == "E672"
    with pytest.raises(DesignError) as caught:
        ask(make, result, r_max=0.1)
    assert caught.value.code == "E673"
    with pytest.raises(SpecError) as caught:
        ask(make, result, always=("z",))
    assert caught.value.code == "E671"
    with pytest.raises(SpecError) as caught:
        ask(make, replace(result, estimate=replace(result.estimate, estimator="quantile")))
    assert caught.value.code == "E670"
