"""The tests a referee asks for are added once, and one that is not possible is said, not raised."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import impact.pipeline.referee as referee
from impact.core.errors import DesignError
from impact.core.texts import fault
from impact.pipeline.fit import FittedModel, fit_request

COHORTS = {"unit": "i", "time": "t", "cohort": "g", "never": 0}


@pytest.fixture
def plan_and_models(plan_of, as_frame, test_panel):
    def make(**keys):
        plan = plan_of(design=COHORTS, models={"sa": {"estimator": "did_sa", "outcome": "y"}}, **keys)
        return plan, (fit_request(as_frame(test_panel), plan.models[0], seed=None),)

    return make


def kinds(plan, fitted):
    return [(test.kind, test.of) for test in referee.default_tests(plan, fitted)]


def test_models_with_leads_are_asked_for_them(plan_and_models, monkeypatch):
    plan, fitted = plan_and_models()
    known = (*referee.ALWAYS, *referee.TWO_WAY)
    registry = SimpleNamespace(names=lambda: known, load=lambda kind: SimpleNamespace(options=lambda: None))
    monkeypatch.setattr(referee.catalog, "DIAGNOSTICS", registry)
    assert kinds(plan, fitted) == [(kind, ("sa",)) for kind in referee.ALWAYS]


def test_discontinuities_are_asked_for_the_density(plan_of, as_frame):
    random = np.random.default_rng(1)
    r = random.uniform(-1, 1, 200)
    frame = as_frame({"y": r + random.standard_normal(200), "r": r})
    plan = plan_of(models={"jump": {"estimator": "rd", "formula": "y ~ r"}})
    fitted = (fit_request(frame, plan.models[0], seed=None),)
    assert kinds(plan, fitted) == [("density", ("jump",))]
    asked = plan_of(models=plan.spec.models, tests={"t": {"kind": "density", "of": "jump"}})
    assert kinds(asked, fitted) == []


def test_they_can_be_switched_off(plan_and_models):
    assert kinds(*plan_and_models(default_tests=False)) == []


def test_a_failed_model_is_not_asked(plan_and_models):
    plan, fitted = plan_and_models()
    failed = (FittedModel(fitted[0].request, ()),)
    assert kinds(plan, failed) == []


def test_what_is_not_possible_is_said_in_both_languages():
    test = SimpleNamespace(name="pretrend:sa", kind="pretrend", of=("sa",))
    found = referee.not_possible(test, DesignError(fault("E501", outcome="y")))
    assert found.verdict == "note"
    assert found.details["sentences"]["en"] != found.details["sentences"]["es"]
    assert found.of == "sa"


def test_honest_intervals_of_effects_with_several_bases(plan_of, as_frame, test_panel):
    """By default from one base period: the same findings as of the model with `base_period: universal`."""
    from impact.pipeline.ask import ask_tests

    frame, found = as_frame(test_panel), {}
    for base in ("varying", "universal"):
        plan = plan_of(
            design={**COHORTS, "base_period": base}, models={"cs": {"estimator": "did_cs", "outcome": "y"}}
        )
        fitted = (fit_request(frame, plan.models[0], seed=None),)
        kept = fitted[0].results[0].estimate.params.copy()
        findings = ask_tests(plan, fitted, frame)
        assert (fitted[0].results[0].estimate.params == kept).all()
        found[base] = [one for one in findings if one.kind in referee.ONE_BASE]
    assert len(found["varying"]) == 3
    assert not any(one.details.get("not_possible") for one in found["varying"])
    for one, other in zip(found["varying"], found["universal"], strict=True):
        assert one.statistic == pytest.approx(other.statistic, rel=1e-9)
        assert one.details["rows" if "rows" in one.details else "slopes"] is not None
