"""Points of the lattice: the same every time, inside the cube, even."""

from __future__ import annotations

import math

import numpy as np
import pytest

from impact.kernels.honest.lattice import lattice, primes


def test_primes():
    assert primes(10) == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]


def test_points_are_inside_and_fixed():
    points = lattice(5000, 4)
    assert points.shape == (5000, 4)
    assert points.min() > 0 and points.max() < 1
    assert np.array_equal(points, lattice(5000, 4))
    assert not np.allclose(points, lattice(5000, 4, shift=0.5))


@pytest.mark.parametrize("dimensions", [1, 2, 5])
def test_integral_of_a_product(dimensions):
    """∫ Π (π/2) sin(πu) = 1; a Monte Carlo mean of 20,000 points would be off by 0.003 to 0.008."""
    points = lattice(20000, dimensions)
    value = np.mean(np.prod(math.pi / 2 * np.sin(math.pi * points), axis=1))
    assert value == pytest.approx(1, abs=5e-4)


def test_halves_hold_the_same_number():
    points = lattice(4096, 3)
    for corner in np.ndindex(2, 2, 2):
        share = np.mean(np.all((points > 0.5) == np.array(corner, dtype=bool), axis=1))
        assert share == pytest.approx(1 / 8, abs=0.005)
