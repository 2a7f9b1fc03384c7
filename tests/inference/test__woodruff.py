"""Woodruff intervals written out, and ends that lie outside 0 to 1. R's svyquantile: tests/reference."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from impact.pipeline.fit import fit_request


def fitted(request_of, frame, **block):
    request = request_of(estimator="survey_mean", of="y", **block)
    return fit_request(frame, request, seed=1).results[0]


def test_the_interval_of_the_share_inverted(request_of, as_frame, test_panel):
    """One stratum of 12 primary units, written out in loops; thousandfold scale moves the ends alike."""
    y, c = test_panel["y"], test_panel["c"]
    middle = np.sort(y)[239]
    below = (y <= middle) - 0.5
    totals = np.array([below[c == unit].sum() for unit in np.unique(c)]) / 480
    error = np.sqrt(12 / 11 * np.sum((totals - totals.mean()) ** 2))
    shares = 0.5 + np.array([-1, 1]) * stats.t.ppf(0.975, 11) * error
    ends = [1000 * np.sort(y)[int(np.ceil(480 * share)) - 1] for share in shares]
    found = fitted(
        request_of, as_frame(test_panel), quantiles=[0.5], scale=1000, spec={"survey": {"psu": "c"}}
    )
    assert found.estimate.params == pytest.approx([1000 * middle])
    assert [found.inference.ci_low[0], found.inference.ci_high[0]] == pytest.approx(ends)
    assert found.inference.std_error[0] == pytest.approx(np.diff(ends)[0] / (2 * stats.t.ppf(0.975, 11)))
    assert found.inference.vcov[0, 0] == pytest.approx(found.inference.std_error[0] ** 2)


def test_ends_outside_the_distribution(request_of, as_frame, test_panel):
    """The share below a high quantile has an interval beyond one: no upper end, and no error."""
    found = fitted(request_of, as_frame(test_panel), quantiles=[0.5, 0.995], spec={"survey": {"psu": "c"}})
    assert np.isnan(found.inference.ci_high).tolist() == [False, True]
    assert np.isnan(found.inference.std_error).tolist() == [False, True]
    assert np.isfinite(found.inference.ci_low).all()
