"""Box probabilities and means: closed forms, another library's integral, draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from impact.kernels.honest.normal_box import box_mean, box_probability


def law(dimensions, seed=1):
    random = np.random.default_rng(seed)
    root = random.normal(size=(dimensions, dimensions))
    covariance = root @ root.T + 0.3 * np.eye(dimensions)
    spread = np.sqrt(np.diag(covariance))
    return 0.5 * spread * random.normal(size=dimensions), covariance, 1.96 * spread


def test_one_dimension_is_closed():
    value = box_probability(np.array([-1.0]), np.array([2.0]), np.array([0.3]), np.array([[4.0]]))
    assert value.value == pytest.approx(stats.norm.cdf(0.85) - stats.norm.cdf(-0.65), abs=1e-15)
    assert value.error == 0


@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.5, 0.95])
def test_orthant_of_two(correlation):
    """P(X > 0, Y > 0) = 1/4 + asin(ρ) / 2π (Sheppard 1899); six standard deviations stand in for infinity."""
    covariance = np.array([[1.0, correlation], [correlation, 1.0]])
    value = box_probability(np.zeros(2), np.full(2, 9.0), np.zeros(2), covariance).value
    assert value == pytest.approx(0.25 + math.asin(correlation) / (2 * math.pi), abs=2e-6)


@pytest.mark.parametrize("dimensions", [2, 3, 4, 5, 6, 8])
def test_independent_variables_are_a_product(dimensions):
    mean = np.linspace(-0.5, 0.7, dimensions)
    value = box_probability(
        np.full(dimensions, -1.2), np.full(dimensions, 1.7), mean, np.eye(dimensions)
    ).value
    assert value == pytest.approx(
        np.prod(stats.norm.cdf(1.7 - mean) - stats.norm.cdf(-1.2 - mean)), rel=1e-12
    )


@pytest.mark.parametrize(("dimensions", "close"), [(2, 1e-8), (3, 1e-6), (4, 5e-6), (5, 2e-5), (7, 5e-5)])
def test_against_scipy(dimensions, close):
    mean, covariance, half = law(dimensions)
    ours = box_probability(-half, half, mean, covariance)
    other = stats.multivariate_normal(mean, covariance, maxpts=1_000_000, abseps=1e-7, releps=1e-7)
    assert ours.value == pytest.approx(other.cdf(half, lower_limit=-half), abs=close)
    assert ours.error < 2e-4


@pytest.mark.parametrize(("dimensions", "close"), [(2, 1e-10), (3, 1e-8), (4, 1e-7), (5, 1e-6)])
@pytest.mark.parametrize("rho", [-0.2, 0.3, 0.9])
def test_accuracy_that_is_stated(dimensions, close, rho):
    """One factor, shifted means, boxes of 1.96: against the integral over the factor on 400 points."""
    if rho < 0 and dimensions > 4:
        return
    mean = np.linspace(-1.5, 2.0, dimensions)
    nodes, weights = np.polynomial.legendre.leggauss(800)
    nodes, weights = 9 * nodes, 9 * weights * stats.norm.pdf(9 * nodes)
    root = np.sqrt(complex(rho))
    shift = root * nodes
    low, high = ((edge - mean[:, None] - shift) / math.sqrt(1 - rho) for edge in (-1.96, 1.96))
    inner = np.prod(0.5 * (scaled_erf(high) - scaled_erf(low)), axis=0)
    truth = float((weights @ inner).real)
    covariance = np.full((dimensions, dimensions), rho) + (1 - rho) * np.eye(dimensions)
    half = np.full(dimensions, 1.96)
    assert box_probability(-half, half, mean, covariance).value == pytest.approx(truth, rel=close)


def scaled_erf(values):
    """erf of complex values / √2: an imaginary factor stands for a negative correlation."""
    return special.erf(values / math.sqrt(2))


def test_equicorrelated_by_one_integral():
    """With X_k = √ρ W + √(1−ρ) Z_k the probability is one integral over W: an oracle in any dimension."""
    rho, dimensions = 0.4, 9
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    inner = stats.norm.cdf((1.5 - math.sqrt(rho) * nodes) / math.sqrt(1 - rho)) - stats.norm.cdf(
        (-1.0 - math.sqrt(rho) * nodes) / math.sqrt(1 - rho)
    )
    truth = float(weights @ inner**dimensions) / math.sqrt(2 * math.pi)
    covariance = np.full((dimensions, dimensions), rho) + (1 - rho) * np.eye(dimensions)
    ours = box_probability(
        np.full(dimensions, -1.0), np.full(dimensions, 1.5), np.zeros(dimensions), covariance
    )
    assert ours.value == pytest.approx(truth, rel=1e-4)
    assert abs(ours.value - truth) < max(2 * ours.error, 1e-6)


def test_mean_of_one_variable():
    """Cut normal mean: μ + σ (φ(a) − φ(b)) / (Φ(b) − Φ(a)) (Johnson, Kotz and Balakrishnan 1994, section 10.1)."""
    found = box_mean(np.array([-1.0]), np.array([2.0]), np.array([0.3]), np.array([[4.0]]))
    assert found[0] == pytest.approx(stats.truncnorm(-0.65, 0.85, loc=0.3, scale=2).mean(), abs=1e-12)


@pytest.mark.parametrize("dimensions", [2, 3, 4])
def test_mean_against_draws(dimensions):
    mean, covariance, half = law(dimensions, seed=4)
    draws = np.random.default_rng(7).multivariate_normal(mean, covariance, size=300_000)
    kept = draws[np.all(np.abs(draws) <= half, axis=1)]
    error = kept.std(axis=0) / math.sqrt(len(kept))
    assert np.all(np.abs(box_mean(-half, half, mean, covariance) - kept.mean(axis=0)) < 4 * error)


def test_symmetric_box_keeps_a_zero_mean():
    _, covariance, half = law(3)
    assert box_mean(-half, half, np.zeros(3), covariance) == pytest.approx(np.zeros(3), abs=1e-10)


def test_open_sides():
    covariance = np.array([[1.0, 0.3], [0.3, 1.0]])
    value = box_probability(np.array([-np.inf, -1.0]), np.array([np.inf, 1.0]), np.zeros(2), covariance).value
    assert value == pytest.approx(stats.norm.cdf(1) - stats.norm.cdf(-1), abs=1e-9)


def test_no_variables():
    nothing = np.zeros(0)
    assert box_probability(nothing, nothing, nothing, np.zeros((0, 0))).value == 1


def test_refusals():
    flat = np.ones((2, 2))
    with pytest.raises(ArithmeticError, match="positive definite"):
        box_probability(-np.ones(2), np.ones(2), np.zeros(2), flat)
    with pytest.raises(ArithmeticError, match="positive definite"):
        box_probability(-np.ones(1), np.ones(1), np.zeros(1), np.zeros((1, 1)))
    with pytest.raises(ArithmeticError, match="no probability"):
        box_mean(np.array([60.0]), np.array([61.0]), np.zeros(1), np.eye(1))
