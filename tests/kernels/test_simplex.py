"""Exact weights on the simplex: optimality conditions, a general optimiser, invariance to the order of columns."""

import numpy as np
import pytest
from scipy.optimize import minimize

from impact.kernels.simplex import fit_simplex


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_optimality_conditions_and_slsqp(seed, ridge):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(9, 6)), rng.normal(size=9)
    found = fit_simplex(a, b, ridge=ridge)
    w = found.weights
    assert w.min() >= 0
    assert w.sum() == pytest.approx(1)
    gradient = 2 * a.T @ (a @ w - b) + 2 * ridge * w
    # KKT: the gradient is smallest, and the same, where weights are positive
    assert gradient[w > 0] == pytest.approx(gradient.min(), abs=1e-7)

    def loss(v):
        return np.sum((b - a @ v) ** 2) + ridge * np.sum(v**2)

    constraint = {"type": "eq", "fun": lambda v: v.sum() - 1}
    other = minimize(loss, np.full(6, 1 / 6), bounds=[(0, 1)] * 6, constraints=[constraint], tol=1e-14)
    assert found.objective == pytest.approx(loss(w))
    assert loss(w) <= other.fun + 1e-9
    order = rng.permutation(6)
    assert fit_simplex(a[:, order], b, ridge=ridge).weights == pytest.approx(w[order], abs=1e-8)
    assert found.gap < 1e-10


def test_equally_good_weights_are_said():
    a = np.array([[1.0, 1.0, 3.0], [0.0, 0.0, 1.0]])
    found = fit_simplex(a, np.array([1.0, 0.0]))
    assert not found.unique
    assert found.weights == pytest.approx([0.5, 0.5, 0], abs=1e-4)


def test_values_that_are_not_finite():
    with pytest.raises(ArithmeticError):
        fit_simplex(np.array([[np.nan, 1.0]]), np.ones(1))
