"""The tests of the spec, asked of the fitted models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import impact.catalog as catalog
from impact.core.errors import DesignError, EstimationError, ImpactError
from impact.core.findings import Finding, ModelResult, Question
from impact.core.frames import Frame
from impact.core.listings import Listing
from impact.pipeline.caching.memory import Memory
from impact.pipeline.fit import FittedModel, estimate_design, infer_design, plain_variance, spawn_seed
from impact.pipeline.listings.numbers import numbers_of
from impact.pipeline.lost_outcomes import lost_outcomes
from impact.pipeline.permute_again import asks_for_sets, permuted_again
from impact.pipeline.places import placed_in
from impact.pipeline.referee import default_tests, not_possible, on_one_base
from impact.plan import Plan
from impact.schema.option_requests import TestRequest
from impact.schema.requests import ModelRequest


def ask_tests(
    plan: Plan,
    fitted: Sequence[FittedModel],
    frame: Frame,
    failures: list[ImpactError] | None = None,
    listings: Sequence[Listing] = (),
    *,
    memory: Memory | None = None,
) -> tuple[Finding, ...]:
    """The findings of every test of the spec, then those of the tests that a referee asks.

    Arguments:
        frame: all rows, for tests that permute sets of their own.
        failures: takes the errors of tests that the data or estimates do not allow, so that the others go on; without
            it they are raised.
        listings: tables of data that tests may read numbers from. memory: findings of earlier runs.

    Raises:
        SpecError: a test that asks what its model does not have.
    """
    results = {(result.name, result.group): result for model in fitted for result in model.results}
    requests = {model.request.name: model.request for model in fitted}
    listed = numbers_of(listings)
    findings: list[Finding] = []
    for test in plan.tests:
        question = replace(_question(plan, test, results, requests, frame), number=listed)
        try:
            with placed_in(plan.resolved.tree, otherwise=test.node.place):
                # what a test reads from tables of data is not part of the key of a stored finding
                kept = None if listings else memory
                findings += _examined(question, plan, test, requests, frame, kept)
        except (DesignError, EstimationError) as error:
            if failures is None:
                raise
            failures.append(error)
            findings.append(not_possible(test, error, verdict="fail"))
    again: dict[tuple[str, str | None], ModelResult] = {}
    for test in default_tests(plan, fitted):
        try:
            findings += _by_default(_question(plan, test, results, requests, frame), test, again, memory)
        except ImpactError as error:
            findings.append(not_possible(test, error))
    return tuple(findings)


def _examined(
    question: Question,
    plan: Plan,
    test: TestRequest,
    requests: Mapping[str, ModelRequest],
    frame: Frame,
    memory: Memory | None,
) -> Sequence[Finding]:
    """The findings of a test of the spec."""
    record: Any = catalog.DIAGNOSTICS.load(test.kind)

    def make(asked: Question) -> tuple[Finding, ...]:
        return tuple(record.examine(_with_own_sets(asked, plan, test, requests, frame), test.options))

    if memory is None:
        return make(question)
    of_rows = any(asks_for_sets(test.options, result) for result, _ in question.of)
    return memory.findings(question, (test.options, test.among, plan.spec.seed), make, of_rows=of_rows)


def _by_default(
    question: Question,
    test: TestRequest,
    again: dict[tuple[str, str | None], ModelResult],
    memory: Memory | None,
) -> Sequence[Finding]:
    """The findings of a test that a referee asks for; ``again`` takes models estimated once more for several."""
    record: Any = catalog.DIAGNOSTICS.load(test.kind)

    def make(asked: Question) -> tuple[Finding, ...]:
        return tuple(record.examine(on_one_base(asked, again), test.options))

    return make(question) if memory is None else memory.findings(question, ("default", test.options), make)


def _with_own_sets(
    question: Question,
    plan: Plan,
    test: TestRequest,
    requests: Mapping[str, ModelRequest],
    frame: Frame,
) -> Question:
    """The question about the models with the permutation that the test asks for itself."""
    if not any(asks_for_sets(test.options, result) for result, _ in question.of):
        return question
    again = partial(
        permuted_again,
        options=test.options,
        among=test.among,
        frame=frame,
        seed=None if plan.spec.seed is None else question.seed,
    )
    of = tuple(
        (again(result, request=requests[result.name]), term)
        if asks_for_sets(test.options, result)
        else (result, term)
        for result, term in question.of
    )
    return replace(question, of=of)


def _question(
    plan: Plan,
    test: TestRequest,
    results: Mapping[tuple[str, str | None], ModelResult],
    requests: Mapping[str, ModelRequest],
    frame: Frame,
) -> Question:
    of: list[tuple[ModelResult, str]] = []
    for reference in test.of:
        names = [
            key for key in results if reference in (key[0], results[key].base) and results[key].row is None
        ]
        term = ""
        if not names:
            names = [key for key in results if key[0] == reference]
        if not names:
            base, _, term = reference.rpartition(".")
            names = [
                key for key in results if base in (key[0], results[key].base) and results[key].row is None
            ]
        of += [(results[key], term) for key in names]
    return Question(
        test=test.name,
        kind=test.kind,
        of=tuple(of),
        results=results,
        refit=lambda result, design: estimate_design(design, requests[result.name]),
        infer=lambda result, estimate, design: plain_variance(estimate, design, requests[result.name]),
        infer_fully=lambda result, estimate, design: infer_design(estimate, design, requests[result.name]),
        lost=lambda result: lost_outcomes(result, request=requests[result.name], frame=frame),
        seed=spawn_seed(plan.spec.seed, f"tests.{test.name}"),
        level=plan.spec.level,
    )
