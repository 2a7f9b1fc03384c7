"""The wild cluster bootstrap of estimates: published p-values, options, refusals, notices, and from a spec.

Check values on the test panel: enumeration of all 4,096 sign vectors; pyfixest 0.60 with wildboottest returns the count
with ties, 6/4096.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact.core.errors import DesignError, EstimationError, SpecError
from impact.inference._wild import WildOptions, wild_columns, with_wild
from impact.inference.cluster import ClusterOptions, infer
from impact.inference.hetero import HeteroOptions
from impact.inference.hetero import infer as infer_robust
from impact.pipeline.fit import fit_request


def wild(fitted, cluster="c", seed=1, **options):
    inference = infer(fitted.estimate, fitted.design, ClusterOptions(cluster=cluster), 0.95)
    return with_wild(fitted.estimate, fitted.design, inference, WildOptions(**options), seed=seed)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 6 / 4096),
        ({"ties": "strict"}, 4 / 4096),
        ({"impose_null": False}, 2 / 4096),
        ({"type": "WCU"}, 2 / 4096),
        ({"type": "WCR", "impose_null": True}, 6 / 4096),
    ],
)
def test_two_way_effects(two_way, options, expected):
    """y ~ D + z | i + t, D = 0, cluster c: the time effects are projected out of every draw."""
    found = wild(two_way, **options)
    assert found.extra["p_wild"][0] == expected
    assert found.variance["wild"]["enumerated"] is True
    assert found.variance["wild"]["draws"] == 4096


@pytest.mark.parametrize(("ties", "expected"), [("count", 2 / 4096), ("strict", 0.0)])
def test_pooled(pooled, ties, expected):
    """y ~ D + z + x, x = 0, cluster c."""
    assert wild(pooled, ties=ties).extra["p_wild"][3] == expected


def test_drawn_signs_come_near_all_of_them(two_way):
    """cluster i: 60 clusters cannot be listed; the interval is near the one by t."""
    found = wild(two_way, cluster="i")
    facts = found.variance["wild"]
    assert (facts["enumerated"], facts["draws"], facts["groups"]) == (False, 9999, 60)
    assert found.extra["ci_low_wild"] == pytest.approx(found.ci_low, abs=0.02)
    assert found.extra["ci_high_wild"] == pytest.approx(found.ci_high, abs=0.02)
    same = wild(two_way, cluster="i")
    assert same.extra["ci_low_wild"].tobytes() == found.extra["ci_low_wild"].tobytes()
    assert wild(two_way, cluster="i", seed=2).extra["ci_low_wild"][0] != found.extra["ci_low_wild"][0]


def test_the_interval_and_the_p_value_agree(two_way):
    for options in ({}, {"weights": "webb", "reps": 999}, {"p_value": "equal_tail"}, {"studentised": False}):
        found = wild(two_way, **options)
        excluded = (found.extra["ci_low_wild"] > 0) | (found.extra["ci_high_wild"] < 0)
        assert (excluded == (found.extra["p_wild"] <= 0.05)).all()


def test_only_terms_of_interest(two_way):
    fitted = replace(two_way, estimate=replace(two_way.estimate, focus=(0,)))
    found = wild(fitted)
    assert np.isfinite(found.extra["p_wild"]).tolist() == [True, False]


def test_own_clusters_and_subclusters(two_way):
    """Clusters named in `wild:` need none in the variance; weights by unit inside clusters."""
    inference = infer_robust(two_way.estimate, two_way.design, HeteroOptions(type="hc1"), 0.95)
    options = WildOptions(cluster="c", subcluster="i", reps=999)
    assert wild_columns(options) == ("c", "i")
    found = with_wild(two_way.estimate, two_way.design, inference, options, seed=1)
    assert found.variance["wild"]["groups"] == 60
    assert found.variance["wild"]["by"] == ["c"]
    with pytest.raises(DesignError, match="no cluster") as caught:
        with_wild(two_way.estimate, two_way.design, inference, WildOptions(), seed=1)
    assert caught.value.faults[0].code == "E565"


def test_two_ways(two_way):
    """Weights go with the clustering of fewer groups, here the eight periods."""
    found = wild(two_way, cluster=("c", "t"), weights="webb", reps=999)
    assert found.variance["wild"]["groups"] == 8
    assert 0 < found.extra["p_wild"][0] < 0.05


def test_contradictions_and_seeds(two_way):
    with pytest.raises(SpecError, match="contradicts") as caught:
        wild(two_way, type="WCU", impose_null=True)
    assert caught.value.faults[0].code == "E565"
    with pytest.raises(SpecError, match="seed"):
        wild(two_way, cluster="i", seed=None)
    assert np.isfinite(wild(two_way, seed=None).extra["p_wild"]).all()


def test_other_models_are_refused(two_way):
    other = replace(two_way.estimate, params=two_way.estimate.params + 0.1)
    with pytest.raises(EstimationError, match="least squares") as caught:
        wild(replace(two_way, estimate=other))
    assert caught.value.faults[0].code == "E566"
    with pytest.raises(EstimationError, match="wild"):
        with_wild(
            replace(two_way.estimate, linear=None),
            two_way.design,
            infer(two_way.estimate, two_way.design, ClusterOptions(cluster="c"), 0.95),
            WildOptions(),
            seed=1,
        )
    with pytest.raises(DesignError, match="groups"):
        wild(two_way, cluster="i", reps=1_000_000)


def codes(inference):
    return {one.code for one in inference.notices}


def test_few_clusters_and_few_treated(dense):
    """Four clusters, one treated: the smallest p is 1/8, the interval has no end, and the figure is not primary."""
    cluster = np.repeat(np.arange(4), 10)
    treated = ((cluster == 0) & (np.arange(40) % 2 == 0)).astype(float)
    y = np.random.default_rng(2).standard_normal(40) + treated
    fitted = dense(y, {"D": treated, "const": np.ones(40)}, clusters={"c": cluster}, focus=(0,))
    found = wild(fitted)
    assert {"W511", "W531", "W532", "W534"} <= codes(found)
    assert found.extra["p_wild"][0] >= 1 / 8
    assert "W534" not in codes(wild(fitted, weights="webb"))


def test_from_a_spec(request_of, as_frame, test_panel):
    block = {"formula": "y ~ D + z | i + t", "vcov": {"cluster": "c"}, "treatment": "D"}
    request = request_of(**block, wild={"reps": 9999})
    result = fit_request(as_frame(test_panel), request, seed=5).results[0]
    assert result.inference.extra["p_wild"][0] == pytest.approx(6 / 4096, abs=1e-15)
    assert np.isnan(result.inference.extra["p_wild"][1])
    named = request_of(**{**block, "vcov": "hc1"}, wild={"cluster": "c"})
    result = fit_request(as_frame(test_panel), named, seed=5).results[0]
    assert result.inference.extra["p_wild"][0] == pytest.approx(6 / 4096, abs=1e-15)
    with pytest.raises(SpecError, match="colour"):
        request_of(**block, wild={"colour": "red"})


def test_bands_from_a_spec(request_of, as_frame, test_panel):
    block = {"estimator": "did_cs", "outcome": "y", "bands": "simultaneous"}
    design = {"unit": "i", "time": "t", "cohort": "g", "never": 0}
    result = fit_request(as_frame(test_panel), request_of(**block, spec={"design": design}), seed=5).results[
        0
    ]
    assert np.isfinite(result.inference.band_low).sum() == 21 + 10 + 3 + 5
