"""What a test is asked about: models by name, by base, with a term; robustness rows only by their own name."""

from __future__ import annotations

import pytest

import impact.pipeline.ask as ask
from impact.core.errors import DesignError
from impact.core.findings import ModelResult
from impact.pipeline.fit import FittedModel, fit_models


def fitted(request_of, name, **more):
    request = request_of("y ~ x")
    result = ModelResult(name, more.pop("group", None), None, None, None, **more)
    return FittedModel(request, (result,))


@pytest.fixture
def asked(monkeypatch, plan_of, request_of):
    """The models and terms that a test's `of` resolves to."""

    def resolve(of):
        tests = {"t": {"kind": "wald", "of": of, "hypotheses": "x = 0"}}
        plan = plan_of(models={name: "y ~ x" for name in ("main", "m", "two")}, tests=tests)
        models = [
            fitted(request_of, "main", base="main"),
            fitted(request_of, "main[row=short]", base="main", row="short"),
            fitted(request_of, "m[y=a]", base="m"),
            fitted(request_of, "m[y=b]", base="m", group="sex=men"),
        ]
        found = []

        class Record:
            @staticmethod
            def examine(question, options):
                found.append(question)
                return ()

        registry = type("Registry", (), {"load": staticmethod(lambda kind: Record)})
        with monkeypatch.context() as patch:
            patch.setattr(ask.catalog, "DIAGNOSTICS", registry)
            ask.ask_tests(plan, models, None)
        return [(result.name, result.group, term) for result, term in found[0].of], found[0]

    return resolve


@pytest.mark.parametrize(
    ("of", "wanted"),
    [
        ("main", [("main", None, "")]),
        ("main.x", [("main", None, "x")]),
        ("m", [("m[y=a]", None, ""), ("m[y=b]", "sex=men", "")]),
        (["main", "m.x"], [("main", None, ""), ("m[y=a]", None, "x"), ("m[y=b]", "sex=men", "x")]),
    ],
)
def test_names(asked, of, wanted):
    assert asked(of)[0] == wanted


def test_the_question_carries_everything(asked):
    _, question = asked("main")
    assert (question.test, question.kind, question.level) == ("t", "wald", 0.95)
    assert ("main[row=short]", None) in question.results
    assert question.seed == asked("main")[1].seed


def test_a_test_that_the_data_do_not_allow_leaves_the_others(plan_of, as_frame, test_panel):
    """Models that share no sets of units have no joint adjustment: a failed finding, and the models stand."""
    design = {"unit": "c", "time": "t", "treated": "c <= 2", "from": 5}
    models = {
        "one": {"formula": "y ~ exposed | i + t", "permute": {"unit": "c", "sets": "same_size"}},
        "two": {
            "formula": "yiv ~ exposed | i + t", "design": {"treated": "c <= 3"},
            "permute": {"unit": "c", "sets": "same_size"},
        },
    }  # fmt: skip
    tests = {"joint": {"kind": "romano_wolf", "of": ["one", "two"]}, "w": {"kind": "wald", "of": "one"}}
    plan = plan_of(models=models, design=design, tests=tests)
    frame = as_frame(test_panel)
    fits = fit_models(frame, plan.models, seed=1, jobs=1, progress=None)
    failures = []
    found = ask.ask_tests(plan, fits, frame, failures)
    assert (found[0].test, found[0].verdict) == ("joint", "fail")
    assert {one.test for one in found} == {"joint", "w"}
    assert [error.code for error in failures] == ["E614"]
    with pytest.raises(DesignError):
        ask.ask_tests(plan, fits, frame)


TESTS_OF_INSTRUMENTS = ("first_stage", "weak_iv", "anderson_rubin", "conditional_lr", "overid", "endogeneity")


def findings_of(plan_of, as_frame, columns, **more):
    tests = {kind: {"kind": kind, "of": "iv"} for kind in TESTS_OF_INSTRUMENTS}
    models = {"iv": {"formula": "yiv ~ z | t | d ~ q1 + q2", "vcov": {"cluster": "c"}, **more}}
    plan = plan_of(seed=1, models=models, tests=tests)
    fits = fit_models(as_frame(columns), plan.models, seed=1, jobs=1, progress=None)
    assert not any(fit.failed for fit in fits), fits[0].results[0].error
    failures = []
    return {one.kind: one for one in ask.ask_tests(plan, fits, as_frame(columns), failures)}, failures


def test_a_wild_bootstrap_leaves_the_tests_of_instruments_as_they_are(plan_of, as_frame, test_panel):
    """The bootstrap stands beside the model's variance; regressions that only stand in have none of their own."""
    plain, _ = findings_of(plan_of, as_frame, test_panel)
    wild, failures = findings_of(plan_of, as_frame, test_panel, wild={"cluster": "c", "reps": 199})
    assert not failures
    assert {kind: one.statistic for kind, one in wild.items()} == {
        kind: one.statistic for kind, one in plain.items()
    }
    assert "fail" not in {one.verdict for one in wild.values()}
