"""Omitted variables: statsmodels' regressions on shipped data, verdicts, groups, and what is refused.

The formulas are checked against the printed Darfur example in tests/kernels/test_omitted_variable.py.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
import statsmodels.formula.api as smf

import impact
from impact.core.errors import SpecError
from impact.diagnostics.sensemakr import SensemakrOptions, examine
from impact.schema.shipped import find_shipped

FORMULA = "lwage ~ union + educ + exper + married"


@pytest.fixture(scope="module")
def data():
    return pd.read_csv(find_shipped("wagepan", "data"))


def ask(model=FORMULA, of="model.union", spec=None, **options):
    block = {"spec": 1, "data": "shipped:wagepan", "model": model, **(spec or {})}
    block["tests"] = {"omitted": {"kind": "sensemakr", "of": of, **options}}
    (line,) = impact.run(block, out=None).document["tests"]
    return line


def r2_gained(data, outcome, base, added):
    """Partial R² by the drop in squares of two regressions."""
    before = smf.ols(f"{outcome} ~ {base}", data).fit().ssr
    return 1 - smf.ols(f"{outcome} ~ {base} + {added}", data).fit().ssr / before


def test_against_statsmodels(data):
    line = ask(benchmarks=["educ", ["exper", "married"]])
    fit = smf.ols(FORMULA, data).fit()
    details = line["details"]
    assert details["estimate"] == pytest.approx(fit.params["union"], rel=1e-9)
    assert details["std_error"] == pytest.approx(fit.bse["union"], rel=1e-9)
    t = fit.tvalues["union"]
    assert details["partial_r2"] == pytest.approx(t**2 / (t**2 + fit.df_resid), rel=1e-9)
    assert line["df"] == fit.df_resid
    first = {row["benchmark"]: row for row in details["rows"] if row["multiple"] == 1}
    for name, (others, added) in {
        "educ": ("exper + married", "educ"),
        "exper + married": ("educ", "exper + married"),
    }.items():
        of_treatment = r2_gained(data, "union", others, added)
        of_outcome = r2_gained(data, "lwage", f"union + {others}", added)
        row = first[name]
        assert row["r2_treatment"] == pytest.approx(of_treatment / (1 - of_treatment), rel=1e-7)
        shared = of_treatment**2 / (1 - of_treatment) ** 2
        strength = (1 + shared**0.5) ** 2 / (1 - shared)
        assert row["r2_outcome"] == pytest.approx(strength * of_outcome / (1 - of_outcome), rel=1e-7)


def test_effects_count_and_the_variance_does_not(data):
    """The same numbers with effects as with dummies; a clustered variance changes nothing but what is said."""
    absorbed = ask("lwage ~ union + married | nr", benchmarks="married", spec={"vcov": {"cluster": "nr"}})
    fit = smf.ols("lwage ~ union + married + C(nr)", data).fit()
    assert absorbed["details"]["std_error"] == pytest.approx(fit.bse["union"], rel=1e-8)
    assert absorbed["df"] == fit.df_resid
    assert "classical error" in absorbed["sentence"]
    assert "classical error" not in ask(spec={"vcov": "iid"})["sentence"]


def test_verdicts():
    assert ask()["verdict"] == "note"
    assert ask(benchmarks=["exper"])["verdict"] == "pass"
    warned = ask(benchmarks=["married", "exper"], multiples=[40])
    assert warned["verdict"] == "warn"
    assert "as strong as married (times 40)" in warned["sentence"]


def test_a_strength_that_no_column_can_have():
    """exper and educ explain 10 % of each other: nothing explains more than all of it."""
    line = ask(of="model.exper", benchmarks=["educ"], multiples=[1, 20])
    reached, unreachable = line["details"]["rows"]
    assert reached["adjusted"] is not None
    assert unreachable["adjusted"] is None and unreachable["ci_low"] is None
    only = ask(of="model.exper", benchmarks=["educ"], multiples=[20])
    assert only["verdict"] == "warn" and "No variable can be 20 times" in only["sentence"]


def test_part_of_the_estimate():
    """With q the adjusted estimate is compared with what is left of it."""
    whole, half = ask(), ask(q=0.5)
    assert half["details"]["target"] == pytest.approx(whole["details"]["estimate"] / 2)
    assert half["statistic"] < whole["statistic"]


def test_faults(make):
    result = make.fitted(make.design(), permuted=False)
    with pytest.raises(SpecError) as caught:
        examine(make.question("sensemakr", result), SensemakrOptions(benchmarks=("z",)))
    assert caught.value.code == "E671"
    other = replace(result, estimate=replace(result.estimate, estimator="did_cs"))
    with pytest.raises(SpecError) as caught:
        examine(make.question("sensemakr", other), SensemakrOptions())
    assert caught.value.code == "E670"
