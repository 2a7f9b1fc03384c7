"""R's survey with replicate weights on the test panel: means, totals, ratios, proportions, regressions, instruments.

Numbers: R 4.2.2, survey 4.1.1, made by make_r_survey_replicates.R.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from impact.core.findings import Question
from impact.diagnostics._instruments import models
from impact.pipeline.fit import fit_request

REFERENCE = json.loads((Path(__file__).parent / "numbers" / "r_survey_replicates.json").read_text())
CASES = REFERENCE["cases"]
DOMAINS = {"early": "t <= 5", "half": "z > 0.5"}
KINDS = {"fay": {"kind": "brr", "fay": 0.3}}
MODELS = {
    "mean": {"estimator": "survey_mean", "of": ["y", "z"]},
    "replace": {"estimator": "survey_mean", "of": ["y", "z"], "deff": "replacement"},
    "total": {"estimator": "survey_total", "of": "y"},
    "proportion": {"estimator": "survey_proportion", "of": "D"},
    "regression": {"formula": "y ~ D + z"},
    "ratio": {"estimator": "survey_mean", "of": "y", "per": "z"},
    "iv": {"estimator": "iv", "formula": "y ~ t | both ~ x"},
    "table": {"estimator": "survey_mean", "of": "f", "over": "D"},
    "by": {"estimator": "survey_mean", "of": "y", "over": "D", "test": "difference"},
}
# R's interval.type = "quantile": the spread of the replicates' own quantiles
QUANTILES = {"quantiles": {"estimator": "survey_mean", "of": "y", "quantiles": [0.1, 0.5, 0.9]}}


def columns_of(panel, design, *, combined):
    """The panel with weights and replicate weights, multiplied by the weights or not."""
    factors = np.array(REFERENCE["factors"][design])[panel["i"].astype(int) - 1]
    weights = 3 * panel["w"]
    found = {
        **panel,
        "w": weights,
        "both": panel["z"] + panel["x"],
        "f": 1 + (8 * (panel["i"] - 1) + panel["t"]) % 3,
    }
    replicates = factors * weights[:, None] if combined else factors
    return found | {f"rep_{number + 1}": values for number, values in enumerate(replicates.T)}


def block_of(case):
    """`replicate:` of a case."""
    given = {name: case[name] for name in ("scale", "rscales") if case.get(name) is not None}
    kind = KINDS.get(case["design"], {"kind": case["design"]})
    return {**kind, "weights": "rep_*", "mse": case["mse"], "combined": case["combined"], **given}


@pytest.fixture(scope="module")
def results(plan_of, as_frame, test_panel, ask):
    def fit(case):
        frame = as_frame(columns_of(test_panel, case["design"], combined=case["combined"]))
        survey = {"weights": "w", "replicate": block_of(case)}
        if case["domain"] in DOMAINS:
            survey["subpop"] = DOMAINS[case["domain"]]
        fitted = {}
        models = MODELS | (QUANTILES if "quantiles" in case else {})
        for request in plan_of(survey=survey, models=models).models:
            result = fit_request(frame, request, seed=None).results[0]
            assert result.error is None, result.error
            fitted[request.name] = result
            if request.name == "table":
                tests = {law: ask("rao_scott", result, request, statistic=law)[0] for law in ("f", "chi2")}
        return fitted, tests

    return fit


@pytest.mark.parametrize("name", sorted(CASES))
def test_equal_to_r(results, name):
    case = CASES[name]
    found, independence = results(case)
    for model in ("mean", "total", "ratio", "regression", "iv"):
        expected = case[model]
        assert found[model].estimate.params == pytest.approx(np.ravel(expected["estimate"]), rel=1e-9), model
        assert found[model].inference.std_error == pytest.approx(np.ravel(expected["se"]), rel=1e-9), model
        assert (found[model].inference.df == case["degf"]).all()
    share = found["proportion"]
    assert share.estimate.params[0] == pytest.approx(case["proportion"], rel=1e-10)
    assert share.inference.std_error[0] == pytest.approx(case["proportion_se"], rel=1e-9)
    # R iterates to the log odds of each replicate and stops at 1e-8 of the deviance
    interval = [share.inference.ci_low[0], share.inference.ci_high[0]]
    assert interval == pytest.approx(case["proportion_ci"], rel=1e-7)
    for model, key in (("mean", "deff_mean"), ("total", "deff_total"), ("replace", "deff_replace")):
        assert found[model].inference.extra["deff"] == pytest.approx(np.ravel(case[key]), rel=1e-9), key
    errors = [*case["by"]["se"], case["difference"]["se"]]
    assert found["by"].inference.std_error == pytest.approx(np.ravel(errors), rel=1e-9)
    values = [*case["by"]["estimate"], case["difference"]["estimate"]]
    assert found["by"].estimate.params == pytest.approx(np.ravel(values), rel=1e-9)
    assert independence["f"].statistic == pytest.approx(case["rao_scott"]["f"], rel=1e-8)
    assert [independence["f"].df, independence["f"].df2] == pytest.approx(case["rao_scott"]["df"], rel=1e-8)
    assert independence["f"].p_value == pytest.approx(case["rao_scott"]["p"], rel=1e-8)
    assert independence["chi2"].p_value == pytest.approx(case["rao_scott"]["p_chisq"], rel=1e-8)
    if "quantiles" in case:
        quantiles, expected = found["quantiles"], case["quantiles"]
        assert quantiles.estimate.params == pytest.approx(expected["estimate"], rel=1e-12)
        assert quantiles.inference.std_error == pytest.approx(expected["se"], rel=1e-9)
        assert quantiles.inference.ci_low == pytest.approx(expected["low"], rel=1e-9)
        assert quantiles.inference.ci_high == pytest.approx(expected["high"], rel=1e-9)


def test_replicates_say_nothing_of_the_first_stage(results):
    """They are estimates of the model: no robust set stands beside it, and tests of its instruments say why."""
    found = results(CASES["brr_all"])[0]["iv"]
    assert "effective_f" not in found.inference.extra
    question = Question(
        "asked", "weak_iv", ((found, ""),), {}, refit=None, infer=None, infer_fully=None, seed=1
    )
    asked, notes = models(question)
    assert asked == [] and "replicate weights" in notes[0].sentence
