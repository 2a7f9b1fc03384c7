"""Weighting as a model: Stata's teffects on birth weights, entropy balancing on the training experiment, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.treatment.tests.results import results_teffects as stata

from impact.core.errors import ImpactError
from impact.pipeline.fit import design_of, fit_design

SCORE = ["mmarried_", "mage", "mage2", "fbaby_", "medu"]


@pytest.fixture(scope="module")
def fitted(as_frame, request_of):
    def make(columns, formula, **block):
        request = request_of(formula, estimator="ipw", **block)
        return fit_design(design_of(as_frame(columns), request), request, None, 3)

    return make


@pytest.mark.parametrize(("estimand", "table"), [("ate", "table"), ("att", "table_t")])
def test_ipw_of_stata(fitted, births, estimand, table):
    """teffects ipw (bweight) (mbsmoke mmarried c.mage##c.mage fbaby medu, probit) [, atet]; vce(robust)."""
    formula = "bweight ~ mbsmoke_ + " + " + ".join(SCORE)
    found = fitted(births, formula, link="probit", estimand=estimand)
    expected = stata.results_ipw[table][:2, :2]
    assert found.estimate.params[[0, 2]] == pytest.approx(expected[:, 0], rel=1e-9)
    assert found.inference.std_error[[0, 2]] == pytest.approx(expected[:, 1], rel=1e-8)


def test_aipw_of_stata(fitted, births):
    """teffects aipw (bweight prenatal1 mmarried mage fbaby) (mbsmoke mmarried c.mage##c.mage fbaby medu, probit)."""
    formula = "bweight ~ mbsmoke_ + prenatal1_ + mmarried_ + mage + fbaby_"
    found = fitted(births, formula, method="aipw", link="probit", score=SCORE, normalised=False)
    expected = stata.results_aipw.table[:2, :2]
    assert found.estimate.params[[0, 2]] == pytest.approx(expected[:, 0], rel=1e-9)
    assert found.inference.std_error[[0, 2]] == pytest.approx(expected[:, 1], rel=1e-8)


@pytest.mark.parametrize(("estimand", "expected"), [("att", 1795.0141435972), ("ate", 1616.1146340038)])
def test_entropy_balancing_of_the_training_experiment(fitted, training, estimand, expected):
    """PyPI package ebal 1.0.0, ebal_bin(effect="ATT" or "ATE", constraint_tolerance=1e-8, PCA=False)."""
    formula = "re78 ~ treat + age + educ + black + hisp + marr + nodegree + re74 + re75"
    found = fitted(training, formula, method="entropy", estimand=estimand)
    assert found.estimate.params[0] == pytest.approx(expected, rel=1e-7)
    balance = found.estimate.tables["balance"]
    assert list(balance) == formula.split(" + ")[1:]
    assert all(abs(row["difference_after"]) < 1e-10 for row in balance.values())
    assert max(abs(row["difference"]) for row in balance.values()) > 0.1
    treated = training["treat"] == 1
    assert [term.kind for term in found.estimate.terms] == ["coef", "mean", "mean"]
    if estimand == "att":
        assert found.estimate.params[1] == pytest.approx(training["re78"][treated].mean())


def test_clusters_of_doubled_rows(fitted, training):
    doubled = {name: np.concatenate([column, column]) for name, column in training.items()}
    doubled["id"] = np.tile(np.arange(445.0), 2)
    formula = "re78 ~ treat + age + educ + re75"
    for method in ("ipw", "aipw", "entropy"):
        one = fitted(training, formula, method=method)
        two = fitted(doubled, formula, method=method, vcov={"cluster": "id", "ssc": "none"})
        assert one.estimate.params == pytest.approx(two.estimate.params)
        assert one.inference.std_error == pytest.approx(two.inference.std_error, rel=1e-6)


def test_without_covariates_every_method_is_the_difference_of_means(fitted, training):
    treated = training["treat"] == 1
    means = [training["re78"][treated == arm] for arm in (0, 1)]
    error = np.sqrt(sum(one.var() / len(one) for one in means))
    for method in ("ipw", "aipw", "entropy"):
        found = fitted(training, "re78 ~ treat", method=method)
        assert found.estimate.params[0] == pytest.approx(means[1].mean() - means[0].mean())
        assert found.inference.std_error[0] == pytest.approx(error)


def test_trimmed_rows_are_counted(fitted, births):
    found = fitted(births, "bweight ~ mbsmoke_ + mage + medu", trim=0.1)
    assert [one.code for one in found.estimate.notices] == ["W660"]
    assert found.estimate.fit["n_trimmed"] == 4642 - found.estimate.n_obs > 0


def test_one_heavy_row_is_told(fitted):
    random = np.random.default_rng(1)
    z = np.concatenate([random.standard_normal(60), [3.0]])
    d = np.concatenate([z[:60] > 0.8 + 0.8 * random.standard_normal(60), [0.0]]).astype(float)
    columns = {"y": random.standard_normal(61), "d": d, "z": z}
    codes = [one.code for one in fitted(columns, "y ~ d + z", estimand="att").estimate.notices]
    assert "W661" in codes


@pytest.mark.parametrize(
    ("code", "formula", "block"),
    [
        ("E660", "re78 ~ age + treat", {}), ("E660", "re78 ~ treat + age", {"treatment": ["treat", "age"]}),
        ("E650", "re78 ~ treat + age | educ", {}), ("E661", "re78 ~ treat + apart", {}),
        ("E661", "re78 ~ treat + apart", {"method": "entropy"}), ("E661", "re78 ~ treat + age", {"trim": 0.4999}),
        ("E661", "re78 ~ treat + own", {"method": "aipw", "score": "age"}),
        ("E550", "re78 ~ treat + age", {"method": "entropy", "trim": 0.1}),
    ],
)  # fmt: skip
def test_refusals(fitted, training, code, formula, block):
    random = np.random.default_rng(2)
    treat = training["treat"]
    columns = {
        **training,
        "apart": treat * 10 + random.random(445),
        "own": np.where(treat == 1, training["age"], 30.0),
    }
    with pytest.raises(ImpactError) as error:
        fitted(columns, formula, **block)
    assert error.value.faults[0].code == code
