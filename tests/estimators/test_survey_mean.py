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


@pytest.mark.parametrize("block", [{}, {"of": "y", "formula": "y ~ 1"}, {"of": "y", "outcome": "z"}])
def test_variables_are_named_in_of(request_of, block):
    with pytest.raises(SpecError, match="`of:`") as caught:
        request_of(**{"formula": None, "estimator": "survey_mean", **block})
    assert caught.value.faults[0].code == "E569"
