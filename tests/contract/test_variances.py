"""Asked of every variance: it runs on the canonical model, is a covariance, and tells how it was made."""

from __future__ import annotations

import json

import numpy as np
import pytest

import impact.catalog as catalog
from impact.core.errors import ImpactError
from impact.design.build import build_design
from impact.pipeline.fit import fit_design

# errors that an estimator makes itself have no regression to stand on: tests/inference/test_own.py; those robust to
# exposure to shocks are of one coefficient alone: tests/inference/test_akm.py
NAMES = [
    name
    for name in catalog.VARIANCES.names()
    if "own" not in catalog.VARIANCES.load(name).needs and name != "akm"
]
# what a variance cannot do without; a keyword that is not here runs bare
OPTIONS = {
    "jackknife": {"cluster": "c"},
    "conley": {"lat": "lat", "lon": "lon", "km": 60},
    "newey_west": {"lags": 2},
    "driscoll_kraay": {"lags": 2},
    "bootstrap": {"cluster": "c", "reps": 99},
}


def vcov_of(keyword, **more):
    """`vcov:` as a user writes it; the value of `cluster:` is the cluster itself."""
    if keyword == "cluster":
        return {"cluster": "c", **more}
    options = {**OPTIONS.get(keyword, {}), **more}
    return {keyword: options} if options else keyword


@pytest.fixture(scope="module")
def fitted(test_panel, as_frame, request_of):
    def make(keyword, rows=None, columns=None, **changes):
        block = {
            "formula": "y ~ D + z | i + t",
            "vcov": vcov_of(keyword),
            "panel": {"unit": "i", "time": "t"},
        }
        request = request_of(**{**block, **changes})
        frame = as_frame({**test_panel, **(columns or {})}, rows)
        return fit_design(build_design(frame, request), request, None, 5)

    return make


@pytest.mark.parametrize("keyword", NAMES)
def test_a_covariance_of_the_estimates(fitted, keyword):
    found = fitted(keyword)
    inference, k = found.inference, len(found.estimate.terms)
    assert inference.vcov.shape == (k, k)
    assert np.allclose(inference.vcov, inference.vcov.T, rtol=1e-12, atol=0)
    assert np.linalg.eigvalsh(inference.vcov).min() > -1e-12
    assert inference.std_error == pytest.approx(np.sqrt(np.diag(inference.vcov)), rel=1e-12)
    assert inference.statistic == pytest.approx(found.estimate.params / inference.std_error, rel=1e-12)
    middle = (inference.ci_low + inference.ci_high) / 2
    assert middle == pytest.approx(found.estimate.params, rel=1e-9)
    assert ((inference.p_value < 0.05) == (np.sign(inference.ci_low) == np.sign(inference.ci_high))).all()
    assert inference.level == 0.95


@pytest.mark.parametrize("keyword", NAMES)
def test_it_tells_how_it_was_made(fitted, keyword):
    facts = fitted(keyword).inference.variance
    assert {"kind", "text"} <= set(facts)
    assert facts["text"]
    json.dumps(dict(facts), allow_nan=False)


@pytest.mark.parametrize("keyword", NAMES)
def test_the_order_of_rows_does_not_matter(fitted, keyword):
    order = np.random.default_rng(2).permutation(480)
    one, other = fitted(keyword), fitted(keyword, order)
    assert one.inference.vcov.tobytes() == other.inference.vcov.tobytes()
    assert one.inference.vcov.tobytes() == fitted(keyword).inference.vcov.tobytes()


@pytest.mark.parametrize("keyword", NAMES)
def test_scaled_outcomes_scale_the_errors(fitted, test_panel, keyword):
    one, other = fitted(keyword), fitted(keyword, columns={"y": 10 * test_panel["y"]})
    assert other.inference.std_error == pytest.approx(10 * one.inference.std_error, rel=1e-8)
    assert other.inference.p_value == pytest.approx(one.inference.p_value, rel=1e-6, abs=1e-14)


@pytest.mark.parametrize("keyword", NAMES)
def test_a_wider_level_is_a_wider_interval(fitted, keyword):
    one, other = fitted(keyword), fitted(keyword, level=0.9)
    assert one.inference.std_error.tobytes() == other.inference.std_error.tobytes()
    assert (one.inference.ci_low < other.inference.ci_low).all()
    assert (one.inference.ci_high > other.inference.ci_high).all()


@pytest.mark.parametrize("keyword", NAMES)
def test_every_estimator_takes_it_or_says_why_not(fitted, keyword):
    for estimator in catalog.ESTIMATORS.names():
        accepts = catalog.ESTIMATORS.load(estimator).accepts
        formula = "yiv ~ z | d ~ q1 + q2" if "instruments" in accepts else "y ~ D + z"
        try:
            found = fitted(keyword, formula=formula, estimator=estimator)
        except ImpactError as error:
            assert error.faults[0].code != "E900"
            assert error.faults[0].help
        else:
            assert np.isfinite(found.inference.std_error).all()


@pytest.mark.parametrize("keyword", NAMES)
def test_unknown_options_are_refused(request_of, keyword):
    with pytest.raises(ImpactError, match="colour"):
        request_of("y ~ D", vcov=vcov_of(keyword, colour="red"), panel={"unit": "i", "time": "t"})
