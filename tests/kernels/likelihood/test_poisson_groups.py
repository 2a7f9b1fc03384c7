"""The maximum in group sums against the dense regression with dummies, on tables of several parts as well."""

from __future__ import annotations

import numpy as np
import pytest

import impact.kernels.likelihood.glm as glm
from impact.kernels.factors import Effect
from impact.kernels.likelihood.glm_absorbed import Limits, fit_absorbed
from impact.kernels.likelihood.poisson_groups import applies, climb


def data(rng, parts, rows=400):
    part = rng.integers(0, parts, rows)
    first, second = part * 6 + rng.integers(0, 6, rows), part * 4 + rng.integers(0, 4, rows)
    x = np.asfortranarray(rng.standard_normal((rows, 2)))
    y = rng.poisson(np.exp(0.3 * x[:, 0] - 0.4 * x[:, 1] + 0.1 * first - 0.1 * second)).astype(float)
    effects = []
    for values in (second, first):  # the smaller one first: the order is found, not assumed
        labels, codes = np.unique(values, return_inverse=True)
        effects.append(Effect(codes.astype(np.int32), len(labels)))
    return x, y, effects


def start(effects):
    return [np.zeros(one.levels) for one in effects]


def dense(x, y, effects, **keys):
    blocks = [np.eye(one.levels)[one.codes] for one in effects]
    return glm.fit_glm(np.hstack([x, *blocks]), y, "poisson", **keys)


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("count", [1, 2])
def test_the_maximum_is_that_with_dummies(parts, weighted, count):
    rng = np.random.default_rng(parts)
    x, y, effects = data(rng, parts)
    effects = effects[-count:]
    keys = {
        "weights": rng.random(len(y)) + 0.5 if weighted else None,
        "offset": rng.normal(0, 0.3, len(y)) if weighted else None,
    }
    found = climb(x, y, effects, start(effects), **keys)
    other = dense(x, y, effects, **keys)
    np.testing.assert_allclose(found.params, other.params[:2], atol=1e-10)
    np.testing.assert_allclose(found.predictor, other.predictor, atol=1e-8)
    whole = fit_absorbed(x, y, "poisson", effects, **keys)
    np.testing.assert_allclose(whole.params, other.params[:2], atol=1e-10)
    np.testing.assert_allclose(whole.bread, other.bread[:2, :2], rtol=1e-7)
    assert whole.converged and whole.attained < 1e-10
    assert whole.deviance == pytest.approx(other.deviance, rel=1e-10)


def test_another_way_gives_the_same(monkeypatch):
    x, y, effects = data(np.random.default_rng(7), 2)
    quick = fit_absorbed(x, y, "poisson", effects)
    monkeypatch.setattr("impact.kernels.likelihood.poisson_groups.applies", lambda *_: False)
    slow = fit_absorbed(x, y, "poisson", effects)
    np.testing.assert_allclose(quick.params, slow.params, atol=1e-11)
    np.testing.assert_allclose(quick.bread, slow.bread, rtol=1e-8)
    np.testing.assert_allclose(quick.residual, slow.residual, atol=1e-8)


def test_where_it_does_not_apply():
    x, y, effects = data(np.random.default_rng(3), 1)
    slope = Effect(effects[0].codes, effects[0].levels, x[:, 0].copy())
    assert applies(x, effects)
    assert not applies(x, [*effects, effects[0]]) and not applies(x, [slope]) and not applies(x, [])
    assert not applies(np.zeros((5, 17)), effects[:1])
    # fewer steps than the way needs: no answer rather than a wrong one
    assert climb(x, y, effects, start(effects), weights=None, offset=None, most=2) is None
    assert not fit_absorbed(x, y, "poisson", effects, limits=Limits(steps=2)).converged


def test_separated_rows_have_no_end():
    x, y, effects = data(np.random.default_rng(5), 1)
    x[:, 0] = (y == 0) & (x[:, 0] > 0)
    assert climb(x, y, effects, start(effects), weights=None, offset=None) is None
    assert fit_absorbed(x, y, "poisson", effects).suspects.any()


def test_collinear_columns_are_dropped_as_ever():
    x, y, effects = data(np.random.default_rng(6), 1)
    twice = np.asfortranarray(np.column_stack([x, x[:, 0] + x[:, 1]]))
    found = fit_absorbed(twice, y, "poisson", effects)
    assert found.first.kept.tolist() == [True, True, False]
    np.testing.assert_allclose(found.params, fit_absorbed(x, y, "poisson", effects).params, atol=1e-10)
