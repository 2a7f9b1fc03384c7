"""R's survey on the test panel: means, totals, ratios, quantiles, proportions, regressions, design effects.

Numbers: R 4.2.2, survey 4.1.1, made by make_r_survey.R.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from impact.pipeline.fit import fit_request

CASES = json.loads((Path(__file__).parent / "numbers" / "r_survey.json").read_text())["cases"]
# what R calls adjust
RULES = {"adjust": "centered"}
DESIGNS = {
    "weights": {},
    "clustered": {"psu": "i"},
    "stratified": {"psu": "i", "strata": "s"},
    "nested": {"psu": "j", "strata": "s", "nest": True},
    "finite": {"psu": "i", "strata": "s", "fpc": "N1"},
    "two_stages": {"psu": ["i", "t"], "strata": "s", "fpc": ["N1", "N2"]},
    "lone": {"psu": "i", "strata": "lone"},
}
DOMAINS = {"early": "t <= 5", "half": "z > 0.5", "few": "c <= 4 and z > 0.3"}
MODELS = {
    "mean": {"estimator": "survey_mean", "of": ["y", "z"]},
    "replace": {"estimator": "survey_mean", "of": ["y", "z"], "deff": "replacement"},
    "total": {"estimator": "survey_total", "of": "y"},
    "ratio": {"estimator": "survey_mean", "of": "y", "per": "z"},
    "quantiles": {"estimator": "survey_mean", "of": "y", "quantiles": [0.1, 0.5, 0.9]},
    "proportion": {"estimator": "survey_proportion", "of": "D"},
    "regression": {"formula": "y ~ D + z"},
    "table": {"estimator": "survey_mean", "of": "f", "over": "D", "scale": 10},
    "by": {"estimator": "survey_mean", "of": "y", "over": "D", "test": "difference"},
}


@pytest.fixture(scope="module")
def results(plan_of, as_frame, test_panel, ask):
    panel = dict(test_panel)
    stratum = 1 + (panel["c"] - 1) // 3
    frame = as_frame(
        {
            **panel,
            "w": 3 * panel["w"],
            "s": stratum,
            "f": 1 + (8 * (panel["i"] - 1) + panel["t"]) % 3,
            "j": (panel["i"] - 1) % 15 + 1,
            "N1": 20 + 10 * stratum,
            "N2": np.full(480, 12),
            "lone": np.where(panel["i"] == 1, 9, stratum),
        }
    )

    def fit(case):
        survey = {
            "weights": "w",
            "singleton": RULES.get(case["lonely"], case["lonely"]),
            **DESIGNS[case["design"]],
        }
        if case["domain"] in DOMAINS:
            survey["subpop"] = DOMAINS[case["domain"]]
        fitted = {}
        for request in plan_of(survey=survey, models=MODELS).models:
            result = fit_request(frame, request, seed=None).results[0]
            assert result.error is None, result.error
            fitted[request.name] = result
            if request.name == "table":
                tests = {law: ask("rao_scott", result, request, statistic=law)[0] for law in ("f", "chi2")}
        return fitted, tests

    return fit


def numbers(value):
    return np.ravel(np.array(value, dtype=float))


def same_association(tests, expected):
    """R's svychisq with statistic = "F" and "Chisq"."""
    assert tests["f"].statistic == pytest.approx(expected["f"], rel=1e-9)
    assert [tests["f"].df, tests["f"].df2] == pytest.approx(expected["df"], rel=1e-9)
    assert tests["f"].p_value == pytest.approx(expected["p"], rel=1e-9)
    assert tests["chi2"].p_value == pytest.approx(expected["p_chisq"], rel=1e-9)


@pytest.mark.parametrize("name", sorted(CASES))
def test_equal_to_r(results, name):
    case = CASES[name]
    found, independence = results(case)
    for model in ("mean", "total", "regression"):
        assert found[model].estimate.params == pytest.approx(numbers(case[model]["estimate"]), rel=1e-10), (
            model
        )
        assert found[model].inference.std_error == pytest.approx(numbers(case[model]["se"]), rel=1e-10), model
        assert (found[model].inference.df == case["degf"]).all()
    share = found["proportion"]
    assert share.estimate.params[0] == pytest.approx(case["proportion"], rel=1e-10)
    interval = [share.inference.ci_low[0], share.inference.ci_high[0]]
    assert interval == pytest.approx(case["proportion_ci"], rel=1e-10)
    for model, key in (("mean", "deff_mean"), ("total", "deff_total"), ("replace", "deff_replace")):
        assert found[model].inference.extra["deff"] == pytest.approx(numbers(case[key]), rel=1e-9), key
    ratio = found["ratio"]
    assert ratio.estimate.params == pytest.approx(numbers(case["ratio"]["estimate"]), rel=1e-10)
    assert ratio.inference.std_error == pytest.approx(numbers(case["ratio"]["se"]), rel=1e-10)
    assert ratio.inference.extra["deff"] == pytest.approx(numbers(case["ratio"]["deff"]), rel=1e-9)
    # Woodruff intervals: R's svyquantile with interval.type = "mean", qrule = "math"
    quantiles, expected = found["quantiles"], case["quantiles"]
    assert quantiles.estimate.params == pytest.approx(expected["estimate"], rel=1e-12)
    assert quantiles.inference.ci_low == pytest.approx(numbers(expected["low"]), rel=1e-12, nan_ok=True)
    assert quantiles.inference.ci_high == pytest.approx(numbers(expected["high"]), rel=1e-12, nan_ok=True)
    assert quantiles.inference.std_error == pytest.approx(numbers(expected["se"]), rel=1e-10, nan_ok=True)
    same_association(independence, case["rao_scott"])
    # svyttest: the same t, with one degree of freedom less in R
    assert found["by"].inference.statistic[-1] == pytest.approx(case["t_difference"], rel=1e-9)
    if "by" in case:
        expected = [*numbers(case["by"]["se"]), *numbers(case["difference"]["se"])]
        assert found["by"].inference.std_error == pytest.approx(expected, rel=1e-10)
        values = [*numbers(case["by"]["estimate"]), *numbers(case["difference"]["estimate"])]
        assert found["by"].estimate.params == pytest.approx(values, rel=1e-10)
