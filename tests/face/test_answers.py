"""Tests of a fit: closed forms, the tests of a spec, and HonestDiD's restrictions at zero."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import impact
from impact.core.errors import SpecError
from impact.kernels.distributions import t_critical


def test_wald_of_one_equation_is_a_squared_t(test_panel):
    fit = impact.feols("y ~ D + z + x", test_panel, vcov={"cluster": "i"})
    answer = fit.wald("D = 2*z + 0.1")
    weights = np.array([0.0, 1.0, -2.0, 0.0])
    assert fit.terms == ["Intercept", "D", "z", "x"]
    t = (weights @ fit.estimate.params - 0.1) / np.sqrt(weights @ fit.vcov() @ weights)
    assert answer.statistic == pytest.approx(t**2, rel=1e-12)
    assert answer.tidy()["p_value"].tolist() == [answer.p_value]
    assert answer.sentence in repr(answer)
    assert answer.details["law"] == "f"


def test_wald_of_several_is_that_of_statsmodels(test_panel):
    import statsmodels.api as sm

    table = pd.DataFrame(test_panel)
    fit = impact.feols("y ~ D + z + x", table, vcov="hc1")
    other = sm.OLS(table["y"], sm.add_constant(table[["D", "z", "x"]])).fit(cov_type="HC1", use_t=True)
    wanted = other.f_test("D = 0, z = x")
    answer = fit.wald("D = 0", "z = x")
    assert answer.statistic == pytest.approx(float(wanted.fvalue), rel=1e-9)
    assert answer.p_value == pytest.approx(float(wanted.pvalue), rel=1e-7)


def test_equivalence_is_two_one_sided_tests(test_panel):
    """The (1 − 2α) interval is estimate ± t(1 − α) s; it lies within the bound if and only if p < α."""
    fit = impact.feols("y ~ D + z | i + t", test_panel, vcov={"cluster": "i"})
    b, s = fit.coef()["D"], fit.se()["D"]
    half = float(t_critical(0.9, 59.0)) * s
    answer = impact.equivalence(fit, "D", bound=b + half + 1e-6)
    assert (answer.ci_low, answer.ci_high) == pytest.approx((b - half, b + half), rel=1e-10)
    assert (answer.p_value < 0.05, answer.verdict) == (True, "pass")
    assert impact.equivalence(fit, "D", bound=b + half - 1e-6).p_value > 0.05
    assert "<p>" in answer._repr_html_()
    strict = impact.equivalence(fit, "D", bound=1.0, alpha=0.01, reason="a tenth of the mean")
    assert strict.details["reason"]["en"] == "a tenth of the mean"
    assert strict.ci_high - strict.ci_low > 2 * half


def test_equivalence_is_that_of_a_spec(test_panel, tmp_path, monkeypatch):
    pd.DataFrame(test_panel).to_csv(tmp_path / "panel.csv", index=False)
    monkeypatch.chdir(tmp_path)
    fit = impact.feols("y ~ D + z | i + t", test_panel, vcov={"cluster": "i"})
    spec = fit.to_spec("panel.csv").to_dict()
    spec["tests"] = {
        "small": {"kind": "equivalence", "of": "fit.D", "bound": 0.3, "reason": "given in the call"}
    }
    study = impact.run(spec, out=None)
    (found,) = [one for one in study.document["tests"] if one["test"] == "small"]
    answer = impact.equivalence(fit, "D", bound=0.3)
    assert (answer.p_value, answer.ci_low, answer.sentence) == (
        found["p_value"],
        found["ci_low"],
        found["sentence"],
    )


def test_honest_at_zero_is_the_usual_interval(cs_fit):
    """No departure from parallel trends: the interval of the effect in the first treated period."""
    answer = cs_fit.honest(m=[0, 0.5, 1])
    rows = answer.tidy()
    usual = cs_fit.event().set_index("event_time").loc[0.0]
    assert rows["m"].tolist() == [0.0, 0.5, 1.0]
    assert rows["ci_low"].tolist()[0] == pytest.approx(usual["ci_low"], abs=2e-4)
    assert rows["ci_high"].tolist()[0] == pytest.approx(usual["ci_high"], abs=2e-4)
    widths = (rows["ci_high"] - rows["ci_low"]).tolist()
    assert widths == sorted(widths)
    assert set(cs_fit.honest(1, restriction="smoothness", target="average").tidy()["restriction"]) == {
        "smoothness"
    }
    assert len(cs_fit.honest(m=0.5, restriction=["relative_magnitude", "smoothness"]).findings) == 2


def test_mistakes_are_named(test_panel, cs_fit):
    fit = impact.feols("y ~ D + z", test_panel)
    cases = [
        (lambda: impact.equivalence(fit, "d", bound=0.1), "E606", "D"),
        (lambda: impact.equivalence(fit, "D", bound=-1), "E106", ""),
        (lambda: impact.equivalence(fit, "D", bound="small"), "E104", ""),
        (lambda: impact.equivalence("fit", "D", bound=1), "E698", ""),
        (lambda: fit.wald("D ="), "E611", ""),
        (lambda: fit.wald("d = 0"), "E606", "D"),
        (lambda: fit.wald("D = 0", "2*D = 0"), "E612", ""),
        (lambda: cs_fit.honest(m=[-1]), "E622", ""),
        (lambda: cs_fit.honest(target="frist"), "E104", ""),
    ]
    for call, code, hint in cases:
        with pytest.raises(SpecError) as caught:
            call()
        assert caught.value.code in (code, "E105"), code
        assert caught.value.suggestion == hint or not hint
        assert caught.value.where is not None


def test_honest_needs_periods_before_treatment(counties):
    late = counties[counties["year"] >= 2006]
    fit = impact.did(late, y="lemp", unit="countyreal", time="year", cohort="first_treat", more={"never": 0})
    answer = fit.honest(restriction="relative_smoothness", m=1)
    assert (answer.verdict, answer.statistic) == ("note", None)
    assert "before treatment" in answer.sentence
