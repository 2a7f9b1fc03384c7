"""Likelihoods of every set of treated units: each equals statsmodels on that set with dummies of all effects."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact.kernels.factors import Effect
from impact.kernels.likelihood.glm_absorbed import Limits
from impact.kernels.likelihood.reassign_likelihood import refit_sets
from impact.kernels.reassign import Regression

SETS = np.array([[0, 1], [2, 5], [3, 8], [6, 7]], dtype=np.int32)


def regression(family, *, controls):
    random = np.random.default_rng(4)
    unit = np.repeat(np.arange(9), 24).astype(np.int32)
    time = np.tile(np.repeat(np.arange(6), 4), 9).astype(np.int32)
    z = random.normal(size=len(unit))
    mean = np.exp(0.2 * z + 0.1 * unit - 0.1 * time)
    y = random.poisson(mean).astype(float) if family == "poisson" else (random.random(len(unit)) < 0.5) * 1.0
    return Regression(
        y=y,
        controls=z[:, None] if controls else np.empty((len(unit), 0)),
        effects=[Effect(unit, 9), Effect(time, 6)],
        weights=random.integers(1, 4, len(unit)).astype(float),
        unit=unit,
        n_units=9,
        profile=(time >= 3).astype(float)[:, None],
        cluster=unit,
        n_clusters=9,
        scale=1.1,
    )


@pytest.mark.parametrize(("family", "controls"), [("poisson", True), ("poisson", False), ("logit", True)])
def test_each_set_is_its_own_fit(family, controls):
    own = regression(family, controls=controls)
    offset = np.linspace(-0.2, 0.2, len(own.y))
    found = refit_sets(own, family, offset, SETS, 0, np.array([0, 2]))
    assert not found.absorbed.any()
    likelihood = sm.families.Poisson() if family == "poisson" else sm.families.Binomial()
    dummies = [
        np.equal.outer(effect.codes, np.arange(start, effect.levels))
        for effect, start in zip(own.effects, (0, 1), strict=True)
    ]
    for number, members in enumerate(SETS):
        treated = np.isin(own.unit, members)[:, None] * own.profile
        x = np.hstack([treated, own.controls, *dummies]).astype(float)
        peer = sm.GLM(own.y, x, family=likelihood, offset=offset, freq_weights=own.weights).fit(tol=1e-14)
        assert found.estimates[number, 0] == pytest.approx(peer.params[0], abs=1e-9)
        working = own.weights * likelihood.variance(peer.fittedvalues)
        bread = np.linalg.inv(x.T @ (x * working[:, None]))
        scores = x * (own.weights * (own.y - peer.fittedvalues))[:, None]
        sums = np.array([scores[own.cluster == g].sum(axis=0) for g in range(9)])
        error = 1.1 * np.sqrt((bread @ sums.T @ sums @ bread)[0, 0])
        assert found.statistics[number, 0] == pytest.approx(peer.params[0] / error, rel=1e-7)


def test_the_actual_set_moves_one_for_one_with_the_hypothesis():
    own = regression("poisson", controls=True)
    found = refit_sets(own, "poisson", None, SETS, 1, np.array([0, 1]))
    assert found.slopes[1, 0, 0] == pytest.approx(1.0, abs=1e-10)
    assert found.crossings[1, 1, 0] == pytest.approx(1.0, abs=1e-10)


def test_slopes_are_those_of_small_effects():
    """An effect on the treated set, as an offset of its outcome, moves the other sets' estimates by the slope."""
    own = regression("poisson", controls=True)
    found = refit_sets(own, "poisson", None, SETS, 0, np.array([0]))
    step = 1e-4
    shift = (np.isin(own.unit, SETS[0])[:, None] * own.profile)[:, 0] * step
    moved = refit_sets(own, "poisson", shift, SETS, 0, np.array([0]))
    change = (found.estimates - moved.estimates)[:, 0] / step
    # slopes are of the weights at the actual estimate, the others' estimates have weights of their own
    assert change == pytest.approx(found.slopes[:, 0, 0], abs=0.05)
    assert change[0] == pytest.approx(1.0, abs=1e-6)


def test_a_set_without_a_maximum_is_missing():
    """Only zeros once the set is treated: its coefficient runs to minus infinity."""
    own = regression("poisson", controls=False)
    zero = np.isin(own.unit, SETS[2]) & (own.profile[:, 0] == 1)
    own.y[zero] = 0.0
    found = refit_sets(own, "poisson", None, SETS, 0, np.array([0]))
    assert np.isfinite(found.estimates[[0, 1, 3], 0]).all()
    assert np.isnan(found.estimates[2, 0])


def test_limits_are_those_of_every_fit():
    """One step is no maximum: no set has an estimate."""
    own = regression("poisson", controls=True)
    found = refit_sets(own, "poisson", None, SETS, 0, np.array([0]), limits=Limits(steps=1))
    assert np.isnan(found.estimates).all()
