"""Powers and orthogonal polynomials against exact arithmetic, closed forms and R."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.polynomial as polynomial
from impact.kernels.least_squares import solve_least_squares


@settings(max_examples=60, deadline=None)
@given(st.floats(-50, 50).filter(lambda v: abs(v) > 1e-3), st.integers(1, 12))
def test_powers_are_right_to_the_last_bit(value, degree):
    powers = polynomial.raw_powers(np.array([value]), degree)[0]
    for j, power in enumerate(powers):
        assert abs(power - float(Fraction(value) ** (j + 1))) <= np.spacing(abs(power))


def test_equals_r_poly_of_one_to_five():
    """R: poly(1:5, 3), the classical contrasts (Fisher and Yates, table XXIII), normalised."""
    x = np.arange(1.0, 6.0)
    linear, square, cubic = (
        np.array([-2, -1, 0, 1, 2]),
        np.array([2, -1, -2, -1, 2]),
        np.array([-1, 2, 0, -2, 1]),
    )
    expected = np.column_stack([linear / np.sqrt(10), square / np.sqrt(14), cubic / np.sqrt(10)])
    found = polynomial.evaluate_polynomial(polynomial.fit_polynomial(x, 3), x)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-16)
    basis = polynomial.fit_polynomial(x, 3)
    # attr(, "coefs") of R: alpha = 3, norm2 = 5, 10, 14, 14.4 (R starts them with one more 1).
    np.testing.assert_allclose(basis.centres[0], 3.0, rtol=1e-15)
    np.testing.assert_allclose(basis.squares[0], [5.0, 10.0, 14.0, 14.4], rtol=1e-15)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8), st.sampled_from([0.0, 5.0, 2010.0, 1e6]))
def test_columns_are_orthonormal_and_orthogonal_to_the_constant(seed, degree, origin):
    x = origin + np.random.default_rng(seed).normal(size=60)
    columns = polynomial.evaluate_polynomial(polynomial.fit_polynomial(x, degree), x)
    np.testing.assert_allclose(columns.T @ columns, np.eye(degree), atol=1e-13)
    np.testing.assert_allclose(columns.sum(axis=0), 0, atol=1e-13)


def test_repeated_values_count_as_often_as_they_come():
    x = np.repeat([1.0, 2.0, 4.0, 7.0], [3, 1, 2, 5])
    columns = polynomial.evaluate_polynomial(polynomial.fit_polynomial(x, 2), x)
    np.testing.assert_allclose(columns.T @ columns, np.eye(2), atol=1e-15)


def test_remembered_basis_predicts_at_new_values():
    rng = np.random.default_rng(1)
    x = rng.uniform(18, 65, 80)
    y = 1 + 0.5 * x - 0.01 * x**2 + rng.normal(size=80)
    basis = polynomial.fit_polynomial(x, 2)
    fit = solve_least_squares(np.column_stack([np.ones(80), polynomial.evaluate_polynomial(basis, x)]), y)
    raw = solve_least_squares(np.column_stack([np.ones(80), polynomial.raw_powers(x, 2)]), y)
    new = np.array([10.0, 40.0, 90.0])
    predicted = np.column_stack([np.ones(3), polynomial.evaluate_polynomial(basis, new)]) @ fit.params
    np.testing.assert_allclose(predicted, raw.params @ np.vstack([np.ones(3), new, new**2]), rtol=1e-12)
    params, bread = polynomial.power_parameters(basis, fit.params, fit.bread)
    np.testing.assert_allclose(params, raw.params, rtol=1e-12)
    np.testing.assert_allclose(bread, raw.bread, rtol=1e-10)


def test_refuses_what_has_no_basis():
    with pytest.raises(ValueError, match="different values"):
        polynomial.fit_polynomial(np.array([1.0, 2.0, 2.0, 1.0]), 2)
    with pytest.raises(ValueError, match="finite"):
        polynomial.fit_polynomial(np.array([1.0, np.nan, 2.0]), 1)
    with pytest.raises(ValueError, match="finite"):
        polynomial.raw_powers(np.array([1.0, np.inf]), 2)
    with pytest.raises(ValueError, match="at least 1"):
        polynomial.raw_powers(np.array([1.0, 2.0]), 0)
