"""Intervals from replicate weights: on the log odds for proportions, and what is said of the variance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from impact.pipeline.fit import fit_request

FACTORS = np.random.default_rng(4).uniform(0.5, 1.5, (20, 480))


@pytest.fixture(scope="module")
def fitted(request_of, as_frame, test_panel):
    replicates = {f"rep_{r}": test_panel["w"] * factor for r, factor in enumerate(FACTORS)}
    frame = as_frame({**test_panel, "sure": np.ones(480), **replicates})

    def make(replicate, **block):
        survey = {"weights": "w", "replicate": {"kind": "bootstrap", "weights": "rep_*", **replicate}}
        return fit_request(frame, request_of(**block, spec={"survey": survey}), seed=1).results[0]

    return make


@pytest.mark.parametrize("mse", [False, True])
def test_log_odds_of_each_replicate(fitted, test_panel, mse):
    found = fitted({"mse": mse}, estimator="survey_proportion", of="D", scale=100)
    shares = np.array([np.average(test_panel["D"], weights=test_panel["w"] * factor) for factor in FACTORS])
    whole = np.average(test_panel["D"], weights=test_panel["w"])
    odds, centre = np.log(shares / (1 - shares)), np.log(whole / (1 - whole))
    error = np.sqrt(np.sum((odds - (centre if mse else odds.mean())) ** 2) / 19)
    ends = centre + np.array([-1, 1]) * stats.t.ppf(0.975, 19) * error
    interval = [found.inference.ci_low[0], found.inference.ci_high[0]]
    assert interval == pytest.approx(100 / (1 + np.exp(-ends)), rel=1e-12)


def test_a_share_of_one_has_no_odds(fitted):
    found = fitted({}, estimator="survey_proportion", of=["sure", "D"])
    assert found.inference.ci_low[0] == pytest.approx(1.0)
    assert 0 < found.inference.ci_low[1] < found.estimate.params[1]


def test_what_is_said_of_it(fitted):
    found = fitted({"scale": 0.25}, formula="y ~ D")
    variance = found.inference.variance
    assert variance["type"] == "bootstrap"
    assert variance["factors"] == {"scale": 0.25}
    assert "20 replicate weights (bootstrap), t with 19" in variance["text"]
    assert "20 pesos replicados (bootstrap), t con 19" in variance["text_es"]
    half = fitted({"kind": "brr", "fay": 0.5}, formula="y ~ D")
    assert "brr, Fay 0.5" in half.inference.variance["text"]
