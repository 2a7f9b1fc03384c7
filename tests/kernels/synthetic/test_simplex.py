"""Exact weights on the simplex: optimality conditions, a general optimiser, invariance to the order of columns."""

import numpy as np
import pytest
from scipy.optimize import minimize

from impact.kernels.synthetic.simplex import _System, _weights, fit_simplex, quick_weights


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


@pytest.mark.parametrize("seed", range(6))
def test_quick_weights_choose_among_equally_good_ones_as_the_exact_ones_do(seed):
    """Targets inside the hull of many columns: the same smallest weights, whatever the order of the columns."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(3, 15))
    b = a @ rng.dirichlet(np.ones(15))
    exact = fit_simplex(a, b)
    assert not exact.unique
    assert quick_weights(a, b) == pytest.approx(exact.weights, abs=1e-5)
    order = rng.permutation(15)
    assert quick_weights(a[:, order], b) == pytest.approx(exact.weights[order], abs=1e-5)


def test_a_column_that_rounding_lets_in_is_asked_once():
    """Two equal columns, the second with a slope that rounding leaves above the tolerance for ever."""
    asked = []

    def slope(u):
        asked.append(u.copy())
        return np.array([0.0, 1e-10])

    def solve(support):
        return np.where(support == 0, 1.0, 0.0)

    found = _weights(_System(solve, slope, most=2, first=0, tolerance=1e-12), 2, None)
    assert found.tolist() == [1.0, 0.0]
    assert len(asked) == 2


def test_values_that_are_not_finite():
    with pytest.raises(ArithmeticError):
        fit_simplex(np.array([[np.nan, 1.0]]), np.ones(1))
