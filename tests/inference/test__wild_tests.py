"""The wild bootstrap of an instrumented coefficient on the test panel: identities, intervals, refusals, a spec.

That each draw equals both equations estimated again is tested beside the kernel.
"""

from __future__ import annotations

import numpy as np
import pytest

import impact.inference._wild_tests as tests
from impact.core.errors import EstimationError
from impact.kernels.cluster_robust import parts
from impact.kernels.resampling import all_signs
from impact.pipeline.fit import design_of, fit_design

FORMULA = "yiv ~ z | i + t | d ~ q1 + q2"


@pytest.fixture(scope="module")
def instrumented(request_of, as_frame, test_panel):
    def make(formula=FORMULA, **block):
        block = {"estimator": "iv", "vcov": {"cluster": "c", "type": "cr0", "ssc": "none"}, **block}
        request = request_of(formula, **block)
        return fit_design(design_of(as_frame(test_panel), request), request, None, 3)

    return make


def setting_of(result, signs):
    cluster = result.design.clusters["c"]
    pieces = tuple(parts([cluster.codes], [cluster.levels]))
    return tests.Setting(pieces, cluster.codes, cluster.levels, signs, enumerated=True)


def test_the_error_is_that_of_the_sample(instrumented):
    """CR0 without factors; draws of ones are the sample, so that no hypothesis is rejected by them."""
    found = instrumented()
    how = tests.Comparison(restricted=True, studentised=True, tail="symmetric", count_ties=True)
    p_at, error = tests.of_instrumented(
        found.estimate, found.estimate.linear, setting_of(found, all_signs(12)), how
    )
    place = [term.name for term in found.estimate.terms].index("d")
    assert error == pytest.approx(found.inference.std_error[place], rel=1e-10)
    value = float(found.estimate.params[place])
    assert p_at(value) * 4096 == pytest.approx(round(p_at(value) * 4096))
    assert 1 / 4096 <= p_at(value) < 0.01  # the draw of plus signs is the sample
    assert p_at(0.0) == 1.0
    ones = np.ones((3, 12))
    all_alike, _ = tests.of_instrumented(found.estimate, found.estimate.linear, setting_of(found, ones), how)
    assert all_alike(0.2) == 1.0


@pytest.mark.parametrize("options", [{}, {"impose_null": False}, {"p_value": "equal_tail"}])
def test_interval_and_p_value_from_a_spec(instrumented, options):
    found = instrumented(wild=options)
    names = [term.name for term in found.estimate.terms]
    extra, place = found.inference.extra, names.index("d")
    low, high = extra["ci_low_wild"][place], extra["ci_high_wild"][place]
    assert low < found.estimate.params[place] < high
    assert (low > 0) == (extra["p_wild"][place] <= 0.05)
    assert np.isnan(extra["p_wild"][names.index("z")])
    # two-stage errors clustered by c give 0.52 to 0.99 wide intervals here: the draws stay near them
    assert low == pytest.approx(found.inference.ci_low[place], abs=0.12)
    assert high == pytest.approx(found.inference.ci_high[place], abs=0.12)


def test_what_is_refused(instrumented):
    for block in ({"method": "liml"}, {"method": "gmm"}):
        with pytest.raises(EstimationError, match=block["method"]) as caught:
            instrumented(wild={}, **block)
        assert caught.value.faults[0].code == "E566"
    with pytest.raises(EstimationError, match="studentised"):
        instrumented(wild={"studentised": False})
    with pytest.raises(EstimationError, match="several endogenous"):
        instrumented("yiv ~ 1 | i + t | d + z ~ q1 + q2 + x", wild={})
