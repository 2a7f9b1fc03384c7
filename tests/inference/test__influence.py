"""Inference from influence rows: published values of group-time effects, brute-force sums, conventions, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact.core.errors import EstimationError
from impact.inference.cluster import ClusterOptions, infer
from impact.inference.hetero import HeteroOptions
from impact.inference.hetero import infer as infer_robust
from impact.pipeline.fit import design_of, estimate_design, fit_request

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture
def fitted(request_of, as_frame, test_panel):
    def make(**block):
        request = request_of(estimator="did_cs", outcome="y", spec={"design": COHORTS}, **block)
        return fit_request(as_frame(test_panel), request, seed=None).results[0]

    return make


def error_of(result, term="att"):
    names = [one.name for one in result.estimate.terms]
    return result.inference.std_error[names.index(term)]


@pytest.mark.parametrize(
    ("vcov", "term", "expected"),
    [
        (None, "att_simple", 0.1059824575),
        (None, "att_dynamic", 0.1223346702),
        (None, "att_cohort", 0.0962909182),
        (None, "att_calendar", 0.1015623184),
        (None, "event[0]", 0.0852974337),
        (None, "cohort[5]", 0.1617199089),
        (None, "att_gt[4,8]", 0.2371757634),
        ({"cluster": "c"}, "att_simple", 0.0863828958),
        ("hc1", "att_simple", 0.1059824575),
    ],
)
def test_errors_are_those_of_r_did(fitted, vcov, term, expected):
    """R did 2.5.1 on the test panel: analytic errors, no factor, by unit or by cluster."""
    assert error_of(fitted(vcov=vcov), term) == pytest.approx(expected, abs=1e-10)


def test_the_normal_law_is_the_reference_s(fitted):
    found = fitted().inference
    assert np.isinf(found.df).all()
    assert found.variance["factors"] == {}
    assert "no further factor" in str(found.variance["text"])


def test_two_ways_by_brute_force(fitted):
    """Inclusion and exclusion, written out."""
    result = fitted(vcov={"cluster": ["c", "g"]})
    rows, design = result.estimate.influence.rows, result.design
    first = result.estimate.influence.row

    def meat(codes):
        total = np.zeros((rows.shape[1],) * 2)
        for code in set(codes):
            psi = rows[[j for j, one in enumerate(codes) if one == code]].sum(axis=0)
            total += np.outer(psi, psi)
        return total

    c, g = (design.clusters[name].codes[first].tolist() for name in ("c", "g"))
    expected = meat(c) + meat(g) - meat(list(zip(c, g, strict=True)))
    assert result.inference.vcov == pytest.approx(expected, rel=1e-10, abs=1e-15)


def test_a_small_sample_factor_is_there_when_asked_for(fitted):
    plain = fitted(vcov={"cluster": "c"}).inference
    scaled = fitted(vcov={"cluster": "c", "ssc": {"k": "none", "n": False, "g": "min"}}).inference
    assert scaled.std_error == pytest.approx(plain.std_error * np.sqrt(12 / 11), rel=1e-12)
    assert scaled.df[0] == 11
    assert scaled.variance["factors"] == {"G/(G-1)": 12 / 11}


@pytest.mark.parametrize("kind", ["cr2", "cr3"])
def test_leverage_corrections_need_regressors(request_of, as_frame, test_panel, kind):
    request = request_of(estimator="did_cs", outcome="y", spec={"design": COHORTS})
    design = design_of(as_frame(test_panel), request)
    estimate = estimate_design(design, request)
    with pytest.raises(EstimationError) as error:
        infer(estimate, design, ClusterOptions(cluster="i", type=kind), 0.95)
    assert error.value.code == "E531"
    with pytest.raises(EstimationError) as error:
        infer_robust(estimate, design, HeteroOptions(type="hc3"), 0.95)
    assert error.value.code == "E531"
    bare = replace(estimate, influence=None)
    with pytest.raises(EstimationError):
        infer(bare, design, ClusterOptions(cluster="i"), 0.95)
