"""Tail probabilities against scipy.stats and against values of printed tables."""

import math

import numpy as np
import pytest
import scipy.stats as stats
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.kernels.distributions as distributions

DEGREES = np.array([1.0, 2.0, 2.5, 7.0, 30.0, 411.0, 1e5, 1e9])
VALUES = np.array([-40.0, -3.0, -1.0, -1e-8, 0.0, 1e-12, 0.3, 1.0, 1.96, 5.0, 38.0])


def test_student_tails_equal_scipy_stats():
    df, value = np.meshgrid(DEGREES, VALUES)
    # scipy.stats itself is off by 3e-9 at t = 1e-8 and one degree of freedom; the next test has the closed
    # form.
    np.testing.assert_allclose(distributions.t_sf(value, df), stats.t.sf(value, df), rtol=4e-9, atol=1e-300)
    np.testing.assert_allclose(distributions.t_cdf(value, df), stats.t.cdf(value, df), rtol=4e-9, atol=1e-300)
    np.testing.assert_allclose(
        distributions.two_sided_t(value, df), 2 * stats.t.sf(np.abs(value), df), rtol=4e-9, atol=1e-300
    )


def test_one_degree_of_freedom_is_the_cauchy_law():
    # P(T > t) = 1/2 - atan(t)/pi = atan2(1, t)/pi.
    np.testing.assert_allclose(
        distributions.t_sf(VALUES, 1.0), [math.atan2(1.0, v) / math.pi for v in VALUES], rtol=1e-11
    )


def test_infinite_degrees_of_freedom_are_the_normal_law():
    np.testing.assert_allclose(
        distributions.two_sided_t(VALUES, math.inf), 2 * stats.norm.sf(np.abs(VALUES)), rtol=1e-13
    )
    np.testing.assert_allclose(
        distributions.t_quantile([0.025, 0.9], math.inf), stats.norm.ppf([0.025, 0.9]), rtol=1e-13
    )
    np.testing.assert_allclose(distributions.f_sf(2.5, 3, math.inf), stats.chi2.sf(7.5, 3), rtol=1e-13)
    np.testing.assert_allclose(distributions.f_cdf(2.5, 3, math.inf), stats.chi2.cdf(7.5, 3), rtol=1e-13)
    np.testing.assert_allclose(
        distributions.f_quantile(0.95, 3, math.inf), stats.chi2.ppf(0.95, 3) / 3, rtol=1e-13
    )


def test_mixed_finite_and_infinite_degrees_broadcast():
    found = distributions.two_sided_t([2.0, 2.0], [10.0, math.inf])
    np.testing.assert_allclose(found, [2 * stats.t.sf(2.0, 10), 2 * stats.norm.sf(2.0)], rtol=1e-12)


def test_quantiles_equal_scipy_stats():
    probability = np.array([1e-8, 0.005, 0.025, 0.5, 0.8, 0.975, 0.9995])
    for df in (1.0, 3.0, 59.0, 411.5):
        np.testing.assert_allclose(
            distributions.t_quantile(probability, df), stats.t.ppf(probability, df), rtol=1e-8, atol=1e-12
        )
        np.testing.assert_allclose(
            distributions.chi2_quantile(probability, df), stats.chi2.ppf(probability, df), rtol=1e-9
        )
        np.testing.assert_allclose(
            distributions.f_quantile(probability, 4.0, df), stats.f.ppf(probability, 4.0, df), rtol=1e-8
        )
    np.testing.assert_allclose(
        distributions.normal_quantile(probability), stats.norm.ppf(probability), rtol=1e-13
    )


def test_table_values():
    # Fisher and Yates: t(0.975, 10) = 2.228139; chi2(0.95, 1) = 3.841459; F(0.95; 3, 20) = 3.098391.
    assert distributions.t_critical(0.95, 10) == pytest.approx(2.228138852, rel=1e-9)
    assert distributions.chi2_quantile(0.95, 1) == pytest.approx(3.841458821, rel=1e-9)
    assert distributions.f_quantile(0.95, 3, 20) == pytest.approx(3.098391212, rel=1e-8)
    assert distributions.normal_quantile(0.975) == pytest.approx(1.959963984540054, rel=1e-15)


def test_f_and_chi_squared_tails_equal_scipy_stats():
    value = np.array([0.0, 1e-9, 0.2, 1.0, 4.0, 72.353, 1e4])
    for df, resid in ((1.0, 5.0), (2.0, 411.0), (10.0, 3.0), (40.0, 1e6)):
        np.testing.assert_allclose(
            distributions.f_sf(value, df, resid), stats.f.sf(value, df, resid), rtol=1e-9
        )
        np.testing.assert_allclose(
            distributions.f_cdf(value, df, resid), stats.f.cdf(value, df, resid), rtol=1e-9
        )
        np.testing.assert_allclose(distributions.chi2_sf(value, df), stats.chi2.sf(value, df), rtol=1e-9)
        np.testing.assert_allclose(distributions.chi2_cdf(value, df), stats.chi2.cdf(value, df), rtol=1e-9)


def test_far_tails_keep_their_digits():
    # P(|T| > 1e4) with 20 df, leading term of the tail expansion, Abramowitz and Stegun 26.7; and Z > 38.
    df, value = 20.0, 1e4
    leading = (
        2
        * math.gamma(10.5)
        / (math.sqrt(math.pi) * math.gamma(10.0))
        * df**9.5
        / df
        * value**-20
        * df**0.5
        / 1.0
    )
    assert distributions.two_sided_t(value, df) == pytest.approx(leading, rel=1e-5)
    assert distributions.two_sided_normal(38.0) == pytest.approx(2 * 2.8854283e-316, rel=1e-5)


def test_undefined_gives_nan_and_never_a_number():
    assert math.isnan(distributions.two_sided_t(2.0, 0.0))
    assert math.isnan(distributions.two_sided_t(math.nan, 5.0))
    assert math.isnan(distributions.t_quantile(0.975, -1.0))
    assert math.isnan(distributions.f_sf(2.0, 0.0, 5.0))
    assert math.isnan(distributions.f_sf(2.0, 2.0, 0.0))
    assert math.isnan(distributions.chi2_sf(2.0, 0.0))


def test_infinite_statistics_have_tail_zero():
    assert distributions.two_sided_t(math.inf, 5.0) == 0.0
    assert distributions.two_sided_t(-math.inf, math.inf) == 0.0
    assert distributions.f_sf(math.inf, 2.0, 5.0) == 0.0
    assert distributions.chi2_sf(math.inf, 2.0) == 0.0


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.6, 1e4))
def test_quantile_inverts_the_distribution(probability, df):
    assert distributions.t_cdf(distributions.t_quantile(probability, df), df) == pytest.approx(
        probability, rel=1e-7
    )
    value = distributions.f_quantile(probability, 3.0, df)
    assert distributions.f_cdf(value, 3.0, df) == pytest.approx(probability, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1e3), st.floats(0.5, 1e4))
def test_square_of_t_is_f(statistic, df):
    assert distributions.two_sided_t(statistic, df) == pytest.approx(
        float(distributions.f_sf(statistic**2, 1.0, df)), rel=1e-8, abs=1e-300
    )
