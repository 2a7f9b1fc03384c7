"""A minimum without derivatives: known minima, and never worse than the start."""

import numpy as np
import pytest

from impact.kernels.nelder_mead import minimise


def test_rosenbrock():
    point, value = minimise(
        lambda x: float(100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2),
        np.array([-1.2, 1.0]),
        steps=2000,
        close=1e-14,
    )
    assert point == pytest.approx([1, 1], abs=1e-4)
    assert value < 1e-8


@pytest.mark.parametrize("k", [1, 3, 6])
def test_quadratics(k):
    centre = np.arange(k) / 2.0
    point, _ = minimise(lambda x: float(1 + np.sum((x - centre) ** 2)), np.ones(k), steps=4000, close=1e-15)
    assert point == pytest.approx(centre, abs=1e-3)


def test_no_dimension_and_a_start_that_is_best():
    assert minimise(lambda x: 3.0, np.empty(0))[1] == 3.0
    assert minimise(lambda x: float(np.sum(x**2)), np.zeros(2), steps=1)[1] == 0.0
