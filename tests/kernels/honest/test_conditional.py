"""The conditional test: its statistic by linear programming, its truncation by solving again, its critical values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import linprog

from impact.kernels.honest.affine import shortest, trade_off
from impact.kernels.honest.conditional import (
    _limits,
    least_favourable,
    not_rejected,
    nuisance_rays,
    vertices_of,
    with_affine,
    with_critical,
)
from impact.kernels.honest.restrictions import Polyhedron, both, monotone, relative, signed, smoothness

BEFORE, AFTER = 3, 3
TARGETS = [np.array([1.0, 0.0, 0.0]), np.array([1, 1, 1]) / 3, np.array([0.2, -0.5, 1.0])]
SETS = {
    "relative": relative(BEFORE, AFTER, 0.8)[1],
    "slopes": relative(BEFORE, AFTER, 1.5, of_slopes=True)[2],
    "smooth": smoothness(BEFORE, AFTER, 0.3),
    "smooth signed": both(smoothness(BEFORE, AFTER, 0.3), signed(BEFORE, AFTER, positive=True)),
    "relative monotone": both(relative(BEFORE, AFTER, 0.8)[4], monotone(BEFORE, AFTER, increasing=False)),
    "all": both(
        both(smoothness(BEFORE, AFTER, 0.2), signed(BEFORE, AFTER, positive=False)),
        monotone(BEFORE, AFTER, increasing=True),
    ),
}


def estimates(seed):
    random = np.random.default_rng(seed)
    root = random.normal(size=(6, 6))
    covariance = root @ root.T / 6 + 0.1 * np.eye(6)
    return random.normal(size=6), covariance


def made(name, target, seed):
    params, covariance = estimates(seed)
    restriction = SETS[name]
    rays = nuisance_rays(restriction.rows[:, BEFORE:], target)
    return vertices_of(rays, restriction, (params, covariance), target), params, covariance


def by_programming(restriction: Polyhedron, params, covariance, target, theta):
    """min η over effects τ with l′τ = θ and A(β̂ − τ) − d ≤ η σ: the definition."""
    rows = restriction.rows
    sigma = np.sqrt(np.einsum("ij,jk,ik->i", rows, covariance, rows))
    size = len(target)
    found = linprog(
        np.append(np.zeros(size), 1.0),
        A_ub=np.hstack([-rows[:, -size:], -sigma[:, None]]),
        b_ub=restriction.bounds - rows @ params,
        A_eq=np.append(target, 0.0)[None, :],
        b_eq=[theta],
        bounds=(None, None),
        method="highs",
    )
    return found.fun


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("place", range(3))
def test_statistic_is_the_linear_programme(name, place):
    for seed in range(3):
        vertices, params, covariance = made(name, TARGETS[place], seed)
        for theta in (-2.0, 0.0, 0.7):
            ours = np.max(vertices.level - theta * vertices.slope)
            assert ours == pytest.approx(
                by_programming(SETS[name], params, covariance, TARGETS[place], theta), abs=1e-8
            )


@pytest.mark.parametrize("name", SETS)
def test_limits_are_where_another_vertex_takes_over(name):
    """Moving η with everything independent of it held: inside the limits it is the optimum, outside it is not."""
    target = TARGETS[1]
    for seed in range(4):
        vertices, params, covariance = made(name, target, seed)
        values = (vertices.level - 0.4 * vertices.slope)[None, :]
        place = int(np.argmax(values))
        statistic, variance = values[0, place], vertices.covariance[place, place]
        low, high = _limits(values, vertices.covariance[[place]] / variance, np.array([statistic]))
        step = covariance @ vertices.loads[place] / variance
        for move, kept in ((0.99, True), (1.01, False)):
            for end in (low[0], high[0]):
                if not np.isfinite(end) or abs(end - statistic) < 1e-6:
                    continue
                value = statistic + move * (end - statistic)
                optimum = by_programming(
                    SETS[name], params + step * (value - statistic), covariance, target, 0.4
                )
                assert (abs(optimum - value) < 1e-7) == kept


def test_least_favourable_of_one_and_two_statistics():
    rows = np.eye(6)[5:]
    one = vertices_of(np.eye(1), Polyhedron(rows, np.zeros(1)), (np.zeros(6), np.eye(6)), np.array([1.0]))
    assert least_favourable(one, np.eye(6), 0.005) == pytest.approx(stats.norm.ppf(0.995), abs=1e-7)
    pair = Polyhedron(np.vstack([rows, -rows]), np.zeros(2))
    two = vertices_of(np.eye(2), pair, (np.zeros(6), np.eye(6)), np.array([1.0]))
    assert least_favourable(two, np.eye(6), 0.005) == pytest.approx(stats.norm.ppf(0.9975), abs=1e-7)


@pytest.mark.parametrize("size", [2, 3, 5, 8])
@pytest.mark.parametrize("kappa", [0.005, 0.01])
def test_least_favourable_of_independent_statistics(size, kappa):
    """P(max of m independent ≤ c) = Φ(c)^m."""
    covariance = np.eye(size)
    rows = Polyhedron(np.eye(size), np.zeros(size))
    vertices = vertices_of(np.eye(size), rows, (np.zeros(size), covariance), np.ones(1))
    truth = stats.norm.ppf((1 - kappa) ** (1 / size))
    assert least_favourable(vertices, covariance, kappa) == pytest.approx(truth, abs=5e-4)


@pytest.mark.parametrize("name", ["relative", "smooth signed"])
def test_least_favourable_against_many_draws(name):
    vertices, _, covariance = made(name, TARGETS[1], 2)
    draws = np.random.default_rng(1).multivariate_normal(np.zeros(6), covariance, size=400_000)
    largest = np.max(draws @ vertices.loads.T, axis=1)
    ours = least_favourable(vertices, covariance, 0.005)
    error = np.sqrt(0.005 * 0.995 / len(draws))
    assert abs(np.mean(largest > ours) - 0.005) < 4 * error


def test_two_sided_t_test_where_departures_are_zero():
    """With M̄ = 0 and the first effect the test is |t| against the two-sided quantile: both stages add up to α."""
    target = TARGETS[0]
    params, covariance = estimates(1)
    restriction = relative(BEFORE, AFTER, 0.0)[0]
    rays = nuisance_rays(restriction.rows[:, BEFORE:], target)
    vertices = with_critical(vertices_of(rays, restriction, (params, covariance), target), covariance, 0.005)
    error = np.sqrt(covariance[BEFORE, BEFORE])
    edge = params[BEFORE] + stats.norm.ppf(0.975) * error
    inside = not_rejected(vertices, np.array([edge - 1e-6, edge + 1e-6]), 0.05, 0.005)
    assert inside.tolist() == [True, False]


@pytest.mark.parametrize("name", SETS)
def test_size_at_the_truth(name):
    """Departures on the boundary: rejections at the true effect stay at the level (200 draws, both hybrids)."""
    target = TARGETS[1]
    covariance = estimates(5)[1] * 0.05
    restriction = SETS[name]
    # a departure in the set, as close to several sides as linear programming brings it
    inside = linprog(
        np.random.default_rng(3).normal(size=6),
        A_ub=restriction.rows,
        b_ub=restriction.bounds,
        bounds=(-1, 1),
    ).x
    rays = nuisance_rays(restriction.rows[:, BEFORE:], target)
    random = np.random.default_rng(11)
    draws = random.multivariate_normal(inside, covariance, size=200)
    base = with_critical(vertices_of(rays, restriction, (draws[0], covariance), target), covariance, 0.005)
    spread = np.sqrt(np.einsum("ij,jk,ik->i", restriction.rows, covariance, restriction.rows))
    scaled = rays / (rays @ spread)[:, None]
    covered = [
        not_rejected(
            replace(base, level=scaled @ (restriction.rows @ draw - restriction.bounds)),
            np.zeros(1),
            0.05,
            0.005,
        )[0]
        for draw in draws
    ]
    assert np.mean(covered) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 200)


def test_fixed_length_hybrid_is_inside_its_first_stage():
    target = TARGETS[0]
    params, covariance = estimates(7)
    restriction = SETS["smooth"]
    rays = nuisance_rays(restriction.rows[:, BEFORE:], target)
    found = shortest(trade_off(covariance, BEFORE, target), 0.3, 0.005)
    vertices = with_affine(
        vertices_of(rays, restriction, (params, covariance), target), found, params, covariance
    )
    centre, half = float(found.weights @ params), found.half_length
    grid = centre + half * np.array([-1.001, 1.001])
    assert not not_rejected(vertices, grid, 0.05, 0.005).any()
    assert not_rejected(vertices, np.array([centre]), 0.05, 0.005).all()
