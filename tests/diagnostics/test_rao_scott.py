"""Independence of two characteristics: what is tested, sentences, models without a table. R: tests/reference."""

from __future__ import annotations

import numpy as np
import pytest

from impact.pipeline.fit import fit_request


@pytest.fixture(scope="module")
def examined(request_of, as_frame, test_panel, ask):
    frame = as_frame({**test_panel, "one": np.ones(480), "group": test_panel["i"] % 3})

    def make(statistic="f", **block):
        request = request_of(**block, spec={"survey": {"psu": "i", "weights": "w"}})
        result = fit_request(frame, request, seed=1).results[0]
        assert result.error is None, result.error
        return ask("rao_scott", result, request, statistic=statistic)

    return make


def test_each_variable_has_its_own(examined):
    """Two tables; a scale in percent and the name of the estimator change nothing."""
    block = {"of": ["D", "one"], "over": "group"}
    first, second = examined(estimator="survey_proportion", **block)
    assert (first.term, second.verdict) == ("D", "note")
    assert "one value" in second.sentence
    assert second.p_value is None
    (other,) = examined(estimator="survey_mean", of="D", over="group", scale=100)
    assert other.statistic == pytest.approx(first.statistic, rel=1e-10)
    assert other.details["deff"] == pytest.approx(first.details["deff"], rel=1e-10)


def test_sentences(examined):
    (found,) = examined(estimator="survey_proportion", of="D", over="group")
    assert found.sentence.startswith("D and group in main: F(")
    assert found.details["sentences"]["es"].startswith("D y group en main: F(")
    (chi,) = examined("chi2", estimator="survey_proportion", of="D", over="group")
    assert "χ²(2)" in chi.sentence
    assert chi.df2 is None


@pytest.mark.parametrize(
    "block",
    [
        {"estimator": "survey_proportion", "of": "D"},
        {"estimator": "survey_total", "of": "D", "over": "group"},
        {"estimator": "survey_mean", "of": "D", "over": "group", "per": "one"},
        {"estimator": "survey_mean", "of": "y", "over": "group", "quantiles": [0.5]},
        {"formula": "y ~ D"},
    ],
)
def test_models_without_a_table(examined, block):
    (found,) = examined(**block)
    assert found.verdict == "note"
    assert "`over:`" in found.sentence
    assert found.statistic is None


def test_too_many_values(examined):
    (found,) = examined(estimator="survey_mean", of="y", over="group")
    assert "more than 50" in found.sentence


def test_a_model_without_an_estimate(request_of, as_frame, test_panel, ask):
    request = request_of(estimator="survey_total", of="y")
    result = fit_request(as_frame(test_panel), request, seed=1).results[0]
    (found,) = ask("rao_scott", result, request)
    assert "no estimate" in found.sentence
