"""Totals: weighted sums, which need strata and primary units for an error. R's svytotal: tests/reference."""

from __future__ import annotations

import pytest

from impact.pipeline.fit import fit_request


def test_weighted_sums(request_of, as_frame, test_panel):
    request = request_of(
        estimator="survey_total", of="y", over="D", spec={"survey": {"psu": "i", "weights": "w"}}
    )
    found = fit_request(as_frame(test_panel), request, seed=1).results[0]
    inside = test_panel["D"] == 1
    assert found.estimate.params[1] == pytest.approx((test_panel["w"] * test_panel["y"])[inside].sum())


def test_without_a_survey(request_of, as_frame, test_panel):
    result = fit_request(as_frame(test_panel), request_of(estimator="survey_total", of="y"), seed=1).results[
        0
    ]
    assert result.error.faults[0].code == "E569"
