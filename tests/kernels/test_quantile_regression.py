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
    """The optimum of the dual programme by HiGHS."""
    scaled = x * w[:, None]
    found = linprog(
        -y * w, A_eq=scaled.T, b_eq=(1 - share) * scaled.sum(axis=0), bounds=(0, 1), method="highs"
    )
    return -found.fun - (1 - share) * (y * w).sum()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6), n=st.integers(8, 120), k=st.integers(1, 4), share=st.floats(0.02, 0.98),
    scale=st.sampled_from([1.0, 1e3, 1e-3]), shift=st.sampled_from([0.0, 1e4]), tied=st.booleans(),
    constant=st.booleans(),
)  # fmt: skip
def test_the_optimum_of_highs(seed, n, k, share, scale, shift, tied, constant):
    """Ties, weights, no constant, regressors of a few values, far shifts and scales."""
    random = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), random.integers(0, 4, (n, k)).astype(float)])
    if np.linalg.matrix_rank(x) <= k:
        return
    x = x[:, (0 if constant else 1) :]
    y = scale * np.round(random.standard_normal(n), 1 if tied else 8) + shift
    w = 0.5 + random.random(n)
    found = kernel.fit_quantile(x, y, share, w)
    size = np.abs(y - x @ np.linalg.lstsq(x, y, rcond=None)[0]).sum() + scale
    assert found.objective == pytest.approx(best(x, y, share, w), abs=1e-8 * size + 1e-11 * abs(shift) * n)
    assert np.count_nonzero(found.residual == 0) >= x.shape[1]


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
