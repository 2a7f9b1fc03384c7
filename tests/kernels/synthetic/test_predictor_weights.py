"""Weights from predictors: a treated unit that is a mixture of controls is found, whatever the units of measurement."""

import numpy as np
import pytest

from impact.kernels.synthetic.predictor_weights import fit_predictors

MIX = np.array([0.6, 0.0, 0.4, 0.0, 0.0])


def made(seed=3):
    rng = np.random.default_rng(seed)
    a, z = rng.normal(size=(4, 5)), rng.normal(size=(8, 5))
    return a, a @ MIX, z, z @ MIX


def test_a_mixture_is_found():
    found = fit_predictors(*made())
    assert found.fit.weights == pytest.approx(MIX, abs=1e-4)
    assert found.loss < 1e-8
    assert found.importance.sum() == pytest.approx(1)


def test_units_of_measurement_do_not_matter():
    a, b, z, target = made()
    b = b + 0.1
    scale = np.array([1.0, 100.0, 0.01, 7.0])
    one = fit_predictors(a, b, z, target + 0.1)
    other = fit_predictors(a * scale[:, None], b * scale, z, target + 0.1)
    assert other.fit.weights == pytest.approx(one.fit.weights, abs=1e-6)


def test_the_better_end_is_kept():
    """Never worse before treatment than equal importances."""
    rng = np.random.default_rng(0)
    a, b, z, target = rng.normal(size=(3, 6)), rng.normal(size=3), rng.normal(size=(7, 6)), rng.normal(size=7)
    found = fit_predictors(a, b, z, target)
    from impact.kernels.synthetic.simplex import fit_simplex

    spread = np.column_stack([b, a]).std(axis=1, ddof=1)
    equal = fit_simplex(a / spread[:, None], b / spread).weights
    assert found.loss <= np.mean((target - z @ equal) ** 2) + 1e-12
