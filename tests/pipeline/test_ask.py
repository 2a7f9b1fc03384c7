"""What a test is asked about: models by name, by base, with a term; robustness rows only by their own name."""

from __future__ import annotations

import pytest

import impact.pipeline.ask as ask
from impact.core.findings import ModelResult
from impact.pipeline.fit import FittedModel


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
