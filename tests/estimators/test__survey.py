"""Weighted means by domain: brute force, names of terms, differences, scale, design effects. R: tests/reference."""

from __future__ import annotations

import numpy as np
import pytest

from impact.estimators._survey import means, simple_variance
from impact.pipeline.fit import fit_request


@pytest.fixture(scope="module")
def fitted(request_of, as_frame, test_panel):
    def make(columns=test_panel, **block):
        result = fit_request(as_frame(columns), request_of(**block), seed=2).results[0]
        if result.error is not None:
            raise result.error
        return result

    return make


def test_means_and_influence():
    random = np.random.default_rng(0)
    values, weights = random.standard_normal((50, 2)), random.random(50) * (random.random(50) > 0.3)
    found = means(values, weights, "replacement")
    assert found.values == pytest.approx(np.average(values, axis=0, weights=weights))
    assert np.abs(found.influence.sum(axis=0)).max() < 1e-14
    moved = weights.copy()
    moved[7] += 1e-6
    slope = (np.average(values, axis=0, weights=moved) - found.values) / 1e-6
    inside = values[7] - found.values
    assert slope == pytest.approx(inside / weights.sum(), rel=1e-4)


def test_simple_random_samples():
    values = np.arange(10.0)[:, None]
    weights = np.full(10, 4.0)
    mean = np.array([4.5])
    with_replacement = simple_variance(values, weights, mean, "replacement")
    assert with_replacement == pytest.approx(np.var(values, ddof=1) / 10)
    without = simple_variance(values, weights, mean, "without_replacement")
    assert without == pytest.approx(with_replacement * (1 - 10 / 40))
    assert np.isnan(simple_variance(values, weights / 8, mean, "without_replacement")).all()
    assert np.isnan(simple_variance(values[:1], weights[:1], mean, "replacement")).all()


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
