"""Weights and means of arms: influence against numeric derivatives and the jackknife, balance, infeasible means."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

import impact.kernels.treatment_weights as kernel


@pytest.fixture(scope="module")
def sample():
    random = np.random.default_rng(3)
    n = 400
    z = random.standard_normal((n, 2))
    d = (random.random(n) < 1 / (1 + np.exp(-0.5 * z[:, 0]))).astype(float)
    y = 1 + 2 * d + z @ [1.0, -0.5] + z[:, 0] ** 2 + random.standard_normal(n)
    return np.column_stack([np.ones(n), z]), d, y, random.uniform(0.5, 2, n)


def effect(x, d, y, w, method, of_treated):
    population = w * d if of_treated else w
    means = []
    for arm in (0, 1):
        inside = w * (d == arm)
        if method == "entropy":
            columns = x[:, :1] if of_treated and arm else x
            means.append(kernel.weighted_mean(kernel.entropy_weights(columns, inside, population), y))
            continue
        score = kernel.fit_score(x, d, "logit" if method != "probit" else "probit", w)
        weights = kernel.score_weights(score, d, w, arm, of_treated)
        if method.startswith("aipw"):
            normalised = method == "aipw"
            means.append(
                kernel.augmented_mean(
                    weights, y, x[:, :2], inside=inside, population=population, normalised=normalised
                )
            )
        else:
            means.append(kernel.weighted_mean(weights, y, population if method == "ht" else None))
    return means[1].value - means[0].value, means[1].rows - means[0].rows


@pytest.mark.parametrize("of_treated", [False, True])
@pytest.mark.parametrize("method", ["ipw", "probit", "ht", "aipw", "aipw_plain", "entropy"])
def test_influence_is_the_derivative_by_the_weight_of_a_row(sample, method, of_treated):
    """Every step of estimation moves with the weight of a row: w_i d(effect)/d(w_i) is the influence."""
    x, d, y, w = sample
    _, rows = effect(x, d, y, w, method, of_treated)
    assert abs(rows.sum()) < 1e-9
    for row in (0, 7, 100, 250):
        step = 1e-4
        up, down = w.copy(), w.copy()
        up[row] += step
        down[row] -= step
        ends = [effect(x, d, y, one, method, of_treated)[0] for one in (up, down)]
        assert w[row] * (ends[0] - ends[1]) / (2 * step) == pytest.approx(rows[row], rel=2e-5, abs=1e-8)


def test_entropy_weights_are_those_of_the_primal(sample):
    """Largest entropy under the constraints of the means, by a general optimiser on 25 rows."""
    x, d, _, _ = sample
    x, d = x[:50], d[:50]
    arm = d == 0
    target = d
    found = kernel.entropy_weights(x, arm.astype(float), target)
    means = target @ x / target.sum()
    share = found.weight[arm] / found.weight.sum()
    assert found.weight @ x / found.weight.sum() == pytest.approx(means, abs=1e-10)
    own = x[arm]
    primal = minimize(
        lambda p: np.sum(p * np.log(p)),
        np.full(arm.sum(), 1 / arm.sum()),
        jac=lambda p: np.log(p) + 1,
        bounds=[(1e-12, 1)] * int(arm.sum()),
        constraints={"type": "eq", "fun": lambda p: own.T @ p - means, "jac": lambda p: own.T},
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    assert share == pytest.approx(primal.x, abs=1e-5)


def test_means_that_are_out_of_reach(sample):
    x, d, _, _ = sample
    far = x + np.outer(d, [0, 0, 50.0])
    with pytest.raises(kernel.BalanceError) as error:
        kernel.entropy_weights(far, (d == 0).astype(float), d)
    assert error.value.column == 2


def test_effective_size():
    assert kernel.effective_size(np.array([1.0, 1, 1, 1, 0])) == pytest.approx(4)
    assert kernel.effective_size(np.array([2.0, 1, 1])) == pytest.approx(16 / 6)
