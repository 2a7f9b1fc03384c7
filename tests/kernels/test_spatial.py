"""Spatial weights and meats: distances that are known, blocks, and rows at one place."""

from __future__ import annotations

import numpy as np
import pytest

from impact.kernels import spatial
from impact.kernels.spatial import conley_meat, pair_weights


def test_distances_that_are_known():
    equator, degree = np.array([[0.0, 0.0]]), np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    flat = pair_weights(equator, degree, km=222.0, kernel="bartlett", distance="triangular")
    assert flat[0] == pytest.approx([0.5, 0.5, 1.0])
    # one degree of a sphere of radius 6376 km is 111.2822 km
    round_ = pair_weights(equator, degree, km=2 * 111.28219, kernel="bartlett", distance="spherical")
    assert round_[0] == pytest.approx([0.5, 0.5, 1.0], abs=1e-6)


def test_longitude_shrinks_with_latitude():
    first, second = np.array([[60.0, 0.0]]), np.array([[60.0, 1.0]])
    weight = pair_weights(first, second, km=111.0, kernel="bartlett", distance="triangular")
    assert weight[0, 0] == pytest.approx(0.5)


@pytest.mark.parametrize("kernel", ["uniform", "bartlett"])
@pytest.mark.parametrize("distance", ["triangular", "spherical"])
def test_blocks_are_the_double_sum(monkeypatch, kernel, distance):
    monkeypatch.setattr(spatial, "BLOCK", 7)
    random = np.random.default_rng(4)
    points = np.column_stack([random.uniform(-15, 0, 40), random.uniform(-80, -70, 40)])
    coordinates = points[random.integers(0, 40, 120)]
    scores = random.normal(size=(120, 3))
    weight = pair_weights(coordinates, coordinates, km=300, kernel=kernel, distance=distance)
    np.testing.assert_array_equal(weight, weight.T)
    found = conley_meat(scores, coordinates, km=300, kernel=kernel, distance=distance)
    np.testing.assert_allclose(found, scores.T @ weight @ scores, rtol=1e-10)


def test_a_tiny_distance_is_clustering_by_place():
    random = np.random.default_rng(5)
    place = random.integers(0, 9, 60)
    coordinates = np.column_stack([place * 1.0, place * 2.0])
    scores = random.normal(size=(60, 2))
    found = conley_meat(scores, coordinates, km=0.001, kernel="uniform", distance="spherical")
    np.testing.assert_allclose(found, scores.T @ (place[:, None] == place) @ scores, rtol=1e-11)
