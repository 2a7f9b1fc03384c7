"""The score bootstrap of a coefficient: hypotheses as offsets, the estimate itself, and what is not tested.

The draws themselves are checked against statsmodels beside the kernel.
"""

from __future__ import annotations

import numpy as np
import pytest

from impact.inference._wild_scores import of_scores
from impact.inference._wild_tests import Comparison, Setting
from impact.kernels.cluster_robust import parts
from impact.kernels.resampling import all_signs
from impact.pipeline.fit import design_of, fit_design


@pytest.fixture
def make(request_of, as_frame, test_panel):
    def fit(estimator="ppml", formula="cnt ~ D + z | t", **columns):
        request = request_of(
            formula, estimator=estimator, vcov={"cluster": "c", "type": "cr0", "ssc": "none"}
        )
        frame = as_frame({**test_panel, "some": (test_panel["cnt"] > 2).astype(float), **columns})
        return fit_design(design_of(frame, request), request, None, 3)

    return fit


def test_of(result, *, restricted=True, j=0):
    cluster = result.design.clusters["c"]
    pieces = tuple(parts([cluster.codes], [cluster.levels]))
    setting = Setting(pieces, cluster.codes, cluster.levels, all_signs(12), enumerated=True)
    how = Comparison(restricted=restricted, studentised=True, tail="symmetric", count_ties=True)
    return of_scores(result.estimate, result.design, result.estimate.linear, setting, how, j)


test_of.__test__ = False


@pytest.mark.parametrize(("estimator", "outcome"), [("ppml", "cnt"), ("logit", "some"), ("probit", "some")])
def test_the_estimate_itself_is_not_rejected_and_values_far_away_are(make, estimator, outcome):
    found = make(estimator, f"{outcome} ~ D + z | t")
    for restricted in (True, False):
        p_at, error = test_of(found, restricted=restricted)
        # CR0 without factors
        assert error == pytest.approx(found.inference.std_error[0], rel=1e-9)
        assert p_at(0.0) == 1.0
        assert p_at(8.0 * error) < 0.02


def test_a_hypothesis_is_an_offset(make, test_panel):
    """D = 0.3 in the model is D = 0 in the model with 0.3 D as its offset."""
    plain = make()
    shifted = make(formula="cnt ~ D + z + offset(shift) | t", shift=0.3 * test_panel["D"])
    value = float(plain.estimate.params[0])
    assert shifted.estimate.params[0] == pytest.approx(value - 0.3, abs=1e-9)
    assert test_of(plain)[0](value - 0.3) == test_of(shifted)[0](value - 0.3)
    assert np.isfinite(value)
