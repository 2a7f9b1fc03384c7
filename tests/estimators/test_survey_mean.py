"""Means: the ratio of weighted sums, and what the spec must say. R: tests/reference."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import SpecError
from impact.pipeline.fit import fit_request


def test_the_mean_of_a_population(request_of, as_frame, test_panel):
    request = request_of(estimator="survey_mean", of="y", spec={"survey": {"weights": "w"}})
    found = fit_request(as_frame(test_panel), request, seed=1).results[0]
    assert found.estimate.params == pytest.approx(np.average(test_panel["y"], weights=test_panel["w"]))
    assert found.estimate.terms[0].kind == "mean"


@pytest.mark.parametrize(
    "block",
    [
        {},
        *(
            {"of": "y", key: value}
            for key, value in {
                "formula": "y ~ 1",
                "outcome": "z",
                "treatment": "z",
                "controls": ["z"],
            }.items()
        ),
    ],
)
def test_variables_are_named_in_of(request_of, block):
    with pytest.raises(SpecError, match="`of:`") as caught:
        request_of(**{"formula": None, "estimator": "survey_mean", **block})
    assert caught.value.faults[0].code == "E569"


@pytest.fixture(scope="module")
def frame(as_frame, test_panel):
    replicates = {
        f"rep_{r}": test_panel["w"] * factor
        for r, factor in enumerate(np.random.default_rng(8).uniform(0.5, 1.5, (15, 480)))
    }
    words = np.where(test_panel["i"] % 2 == 0, "even", "odd").astype(object)
    return as_frame({**test_panel, "nothing": np.zeros(480), "words": words, **replicates})


def result(request_of, frame, **block):
    request = request_of(estimator="survey_mean", **{"of": "y", **block})
    return fit_request(frame, request, seed=1).results[0]


SURVEY = {"psu": "i", "weights": "w"}
REPLICATES = {"weights": "w", "replicate": {"kind": "bootstrap", "weights": "rep_*"}}


def test_ratios_by_domain(request_of, frame, test_panel):
    block = {"of": ["y", "x"], "per": "z", "over": "D", "test": "difference"}
    found = result(request_of, frame, **block, spec={"survey": SURVEY})
    names = [term.name for term in found.estimate.terms]
    assert names == ["y/z[D=0]", "x/z[D=0]", "y/z[D=1]", "x/z[D=1]", "y/z[D=1 - 0]", "x/z[D=1 - 0]"]
    ratios = []
    for level in (0, 1):
        inside = test_panel["w"] * (test_panel["D"] == level)
        ratios.append(inside @ test_panel["y"] / (inside @ test_panel["z"]))
    expected = [ratios[0], ratios[1], ratios[1] - ratios[0]]
    assert found.estimate.params[::2] == pytest.approx(expected, rel=1e-12)


def test_a_ratio_to_one_is_the_mean(request_of, as_frame, test_panel):
    frame = as_frame({**test_panel, "one": np.ones(480)})
    block = {"deff": "replacement", "spec": {"survey": SURVEY}}
    mean, ratio = (result(request_of, frame, **block, **own) for own in ({}, {"per": "one"}))
    assert ratio.inference.std_error == pytest.approx(mean.inference.std_error, rel=1e-12)
    assert ratio.inference.extra["deff"] == pytest.approx(mean.inference.extra["deff"], rel=1e-12)


def test_quantiles_by_domain(request_of, frame):
    """With replicate weights their differences have an error, too."""
    block = {"of": ["y", "z"], "quantiles": [0.25, 0.5], "over": "D", "test": "difference"}
    found = result(request_of, frame, **block, spec={"survey": REPLICATES})
    names = [term.name for term in found.estimate.terms]
    assert names[:5] == ["y[0.25][D=0]", "y[0.5][D=0]", "z[0.25][D=0]", "z[0.5][D=0]", "y[0.25][D=1]"]
    params = dict(zip(names, found.estimate.params, strict=True))
    assert params["y[0.5][D=1 - 0]"] == pytest.approx(params["y[0.5][D=1]"] - params["y[0.5][D=0]"])
    assert (found.inference.std_error > 0).all()


@pytest.mark.parametrize(
    ("block", "code", "match"),
    [
        ({"per": "nothing", "spec": {"survey": SURVEY}}, "E569", "zero"),
        ({"per": "words", "spec": {"survey": SURVEY}}, "E569", "no number"),
        ({"quantiles": [0.5]}, "E569", "intervals of quantiles"),
        (
            {"quantiles": [0.5], "over": "D", "test": "difference", "spec": {"survey": SURVEY}},
            "E569",
            "replicate weights",
        ),
        (
            {
                "quantiles": [0.5],
                "spec": {"survey": {"weights": "w", "replicate": {"kind": "jk1", "weights": "rep_*"}}},
            },
            "E690",
            "jackknife",
        ),
    ],
)
def test_figures_without_an_error(request_of, frame, block, code, match):
    fault = result(request_of, frame, **block).error.faults[0]
    assert fault.code == code
    assert match in fault.message


@pytest.mark.parametrize(
    "block", [{"quantiles": [0.5], "per": "z"}, {"quantiles": [1.0]}, {"quantiles": [0.0, 0.5]}]
)
def test_options_that_contradict(request_of, block):
    with pytest.raises(SpecError) as caught:
        request_of(estimator="survey_mean", of="y", **block)
    assert caught.value.faults[0].code == "E569"


def test_domains_with_long_numbers_keep_their_names(request_of, as_frame, test_panel):
    frame = as_frame({**test_panel, "code": 1234567.0 + test_panel["i"] % 2})
    found = result(request_of, frame, over="code", spec={"survey": SURVEY})
    assert [term.name for term in found.estimate.terms] == ["y[code=1234567]", "y[code=1234568]"]
