"""Densities at an edge: numbers of rddensity, the jackknife by loops, constants by integration, exact laws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad, quad

import impact.kernels.density_jump as kernel
from impact.kernels.discontinuity import WindowError


def sine(k):
    return (np.sin(np.arange(1.0, 601.0) * k) * 1e4) % 1


@pytest.fixture(scope="module")
def sample():
    """600 values that every machine makes alike."""
    return 2 * sine(12.9898) - 1


# Python rddensity 3.0, rddensity(x, c, p, kernel): windows, densities, jackknife errors below, above, of the difference
RDDENSITY = {
    "plain": (
        [0.554618969305221, 0.4140449349516736, 0.6287710273190201, 0.3791330552793845, 0.15987318266698902,
         0.15125468742388878, 0.22008501767193364], (165, 121)),
    "order 1, uniform": (
        [0.2343001920812418, 0.15829434545161505, 0.5435083794425297, 0.5159780727478268, 0.15485352518882964,
         0.14975091587884062, 0.21541808436149756], (71, 41)),
    "order 3, epanechnikov": (
        [0.43712473533430457, 0.5275201681779295, 0.4988737602441343, 0.3866807698524349, 0.2773253077127017,
         0.19238708722553458, 0.3375235067772821], (129, 163)),
    "few values": (
        [0.575, 0.575, 0.6363326235617953, 0.3655846065348966, 0.1658611585427636, 0.12031602113684403,
         0.2049045359525414], (174, 181)),
    "moved": (
        [0.38429140233086556, 0.32235325759371963, 1.0847100989397134, 1.3918501593156118, 0.6189386911528436,
         0.2505556249997525, 0.6677299039470829], (82, 121)),
    "off centre": (
        [0.4684528375646147, 0.4880870443311162, 0.19542370268926607, 0.2984643683167235, 0.1306401261796093,
         0.11838426855605229, 0.17629996486043797], (115, 91)),
}  # fmt: skip


@pytest.mark.parametrize("case", RDDENSITY)
def test_numbers_of_rddensity(sample, case):
    x = {
        "few values": np.round(sample * 40) / 40,
        "moved": np.where((sample < 0) & (sample > -0.1), -sample, sample),
        "off centre": (sample + 1) ** 2 / 2 - 1.2,
    }.get(case, sample)
    shape = {"order 1, uniform": (1, "uniform"), "order 3, epanechnikov": (3, "epanechnikov")}
    order, name = shape.get(case, (2, "triangular"))
    found = kernel.density_jump(x, order=order, kernel=name)
    own = [*found.windows, *found.density, *found.std_error, found.difference_error]
    numbers, inside = RDDENSITY[case]
    # its constants of the pilots are rounded at the tenth digit
    assert own == pytest.approx(numbers, rel=2e-9)
    assert found.difference == pytest.approx(numbers[3] - numbers[2], rel=1e-8)
    assert found.inside == inside


@pytest.mark.parametrize("step", [None, 0.05])
def test_density_and_jackknife_by_loops(sample, step):
    """Weighted least squares of the others' distribution function; what each row adds to the others, squared."""
    x = np.sort(sample if step is None else np.round(sample / step) * step)
    n, h = len(x), 0.6
    found = kernel.density_jump(x, order=1, kernel="triangular", window=h)
    share = np.array([np.sum(x <= value) - 1 for value in x]) / (n - 1)
    for side, inside in enumerate(((x < 0) & (x >= -h), (x >= 0) & (x <= h))):
        powers = np.vander(x[inside], 3, increasing=True)
        root = np.sqrt(1 - np.abs(x[inside]) / h)
        solution = np.linalg.pinv(powers * root[:, None]) * root
        assert found.density[side] == pytest.approx(solution[1] @ share[inside])
        added = np.zeros(n)
        for row in range(n):
            others = (x[inside] >= x[row]) & (np.flatnonzero(inside) != row)
            added[row] = solution[1][others].sum() / (n - 1)
        # rows below the window add to all of it, and the weights of a side sum to zero
        assert found.std_error[side] ** 2 == pytest.approx(np.sum(added**2), rel=1e-9)


@pytest.mark.parametrize("name", ["triangular", "uniform", "epanechnikov"])
@pytest.mark.parametrize(("order", "place"), [(1, 1), (2, 1), (4, 3)])
def test_constants_by_integration(name, order, place):
    height = {
        "triangular": lambda u: 1 - u,
        "uniform": lambda u: 0.5,
        "epanechnikov": lambda u: 0.75 * (1 - u * u),
    }[name]
    size = range(order + 1)
    s = np.array([[quad(lambda u, k=i + j: height(u) * u**k, 0, 1)[0] for j in size] for i in size])
    c = np.array([quad(lambda u, k=i + order + 1: height(u) * u**k, 0, 1)[0] for i in size])
    g = np.array(
        [
            [
                # min(u, v): twice the half below the diagonal, in both orders of the exponents
                dblquad(lambda v, u, i=i, j=j: v * height(u) * height(v) * u**i * v**j, 0, 1, 0, lambda u: u)[0]
                + dblquad(lambda v, u, i=i, j=j: v * height(u) * height(v) * u**j * v**i, 0, 1, 0, lambda u: u)[0]
                for j in size
            ]
            for i in size
        ]
    )  # fmt: skip
    inverse = np.linalg.inv(s)
    variance, bias = kernel._constants(order, place, name)
    assert variance == pytest.approx((inverse @ g @ inverse)[place, place], rel=1e-6)
    assert bias == pytest.approx((inverse @ c)[place], rel=1e-7)


def test_exact_densities():
    """Evenly spread values, three times as dense above: 0.25 and 0.75 of all rows in a unit."""
    x = np.concatenate([-(np.arange(500) + 0.5) / 500, (np.arange(1500) + 0.5) / 1500])
    found = kernel.density_jump(x)
    assert found.density == pytest.approx((0.25, 0.75), rel=1e-3)
    assert found.difference / found.difference_error > 5


def test_units_do_not_matter(sample):
    one, other = kernel.density_jump(sample), kernel.density_jump(1000 * sample)
    assert np.array(other.windows) == pytest.approx(1000 * np.array(one.windows))
    assert np.array(other.density) * 1000 == pytest.approx(np.array(one.density))


def test_windows_without_values(sample):
    with pytest.raises(WindowError):
        kernel.density_jump(sample, window=1e-4)
