"""Weighted means by domain: brute force, names of terms, differences, scale, design effects. R: tests/reference."""

from __future__ import annotations

import numpy as np
import pytest

import impact.estimators._survey as survey_estimators
from impact.diagnostics._difference import cluster_scores
from impact.estimators._survey import Domains, means, sample_of, simple_variance
from impact.pipeline.fit import fit_request


@pytest.fixture(scope="module")
def fitted(request_of, as_frame, test_panel):
    def make(columns=test_panel, **block):
        result = fit_request(as_frame(columns), request_of(**block), seed=2).results[0]
        if result.error is not None:
            raise result.error
        return result

    return make


def sample(values, weights, deff, codes=None):
    codes = np.zeros(len(weights), dtype=np.int32) if codes is None else codes
    count = int(codes.max()) + 1
    return sample_of(values, weights, Domains(codes, count, ("",) * count), deff)


def test_means_and_influence():
    """In each of two domains numpy's average, and the slope of it in the weight of one row."""
    random = np.random.default_rng(0)
    values, weights = random.standard_normal((50, 2)), 0.1 + random.random(50)
    codes = (np.arange(50) % 3 > 0).astype(np.int32)
    found = means(sample(values, weights, "replacement", codes))
    for domain in (0, 1):
        inside = codes == domain
        expected = np.average(values[inside], axis=0, weights=weights[inside])
        assert found.values[domain] == pytest.approx(expected)
        assert np.abs(found.influence[inside].sum(axis=0)).max() < 1e-14
    moved = weights.copy()
    moved[7] *= 1 + 1e-6
    slope = (
        means(sample(values, moved, "replacement", codes)).values[codes[7]] - found.values[codes[7]]
    ) / 1e-6
    assert slope == pytest.approx(found.influence[7], rel=1e-4)


def simple(values, weights, deff):
    one = sample(values, weights, deff)
    return simple_variance(one, values - np.average(values, axis=0, weights=weights))[0]


def test_simple_random_samples():
    values = np.arange(10.0)[:, None]
    weights = np.full(10, 4.0)
    with_replacement = simple(values, weights, "replacement")
    assert with_replacement == pytest.approx(np.var(values, ddof=1) / 10)
    without = simple(values, weights, "without_replacement")
    assert without == pytest.approx(with_replacement * (1 - 10 / 40))
    assert np.isnan(simple(values, weights / 8, "without_replacement")).all()
    assert np.isnan(simple(values[:1], weights[:1], "replacement")).all()


def test_influence_by_domain_is_that_of_every_term(fitted, monkeypatch):
    """The compact rows of a survey, with their zeros, are what other variances get."""
    block = {"estimator": "survey_mean", "of": ["y", "z"], "over": "g", "test": "difference", "weights": "w"}
    plain = fitted(**block, vcov={"cluster": "i"}).estimate
    del block["weights"]
    spec = {"survey": {"psu": "i", "weights": "w"}}
    small = fitted(**block, spec=spec)
    monkeypatch.setattr(survey_estimators, "LARGEST_DENSE", 100)
    large = fitted(**block, spec=spec)
    assert large.inference.std_error == pytest.approx(small.inference.std_error, rel=1e-14)
    assert small.estimate.influence is not None
    scores, expected = (cluster_scores(result, 3, "i") for result in (large, small))
    assert scores == pytest.approx(expected, abs=1e-15)
    surveyed = large.estimate
    assert surveyed.influence is None
    order, other = (np.argsort(one.population.rows[:, 0], kind="stable") for one in (plain, surveyed))
    dense = surveyed.population.dense()
    assert dense.shape == (480, 14)
    assert dense[other] == pytest.approx(plain.influence.rows[order], abs=1e-15)
    assert dense[:, 8] == pytest.approx(dense[:, 2] - dense[:, 0])


def test_domains_and_differences(fitted, test_panel):
    block = {"estimator": "survey_mean", "of": ["y", "z"], "over": "g", "test": "difference"}
    found = fitted(**block, spec={"survey": {"psu": "i", "weights": "w"}})
    names = [term.name for term in found.estimate.terms]
    assert names[:4] == ["y[g=0]", "z[g=0]", "y[g=4]", "z[g=4]"]
    assert names[8:10] == ["y[g=4 - 0]", "z[g=4 - 0]"]
    inside = test_panel["g"] == 5
    expected = np.average(test_panel["z"][inside], weights=test_panel["w"][inside])
    assert found.estimate.params[names.index("z[g=5]")] == pytest.approx(expected)
    # no unit is in two domains: variances add up to that of the difference, by the covariance of the design
    vcov = found.inference.vcov
    one, base, gap = (names.index(name) for name in ("y[g=4]", "y[g=0]", "y[g=4 - 0]"))
    assert vcov[gap, gap] == pytest.approx(vcov[one, one] + vcov[base, base] - 2 * vcov[one, base])
    assert [found.estimate.terms[j].kind for j in (one, gap)] == ["mean", "difference"]
    assert np.isnan(found.inference.extra["deff"][gap])


def test_several_columns_of_domains(fitted):
    found = fitted(estimator="survey_mean", of="y", over=["g", "D"], spec={"survey": {"psu": "i"}})
    assert [term.name for term in found.estimate.terms][:2] == ["y[g^D=0^0]", "y[g^D=4^0]"]


def test_scale(fitted):
    one = fitted(estimator="survey_mean", of="D", spec={"survey": {"psu": "i"}})
    percent = fitted(estimator="survey_mean", of="D", scale=100, spec={"survey": {"psu": "i"}})
    assert percent.estimate.params == pytest.approx(100 * one.estimate.params)
    assert percent.inference.std_error == pytest.approx(100 * one.inference.std_error)
    assert percent.inference.extra["cv"] == pytest.approx(one.inference.extra["cv"])


def test_no_variable_is_a_treatment(fitted, test_panel):
    """A constant one has a mean, and a rare 0/1 one is no treatment in few clusters (W511)."""
    block = {"estimator": "survey_mean", "of": ["y", "one", "D"], "spec": {"survey": {"psu": "c"}}}
    found = fitted(columns={**test_panel, "one": np.ones(480)}, **block)
    assert found.estimate.params[1] == 1.0
    assert found.inference.std_error[1] == 0.0
    assert found.inference.n_treated_clusters is None
