"""Omitted variables: the printed Darfur example, and regressions with a column that does exactly what was assumed.

Darfur: sensemakr (R, version 0.1.4), `summary(sensitivity)` of its vignette, which repeats section 5 of Cinelli and
Hazlett (2020): 783 degrees of freedom, and the estimate, error and partial R² of `female` in the data it carries.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from impact.kernels.omitted_variable import adjusted_error, benchmark_bound, largest_bias, robustness_value

ESTIMATE, ERROR, DF = 0.09731581928, 0.02325653781, 783.0
OF_TREATMENT, OF_OUTCOME = 0.009081065190, 0.109033915428
CRITICAL = float(stats.t.isf(0.025, DF - 1))
# multiple: R²_D, R²_Y, adjusted estimate, error, t, interval, as printed
PRINTED = {
    1: ("0.009164", "0.1246", "0.07522", "0.02187", "3.439", "0.032283", "0.11816"),
    2: ("0.018329", "0.2493", "0.05292", "0.02035", "2.600", "0.012968", "0.09286"),
    3: ("0.027493", "0.3741", "0.03040", "0.01867", "1.628", "-0.006253", "0.06705"),
}


def as_printed(value, printed):
    return f"{value:.{len(printed.partition('.')[2])}f}"


def test_robustness_values_of_the_vignette():
    t = ESTIMATE / ERROR
    assert as_printed(robustness_value(t, DF), "0.13878") == "0.13878"
    assert as_printed(robustness_value(t, DF, critical=CRITICAL), "0.07626") == "0.07626"


@pytest.mark.parametrize("multiple", PRINTED)
def test_benchmark_bounds_of_the_vignette(multiple):
    bound = benchmark_bound(OF_TREATMENT, OF_OUTCOME, multiple)
    shares = np.array(bound.r2_treatment), np.array(bound.r2_outcome)
    value = ESTIMATE - largest_bias(ERROR, DF, *shares)
    error = adjusted_error(ERROR, DF, *shares)
    half = CRITICAL * error
    found = (bound.r2_treatment, bound.r2_outcome, value, error, value / error, value - half, value + half)
    assert tuple(map(as_printed, found, PRINTED[multiple])) == PRINTED[multiple]


def regression(x, y):
    params, residual = np.linalg.lstsq(x, y, rcond=None)[:2]
    bread = np.linalg.inv(x.T @ x)
    df = len(y) - x.shape[1]
    return params, np.sqrt(np.diag(bread) * residual[0] / df), df


def share(y, x, z):
    """Partial R² of z for y given x."""
    before = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    both = np.column_stack([x, z])
    after = y - both @ np.linalg.lstsq(both, y, rcond=None)[0]
    return 1 - (after @ after) / (before @ before)


def test_bias_and_error_are_those_of_the_long_regression():
    """Leaving out a column changes the coefficient and its error by exactly the formulas (equations 8 and 9)."""
    random = np.random.default_rng(6)
    z, w = random.normal(size=(2, 70))
    d = 0.6 * z + 0.3 * w + random.normal(size=70)
    y = 0.5 * d + 0.8 * z - w + random.normal(size=70)
    controls = np.column_stack([w, np.ones(70)])
    short, errors, df = regression(np.column_stack([d, controls]), y)
    long, long_errors, _ = regression(np.column_stack([d, controls, z]), y)
    of_d, of_y = share(d, controls, z), share(y, np.column_stack([d, controls]), z)
    bias = largest_bias(errors[0], df, np.array(of_d), np.array(of_y))
    assert bias == pytest.approx(abs(short[0] - long[0]), rel=1e-9)
    assert adjusted_error(errors[0], df, np.array(of_d), np.array(of_y)) == pytest.approx(
        long_errors[0], rel=1e-9
    )


@pytest.mark.parametrize("q", [0.5, 1.0, 1.5])
def test_at_its_robustness_value_the_estimate_falls_by_q(q):
    value = np.array(robustness_value(4.0, 50.0, share=q))
    assert largest_bias(0.25, 50.0, value, value) == pytest.approx(q * 1.0, rel=1e-9)


@pytest.mark.parametrize(("statistic", "df"), [(4.0, 50.0), (3.0, 4.0), (60.0, 30.0)])
def test_at_its_robustness_value_the_test_just_rejects(statistic, df):
    """The least favourable column that explains no more than the value of either leaves t at the critical value."""
    critical = float(stats.t.isf(0.025, df - 1))
    value = robustness_value(statistic, df, critical=critical)
    grid = np.array(value), np.linspace(0.0, min(value, 1 - 1e-12), 200_001)
    left = (statistic - largest_bias(1.0, df, *grid)) / adjusted_error(1.0, df, *grid)
    if value > 0:
        assert left.min() == pytest.approx(critical, rel=1e-4)
    else:
        assert statistic <= critical * np.sqrt(df / (df - 1))


def test_limits():
    assert robustness_value(1.0, 100.0, critical=1.98) == 0.0
    assert np.isnan(benchmark_bound(0.6, 0.1, 1.0).r2_treatment)
    capped = benchmark_bound(0.1, 0.5, 3.0)
    assert capped.capped and capped.r2_outcome == 1.0
