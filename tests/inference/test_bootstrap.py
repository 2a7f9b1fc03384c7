"""The cluster bootstrap: draws by brute force, R's scale, analytic limits, refusals, notices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import impact.kernels.resampling as resampling
from impact.core.errors import DesignError, EstimationError, SpecError
from impact.inference.bootstrap import BootstrapOptions, infer
from impact.inference.cluster import ClusterOptions
from impact.inference.cluster import infer as infer_clustered
from impact.pipeline.fit import design_of, estimate_design, fit_request

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture(scope="module")
def group_time(request_of, as_frame, test_panel):
    request = request_of(
        estimator="did_cs", outcome="y", spec={"design": COHORTS}, vcov={"cluster": ["c", "t"]}
    )
    design = replace(design_of(as_frame(test_panel), request), seed=20)
    return estimate_design(design, request)


def boot(estimate, design=None, level=0.95, **options):
    return infer(estimate, design or estimate.design, BootstrapOptions(**options), level)


def test_the_scale_of_r(group_time):
    """R did's mboot: the quartiles of the draws, type 1, over the distance of the normal quartiles."""
    found = boot(group_time, reps=499)
    rows = group_time.influence.rows
    draws = resampling.multipliers("rademacher", 499, len(rows), 20) @ rows
    ordered = np.sort(draws, axis=0)
    expected = (ordered[374] - ordered[124]) / 1.3489795003921634  # ⌈499·0.75⌉ = 375, ⌈499·0.25⌉ = 125
    assert found.std_error == pytest.approx(expected, rel=1e-10)
    assert found.draws - group_time.params == pytest.approx(draws, abs=1e-14)
    assert np.isinf(found.df).all()
    assert found.variance["reps"] == 499
    assert "60 units" in str(found.variance["text"])


def test_mammen_reads_order_statistics_as_stata(group_time):
    found = boot(group_time, reps=499, weights="mammen")
    draws = np.sort(found.draws - group_time.params, axis=0)
    assert found.std_error == pytest.approx((draws[374] - draws[124]) / 1.3489795003921634, rel=1e-10)
    other = boot(group_time, reps=500, weights="mammen")
    draws = np.sort(other.draws - group_time.params, axis=0)  # ⌈501·0.75⌉ = 376, ⌈501·0.25⌉ = 126
    assert other.std_error == pytest.approx((draws[375] - draws[125]) / 1.3489795003921634, rel=1e-10)


@pytest.mark.parametrize("weights", ["rademacher", "mammen", "webb", "pairs"])
@pytest.mark.parametrize(("cluster", "expected"), [("", 0.1059824575), ("c", 0.0863828958)])
def test_many_draws_come_near_the_analytic_error(group_time, weights, cluster, expected):
    """R did 2.5.1, att simple, analytic by unit and by cluster c; twelve clusters leave the quartiles rough."""
    found = boot(group_time, reps=20000, weights=weights, cluster=cluster)
    position = [term.name for term in group_time.terms].index("att_simple")
    assert found.std_error[position] == pytest.approx(expected, rel=0.12 if cluster else 0.03)
    own = (found.draws - group_time.params).std(axis=0)[position]
    shrunk = np.sqrt(1 - 1 / 12) if cluster and weights == "pairs" else 1.0
    assert own == pytest.approx(expected, rel=0.03 if shrunk == 1.0 else 0.06)


def test_a_reference_has_no_error(request_of, as_frame, test_panel):
    request = request_of(
        estimator="did_cs",
        outcome="y",
        spec={"design": {**COHORTS, "base_period": "universal"}, "seed": 1},
        vcov={"bootstrap": {"reps": 99}},
    )
    result = fit_request(as_frame(test_panel), request, seed=1).results[0]
    names = [term.name for term in result.estimate.terms]
    missing = {name for name, error in zip(names, result.inference.std_error, strict=True) if np.isnan(error)}
    assert missing == {"event[-1]", "att_gt[4,3]", "att_gt[5,4]", "att_gt[7,6]"}


def test_scores_of_a_regression(two_way):
    """Random weights on scores: draws by brute force, and their spread near CR0."""
    design = replace(two_way.design, seed=4)
    found = boot(two_way.estimate, design, cluster="c", weights="webb", reps=20000)
    linear = two_way.estimate.linear
    codes = design.clusters["c"].codes
    scores = np.stack([np.bincount(codes, weights=linear.residual * own) for own in linear.x.T], axis=1)
    draws = resampling.multipliers("webb", 20000, 12, 4) @ scores @ linear.bread
    assert found.draws - two_way.estimate.params == pytest.approx(draws, abs=1e-12)
    plain = infer_clustered(two_way.estimate, design, ClusterOptions(cluster="c", type="cr0"), 0.95)
    assert found.std_error == pytest.approx(plain.std_error, rel=0.03)
    assert found.vcov == pytest.approx(np.cov(draws, rowvar=False), rel=1e-9)


