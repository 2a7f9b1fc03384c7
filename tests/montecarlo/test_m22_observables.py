"""M22c, M22d: effects given covariates, where the truth is known.

Many covariates: coefficients that fall with the square of their place, in outcome and treatment alike. Few covariates:
a logit of treatment, an outcome that bends in one of them, effects that differ between rows; their mean is 1.
"""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.slow
DRAWS = 500


def summary(fit, draw, term, truth):
    """Bias, spread, mean error over spread, and coverage of one term."""
    estimates, errors, cover = [], [], 0
    for _ in range(DRAWS):
        found = fit(draw())
        place = [one.name for one in found.estimate.terms].index(term)
        cover += found.inference.ci_low[place] <= truth <= found.inference.ci_high[place]
        estimates.append(found.estimate.params[place])
        errors.append(found.inference.std_error[place])
    spread = np.std(estimates, ddof=1)
    return np.mean(estimates) - truth, spread, np.mean(errors) / spread, cover / DRAWS


@pytest.mark.parametrize("method", ["double_selection", "cross_fitting"])
def test_choice_among_covariates(fit_plan, agrees, method):
    """Belloni, Chernozhukov and Hansen (2014): a covariate that moves d much and y little is not lost."""
    rng = np.random.default_rng(2220)
    n, p, truth = 200, 50, 0.5
    names = " + ".join(f"x{j}" for j in range(p))
    block = {"estimator": "double_ml", "formula": f"y ~ d + {names}", "method": method}
    slope = 1 / np.arange(1, p + 1) ** 2

    def draw():
        x = rng.standard_normal((n, p))
        d = x @ slope + rng.standard_normal(n)
        y = truth * d + x @ slope + rng.standard_normal(n)
        return {"y": y, "d": d, **{f"x{j}": x[:, j] for j in range(p)}}

    bias, spread, ratio, cover = summary(fit_plan(seed=1, models={"main": block}), draw, "d", truth)
    print(f"M22c {method}: bias {bias:.4f}, sd {spread:.4f}, se/sd {ratio:.3f}, cover {cover:.3f}")
    # covariates too weak to be found leave a bias of a fraction of the error
    assert abs(bias) < spread / 2
    assert abs(ratio - 1) < 0.03 + 3 / np.sqrt(2 * DRAWS)
    assert agrees(cover, 0.95, DRAWS, gap=0.03)


@pytest.mark.parametrize(
    ("label", "block"),
    [
        ("ipw", {"estimator": "ipw"}),
        ("aipw", {"estimator": "ipw", "method": "aipw"}),
        ("entropy", {"estimator": "ipw", "method": "entropy"}),
        ("matching", {"estimator": "matching", "formula": "y ~ d + x + z"}),
        ("matching without adjustment", {"estimator": "matching", "formula": "y ~ d + x + z", "adjust": False}),
    ],
)  # fmt: skip
def test_few_covariates(fit_plan, agrees, label, block):
    rng = np.random.default_rng(2230)

    def draw():
        x, z, e = rng.standard_normal((3, 400))
        d = (rng.random(400) < 1 / (1 + np.exp(-0.5 * x + 0.5 * z))).astype(float)
        return {"y": x + z + 0.5 * x**2 + d * (1 + 0.5 * x) + e, "d": d, "x": x, "z": z, "q": x**2}

    fit = fit_plan(models={"main": {"formula": "y ~ d + x + z + q", **block}})
    bias, spread, ratio, cover = summary(fit, draw, "d", 1.0)
    print(f"M22d {label}: bias {bias:.4f}, sd {spread:.4f}, se/sd {ratio:.3f}, cover {cover:.3f}")
    # with two covariates the distance that is left between neighbours is small, adjusted or not
    assert abs(bias) < spread / 4
    assert abs(ratio - 1) < 0.03 + 3 / np.sqrt(2 * DRAWS)
    assert agrees(cover, 0.95, DRAWS, gap=0.015)
