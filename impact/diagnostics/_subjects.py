"""What a test is about: the estimates that its ``of`` names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from impact.core.errors import SpecError
from impact.core.estimates import Estimate, Inference
from impact.core.findings import Finding, ModelResult, Question
from impact.core.nearest import nearest
from impact.core.texts import entry, fault, fill
from impact.diagnostics._reading import Reading, read_result
from impact.diagnostics._sentences import Words, word

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Subject:
    """One coefficient of a fitted model.

    Arguments:
        result: the model. estimate, inference: its own, known to be there. position: of the term.
    """

    result: ModelResult
    estimate: Estimate
    inference: Inference
    position: int

    @property
    def term(self) -> str:
        """Name of the coefficient."""
        return self.estimate.terms[self.position].name

    @property
    def label(self) -> str:
        """Name of the model, with its group."""
        return self.result.label

    def read(self) -> Reading:
        """What a verdict reads of it."""
        return read_result(self.result, self.position)


def subjects(question: Question) -> tuple[Subject, ...]:
    """The coefficients a test is about: the named term, or every treatment term of the model (all terms
    without any).

    Models that failed are left out (see ``failed``).

    Raises:
        SpecError: E606 for a term that the model does not have.
    """
    found: list[Subject] = []
    for result, term in question.of:
        if result.estimate is None or result.inference is None:
            continue
        estimate, inference = result.estimate, result.inference
        positions = _positions(estimate, term, result.name)
        found.extend(Subject(result, estimate, inference, position) for position in positions)
    return tuple(found)


def once_a_model(make: Callable[[ModelResult], Found]) -> Callable[[ModelResult], Found]:
    """What is made of a model, made once however many of its terms ask for it."""
    done: dict[tuple[str, str | None], Found] = {}

    def found(result: ModelResult) -> Found:
        key = (result.name, result.group)
        if key not in done:
            done[key] = make(result)
        return done[key]

    return found


def _positions(estimate: Estimate, term: str, model: str) -> tuple[int, ...]:
    names = [known.name for known in estimate.terms]
    if not term:
        return estimate.focus or tuple(range(len(names)))
    if term not in names:
        raise SpecError(
            fault("E606", suggestion=nearest(term, names), name=term, model=model, terms=", ".join(names))
        )
    return (names.index(term),)


def failed(question: Question) -> tuple[Finding, ...]:
    """A note for every model of the test that has no estimate."""
    missing = [result for result, _ in question.of if result.estimate is None or result.inference is None]
    return tuple(
        nothing(question, result, {"en": "the model has no estimate", "es": "el modelo no tiene estimación"})
        for result in missing
    )


def nothing(question: Question, result: ModelResult, why: Words) -> Finding:
    """A note that there is nothing to test, in both languages."""
    sentences = {
        language: fill(
            entry("E615", language)["message"],
            {"test": question.test, "kind": question.kind, "model": result.name, "why": reason},
        )
        for language, reason in why.items()
    }
    details = {"group": result.group, "sentences": sentences}
    return Finding(
        test=question.test,
        kind=question.kind,
        of=result.name,
        verdict="note",
        sentence=word(sentences, language=question.language),
        details=details,
    )
