"""The lasso of Belloni and others: conditions of the minimum, choices of a second implementation, false choices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

import impact.kernels.rigorous_lasso as lasso


def sine(size, k):
    return (np.sin(np.arange(1.0, size + 1) * k) * 1e4) % 1 - 0.5


@pytest.fixture(scope="module")
def sample():
    """200 rows, 60 columns that every machine makes alike; three matter for y, two for d."""
    x = sine(200 * 60, 12.9898).reshape(200, 60)
    d = 1.5 * x[:, 0] + x[:, 1] + sine(200, 39.425) * (1 + x[:, 3])
    y = 0.5 * d + x[:, 0] + 0.8 * x[:, 2] + sine(200, 78.233) * (1 + np.abs(x[:, 0]))
    return x - x.mean(axis=0), y - y.mean(), d - d.mean()


def test_choices_of_hdmpy(sample):
    """hdmpy 0.1.0 (a port of R hdm), rlasso(x, y, post=True): columns chosen."""
    x, y, d = sample
    assert np.flatnonzero(lasso.select(x, y).kept).tolist() == [0, 2]
    assert np.flatnonzero(lasso.select(x, d).kept).tolist() == [0, 1]


def test_conditions_of_the_minimum(sample):
    """2 x_j' r = λ_j sign(b_j) where b_j is not 0, and within ± λ_j elsewhere; λ_j as in the paper."""
    x, y, _ = sample
    found = lasso.select(x, y)
    pull = 2 * x.T @ (y - x @ found.lasso)
    on = found.kept
    assert pull[on] == pytest.approx(found.penalty[on] * np.sign(found.lasso[on]), rel=1e-7)
    assert np.all(np.abs(pull[~on]) <= found.penalty[~on])
    level = 2 * 1.1 * np.sqrt(200) * ndtri(1 - 0.1 / np.log(200) / 120)
    loadings = np.sqrt(x.T**2 @ found.residual**2 / 200)
    assert found.penalty == pytest.approx(level * loadings, rel=1e-4)
    assert found.params[on] == pytest.approx(np.linalg.lstsq(x[:, on], y, rcond=None)[0])
    assert found.converged
    assert found.settled


def test_orthogonal_columns_are_shrunk_by_half_the_penalty():
    x = np.linalg.qr(np.random.default_rng(1).standard_normal((80, 6)))[0] * 9
    y = x @ [3.0, -2, 0, 0, 0, 0]
    b, reached = lasso._descend(x.T @ x, x.T @ y, np.full(6, 40.0), np.zeros(6))
    assert reached
    assert b == pytest.approx([3 - 20 / 81, -2 + 20 / 81, 0, 0, 0, 0])


def test_noise_is_rarely_chosen():
    """The chance of choosing any of 50 columns that do not matter is about 0.1 / log n at most."""
    random = np.random.default_rng(2)
    chosen = 0
    for _ in range(100):
        x, y = random.standard_normal((100, 50)), random.standard_normal(100) ** 3
        chosen += lasso.select(x - x.mean(axis=0), y - y.mean()).kept.any()
    assert chosen <= 10


def test_units_do_not_matter(sample):
    x, y, _ = sample
    units = np.geomspace(1e-3, 1e3, 60)
    one, other = lasso.select(x, y), lasso.select(x * units, 50 * y)
    assert one.kept.tolist() == other.kept.tolist()
    assert other.lasso * units / 50 == pytest.approx(one.lasso, rel=1e-6)
