"""Results of other packages: the columns hold these packages' own numbers."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from linearmodels.iv import IV2SLS
from linearmodels.panel import PanelOLS

import impact
from impact.face.foreign import foreign_part, several


def numbers(part, term):
    (row,) = [one for one in part.rows if one["term"] == term]
    return [row[name] for name in ("estimate", "std_error", "statistic", "p_value", "ci_low", "ci_high")]


@pytest.fixture(autouse=True)
def quiet():
    """Other packages warn of their own futures."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_pyfixest(counties):
    pyfixest = pytest.importorskip("pyfixest", reason="pyfixest is an extra (bench)")
    fit = pyfixest.feols("lemp ~ post | countyreal + year", counties, vcov={"CRV1": "countyreal"})
    part = foreign_part(fit)
    own = fit.tidy().loc["post"]
    names = ["Estimate", "Std. Error", "t value", "Pr(>|t|)", "2.5%", "97.5%"]
    assert numbers(part, "post") == pytest.approx([own[name] for name in names], rel=1e-12)
    assert (part.facts["n_obs"], part.facts["outcome"]) == (2500, "lemp")
    assert part.facts["absorbed"] == {"countyreal": 500, "year": 5}
    assert part.facts["r2"] == pytest.approx(fit._r2)
    ours = impact.feols("lemp ~ post | countyreal + year", counties, vcov={"cluster": "countyreal"})
    assert numbers(part, "post")[:2] == pytest.approx([ours.coef()["post"], ours.se()["post"]], rel=1e-7)


def test_several_of_pyfixest(counties):
    pyfixest = pytest.importorskip("pyfixest", reason="pyfixest is an extra (bench)")
    many = pyfixest.feols("lemp ~ csw(post, lpop)", counties)
    assert len(several(many)) == 2
    text = impact.etable([many], to="md")
    assert "pyfixest Feols (2)" in text


@pytest.mark.parametrize("kind", ["HC1", "HC3", "nonrobust"])
def test_statsmodels(counties, kind):
    result = smf.ols("lemp ~ post + lpop", counties).fit(cov_type=kind)
    part = foreign_part(result)
    ends = result.conf_int().loc["lpop"].tolist()
    wanted = [
        result.params["lpop"],
        result.bse["lpop"],
        result.tvalues["lpop"],
        result.pvalues["lpop"],
        *ends,
    ]
    assert numbers(part, "lpop") == wanted
    assert numbers(part, "Intercept")[0] == result.params["Intercept"]
    assert (part.facts["r2"], part.facts["vcov"]["kind"]) == (result.rsquared, kind)
    assert part.facts["vcov"]["text_es"] == f"los de statsmodels: {kind}"


def test_statsmodels_without_names_or_r2(counties):
    x = sm.add_constant(counties[["lpop"]].to_numpy())
    result = sm.Logit(counties["post"].to_numpy(), x).fit(disp=0)
    part = foreign_part(result)
    assert [row["term"] for row in part.rows] == ["Intercept", "x1"]
    assert numbers(part, "x1")[0] == result.params[1]
    assert part.facts["r2"] is None


def test_linearmodels(counties):
    panel = counties.set_index(["countyreal", "year"])
    result = PanelOLS.from_formula("lemp ~ post + EntityEffects + TimeEffects", panel).fit()
    part = foreign_part(result)
    assert numbers(part, "post")[:4] == [
        result.params["post"], result.std_errors["post"], result.tstats["post"], result.pvalues["post"],
    ]  # fmt: skip
    assert part.facts["absorbed"] == {"countyreal": 500, "year": 5}
    instrumented = IV2SLS.from_formula("lemp ~ 1 + lpop + [post ~ treat]", counties).fit()
    part = foreign_part(instrumented)
    assert numbers(part, "post")[4:] == instrumented.conf_int().loc["post"].tolist()
    assert part.facts["outcome"] == "lemp"


def test_they_stand_beside_ours(counties):
    formula = "lemp ~ post + lpop"
    ours, theirs = impact.feols(formula, counties, vcov="hc1"), smf.ols(formula, counties).fit(cov_type="HC1")
    pyfixest = pytest.importorskip("pyfixest", reason="pyfixest is an extra (bench)")
    other = pyfixest.feols(formula, counties, vcov="hetero")
    table = impact.etable({"ours": ours, "statsmodels": theirs, "pyfixest": other}, more={"digits": 4})
    cells = [row for row in table.to_frame().to_numpy().tolist() if row[0] == "post"]
    assert len(set(cells[0][1:])) == 1
    assert np.isclose(float(cells[0][1].replace("−", "-")), ours.coef()["post"], atol=5e-5)
    assert "those of statsmodels: HC1" in table.text("md")


def test_what_is_no_result(counties):
    assert foreign_part(sm.OLS(counties["lemp"], counties[["lpop"]])) is None
    assert foreign_part(counties) is None


def test_no_package_is_imported_for_our_own(test_panel):
    import subprocess
    import sys

    code = (
        "import impact, sys\n"
        "fit = impact.feols('y ~ x', {'y': [1.0, 2.0, 4.0, 3.0] * 9, 'x': [0.0, 1.0, 2.0, 2.5] * 9})\n"
        "impact.etable(fit, to='md')\n"
        "print({'pyfixest', 'linearmodels', 'statsmodels'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
