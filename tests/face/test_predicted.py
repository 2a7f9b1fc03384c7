"""Predictions. Oracles: statsmodels with dummies, pyfixest, and rows of the sample given back as new data."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

import impact as im
from impact.core.errors import SpecError


@pytest.fixture(scope="module")
def table(test_panel):
    high = (test_panel["cnt"] > 2).astype(float)
    return pd.DataFrame({**test_panel, "high": high, "name": [f"n{k % 5}" for k in range(len(high))]})


def new_rows(table):
    """Rows of other regressors with levels that the sample has."""
    rng = np.random.default_rng(8)
    found = table.sample(40, random_state=3).reset_index(drop=True)
    found["z"], found["x"] = rng.uniform(-1, 1, (2, 40))
    return found


LINEAR = [
    ("y ~ D + z", "y ~ D + z"),
    ("y ~ z + i(t) | i", "y ~ z + C(t) + C(i)"),
    ("y ~ D + z | i + t", "y ~ D + z + C(i) + C(t)"),
    ("y ~ z + D:x | i^c + t", "y ~ z + D:x + C(i) + C(t)"),
    ("y ~ z | i[q1] + t", "y ~ z + C(i) + C(i):q1 + C(t)"),
]


@pytest.mark.parametrize(("ours", "theirs"), LINEAR)
@pytest.mark.parametrize("weighted", [False, True])
def test_linear_predictions_are_those_with_dummies(table, ours, theirs, weighted):
    keys = {"weights": {"w": "analytic"}} if weighted else {}
    fit = im.feols(ours, table, **keys)
    weights = table["w"] if weighted else np.ones(len(table))
    other = smf.wls(theirs, table, weights=weights).fit()
    np.testing.assert_allclose(fit.predict(), other.fittedvalues, atol=1e-8)
    new = new_rows(table)
    np.testing.assert_allclose(fit.predict(new), other.predict(new), atol=1e-8)


def test_bases_and_levels_are_those_of_the_sample(table):
    fit = im.feols("y ~ poly(z, 3) + ns(x, 4) + i(name):D", table)
    np.testing.assert_allclose(fit.predict(table.iloc[5:25]), fit.predict()[5:25], atol=1e-10)
    few = table[table["name"] == "n3"].iloc[:7]
    np.testing.assert_allclose(fit.predict(few), fit.predict()[few.index], atol=1e-10)
    # a cubic in z is one function of z wherever its basis comes from
    cubic = im.feols("y ~ poly(z, 3)", table).predict(new_rows(table))
    plain = smf.ols("y ~ z + I(z**2) + I(z**3)", table).fit().predict(new_rows(table))
    np.testing.assert_allclose(cubic, plain, atol=1e-9)


def test_instrumental_predictions_use_the_regressor_itself(table):
    fit = im.feiv("yiv ~ z | i + t | d ~ q1 + q2", table)
    assert fit.coef()["d"] == pytest.approx(0.752477855912, abs=1e-9)  # R fixest 0.14, feols
    new = new_rows(table)
    pyfixest = pytest.importorskip("pyfixest", reason="pyfixest is an extra (bench)")
    other = pyfixest.feols("yiv ~ z | i + t | d ~ q1 + q2", table)
    shift = 0.3 * fit.coef()["d"]
    np.testing.assert_allclose(fit.predict(), table["yiv"] - other.resid(), atol=1e-8)
    moved = table.assign(d=table["d"] + 0.3)
    np.testing.assert_allclose(fit.predict(moved), fit.predict() + shift, atol=1e-8)
    assert fit.predict(new).notna().all()


CHOICES = [
    ("fepois", "cnt ~ D + z + offset(q1) | i + t", "cnt ~ D + z + C(i) + C(t)", "poisson", "q1"),
    ("fepois", "cnt ~ D + z", "cnt ~ D + z", "poisson", None),
    ("logit", "high ~ D + z | t", "high ~ D + z + C(t)", "logit", None),
    ("probit", "high ~ D + z + x", "high ~ D + z + x", "probit", None),
]
LINKS = {
    "poisson": sm.families.Poisson(),
    "logit": sm.families.Binomial(),
    "probit": sm.families.Binomial(sm.families.links.Probit()),
}


@pytest.mark.parametrize("kind", ["response", "link"])
@pytest.mark.parametrize(("name", "ours", "theirs", "family", "offset"), CHOICES)
def test_likelihood_predictions_are_those_with_dummies(table, name, ours, theirs, family, offset, kind):
    function = {"fepois": im.fepois}.get(name)
    fit = function(ours, table) if function else im.feglm(ours, table, family=name)
    model = smf.glm(theirs, table, family=LINKS[family], offset=None if offset is None else table[offset])
    other = model.fit(tol=1e-13, maxiter=200)
    which = "mean" if kind == "response" else "linear"
    np.testing.assert_allclose(fit.predict(kind=kind), other.predict(which=which), rtol=1e-6)
    new = new_rows(table)
    moved = None if offset is None else new[offset]
    np.testing.assert_allclose(
        fit.predict(new, kind=kind), other.predict(new, which=which, offset=moved), rtol=1e-6
    )


def test_errors_and_intervals_of_least_squares(table):
    fit = im.feols("y ~ D + z + x", table, vcov="iid")
    new = new_rows(table)
    other = smf.ols("y ~ D + z + x", table).fit().get_prediction(new).summary_frame(alpha=0.1)
    ours = fit.predict(new, se=True, interval="confidence", level=0.9)
    np.testing.assert_allclose(ours["std_error"], other["mean_se"], rtol=1e-8)
    np.testing.assert_allclose(
        ours[["ci_low", "ci_high"]], other[["mean_ci_lower", "mean_ci_upper"]], rtol=1e-8
    )
    wide = fit.predict(new, interval="prediction", level=0.9)
    np.testing.assert_allclose(
        wide[["ci_low", "ci_high"]], other[["obs_ci_lower", "obs_ci_upper"]], rtol=1e-8
    )


def test_errors_of_a_choice_are_by_the_delta_method(table):
    fit = im.feglm("high ~ D + z", table, family="logit", vcov="iid", more=None)
    new = new_rows(table)
    link, response = (fit.predict(new, se=True, kind=kind) for kind in ("link", "response"))
    other = smf.glm("high ~ D + z", table, family=LINKS["logit"]).fit(tol=1e-13).get_prediction(new)
    # ours carries the small-sample factor (N − 1) / (N − K) of the iid variance
    factor = np.sqrt((len(table) - 1) / (len(table) - 3))
    ratio = response["std_error"] / other.summary_frame()["mean_se"]
    assert np.ptp(ratio) < 1e-8 and ratio[0] in (
        pytest.approx(1.0, abs=1e-6),
        pytest.approx(factor, abs=1e-6),
    )
    mean = response["fitted"]
    np.testing.assert_allclose(response["std_error"], link["std_error"] * mean * (1 - mean), rtol=1e-12)
    inside = fit.predict(new, interval="confidence")
    assert ((inside["ci_low"] > 0) & (inside["ci_high"] < 1)).all()


def test_marginal_rows_are_no_coefficients_of_the_prediction(table):
    plain = im.feglm("high ~ D + z", table, family="logit")
    rows = im.feglm("high ~ D + z", table, family="logit", more={"marginal": "average"})
    np.testing.assert_allclose(rows.predict(new_rows(table)), plain.predict(new_rows(table)), rtol=1e-12)


def test_rows_outside_the_sample_are_missing(table):
    gaps = table.set_index(np.arange(len(table)) + 100)
    gaps.loc[103, "z"] = np.nan
    gaps.loc[107, "y"] = np.nan
    found = im.feols("y ~ z | i", gaps).predict()
    assert found.index.equals(gaps.index)
    assert found.index[found.isna()].tolist() == [103, 107]


def test_unknown_levels_are_counted(table):
    fit = im.feols("y ~ z + i(name) | i + t", table)
    new = table.iloc[:6].copy()
    new.loc[new.index[0], "i"] = 999
    new.loc[new.index[1], "name"] = "other"
    new.loc[new.index[2], "z"] = np.nan
    new.loc[new.index[3], "name"] = None
    with pytest.warns(im.ImpactWarning) as caught:
        found = fit.predict(new)
    assert found.isna().tolist() == [True, True, True, True, False, False]
    said = str(caught[0].message)
    assert caught[0].message.code == "W656"
    assert "4 rows" in said and "level of i: 1" in said and "level of name: 1" in said and "value: 2" in said
    np.testing.assert_allclose(found[4:], fit.predict()[4:6], atol=1e-10)


def test_levels_that_no_row_links_have_no_prediction():
    rows = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3)]
    x, y = np.random.default_rng(1).normal(size=(2, 16))
    data = {"u": [u for u, _ in rows] * 2, "t": [t for _, t in rows] * 2, "x": x, "y": y}
    fit = im.feols("y ~ x | u + t", data)
    new = {"u": [0, 0, 3], "t": [1, 2, 2], "x": [0.0, 0.0, 0.0]}
    with pytest.warns(im.ImpactWarning, match="does not link: 1"):
        found = fit.predict(new)
    assert found.isna().tolist() == [False, True, False]


def test_separated_levels_of_counts_are_unknown(table):
    zero = table.assign(cnt=table["cnt"].where(table["i"] != 1, 0.0))
    fit = im.fepois("cnt ~ D + z | i + t", zero)
    assert fit.predict().isna().sum() == (table["i"] == 1).sum()
    with pytest.warns(im.ImpactWarning, match="unknown level of i: 8"):
        assert fit.predict(zero).isna().sum() == 8
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rest = zero[zero["i"] != 1]
        np.testing.assert_allclose(fit.predict(rest), fit.predict()[rest.index], rtol=1e-7)


def test_lags_are_those_of_the_new_rows(table):
    fit = im.feols("y ~ l(z, 1) | i", table, panel=("i", "t"))
    own = fit.predict()
    assert own.isna().sum() == table["i"].nunique()
    with pytest.warns(im.ImpactWarning, match="missing value: 60"):
        np.testing.assert_allclose(fit.predict(table), own, atol=1e-9)


REFUSED = [
    ({"se": True}, "y ~ z | i", "E607"),
    ({"interval": "confidence"}, "y ~ z | i", "E607"),
    ({"kind": "reponse"}, "y ~ z", "E609"),
    ({"interval": "both"}, "y ~ z", "E609"),
    ({"se": 1}, "y ~ z", "E609"),
    ({"level": 95}, "y ~ z", "E609"),
    ({"level": "high"}, "y ~ z", "E609"),
]


@pytest.mark.parametrize(("keys", "formula", "code"), REFUSED)
def test_refused(table, keys, formula, code):
    with pytest.raises(SpecError) as found:
        im.feols(formula, table).predict(**keys)
    assert found.value.faults[0].code == code


def test_other_models_refused(table):
    for fit in (
        im.feglm("high ~ D + z | i", table, family="logit", vcov="own", more={"effects": "conditional"}),
        im.feglm("high ~ D + z | t", table, family="logit", more={"bias": "analytical"}),
    ):
        with pytest.raises(SpecError) as found:
            fit.predict()
        assert found.value.faults[0].code == "E607"
    with pytest.raises(SpecError) as found:
        im.fepois("cnt ~ D + z", table).predict(interval="prediction")
    assert found.value.faults[0].code == "E607"


def test_a_column_that_new_rows_lack_is_named(table):
    with pytest.raises(SpecError) as found:
        im.feols("y ~ z | i", table).predict(table.drop(columns="z"))
    assert found.value.faults[0].code == "E514"


def test_no_rows(table):
    fit = im.feols("y ~ z + i(name) | i + t", table)
    assert len(fit.predict(table.iloc[:0])) == 0
    with pytest.warns(im.ImpactWarning):
        assert fit.predict(table.iloc[:2].assign(z=np.nan)).isna().all()
