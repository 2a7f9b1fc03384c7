"""Coefficient of variation, cases and grades of figures, and how a table prints them."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import SpecError
from impact.outputs._statistics import Printing, cell_of
from impact.pipeline.fit import fit_request

SURVEY = {"psu": "c", "weights": "w"}


@pytest.fixture(scope="module")
def fitted(request_of, as_frame, test_panel):
    frame = as_frame(
        {**test_panel, "rare": ((8 * (test_panel["i"] - 1) + test_panel["t"]) % 97 == 0).astype(float)}
    )

    def make(survey=SURVEY, **block):
        request = request_of(estimator="survey_mean", **block, spec={"survey": survey})
        return fit_request(frame, request, seed=1).results[0]

    return make


def test_grades(fitted):
    found = fitted(of=["y", "rare"], cv_limits=[0.1, 0.2])
    cv = found.inference.std_error / found.estimate.params
    assert found.inference.extra["cv"] == pytest.approx(cv)
    assert cv[0] < 0.1
    assert 0.2 < cv[1] < 2
    assert found.inference.extra["quality"].tolist() == [0.0, 2.0]
    between = fitted(of=["y", "rare"], cv_limits=[0.1, 2.0])
    assert between.inference.extra["quality"].tolist() == [0.0, 1.0]
    warned = next(one for one in found.inference.notices if one.code == "W691")
    assert "1 of 2 figures" in warned.message
    assert "rare" in warned.message
    assert "10 %" in warned.message


def test_peru_marks_fifteen_percent(fitted):
    assert fitted(of="y").inference.extra["quality"].tolist() == [0.0]
    assert "W691" not in {one.code for one in fitted(of="y").inference.notices}
    assert fitted(of="rare").inference.extra["quality"].tolist() == [1.0]


def test_cases_and_differences(fitted, test_panel):
    found = fitted(of=["y", "z"], over="D", test="difference")
    inside = int(test_panel["D"].sum())
    assert found.inference.extra["cases"].tolist() == [480 - inside] * 2 + [inside] * 2 + [inside] * 2
    assert np.isnan(found.inference.extra["quality"]).tolist() == [False] * 4 + [True] * 2


def test_replicates_have_them_too(as_frame, request_of, test_panel):
    replicates = {f"rep_{r}": test_panel["w"] * np.where(test_panel["i"] % 5 == r, 0, 1.25) for r in range(5)}
    survey = {"weights": "w", "replicate": {"kind": "jk1", "weights": "rep_*"}}
    request = request_of(estimator="survey_mean", of="y", spec={"survey": survey})
    found = fit_request(as_frame({**test_panel, **replicates}), request, seed=1).results[0].inference
    assert {"cv", "deff", "cases", "quality"} <= set(found.extra)


@pytest.mark.parametrize("limits", [[0.3, 0.1], [0.0], [-0.1, 0.2], [], [0.1, 0.2, 0.3]])
def test_limits_that_are_none(request_of, limits):
    with pytest.raises(SpecError, match="cv_limits"):
        request_of(estimator="survey_mean", of="y", cv_limits=limits)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["reliable", "for reference", "not reliable"]),
        ("es", ["confiable", "referencial", "no confiable"]),
    ],
)
def test_how_a_table_prints_them(language, words):
    printing = Printing(3, (0.1, 0.05, 0.01), 0, language)
    row = {"cv": 0.0314, "cases": 1234.0, "deff": 1.5, "n_obs": 5000}
    shown = [cell_of("quality", {**row, "quality": grade}, {}, printing).text for grade in (0, 1.0, 2)]
    assert shown == words
    assert cell_of("quality", {**row, "quality": None}, {}, printing).text == ""
    assert cell_of("cv", row, {}, printing).text == "3.1 %"
    assert cell_of("cases", row, {}, printing).text == "1,234"
