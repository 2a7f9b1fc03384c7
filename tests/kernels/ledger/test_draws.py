"""Quantiles against scipy's distributions, the copula against its rank correlation in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from impact.kernels.ledger.draws import Z95, is_positive_definite, quantile, uniforms

U = np.linspace(0.001, 0.999, 97)
LOW, MODE, HIGH = (np.array([value]) for value in (2.0, 3.0, 7.0))
# scipy's own parametrizations: an independent implementation of the same distributions
ORACLES = {
    "triangular": stats.triang(c=0.2, loc=2, scale=5),
    "uniform": stats.uniform(loc=2, scale=5),
    "beta-pert": stats.beta(1 + 4 * 0.2, 1 + 4 * 0.8, loc=2, scale=5),
    "normal": stats.norm(loc=3, scale=5 / (2 * Z95)),
    "lognormal": stats.lognorm(s=np.log(3.5) / (2 * Z95), scale=3),
}


@pytest.mark.parametrize("dist", ORACLES)
def test_quantiles_are_those_of_scipy(dist):
    np.testing.assert_allclose(quantile(dist, U, LOW, MODE, HIGH), ORACLES[dist].ppf(U), rtol=1e-10)


@pytest.mark.parametrize("dist", ["normal", "lognormal"])
def test_low_and_high_are_the_percentiles(dist):
    low, mode, high = np.array([2.0]), np.array([4.0]), np.array([6.0 if dist == "normal" else 8.0])
    found = quantile(dist, np.array([0.05, 0.5, 0.95]), low, mode, high)
    np.testing.assert_allclose(found, [low[0], mode[0], high[0]], rtol=1e-12)


@pytest.mark.parametrize("dist", ["triangular", "beta-pert", "uniform"])
def test_a_range_of_one_value_gives_it(dist):
    one = np.array([5.0])
    np.testing.assert_array_equal(quantile(dist, U, one, one, one), np.full(len(U), 5.0))


@settings(max_examples=30, deadline=None)
@given(mode=st.floats(0, 1), u=st.floats(1e-6, 1 - 1e-6))
def test_a_triangular_draw_lies_in_its_range_and_inverts_its_distribution(mode, u):
    found = quantile("triangular", np.array([u]), np.zeros(1), np.array([mode]), np.ones(1))[0]
    share = found**2 / mode if found < mode else 1 - (1 - found) ** 2 / (1 - mode) if mode < 1 else found**2
    assert 0 <= found <= 1
    assert share == pytest.approx(u, abs=1e-9)


def test_copula_has_the_rank_correlation_of_its_normals():
    """Kruskal (1958): Spearman's correlation is 6/pi arcsin(rho/2)."""
    rho, draws = 0.6, 40_000
    normals = np.random.default_rng(1).standard_normal((2, draws, 1))
    u = uniforms(normals, np.array([[1, rho], [rho, 1]]))
    found = stats.spearmanr(u[0, :, 0], u[1, :, 0]).statistic
    assert found == pytest.approx(6 / np.pi * np.arcsin(rho / 2), abs=0.01)
    assert stats.kstest(u[1, :, 0], "uniform").pvalue > 0.001


def test_positive_definite():
    assert is_positive_definite(np.array([[1, 0.5], [0.5, 1]]))
    impossible = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    assert not is_positive_definite(impossible)
