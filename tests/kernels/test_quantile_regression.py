"""The linear programme against HiGHS on hard cases, its optimality conditions, and densities against definitions."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import norm
from statsmodels.regression.quantile_regression import hall_sheather

import impact.kernels.quantile_regression as kernel


def best(x, y, share, w):
    """The optimum of the dual programme by HiGHS, about least squares and in its units: its tolerances are absolute."""
    near = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    unit = np.abs(near).mean()
    scaled = x * w[:, None]
    found = linprog(
        -near / unit * w, A_eq=scaled.T, b_eq=(1 - share) * scaled.sum(axis=0), bounds=(0, 1), method="highs"
    )
    return unit * (-found.fun - (1 - share) * (near / unit * w).sum())


def drawn(seed, n, k, *, scale, shift, tied, constant):
    """Ties, weights, no constant, regressors of a few values, far shifts and scales; None without full rank."""
    random = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), random.integers(0, 4, (n, k)).astype(float)])
    if np.linalg.matrix_rank(x) <= k:
        return None
    y = scale * np.round(random.standard_normal(n), 1 if tied else 8) + shift
    return x[:, (0 if constant else 1) :], y, 0.5 + random.random(n)


def check(x, y, w, share, shift):
    """The objective of HiGHS, to the digits that the outcome has beside its level; a vertex."""
    found = kernel.fit_quantile(x, y, share, w)
    size = np.abs(y - x @ np.linalg.lstsq(x, y, rcond=None)[0]).sum()
    assert found.objective == pytest.approx(best(x, y, share, w), abs=1e-8 * size + 2e-15 * shift * len(y))
    assert np.count_nonzero(found.residual == 0) >= x.shape[1]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6), n=st.integers(8, 120), k=st.integers(1, 4), share=st.floats(0.02, 0.98),
    scale=st.sampled_from([1.0, 1e3, 1e-3, 1e9, 1e-9]), shift=st.sampled_from([0.0, 1e4]), tied=st.booleans(),
    constant=st.booleans(),
)  # fmt: skip
def test_the_optimum_of_highs(seed, n, k, share, scale, shift, tied, constant):
    data = drawn(seed, n, k, scale=scale, shift=shift, tied=tied, constant=constant)
    if data is not None:
        check(*data, share, shift)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize(
    ("seed", "n", "k", "share", "scale"),
    [
        (0, 112, 1, 0.921875, 1e-3), (111, 69, 1, 0.5, 1e-3), (111, 69, 2, 0.921875, 1e-3),
        (168555, 87, 1, 0.6697602028697968, 1e-9), (821747, 85, 1, 0.30189688961791183, 1e-9),
    ],
)  # fmt: skip
def test_outcomes_whose_digits_are_nearly_all_level(seed, n, k, share, scale, tied, constant):
    """Residuals of a millionth and less of the level, some of which the interior method did not solve."""
    check(*drawn(seed, n, k, scale=scale, shift=1e4, tied=tied, constant=constant), share, 1e4)


def test_a_bad_vertex_is_exchanged_for_the_best():
    """From k rows at random: the exchanges alone reach the optimum, also among ties."""
    random = np.random.default_rng(3)
    for tied in (False, True):
        x, y, w = drawn(5, 100, 3, scale=1.0, shift=0.0, tied=tied, constant=True)
        start = np.array([0, 1, 2, 3])
        while np.linalg.matrix_rank(x[start]) < 4:
            start = np.sort(random.choice(100, 4, replace=False))
        basis, dual = kernel._exchanged(x, y, w, 0.3, start)
        residual = y - x @ np.linalg.solve(x[basis], y[basis])
        residual[basis] = 0.0
        assert np.sum(w * residual * (0.3 - (residual < 0))) == pytest.approx(best(x, y, 0.3, w), rel=1e-8)
        assert x.T @ (w * dual) == pytest.approx(np.zeros(4), abs=1e-9)
        assert dual.min() >= 0.3 - 1 - 1e-9 and dual.max() <= 0.3 + 1e-9


def test_a_constant_gives_the_quantile():
    y = np.random.default_rng(1).standard_normal(101)
    found = kernel.fit_quantile(np.ones((101, 1)), y, 0.3)
    assert found.params[0] == np.sort(y)[30]


def test_the_share_below():
    """At most a share τ of rows lies below the fit, at most 1 − τ above (Koenker and Bassett 1978, theorem 3.4)."""
    random = np.random.default_rng(2)
    x = np.column_stack([np.ones(500), random.standard_normal((500, 2))])
    y = x @ [1, 2, 3] + random.standard_normal(500)
    for share in (0.1, 0.5, 0.83):
        residual = kernel.fit_quantile(x, y, share).residual
        assert np.mean(residual < 0) <= share <= np.mean(residual <= 0)


def test_rows_without_rank_are_not_solved():
    x = np.ones((20, 2))
    with pytest.raises((kernel.NotSolvedError, np.linalg.LinAlgError)):
        kernel.fit_quantile(x, np.arange(20.0), 0.5)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_bandwidths(share):
    assert kernel.bandwidth(share, 300, "hall_sheather") == pytest.approx(hall_sheather(300, share))
    density = norm.pdf(norm.ppf(share))
    expected = (4.5 * density**4 / (2 * norm.ppf(share) ** 2 + 1) ** 2 / 300) ** 0.2
    assert kernel.bandwidth(share, 300, "bofinger") == pytest.approx(expected)
    halved = kernel.inside(share, 0.9)
    assert share - halved >= 0
    assert share + halved <= 1


def test_densities_of_a_normal_error():
    """Many standard normal errors: all three densities near φ at the quantile."""
    random = np.random.default_rng(3)
    x = np.column_stack([np.ones(20000), random.standard_normal(20000)])
    y = x @ [0.0, 1.0] + random.standard_normal(20000)
    h = kernel.bandwidth(0.7, 20000, "hall_sheather")
    truth = norm.pdf(norm.ppf(0.7))
    residual = kernel.fit_quantile(x, y, 0.7).residual
    assert 1 / kernel.sparsity(residual, h, 2) == pytest.approx(truth, rel=0.05)
    assert np.mean(kernel.density_of_kernel(residual, 0.7, h)) == pytest.approx(truth, rel=0.05)
    found, crossed = kernel.density_of_differences(x, y, 0.7, h)
    assert np.mean(found) == pytest.approx(truth, rel=0.05)
    assert crossed == 0


def test_statsmodels_solution():
    random = np.random.default_rng(5)
    x = np.column_stack([np.ones(400), random.standard_normal(400)])
    y = x @ [1.0, 1.0] + random.standard_normal(400)
    peer = sm.QuantReg(y, x).fit(q=0.25, p_tol=1e-10, max_iter=5000).params
    assert kernel.fit_quantile(x, y, 0.25).params == pytest.approx(peer, abs=1e-4)


def test_densities_do_not_know_the_level_of_a_column():
    """x + 1e6 beside a constant: the same fits, the same distances of them, the same densities."""
    random = np.random.default_rng(6)
    x = np.column_stack([np.ones(200), random.standard_normal(200)])
    y = x @ [1.0, 0.5] + random.standard_normal(200)
    near, _ = kernel.density_of_differences(x, y, 0.25, 0.1)
    far, _ = kernel.density_of_differences(x + np.array([0.0, 1e6]), y, 0.25, 0.1)
    assert far == pytest.approx(near, rel=1e-6) and near.max() > 0
