"""Proportions: intervals on the logit scale, and what is no proportion. R's svyciprop: tests/reference."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from impact.pipeline.fit import fit_request


@pytest.fixture(scope="module")
def fitted(request_of, as_frame, test_panel):
    def make(**block):
        request = request_of(estimator="survey_proportion", spec={"survey": {"psu": "i"}}, **block)
        return fit_request(as_frame(test_panel), request, seed=1).results[0]

    return make


@pytest.mark.parametrize("scale", [1, 100])
def test_the_logit_interval(fitted, scale):
    found = fitted(of="D", scale=scale)
    share, error = found.estimate.params[0] / scale, found.inference.std_error[0] / scale
    half = scipy.stats.t.ppf(0.975, 59) * error / (share * (1 - share))
    ends = [scale / (1 + np.exp(-(np.log(share / (1 - share)) + sign * half))) for sign in (-1, 1)]
    assert [found.inference.ci_low[0], found.inference.ci_high[0]] == pytest.approx(ends, rel=1e-12)
    plain = fitted(of="D", scale=scale, ci="wald").inference
    assert (plain.ci_low[0] + plain.ci_high[0]) / 2 == pytest.approx(found.estimate.params[0])


def test_differences_are_not_on_that_scale(fitted):
    found = fitted(of="D", over="c", test="difference")
    middle = (found.inference.ci_low + found.inference.ci_high) / 2
    kinds = np.array([term.kind for term in found.estimate.terms])
    gaps = kinds == "difference"
    assert middle[gaps] == pytest.approx(found.estimate.params[gaps])


def test_nothing_and_everything(fitted):
    """Never treated units have no treated row: the share is 0 with no variance, and the interval is that point."""
    found = fitted(of="D", over="g")
    assert found.estimate.params[0] == 0
    assert (found.inference.ci_low[0], found.inference.ci_high[0]) == (0, 0)


def test_what_is_no_proportion(fitted):
    assert fitted(of="y").error.faults[0].code == "E569"
