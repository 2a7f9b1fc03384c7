"""Bayes factors of no effect: numerical integration, Savage and Dickey, what holds on average under the null."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats

from impact.diagnostics.bayes_null import BayesNullOptions, examine, posterior, probability_within

CASES = [(0.0, 0.1, 0.05), (0.03, 0.02, 0.1), (-0.4, 0.1, 1.0), (1.5, 0.3, 0.2)]


@pytest.mark.parametrize(("estimate", "error", "prior_sd"), CASES)
def test_against_numerical_integration(estimate, error, prior_sd):
    def joint(beta):
        return stats.norm.pdf(estimate, beta, error) * stats.norm.pdf(beta, 0, prior_sd)

    # the mass lies within a few standard deviations of zero and the estimate
    ends = sorted((-12 * prior_sd, 12 * prior_sd, estimate - 12 * error, estimate + 12 * error))
    pieces = tuple(pairwise(ends))

    def integral(function):
        return sum(integrate.quad(function, low, high, epsabs=1e-12, limit=200)[0] for low, high in pieces)

    marginal = integral(joint)
    found = posterior(estimate, error, prior_sd)
    assert found.bayes_factor == pytest.approx(stats.norm.pdf(estimate, 0, error) / marginal, rel=1e-7)
    assert found.mean == pytest.approx(integral(lambda beta: beta * joint(beta)) / marginal, abs=1e-8)
    within = integrate.quad(joint, -0.05, 0.05, epsabs=1e-12)[0] / marginal
    assert probability_within(found, 0.05) == pytest.approx(within, abs=1e-7)


@pytest.mark.parametrize(("estimate", "error", "prior_sd"), CASES)
def test_the_ratio_of_savage_and_dickey(estimate, error, prior_sd):
    """Posterior density at zero over the prior one."""
    found = posterior(estimate, error, prior_sd)
    ratio = stats.norm.pdf(0, found.mean, found.sd) / stats.norm.pdf(0, 0, prior_sd)
    assert found.bayes_factor == pytest.approx(ratio, rel=1e-9)


def test_under_the_null_the_factor_for_an_effect_is_one_on_average():
    """E[1/B01] = 1 where there is no effect, whatever the prior: B10 is a ratio of densities (exact quadrature)."""
    z = np.linspace(-12, 12, 200_001)
    against = np.array([1 / posterior(value, 1.0, 0.8).bayes_factor for value in z])
    assert np.trapezoid(against * stats.norm.pdf(z), z) == pytest.approx(1.0, rel=1e-6)


def ask(make, result, **options):
    return examine(make.question("bayes_null", result), BayesNullOptions(**options))[0]


@pytest.fixture(scope="module")
def model(make):
    """Ten of thirty units treated: the clustered error is the one to read."""
    return make.fitted(make.design(seed=2, units=30, treated=10, noise=0.2), permuted=False)


def test_of_a_model(make, model):
    found = ask(make, model, prior_sd=2.0, bound=0.2)
    b, s = float(model.estimate.params[0]), float(model.inference.std_error[0])
    expected = posterior(b, s, 2.0)
    assert found.statistic == pytest.approx(expected.bayes_factor)
    assert found.details["probability_null"] == pytest.approx(found.statistic / (1 + found.statistic))
    assert (found.ci_low, found.ci_high) == pytest.approx(
        stats.norm.interval(0.95, expected.mean, expected.sd)
    )
    assert found.details["probability_within"] == pytest.approx(probability_within(expected, 0.2))
    assert found.details["basis"] == "asymptotic"


def test_verdicts(make, model):
    assert ask(make, model, prior_sd=5.0).verdict == "pass"
    assert ask(make, model, prior_sd=5.0, threshold=1e6).verdict == "note"
    changed = replace(model, estimate=replace(model.estimate, params=np.array([1.0])))
    found = ask(make, changed, prior_sd=1.0)
    assert found.verdict == "fail" and "if there is an effect" in found.sentence
    far = replace(model, estimate=replace(model.estimate, params=np.array([1e4])))
    assert ask(make, far, prior_sd=1e6).statistic == 0.0


def test_few_treated_clusters(make):
    """The usual clustered error is not read: that of the jackknife is, and without one nothing is said."""
    few = make.fitted(make.design(), permuted=False)
    found = ask(make, few, prior_sd=1.0)
    assert found.details["std_error"] == float(few.inference.extra["std_error_cr3"][0])
    assert found.details["std_error"] != float(few.inference.std_error[0])
    assert found.details["basis"] == "cr3"
    without = replace(few, inference=replace(few.inference, extra={}))
    found = ask(make, without, prior_sd=1.0)
    assert found.verdict == "note" and found.statistic is None
