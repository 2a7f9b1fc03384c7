"""E-values: the examples of VanderWeele and Ding (2017), the bounding factor that they solve, statsmodels' numbers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import impact
from impact.core.designs import Term
from impact.core.errors import SpecError
from impact.diagnostics.e_value import EValueOptions, e_value, e_value_of_limit, examine
from impact.schema.shipped import find_shipped

# risk ratio and interval → E-value of the estimate and of the interval, as printed in the paper
PRINTED = [((3.9, 1.8, 8.7), ("7.26", "3.00")), ((0.80, 0.71, 0.91), ("1.81", "1.43"))]


@pytest.mark.parametrize(("ratios", "printed"), PRINTED)
def test_examples_of_the_paper(ratios, printed):
    estimate, low, high = ratios
    assert (f"{e_value(estimate):.2f}", f"{e_value_of_limit(low, high):.2f}") == printed


@pytest.mark.parametrize("ratio", [1.0, 1.2, 3.9, 0.3, 250.0])
def test_the_bounding_factor_of_two_such_ratios_is_the_ratio(ratio):
    """A confounder with both ratios E biases by at most E·E/(E + E − 1) (Ding and VanderWeele 2016)."""
    found = e_value(ratio)
    assert found**2 / (2 * found - 1) == pytest.approx(max(ratio, 1 / ratio), rel=1e-12)


def test_intervals_that_hold_no_effect():
    assert e_value_of_limit(0.9, 1.2) == 1.0
    assert e_value_of_limit(1.0, 2.0) == 1.0
    assert e_value_of_limit(0.2, 0.5) == e_value(0.5)


@pytest.fixture(scope="module")
def data():
    return pd.read_csv(find_shipped("wagepan", "data"))


def ask(**options):
    spec = {
        "spec": 1,
        "data": "shipped:wagepan",
        "model": "lwage ~ union + educ + exper + married",
        "vcov": "iid",
        "tests": {"confounder": {"kind": "e_value", "of": "model.union", **options}},
    }
    (line,) = impact.run(spec, out=None).document["tests"]
    return line


@pytest.mark.parametrize("change", [1.0, 2.0])
def test_outcome_in_logs(data, change):
    fit = smf.ols("lwage ~ union + educ + exper + married", data).fit()
    line = ask(measure="risk_ratio", change=change)
    ratio = math.exp(change * fit.params["union"])
    low, high = np.exp(change * fit.conf_int().loc["union"])
    assert line["details"]["ratio"] == pytest.approx(ratio, rel=1e-9)
    assert (line["details"]["ratio_low"], line["details"]["ratio_high"]) == pytest.approx(
        (low, high), rel=1e-9
    )
    assert line["statistic"] == pytest.approx(ratio + math.sqrt(ratio * (ratio - 1)), rel=1e-9)
    assert line["details"]["e_value_limit"] == pytest.approx(low + math.sqrt(low * (low - 1)), rel=1e-9)
    assert line["verdict"] == "note"


def test_difference_of_means_in_deviations(data):
    """RR = exp(0.91 d), interval exp(0.91 d ± 1.78 s): the paper's 1.78 is 0.91 times 1.96, to two decimals."""
    fit = smf.ols("lwage ~ union + educ + exper + married", data).fit()
    d, s = fit.params["union"] / data["lwage"].std(), fit.bse["union"] / data["lwage"].std()
    details = ask(measure="standardised")["details"]
    assert details["ratio"] == pytest.approx(math.exp(0.91 * d), rel=1e-9)
    assert details["ratio_low"] == pytest.approx(math.exp(0.91 * d - 1.78 * s), rel=1e-3)
    assert details["ratio_high"] == pytest.approx(math.exp(0.91 * d + 1.78 * s), rel=1e-3)


def one(make, **changes):
    result = make.fitted(make.design(noise=0.1), permuted=False)
    return replace(result, estimate=replace(result.estimate, **changes))


def test_weights_of_the_outcome(make):
    """Rows that stand for several persons have the standard deviation of the persons."""
    design = make.design(seed=3)
    counts = 1.0 + np.arange(len(design.y)) % 3
    cells = replace(design, weights=counts, weight_kind="frequency")
    persons = np.repeat(design.y, counts.astype(int))
    result = replace(make.fitted(design, permuted=False), design=cells)
    found = examine(make.question("e_value", result), EValueOptions(measure="standardised"))[0]
    expected = math.exp(0.91 * float(result.estimate.params[0]) / persons.std(ddof=1))
    assert found.details["ratio"] == pytest.approx(expected, rel=1e-9)


def test_odds_of_a_common_outcome_count_by_their_root(make):
    result = one(make, estimator="logit", params=np.array([math.log(4.0)]))
    question = make.question("e_value", result)
    assert examine(question, EValueOptions(measure="odds_ratio"))[0].details["ratio"] == pytest.approx(2.0)
    assert examine(question, EValueOptions(measure="risk_ratio"))[0].details["ratio"] == pytest.approx(4.0)


def test_few_treated_clusters(make):
    """The interval is that of the permutation; without one nothing is said of it."""
    permuted = make.fitted(make.design(effect=1.0))
    found = examine(make.question("e_value", permuted), EValueOptions(measure="risk_ratio"))[0]
    assert found.details["basis"] == "permutation"
    assert found.details["ratio_low"] == pytest.approx(math.exp(permuted.permutation.ci_low[0]))
    plain = one(make)
    none = replace(plain, inference=replace(plain.inference, extra={}))
    without = examine(make.question("e_value", none), EValueOptions(measure="risk_ratio"))[0]
    assert without.details["e_value_limit"] is None
    assert without.verdict == "warn" and "no valid interval" in without.sentence


@pytest.mark.parametrize(
    ("measure", "changes"),
    [
        ("risk_ratio", {"estimator": "iv"}),
        ("odds_ratio", {}),
        ("standardised", {"estimator": "ppml"}),
        ("risk_ratio", {"estimator": "logit", "terms": (Term("exposed", "marginal"),)}),
    ],
)
def test_faults(make, measure, changes):
    with pytest.raises(SpecError) as caught:
        examine(make.question("e_value", one(make, **changes)), EValueOptions(measure=measure))
    assert caught.value.code == "E674"
