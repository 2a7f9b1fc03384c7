"""Spline bases against R, scipy, patsy and the definition of a natural spline."""

import numpy as np
import patsy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import BSpline

import impact.kernels.splines as splines
from impact.kernels.least_squares import solve_least_squares


def sample(n=200, seed=0):
    return np.random.default_rng(seed).gamma(2.0, size=n)


@pytest.mark.parametrize(("df", "degree"), [(3, 3), (4, 3), (7, 3), (2, 1), (5, 2)])
def test_b_splines_equal_those_of_patsy(df, degree):
    x = sample()
    expected = np.asarray(patsy.dmatrix("bs(x, df=d, degree=p) - 1", {"x": x, "d": df, "p": degree}))
    found = splines.evaluate_spline(splines.fit_bspline(x, df, degree=degree), x)
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_b_splines_equal_scipy_at_new_values():
    x = sample()
    basis = splines.fit_bspline(x, 6)
    knots = np.concatenate([[basis.boundary[0]] * 4, basis.interior, [basis.boundary[1]] * 4])
    new = np.linspace(*basis.boundary, 50)[:-1]
    expected = BSpline.design_matrix(new, knots, 3).toarray()[:, 1:]
    np.testing.assert_allclose(splines.evaluate_spline(basis, new), expected, atol=1e-14)


def test_b_splines_go_on_as_the_outer_polynomials():
    x = sample()
    basis = splines.fit_bspline(x, 5)
    high = basis.boundary[1]
    inside = np.linspace(basis.interior[-1], high, 8)
    outside = np.array([high + 0.1, high + 0.5])
    for j in range(5):
        cubic = np.polynomial.Polynomial.fit(inside, splines.evaluate_spline(basis, inside)[:, j], 3)
        np.testing.assert_allclose(splines.evaluate_spline(basis, outside)[:, j], cubic(outside), atol=1e-9)


@pytest.mark.parametrize("df", [1, 2, 4, 7])
def test_natural_splines_span_the_natural_cubic_splines(df):
    """With a constant, the span of the cardinal natural splines on these knots (Wood 2006; patsy's cr)."""
    x = sample()
    basis = splines.fit_natural(x, df)
    ours = np.column_stack([np.ones(x.size), splines.evaluate_spline(basis, x)])
    knots = np.array([basis.boundary[0], *basis.interior, basis.boundary[1]])
    assert np.linalg.matrix_rank(ours) == df + 1 == knots.size
    if df == 1:
        theirs = np.column_stack([np.ones(x.size), x])
    else:
        theirs = np.asarray(patsy.dmatrix("cr(x, knots=k) - 1", {"x": x, "k": knots[1:-1]}))
    q_ours, q_theirs = np.linalg.qr(ours)[0], np.linalg.qr(theirs)[0]
    np.testing.assert_allclose(q_ours @ q_ours.T, q_theirs @ q_theirs.T, atol=1e-10)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 6))
def test_natural_splines_are_smooth_and_linear_outside(seed, df):
    basis = splines.fit_natural(sample(seed=seed), df)
    low, high = basis.boundary
    for end, sign in ((low, -1.0), (high, 1.0)):
        steps = end + sign * np.array([0.0, 1.0, 2.0, 5.0])
        values = splines.evaluate_spline(basis, steps)
        np.testing.assert_allclose(values[2] - values[1], values[1] - values[0], atol=1e-10)
        np.testing.assert_allclose(values[3] - values[2], 3 * (values[1] - values[0]), atol=1e-9)
        near = 1e-5 * (high - low)
        left, middle, right = splines.evaluate_spline(basis, end + near * np.array([-1.0, 0.0, 1.0]))
        np.testing.assert_allclose(right - middle, middle - left, atol=1e-8)


def test_evaluation_depends_on_the_value_alone():
    x = sample()
    for basis in (splines.fit_natural(x, 4), splines.fit_bspline(x, 5)):
        whole = splines.evaluate_spline(basis, x)
        np.testing.assert_array_equal(splines.evaluate_spline(basis, x[[5, 0]]), whole[[5, 0]])


@pytest.mark.parametrize(
    ("fit", "params", "errors"),
    [
        # summary(lm(weight ~ ns(height, df = 5), data = women)), the example of R's help page of ns.
        (
            splines.fit_natural,
            [114.7447, 15.9474, 25.1695, 33.2582, 50.7894, 45.0363],
            [0.2338, 0.3699, 0.4323, 0.3541, 0.6062, 0.2784],
        ),
        # summary(lm(weight ~ bs(height, df = 5), data = women)), the example of R's help page of bs.
        (
            splines.fit_bspline,
            [114.8799, 3.4657, 13.0300, 27.6161, 40.8481, 49.1296],
            [0.2167, 0.4595, 0.3965, 0.4571, 0.3866, 0.3090],
        ),
    ],
)
def test_equals_r_on_the_women_data(fit, params, errors):
    height = np.arange(58.0, 73.0)
    weight = np.array([115, 117, 120, 123, 126, 129, 132, 135, 139, 142, 146, 150, 154, 159, 164.0])
    columns = splines.evaluate_spline(fit(height, 5), height)
    found = solve_least_squares(np.column_stack([np.ones(15), columns]), weight)
    np.testing.assert_allclose(found.params, params, atol=5e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(found.bread) * found.rss / 9), errors, atol=5e-5)


def test_boundary_may_be_given():
    x = sample()
    basis = splines.fit_natural(x, 3, boundary=(0.5, 4.0))
    inside = x[(x >= 0.5) & (x <= 4.0)]
    np.testing.assert_allclose(basis.interior, np.quantile(inside, [1 / 3, 2 / 3]))
    assert basis.boundary == (0.5, 4.0)


def test_refuses_what_has_no_basis():
    with pytest.raises(ValueError, match="too few different values"):
        splines.fit_bspline(np.repeat([0.0, 1.0], 20), 6)
    with pytest.raises(ValueError, match="below the upper"):
        splines.fit_natural(np.ones(5), 2)
    with pytest.raises(ValueError, match="finite"):
        splines.fit_natural(np.array([1.0, np.nan, 3.0]), 2)
    with pytest.raises(ValueError, match="at least"):
        splines.fit_bspline(sample(), 2)
    with pytest.raises(ValueError, match="at least 1"):
        splines.fit_natural(sample(), 0)
    with pytest.raises(ValueError, match="no value"):
        splines.fit_natural(sample(), 2, boundary=(-3.0, -2.0))


@pytest.mark.parametrize(("df", "degree"), [(1, 1), (4, 3), (7, 3), (5, 2)])
def test_slopes_equal_scipy(df, degree):
    x = sample()
    basis = splines.fit_bspline(x, df, degree=degree)
    low, high = basis.boundary
    knots = np.concatenate([np.repeat(low, degree + 1), basis.interior, np.repeat(high, degree + 1)])
    at = np.linspace(low + 1e-3, high - 1e-3, 41)
    slopes = BSpline(knots, np.eye(df + 1), degree).derivative()(at)[:, 1:]
    np.testing.assert_allclose(splines.spline_slopes(basis, at), slopes, atol=1e-11)


def test_natural_splines_have_no_slopes_here():
    with pytest.raises(ValueError, match="slopes"):
        splines.spline_slopes(splines.fit_natural(sample(), 3), sample())