def test_pairs_are_the_default_of_a_regression(two_way):
    """Near the jackknife error, of the same order as CR1 (0.0845 for D with twelve clusters)."""
    design = replace(two_way.design, seed=4)
    found = boot(two_way.estimate, design, cluster="c", reps=2000)
    assert found.variance["type"] == "pairs"
    assert found.std_error[0] == pytest.approx(0.0845464086528, rel=0.15)
    same = boot(two_way.estimate, design, cluster="c", reps=2000)
    assert same.std_error.tobytes() == found.std_error.tobytes()


def test_rows_are_drawn_without_a_cluster(pooled):
    """HC0 of conventions: 0.0829311128 for D."""
    design = replace(pooled.design, seed=4)
    for weights in ("rademacher", "pairs"):
        found = boot(pooled.estimate, design, weights=weights, reps=5000)
        assert found.std_error[1] == pytest.approx(0.0829311128, rel=0.05)
        assert "480 rows" in str(found.variance["text"])


def test_without_a_seed(two_way):
    with pytest.raises(SpecError, match="seed"):
        boot(two_way.estimate, replace(two_way.design, seed=None), cluster="c")


def test_clusters_that_change_inside_units(group_time):
    with pytest.raises(DesignError, match="changes within") as caught:
        boot(group_time, cluster="t")
    assert caught.value.faults[0].code == "E538"
    with pytest.raises(DesignError, match="changes within"):
        infer_clustered(group_time, group_time.design, ClusterOptions(cluster=("c", "t")), 0.95)


def test_what_cannot_be_drawn(weighted, two_way):
    frequency = replace(weighted.estimate, linear=replace(weighted.estimate.linear, weight_kind="frequency"))
    design = replace(weighted.design, seed=1)
    with pytest.raises(DesignError, match="one observation") as caught:
        boot(frequency, design)
    assert caught.value.faults[0].code == "E539"
    with pytest.raises(DesignError, match="instruments"):
        boot(two_way.estimate, replace(two_way.design, seed=1, endogenous=(0,)), cluster="c")


def test_nothing_to_draw(two_way):
    with pytest.raises(EstimationError, match="bootstrap"):
        boot(replace(two_way.estimate, linear=None), replace(two_way.design, seed=1), cluster="c")


@pytest.mark.parametrize(("clusters", "code"), [(2, "W530"), (1, "E564")])
def test_draws_that_leave_the_treatment_out(dense, clusters, code):
    """Two of six clusters treated: a draw in eleven leaves both out; one: a draw in three, and single ones refuse."""
    cluster = np.repeat(np.arange(6 if clusters == 2 else 2), 5)
    n = len(cluster)
    treated = (cluster < clusters) & (np.arange(n) % 2 == 0)
    y = np.random.default_rng(0).standard_normal(n)
    columns = {"const": np.ones(n), "D": treated.astype(float)}
    if clusters == 1:
        columns["E"] = ((cluster == 1) & (np.arange(n) % 3 == 0)).astype(float)
        # both clusters are needed: half of the draws hold one of them twice
    fitted = dense(y, columns, clusters={"c": cluster}, seed=8)
    if code == "W530":
        found = boot(fitted.estimate, fitted.design, cluster="c", reps=500)
        notice = next(one for one in found.notices if one.code == "W530")
        share = float(notice.message.split()[0]) / 500
        assert share == pytest.approx((4 / 6) ** 6, abs=0.05)
        assert np.isfinite(found.std_error).all()
    else:
        with pytest.raises(EstimationError, match="identify") as caught:
            for seed in range(20):
                boot(fitted.estimate, replace(fitted.design, seed=seed), cluster="c", reps=99)
        assert caught.value.faults[0].code == "E564"


def test_treated_units_are_counted(group_time, request_of, as_frame, test_panel):
    """W511 where fewer than ten units, or clusters, are treated."""
    assert not [one for one in boot(group_time, reps=99).notices if one.code == "W511"]
    rows = np.flatnonzero(np.isin(test_panel["i"], [1, 2, 3, *range(4, 61, 4)]))
    request = request_of(estimator="did_cs", outcome="y", spec={"design": COHORTS})
    result = fit_request(as_frame(test_panel, rows), request, seed=None).results[0]
    assert result.inference.n_treated_clusters == 3
    assert "W511" in {one.code for one in result.inference.notices}
