"""Columns far from zero beside a constant: coefficients, errors and cluster scores are those of one near zero."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels.likelihood.centring import centred
from impact.kernels.likelihood.glm import fit_glm
from impact.kernels.likelihood.glm_absorbed import fit_absorbed


def data(family, seed=4, n=300):
    random = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), random.normal(size=(n, 2))])
    predictor = x @ [0.2, 0.6, -0.3]
    y = random.poisson(np.exp(predictor)) if family == "poisson" else predictor + random.logistic(size=n) > 0
    return np.asfortranarray(x), y.astype(float)


def one(x, y, family):
    return fit_glm(x, y, family)


def other(x, y, family):
    return fit_absorbed(np.asfortranarray(x), y, family, [])


@pytest.mark.parametrize("fit", [one, other])
@pytest.mark.parametrize("family", ["poisson", "logit", "probit"])
@pytest.mark.parametrize("level", [1e4, 1e6, 1e9, -1e9])
def test_a_level_moves_the_constant_alone(fit, family, level):
    x, y = data(family)
    near, far = fit(x, y, family), fit(x + np.array([0.0, level, 0.0]), y, family)
    assert far.converged
    # a column of level 1e9 holds seven digits of what varies
    digits = 1e-15 * abs(level) + 1e-7
    assert far.params[1:] == pytest.approx(near.params[1:], rel=10 * digits)
    assert np.diag(far.bread)[1:] == pytest.approx(np.diag(near.bread)[1:], rel=10 * digits)
    assert far.params[0] == pytest.approx(near.params[0] - level * near.params[1], rel=10 * digits)
    assert far.bread[0, 0] == pytest.approx(level**2 * near.bread[1, 1], rel=1e-2)


def test_scores_by_cluster_keep_their_digits():
    """Clustered errors of a column of level 1e9: sums of x times residual that cancel but for the ninth digit."""
    x, y = data("poisson")
    codes = np.arange(300) % 20
    errors = []
    for level in (0.0, 1e9):
        found = other(x + np.array([0.0, level, 0.0]), y, "poisson")
        influence = (found.x * (found.working * found.residual)[:, None]) @ found.bread
        sums = np.array([influence[codes == g].sum(axis=0) for g in range(20)])
        errors.append(np.sqrt((sums**2).sum(axis=0))[1])
    assert errors[1] == pytest.approx(errors[0], rel=1e-5)


def test_what_is_not_far_stays_as_it_is():
    x, _ = data("poisson")
    assert centred(x).x is x
    assert centred(x[:, 1:] + 1e6).constant == -1
    twice = np.column_stack([x, np.full(300, 0.1 + 0.2)])
    assert centred(twice).x is twice


@pytest.mark.parametrize("family", ["logit", "probit"])
def test_perfect_prediction_has_no_maximum(family):
    """The predictor runs until a row's information is zero in doubles: no estimate, and no 0/0."""
    random = np.random.default_rng(3)
    x = np.column_stack([np.ones(160), random.normal(size=(160, 2))])
    found = other(x, (x[:, 1] > 0).astype(float), family)
    assert not found.converged and found.suspects.any() and np.isfinite(found.params).all()


@pytest.mark.parametrize("family", ["logit", "probit"])
def test_a_row_that_is_fitted_for_sure_does_not_stop_the_others(family):
    """One far row of x on the right side: its information is zero in doubles, the estimate is that of the rest."""
    x, y = data(family)
    rest = other(x, y, family)
    sign = np.sign(rest.params[1])
    far = np.vstack([x, [1.0, 5e3 * sign, 0.0]])
    found = other(far, np.append(y, 1.0), family)
    assert found.converged and found.params == pytest.approx(rest.params, rel=1e-6)
