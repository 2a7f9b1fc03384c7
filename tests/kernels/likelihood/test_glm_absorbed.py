"""Likelihoods with absorbed effects: R's fixest, the dense regression with dummies, and separated rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.likelihood.glm as glm
from impact.kernels.factors import Effect
from impact.kernels.likelihood.glm_absorbed import Limits, fit_absorbed


def effect(values):
    labels, codes = np.unique(values, return_inverse=True)
    return Effect(codes.astype(np.int32), len(labels), None, True)


def dummies(*factors):
    """Dummies of all levels of the first factor, and all but one of the others."""
    columns = [np.equal.outer(values, np.unique(values)).astype(float) for values in factors]
    return np.hstack([columns[0], *(block[:, 1:] for block in columns[1:])])


def columns(panel, *names):
    return np.asfortranarray(np.column_stack([panel[name] for name in names]).astype(float))


def test_poisson_of_two_effects_is_that_of_fixest(test_panel):
    """R fixest 0.12: fepois(cnt ~ D + z | i + t), iid errors times (N−1)/(N−K)."""
    effects = [effect(test_panel["i"]), effect(test_panel["t"])]
    found = fit_absorbed(columns(test_panel, "D", "z"), test_panel["cnt"].astype(float), "poisson", effects)
    assert found.converged
    assert found.params == pytest.approx([0.337193702149, -0.0194371946380], abs=2e-11)
    assert found.log_likelihood == pytest.approx(-901.994862149, abs=1e-8)
    assert found.deviance == pytest.approx(798.101704562, abs=1e-8)
    error = np.sqrt(np.diagonal(found.bread) * 479 / (480 - 69))
    assert error == pytest.approx([0.117013953255, 0.102452037665], rel=1e-7)
    scores = found.x * (found.working * found.residual)[:, None]
    robust = np.sqrt(np.diagonal(found.bread @ scores.T @ scores @ found.bread) * 480 / 411)
    assert robust == pytest.approx([0.150749075953, 0.130015728334], rel=1e-7)


@pytest.mark.parametrize("family", glm.FAMILIES)
def test_effects_are_the_dummies(test_panel, family):
    y = (test_panel["cnt"] if family == "poisson" else test_panel["cnt"] > 2).astype(float)
    weights, offset = test_panel["w"], test_panel["q1"] / 3
    x, group = columns(test_panel, "D", "z"), test_panel["c"]
    found = fit_absorbed(x, y, family, [effect(group)], weights=weights, offset=offset)
    dense = glm.fit_glm(np.hstack([x, dummies(group)]), y, family, weights=weights, offset=offset)
    assert found.params == pytest.approx(dense.params[:2], abs=1e-9)
    assert found.bread == pytest.approx(dense.bread[:2, :2], rel=1e-7)
    assert found.log_likelihood == pytest.approx(dense.log_likelihood, rel=1e-12)
    assert found.deviance == pytest.approx(dense.deviance, rel=1e-12)
    assert found.predictor == pytest.approx(dense.predictor, abs=1e-8)


def test_three_effects_are_the_dummies(test_panel):
    groups = [test_panel["c"], test_panel["t"], test_panel["i"] % 7]
    x, y = columns(test_panel, "D", "z"), test_panel["cnt"].astype(float)
    found = fit_absorbed(x, y, "poisson", [effect(values) for values in groups])
    dense = glm.fit_glm(np.hstack([x, dummies(*groups)]), y, "poisson")
    assert found.params == pytest.approx(dense.params[:2], abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-3, 1e6))
def test_units_of_the_outcome_move_only_the_effects(seed, unit):
    generator = np.random.default_rng(seed)
    x = np.asfortranarray(generator.normal(size=(200, 2)))
    group = generator.integers(0, 8, 200)
    y = generator.poisson(np.exp(0.5 * x[:, 0] + group / 8)).astype(float) + 0.1
    one = fit_absorbed(x, y, "poisson", [effect(group)])
    other = fit_absorbed(x, unit * y, "poisson", [effect(group)])
    assert one.converged
    assert other.converged
    assert other.params == pytest.approx(one.params, abs=1e-9)


def test_an_exact_fit_ends(test_panel):
    x = columns(test_panel, "z")
    y = np.exp(0.3 * x[:, 0] + test_panel["c"] / 10)
    found = fit_absorbed(x, y, "poisson", [effect(test_panel["c"])])
    assert found.converged
    assert found.params == pytest.approx([0.3], abs=1e-10)


def test_separated_rows_are_suspects_and_none_otherwise(test_panel):
    y = test_panel["cnt"].astype(float)
    effects = [effect(test_panel["i"]), effect(test_panel["t"])]
    never = np.zeros(480)
    never[np.flatnonzero(y == 0)[::9]] = 1.0
    x = np.asfortranarray(np.column_stack([test_panel["z"], never]))
    found = fit_absorbed(x, y, "poisson", effects)
    assert not found.converged
    assert found.suspects.any()
    assert np.all(never[found.suspects] == 1)
    plain = fit_absorbed(x[:, :1], y, "poisson", effects)
    assert plain.converged
    assert not plain.suspects.any()


def test_the_limit_of_steps_is_told(test_panel):
    x, y = columns(test_panel, "D", "z"), test_panel["cnt"].astype(float)
    found = fit_absorbed(x, y, "poisson", [effect(test_panel["i"])], limits=Limits(steps=3))
    assert not found.converged
    assert found.iterations == 3


def test_outcomes_out_of_range_are_refused(test_panel):
    with pytest.raises(glm.OutcomeError):
        fit_absorbed(columns(test_panel, "z"), -test_panel["cnt"].astype(float), "poisson", [])
