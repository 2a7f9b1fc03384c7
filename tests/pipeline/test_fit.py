"""Fitting requests: groups apart and together, failures that stay where they are, seeds by name."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DesignError
from impact.design.build import build_design
from impact.pipeline.fit import (
    design_of,
    estimate_design,
    fit_design,
    fit_models,
    fit_request,
    infer_design,
    spawn_seed,
)


@pytest.fixture
def frame(as_frame, columns):
    return as_frame(columns)


BLOCK = {"design": {"unit": "unit", "time": "year", "treated": "unit <= 3", "from": 2017}}


def test_interacted_points_are_the_split_ones(frame, request_of):
    results = {}
    for mode in ("split", "interact"):
        request = request_of("y ~ x | unit + year", by="half", by_mode=mode, vcov={"cluster": "unit"})
        fitted = fit_request(frame, request, seed=1)
        assert not fitted.failed
        found = {}
        for result in fitted.results:
            for term, value in zip(result.estimate.terms, result.estimate.params, strict=True):
                name, group = fitted.names.get(term.name, (term.name, result.group))
                found[name, group] = value
        results[mode] = found
    assert set(results["split"]) == set(results["interact"]) == {("x", "half=0"), ("x", "half=1")}
    for key, value in results["split"].items():
        assert results["interact"][key] == pytest.approx(value, rel=1e-9)


def test_a_group_that_fails_leaves_the_others(frame, request_of):
    request = request_of("y ~ x", by="half", filter="half == 0 or year > 3000", spec={"vcov": "hc1"})
    fitted = fit_request(frame, request, seed=1)
    states = {result.group: result.error for result in fitted.results}
    assert states["half=0"] is None
    assert isinstance(states["half=1"], DesignError)
    assert states["half=1"].where.path.startswith("models.main")
    assert not fitted.failed


def test_order_does_not_depend_on_jobs(frame, plan_of):
    plan = plan_of(models={name: f"y ~ x^{k}" for k, name in enumerate("abcdef", 2)})
    one, many = (fit_models(frame, plan.models, seed=1, jobs=jobs, progress=None) for jobs in (1, 4))
    assert [m.request.name for m in one] == [m.request.name for m in many] == list("abcdef")
    for left, right in zip(one, many, strict=True):
        assert left.results[0].estimate.params.tobytes() == right.results[0].estimate.params.tobytes()


def test_permutation_needs_a_treated_block(frame, request_of):
    request = request_of("y ~ x | unit + year", permute={"unit": "unit", "sets": "same_size"}, spec=BLOCK)
    with pytest.raises(DesignError) as caught:
        fit_design(build_design(frame, request), request, None, 1)
    assert caught.value.code == "E520"


def test_parts_are_the_whole(frame, request_of):
    request = request_of(
        "y ~ exposed | unit + year",
        vcov={"cluster": "unit"},
        permute={"unit": "unit", "sets": "same_size"},
        spec=BLOCK,
    )
    design = build_design(frame, request)
    whole = fit_design(design, request, "g", 1)
    estimate = estimate_design(design, request)
    assert whole.estimate.params.tobytes() == estimate.params.tobytes()
    assert whole.inference.vcov.tobytes() == infer_design(estimate, design, request).vcov.tobytes()
    assert whole.permutation.members.shape == (220, 3)
    assert (whole.name, whole.group) == ("main", "g")


def test_the_default_variance_is_announced(frame, request_of):
    codes = []
    for block in ({}, {"vcov": "hc1"}):
        request = request_of("y ~ x", **block)
        inference = fit_design(build_design(frame, request), request, None, 1).inference
        assert inference.variance["type"] == "hc1"
        codes.append({notice.code for notice in inference.notices})
    assert "W519" in codes[0]
    assert "W519" not in codes[1]


def test_seeds_depend_on_seed_and_name_alone():
    names = [f"model{k}" for k in range(200)]
    seeds = {spawn_seed(7, name) for name in names}
    assert len(seeds) == 200
    assert spawn_seed(7, "main") == spawn_seed(7, "main") != spawn_seed(8, "main")
    assert spawn_seed(None, "main") == spawn_seed(0, "main")


def test_an_error_of_zero_is_told(as_frame, request_of, test_panel):
    """One treated row: the mean of the treated has no spread, and its error of zero is no certainty."""
    columns = {**test_panel, "one": (np.arange(480) == 7).astype(float)}
    request = request_of("y ~ one + z", estimator="ipw", vcov="hc1")
    found = fit_design(design_of(as_frame(columns), request), request, None, 1)
    (told,) = [item for item in found.inference.notices if item.code == "W553"]
    assert "mean[one=1]" in told.message
    plain = request_of("y ~ D + z", estimator="ipw", vcov="hc1")
    found = fit_design(design_of(as_frame(columns), plain), plain, None, 1)
    assert "W553" not in {item.code for item in found.inference.notices}
