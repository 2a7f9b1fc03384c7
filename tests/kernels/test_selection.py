"""The selection model: derivatives against differences, two steps against their definition, variance against refits."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import multivariate_normal, norm

import impact.kernels.selection as kernel


def sample_of(n, seed=3, rho=0.6):
    random = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), random.standard_normal(n)])
    z = np.column_stack([x, random.standard_normal(n)])
    v = random.standard_normal(n)
    u = 1.5 * (rho * v + np.sqrt(1 - rho**2) * random.standard_normal(n))
    selected = z @ [0.2, 0.5, 0.8] + v > 0
    y = np.where(selected, x @ [1.0, 0.7] + u, 0.0)
    return kernel.Sample(y, x, z, selected)


def probit(sample):
    found = sm.Probit(sample.selected.astype(float), sample.z).fit(disp=0, tol=1e-12)
    vcov = np.asarray(found.cov_params())
    rows = found.model.score_obs(found.params) @ vcov
    return kernel.Selection(found.params, sample.z @ found.params, vcov, rows)


START = np.array([0.9, 0.6, 0.1, 0.4, 0.7, 0.5, 0.3])


def test_scores_and_hessian_are_differences():
    sample = sample_of(60)
    _, rows, hessian = kernel._derivatives(sample, START)
    step = 1e-5
    for j in range(7):
        moved = np.zeros(7)
        moved[j] = step
        up, down = START + moved, START - moved
        slope = (kernel.log_likelihood(sample, up) - kernel.log_likelihood(sample, down)) / (2 * step)
        assert rows[:, j] == pytest.approx(slope, abs=1e-6)
        bend = kernel._derivatives(sample, up)[1].sum(axis=0) - kernel._derivatives(sample, down)[1].sum(
            axis=0
        )
        assert hessian[j] == pytest.approx(bend / (2 * step), rel=1e-5, abs=1e-5)


def test_the_likelihood_is_that_of_two_normal_laws():
    """A selected row: density of y times the conditional probability of selection, from the bivariate normal law."""
    sample = sample_of(40)
    t, s = START[-2:]
    rho, sigma = np.tanh(t), np.exp(s)
    found = kernel.log_likelihood(sample, START)
    for i in range(40):
        index = sample.z[i] @ START[2:5]
        if not sample.selected[i]:
            assert found[i] == pytest.approx(norm.logcdf(-index))
            continue
        mean = sample.x[i] @ START[:2]
        law = multivariate_normal([mean, index], [[sigma**2, rho * sigma], [rho * sigma, 1.0]])
        step = 1e-4
        seen = [
            norm.cdf((sample.y[i] + d - mean) / sigma) - law.cdf([sample.y[i] + d, 0.0])
            for d in (-step, step)
        ]
        assert found[i] == pytest.approx(np.log((seen[1] - seen[0]) / (2 * step)), abs=2e-3)


def test_maximum_is_a_maximum_and_finds_the_truth():
    sample = sample_of(4000)
    found = kernel.maximise(sample, START)
    assert found.converged
    assert np.abs(found.influence.sum(axis=0)).max() < 1e-9
    truth = np.array([1.0, 0.7, 0.2, 0.5, 0.8, np.arctanh(0.6), np.log(1.5)])
    assert np.all(np.abs(found.params - truth) < 4 * np.sqrt(np.diag(found.vcov)))
    assert np.sum(found.influence**2, axis=0) == pytest.approx(np.diag(found.vcov), rel=0.15)


def test_two_steps_from_their_definition():
    sample = sample_of(300)
    first = probit(sample)
    found = kernel.two_step(sample, first)
    inside = sample.selected
    ratio = norm.pdf(first.predictor[inside]) / norm.cdf(first.predictor[inside])
    whole = np.column_stack([sample.x[inside], ratio])
    beta = np.linalg.lstsq(whole, sample.y[inside], rcond=None)[0]
    assert found.params == pytest.approx(beta)
    delta = ratio * (ratio + first.predictor[inside])
    residual = sample.y[inside] - whole @ beta
    variance = np.mean(residual**2) + beta[-1] ** 2 * delta.mean()
    assert found.sigma**2 == pytest.approx(variance)
    assert found.rho == pytest.approx(beta[-1] / np.sqrt(variance))
    left = np.linalg.inv(whole.T @ whole)
    cross = whole.T @ np.diag(delta) @ sample.z[inside]
    middle = variance * (whole.T @ np.diag(1 - found.rho**2 * delta) @ whole)
    middle += beta[-1] ** 2 * cross @ first.vcov @ cross.T
    assert found.vcov == pytest.approx(left @ middle @ left)


def test_influence_of_two_steps_is_that_of_the_jackknife():
    sample = sample_of(250)
    found = kernel.two_step(sample, probit(sample))
    left = []
    for row in range(250):
        kept = np.arange(250) != row
        part = kernel.Sample(sample.y[kept], sample.x[kept], sample.z[kept], sample.selected[kept])
        left.append(kernel.two_step(part, probit(part)).params)
    left = np.array(left)
    jackknife = 249 / 250 * np.sum((left - left.mean(axis=0)) ** 2, axis=0)
    assert np.sum(found.influence**2, axis=0) == pytest.approx(jackknife, rel=0.12)


def test_mills_far_out():
    assert kernel.mills(np.array([-40.0, 0.0])) == pytest.approx([40.024968, 2 * norm.pdf(0)], rel=1e-6)
