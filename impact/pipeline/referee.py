"""The tests that a referee asks for: added to models of difference-in-differences and discontinuities without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import impact.catalog as catalog
from impact.core.errors import ImpactError
from impact.core.findings import Finding, ModelResult, Question
from impact.core.texts import LANGUAGES, in_language
from impact.pipeline.fit import FittedModel
from impact.plan import Plan
from impact.schema.nodes import map_node
from impact.schema.option_requests import OWN_VARIANCE, TestRequest

# kinds in the order of the report
ALWAYS = ("pretrend", "pretrend_power", "honest_did")
TWO_WAY = ("bacon", "twfe_weights")
TWO_WAY_ESTIMATOR = "did_twfe"
DISCONTINUITY = ("density",)
DISCONTINUITY_ESTIMATOR = "rd"
# tests of effects that must be measured from one base period
ONE_BASE = ("honest_did", "pretrend_power")


def default_tests(plan: Plan, fitted: Sequence[FittedModel]) -> tuple[TestRequest, ...]:
    """One test for each kind and model that the spec has no test of that kind for.

    A test that needs effects before treatment is added only where the model has them. ``default_tests: false`` in the
    spec switches all of them off.
    """
    if not plan.spec.default_tests:
        return ()
    asked = {(test.kind, of.partition(".")[0]) for test in plan.tests for of in test.of}
    wanted = [model for model in fitted if _is_asked(model)]
    installed = catalog.DIAGNOSTICS.names() if wanted else ()
    return tuple(
        _request(plan, kind, model.request.name)
        for model in wanted
        for kind in _kinds(model)
        if kind in installed and not {(kind, model.request.name), (kind, model.request.base)} & asked
    )


def _is_asked(model: FittedModel) -> bool:
    """Models of the spec itself with tests of their own that were estimated for everybody."""
    request = model.request
    has_tests = request.by_adoption or request.estimator == DISCONTINUITY_ESTIMATOR
    return has_tests and request.row is None and request.grouping is None and not model.failed


def _kinds(model: FittedModel) -> tuple[str, ...]:
    if model.request.estimator == DISCONTINUITY_ESTIMATOR:
        return DISCONTINUITY
    record: Any = catalog.ESTIMATORS.load(model.request.estimator)
    if OWN_VARIANCE in record.accepts:
        # comparative cases are fitted to the periods before treatment: tests of these say nothing
        return ()
    two_way = TWO_WAY if model.request.estimator == TWO_WAY_ESTIMATOR else ()
    return (*two_way, *(ALWAYS if _has_leads(model.results[0]) else ()))


def _has_leads(result: ModelResult) -> bool:
    """Whether there is an effect before treatment with an error."""
    estimate, inference = result.estimate, result.inference
    if estimate is None or inference is None:
        return False
    return any(
        term.kind == "event" and term.event_time is not None and term.event_time < 0 and np.isfinite(error)
        for term, error in zip(estimate.terms, inference.std_error.tolist(), strict=True)
    )


def _request(plan: Plan, kind: str, model: str) -> TestRequest:
    record: Any = catalog.DIAGNOSTICS.load(kind)
    place = plan.resolved.tree.place
    return TestRequest(f"{kind}:{model}", kind, (model,), record.options(), {}, map_node(place))


def on_one_base(question: Question, made: dict[tuple[str, str | None], ModelResult]) -> Question:
    """The question about effects measured from one base period, where a model measures them from several.

    Honest intervals and the power of tests before treatment need one base for all event times: the model is estimated
    again with `base_period: universal`, and the results keep the effects that the spec asked for.

    Arguments:
        made: takes the models estimated again, so that each is for all of these tests.
    """
    if question.kind not in ONE_BASE:
        return question
    for result, _ in question.of:
        if (result.name, result.group) not in made:
            made[result.name, result.group] = _universal(question, result)
    return replace(question, of=tuple((made[one.name, one.group], term) for one, term in question.of))


def _universal(question: Question, result: ModelResult) -> ModelResult:
    design = result.design
    if design is None or design.adoption is None or design.adoption.choices.base_period == "universal":
        return result
    choices = replace(design.adoption.choices, base_period="universal")
    changed = replace(design, adoption=replace(design.adoption, choices=choices))
    estimate = question.refit(result, changed)
    inference = question.infer_fully(result, estimate, changed)
    return replace(result, design=changed, estimate=estimate, inference=inference)


def not_possible(test: TestRequest, error: ImpactError, *, verdict: str = "note") -> Finding:
    """The finding of a test that the model does not allow, with the reason.

    A test that the spec asks for fails, and the run ends with status 5; a default one is a note.
    """
    said: Mapping[str, str] = {
        language: " ".join(in_language(item, language).message for item in error.faults)
        for language in LANGUAGES
    }
    return Finding(
        test=test.name,
        kind=test.kind,
        of=test.of[0] if test.of else "",
        verdict=verdict,
        sentence=said["en"],
        details={"sentences": said, "not_possible": True},
    )
