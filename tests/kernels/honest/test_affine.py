"""The shortest fixed-length interval: published numbers, a general minimiser, bias by linear programming."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import linprog, minimize

from impact.kernels.honest.affine import folded_quantile, shortest, trade_off
from impact.kernels.honest.restrictions import second_differences


def spread(size, seed):
    random = np.random.default_rng(seed)
    root = random.normal(size=(size, size))
    return root @ root.T / size + 0.2 * np.eye(size)


@pytest.mark.parametrize("shift", [0.0, 1e-9, 0.3, 1.0, 2.5, 8.0, 40.0])
@pytest.mark.parametrize("alpha", [0.005, 0.05, 0.32])
def test_folded_quantile(shift, alpha):
    found = folded_quantile(shift, alpha)
    assert stats.norm.cdf(found - shift) - stats.norm.cdf(-found - shift) == pytest.approx(
        1 - alpha, abs=1e-13
    )
    assert found == folded_quantile(-shift, alpha)


# Rambachan and Roth, documentation of HonestDiD (R), Medicaid example, FLCI
@pytest.mark.parametrize(
    ("bound", "low", "high"),
    [(0, 0.0259, 0.0607), (0.01, 0.0132, 0.0787), (0.02, 0.00286, 0.0907), (0.03, -0.00714, 0.101),
     (0.04, -0.0171, 0.111), (0.05, -0.0271, 0.121)],
)  # fmt: skip
def test_published_medicaid(medicaid, bound, low, high):
    params, covariance = medicaid
    found = shortest(trade_off(covariance, 5, np.array([1.0, 0.0])), bound, 0.05)
    centre = found.weights @ params
    # half a unit of the last printed digit, and the simulated quantile of the original
    assert centre - found.half_length == pytest.approx(low, abs=1.5e-4)
    assert centre + found.half_length == pytest.approx(high, abs=5e-4)


def worst_bias(weights, before, after, bound):
    """max v′δ over second differences of at most the bound, by linear programming."""
    rows = second_differences(before, after)
    found = linprog(
        -weights, A_ub=np.vstack([rows, -rows]), b_ub=np.full(2 * len(rows), bound), bounds=(None, None)
    )
    return -found.fun if found.status == 0 else np.inf


@pytest.mark.parametrize(("before", "after"), [(1, 1), (2, 1), (3, 2), (5, 3), (7, 4)])
@pytest.mark.parametrize("bound", [0.0, 0.05, 0.4, 3.0])
def test_bias_and_length_of_the_weights(before, after, bound):
    covariance = spread(before + after, before * 10 + after)
    target = np.linspace(1, 0.3, after)
    found = shortest(trade_off(covariance, before, target), bound, 0.05)
    assert found.weights[before:] == pytest.approx(target)
    assert found.bias == pytest.approx(worst_bias(found.weights, before, after, bound), abs=1e-8)
    assert found.std_error == pytest.approx(np.sqrt(found.weights @ covariance @ found.weights))
    assert found.half_length == pytest.approx(
        found.std_error * folded_quantile(found.bias / found.std_error, 0.05)
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("bound", [0.03, 0.3, 1.5])
def test_no_other_weights_are_shorter(seed, bound):
    """A general minimiser from many starts finds nothing shorter, and comes as close."""
    before = 4
    covariance, target = spread(6, seed), np.array([0.5, 0.5])
    found = shortest(trade_off(covariance, before, target), bound, 0.05)
    early = np.arange(before, 0, -1)
    random = np.random.default_rng(seed)

    def length(free):
        # the last weight is set so that a linear trend has no weight
        last = target @ np.array([1.0, 2.0]) - early[:-1] @ free
        weights = np.concatenate([free, [last], target])
        w = [np.sum(weights[:4] * np.maximum(early - j, 0)) for j in (1, 2, 3)]
        fixed = [np.sum(target * np.maximum(np.array([1, 2]) - j, 0)) for j in (0, 1)]
        bias, error = bound * np.sum(np.abs([*w, *fixed])), np.sqrt(weights @ covariance @ weights)
        return error * folded_quantile(bias / error, 0.05)

    starts = [found.weights[:3] + scale * random.normal(size=3) for scale in (0.01, 0.1, 1.0, 1.0)]
    best = min(
        minimize(
            length, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
        ).fun
        for start in starts
    )
    assert found.half_length <= best + 1e-9
    assert found.half_length == pytest.approx(best, rel=2e-4)


def test_path_ends_at_least_variance():
    """At M = 0 the weights are those of generalised least squares on a linear trend."""
    covariance, target = spread(7, 3), np.array([1.0, 0.0, 0.0])
    weights = shortest(trade_off(covariance, 4, target), 0.0, 0.05).weights
    trend = np.array([-4.0, -3, -2, -1, 1, 2, 3])
    # minimise v′Σv with v_post = l and v′trend = 0: Lagrange's equations
    system = np.zeros((5, 5))
    system[:4, :4], system[:4, 4], system[4, :4] = covariance[:4, :4], trend[:4], trend[:4]
    right = np.append(-covariance[:4, 4:] @ target, -trend[4:] @ target)
    assert weights[:4] == pytest.approx(np.linalg.solve(system, right)[:4], abs=1e-9)
