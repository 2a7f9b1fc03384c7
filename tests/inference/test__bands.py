"""Simultaneous bands: closed forms, published critical values, R's rule on draws, coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

import impact.kernels.resampling as resampling
from impact.inference._bands import FAMILIES, plug_in_critical, with_bands
from impact.pipeline.fit import fit_request

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture(scope="module")
def fitted(request_of, as_frame, test_panel):
    def make(**block):
        request = request_of(estimator="did_cs", outcome="y", spec={"design": COHORTS}, **block)
        return fit_request(as_frame(test_panel), request, seed=3).results[0]

    return make


@pytest.mark.parametrize("df", [np.inf, 9.0])
@pytest.mark.parametrize("k", [2, 12])
def test_independent_terms(k, df):
    """Normal: P(max |Z| ≤ c) = (2Φ(c) − 1)^k. t: the same averaged over the common scale."""
    found = plug_in_critical(np.eye(k), df, 0.95, seed=1, reps=200_000)
    if np.isinf(df):
        expected = scipy.stats.norm.ppf((1 + 0.95 ** (1 / k)) / 2)
    else:
        scale = np.sqrt(scipy.stats.chi2.ppf((np.arange(4000) + 0.5) / 4000, df) / df)
        cover = lambda c: np.mean((2 * scipy.stats.norm.cdf(c * scale) - 1) ** k)  # noqa: E731
        grid = np.linspace(1.5, 6, 4501)
        expected = grid[np.argmax([cover(c) >= 0.95 for c in grid])]
    assert found == pytest.approx(expected, abs=0.015)


def test_perfectly_correlated_terms_are_one():
    found = plug_in_critical(np.ones((6, 6)), np.inf, 0.95, seed=1, reps=200_000)
    assert found == pytest.approx(1.959963985, abs=0.01)


def test_group_time_cells_of_r(fitted):
    """R did 2.5.1 on the test panel: about 2.79 for the 21 cells with 20,000 Rademacher draws."""
    drawn = fitted(vcov={"bootstrap": {"reps": 20000}})
    found = with_bands(drawn.estimate, drawn.inference, seed=3)
    assert found.variance["bands"]["att_gt"]["terms"] == 21
    assert found.variance["bands"]["att_gt"]["critical"] == pytest.approx(2.79, abs=0.05)
    assert found.variance["bands"]["att_gt"]["source"] == "draws"


def test_plug_in_is_the_limit_of_normal_weights(fitted):
    """Sixty units under signs have lighter tails (2.79) than the normal law; normal weights give the plug-in value."""
    result = fitted()
    found = with_bands(result.estimate, result.inference, seed=3)
    assert found.variance["bands"]["att_gt"]["source"] == "plug-in"
    cells = [j for j, term in enumerate(result.estimate.terms) if term.kind == "att_gt"]
    rows = result.estimate.influence.rows[:, cells]
    draws = resampling.weighted_sums(rows, "normal", 50_000, 8)
    expected = resampling.sup_t(draws, np.sqrt((rows**2).sum(axis=0)), 0.95)
    assert found.variance["bands"]["att_gt"]["critical"] == pytest.approx(expected, abs=0.03)


def test_rule_of_r_on_draws(fitted):
    """Type-1 quantile of the largest |draw − estimate| / quartile scale over the event times."""
    result = fitted(vcov={"bootstrap": {"reps": 499}})
    found = with_bands(result.estimate, result.inference, seed=3)
    members = [j for j, term in enumerate(result.estimate.terms) if term.kind == "event"]
    deviations = (result.inference.draws - result.estimate.params)[:, members]
    largest = np.sort(np.max(np.abs(deviations) / result.inference.std_error[members], axis=1))
    critical = largest[int(np.ceil(499 * 0.95)) - 1]
    assert found.variance["bands"]["event"]["critical"] == pytest.approx(critical, rel=1e-14)
    half = (found.band_high - found.band_low)[members] / 2
    assert half == pytest.approx(critical * result.inference.std_error[members], rel=1e-12)


def test_bands_hold_the_intervals_and_other_terms_have_none(fitted):
    result = fitted()
    found = with_bands(result.estimate, result.inference, seed=3)
    for j, term in enumerate(result.estimate.terms):
        if term.kind in FAMILIES:
            assert found.band_low[j] < found.ci_low[j] < found.ci_high[j] < found.band_high[j]
        else:
            assert np.isnan(found.band_low[j])
    again = with_bands(result.estimate, result.inference, seed=3)
    assert again.band_low.tobytes() == found.band_low.tobytes()
    assert (
        with_bands(result.estimate, result.inference, seed=4).band_low.tobytes() != found.band_low.tobytes()
    )


def test_a_family_of_one_is_pointwise(fitted):
    result = fitted()
    errors = result.inference.std_error.copy()
    events = [j for j, term in enumerate(result.estimate.terms) if term.kind == "event"]
    errors[events[1:]] = np.nan
    found = with_bands(result.estimate, replace(result.inference, std_error=errors), seed=3)
    assert found.band_low[events[0]] == pytest.approx(result.inference.ci_low[events[0]], rel=1e-13)
    assert np.isnan(found.band_low[events[1:]]).all()


def test_coverage():
    """2,000 samples of five correlated normal means: all five covered in 95 % (three simulation errors)."""
    random = np.random.default_rng(6)
    mix = random.standard_normal((5, 5))
    covariance = mix @ mix.T
    scale = np.sqrt(np.diag(covariance))
    value = plug_in_critical(covariance / np.outer(scale, scale), np.inf, 0.95, seed=2, reps=100_000)
    draws = random.multivariate_normal(np.zeros(5), covariance, 20_000) / scale
    assert (np.abs(draws).max(axis=1) <= value).mean() == pytest.approx(0.95, abs=0.006)
    assert resampling.sup_t(draws, np.ones(5), 0.95) == pytest.approx(value, abs=0.05)
