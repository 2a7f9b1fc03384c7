"""`survey:` of the spec and of a model as weights and variance."""

from __future__ import annotations

import pytest

from impact.core.errors import SpecError

SURVEY = {"weights": "w", "psu": "p", "strata": ["s"], "singleton": "centered"}


def test_weights_and_variance_of_every_model(plan_of):
    plan = plan_of(survey=SURVEY, models={"a": "y ~ x", "b": {"formula": "y ~ x", "estimator": "ols"}})
    for request in plan.models:
        assert request.variance.keyword == "survey"
        assert request.variance.options.singleton == "centered"
        assert request.variance.columns == ("p", "s")
        assert not request.variance.is_default
        assert (request.weights.text, request.weights.kind) == ("w", "sampling")


def test_a_model_changes_it(plan_of):
    models = {
        "domain": {"formula": "y ~ x", "subpop": "x > 1"},
        "other": {"formula": "y ~ x", "survey": {"singleton": "average"}},
        "none": {"formula": "y ~ x", "survey": None, "vcov": "hc1"},
    }
    domain, other, none = plan_of(survey=SURVEY, models=models).models
    assert list(domain.filters) == ["subpop"]
    assert other.variance.options.singleton == "average"
    assert other.variance.columns == ("p", "s")
    assert none.variance.keyword == "hc1"
    assert none.weights is None


@pytest.mark.parametrize(
    ("keys", "match"),
    [
        ({"survey": SURVEY, "models": {"a": {"formula": "y ~ x", "vcov": "hc1"}}}, "vcov"),
        ({"survey": SURVEY, "models": {"a": {"formula": "y ~ x", "weights": "v"}}}, "weights"),
        ({"models": {"a": {"formula": "y ~ x", "subpop": "x > 1"}}}, "subpop"),
        ({"survey": {"psus": "p"}, "models": {"a": "y ~ x"}}, "psus"),
        ({"survey": {"singleton": "drop"}, "models": {"a": "y ~ x"}}, "singleton"),
        ({"survey": {"psu": "p", "subpop": "x >"}, "models": {"a": "y ~ x"}}, "E403"),
    ],
)
def test_what_is_refused(plan_of, keys, match):
    with pytest.raises(SpecError, match=match):
        plan_of(**keys)
