"""Stacked designs: coefficients, clusters and permutation of the stack are those of the groups."""

from __future__ import annotations

import numpy as np
import pytest

from impact.design.build import build_design
from impact.design.groups import groups_of
from impact.design.interact import stack_designs
from impact.estimators.ols import OlsOptions, fit
from impact.inference.cluster import ClusterOptions, infer

OPTIONS = OlsOptions()


@pytest.fixture(scope="module")
def stacked(test_panel, as_frame, request_of):
    """y ~ D + z | i + t in two halves of the rows, apart and stacked."""
    frame = as_frame({**test_panel, "half": np.where(test_panel["t"] % 2 == 0, "even", "odd")})
    request = request_of("y ~ D + z | i + t", by="half", vcov={"cluster": "c"})
    groups = groups_of(frame, request)
    designs = [build_design(frame, request, group) for group in groups]
    names = [str(group.name) for group in groups]
    return frame, request, designs, names


def test_points_are_those_of_the_groups(stacked):
    _, _, designs, names = stacked
    stack, origin = stack_designs(designs, names)
    estimate = fit(stack, OPTIONS)
    for design, name in zip(designs, names, strict=True):
        alone = fit(design, OPTIONS)
        found = [estimate.params[j] for j, term in enumerate(estimate.terms) if origin[term.name][1] == name]
        assert found == pytest.approx(alone.params.tolist(), rel=1e-9)
    assert estimate.n_obs == sum(len(design.y) for design in designs)
    assert {origin[term.name][0] for term in estimate.terms} == {"D", "z"}


def test_clusters_span_the_groups(stacked):
    """Errors without small-sample factors are the groups' own; the covariance between groups is not zero."""
    _, _, designs, names = stacked
    stack, _ = stack_designs(designs, names)
    options = ClusterOptions(cluster="c", ssc="none")
    whole = infer(fit(stack, OPTIONS), stack, options, 0.95)
    alone = [infer(fit(design, OPTIONS), design, options, 0.95) for design in designs]
    assert whole.std_error == pytest.approx(np.concatenate([one.std_error for one in alone]), rel=1e-8)
    assert whole.n_clusters == {"c": 12}
    assert abs(whole.vcov[0, 2]) > 1e-6


def test_common_effects_are_absorbed_once(stacked, test_panel):
    """With common effects the stack is one regression with the treatment and the control by group."""
    _, _, designs, names = stacked
    stack, _ = stack_designs(designs, names, common_effects=True)
    assert [effect.factor.levels for effect in stack.absorb] == [60, 8]
    rows = stack.sample.kept
    unit, time, half = test_panel["i"][rows], test_panel["t"][rows], test_panel["t"][rows] % 2
    dummies = np.column_stack([unit[:, None] == np.unique(unit), time[:, None] == np.unique(time)]).astype(
        float
    )
    columns = [test_panel[name][rows] * (half == side) for side in (0, 1) for name in ("D", "z")]
    wanted = np.linalg.lstsq(np.column_stack([*columns, dummies]), test_panel["y"][rows], rcond=None)[0][:4]
    assert fit(stack, OPTIONS).params == pytest.approx(wanted, rel=1e-8)


def test_treatments_stack_by_group(as_frame, request_of):
    units, years = np.repeat(["a", "b", "c", "d"], 4), np.tile(np.arange(2015, 2019), 4)
    random = np.random.default_rng(3)
    columns = {"u": np.tile(units, 2), "year": np.tile(years, 2), "sex": np.repeat(["men", "women"], 16)}
    frame = as_frame({**columns, "y": random.normal(size=32)})
    block = {"unit": "u", "time": "year", "treated": 'u == "a"', "from": 2017}
    request = request_of("y ~ exposed | u + year", by="sex", spec={"design": block})
    groups = groups_of(frame, request)
    designs = [build_design(frame, request, group) for group in groups]
    stack, _ = stack_designs(designs, [str(group.name) for group in groups])
    treatment = stack.treatment
    assert treatment.unit.labels == ("a", "b", "c", "d")
    assert treatment.treated.tolist() == [1, 0, 0, 0]
    assert treatment.columns == stack.focus == (0, 1)
    made = treatment.treated[treatment.unit.codes][:, None] * treatment.profile
    assert np.array_equal(stack.x[:, list(treatment.columns)], made)
    assert stack.panel is None


def test_facts_of_each_group_and_the_name_of_what_is_shared(stacked):
    _, _, designs, names = stacked
    stack, _ = stack_designs(designs, names)
    for design, name in zip(designs, names, strict=True):
        facts = stack.extra["groups"][name]
        assert facts["n_obs"] == len(design.y)
        assert facts["mean_outcome"] == pytest.approx(design.y.mean(), rel=1e-12)
        assert facts["n_treated"] == design.extra.get("n_treated")
    assert "W523" not in {item.code for item in stack.notices}
    common, _ = stack_designs(designs, names, common_effects=True)
    (told,) = (item for item in common.notices if item.code == "W523")
    assert "i, t" in told.message
