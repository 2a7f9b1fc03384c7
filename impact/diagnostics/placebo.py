"""Placebo rows: estimates where there can be no effect, against the main one.

A placebo speaks against the design when it is told from zero, or when it exceeds half of the main
estimate: a design that finds as much where nothing happened cannot tell the effect from what else
moves the outcome. Placebos are robustness rows that the spec declares, or, for designs by cohorts,
treatment that is pretended to have come some periods earlier: the model is estimated again on the
periods before any treatment.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from impact.core.errors import ImpactError, SpecError
from impact.core.findings import Finding, ModelResult, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.core.texts import fault, text
from impact.diagnostics._earlier import treated_earlier
from impact.diagnostics._reading import Reading, read_term
from impact.diagnostics._sentences import Words, both, number, probability, word
from impact.diagnostics._subjects import Subject, failed, nothing, subjects
from impact.diagnostics._verdict import PLACEBO_SHARE, without_row

NO_ROWS: Words = {
    "en": "there are no robustness rows with `expect: no_effect`",
    "es": "no hay filas de robustez con `expect: no_effect`",
}


class PlaceboOptions(Options):
    """Options of the placebo test."""

    rows: tuple[str, ...] = Field(
        (), description="Robustness rows to look at; those with `expect: no_effect` if none are named."
    )
    periods: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (),
        description="Also pretend that treatment came this many periods earlier, on the periods before any treatment.",
    )
    share: float = Field(
        PLACEBO_SHARE, gt=0, description="A placebo fails when it exceeds this share of the main estimate."
    )
    alpha: float = Field(
        0.05, gt=0, lt=0.5, description="A placebo fails when any of its p-values is below this."
    )


def examine(question: Question, options: PlaceboOptions) -> tuple[Finding, ...]:
    """One finding a placebo row and term: pass, or fail when it rejects or is too large.

    Raises:
        SpecError: E624 treatment cannot be pretended to have come so much earlier.
    """
    found: list[Finding] = []
    pretended: dict[tuple[str, str | None], list[ModelResult]] = {}
    for subject in subjects(question):
        key = (subject.result.name, subject.result.group)
        if key not in pretended:
            pretended[key] = [_pretended(question, subject.result, back) for back in options.periods]
        declared = _placebos(question, options, subject.result) if options.rows or not options.periods else []
        rows = [*declared, *pretended[key]]
        if not rows:
            found.append(nothing(question, subject.result, NO_ROWS))
        found.extend(_finding(question, options, subject, row) for row in rows)
    return (*found, *failed(question))


def _placebos(question: Question, options: PlaceboOptions, main: ModelResult) -> list[ModelResult]:
    rows = []
    for result in question.results.values():
        wanted = result.row in options.rows if options.rows else result.expect == "no_effect"
        if result.row and wanted and result.group == main.group and without_row(result.name) == main.name:
            rows.append(result)
    return rows


def _pretended(question: Question, main: ModelResult, periods: int) -> ModelResult:
    """The model estimated again as if treatment had come earlier; without an estimate where that fails."""
    design = None if main.design is None else treated_earlier(main.design, periods)
    if design is None or isinstance(design, str):
        reason = text(design or "diagnostics.honest.placebo_no_cohorts")
        raise SpecError(fault("E624", test=question.test, model=main.name, periods=periods, reason=reason))
    row = replace(
        main,
        design=design,
        estimate=None,
        inference=None,
        permutation=None,
        row=f"t−{periods}",
        expect="no_effect",
    )
    try:
        estimate = question.refit(main, design)
        made = estimate.design or design
        return replace(
            row, estimate=estimate, inference=question.infer_fully(main, estimate, made), design=made
        )
    except ImpactError as error:
        return replace(row, error=error)


def _finding(question: Question, options: PlaceboOptions, subject: Subject, row: ModelResult) -> Finding:
    main = float(subject.estimate.params[subject.position])
    reading = read_term(row, subject.term)
    if reading is None:
        sentences = both("finding.placebo_failed", row=str(row.row))
        return _as_finding(question, subject, row, sentences, verdict="note")
    key, verdict = "placebo_pass", "pass"
    if reading.rejects_in_part(options.alpha):
        key, verdict = "placebo_reject", "fail"
    elif abs(reading.estimate) > options.share * abs(main):
        key, verdict = "placebo_large", "fail"
    sentences = both(
        f"finding.{key}",
        row=str(row.row),
        estimate=number(reading.estimate),
        main=number(main),
        p=probability(reading.p_value),
    )
    return _as_finding(question, subject, row, sentences, verdict=verdict, reading=reading)


def _as_finding(
    question: Question,
    subject: Subject,
    row: ModelResult,
    sentences: Words,
    *,
    verdict: str,
    reading: Reading | None = None,
) -> Finding:
    details: dict[str, object] = {"group": row.group, "row": row.row, "sentences": sentences}
    if reading is not None:
        details["ratio"] = abs(
            reading.estimate / float(subject.estimate.params[subject.position] or float("nan"))
        )
        details["p_values"] = dict(reading.p_values)
    return Finding(
        test=question.test,
        kind=question.kind,
        of=row.name,
        term=subject.term,
        statistic=None if reading is None else reading.estimate,
        p_value=None if reading is None else reading.p_value,
        ci_low=None if reading is None else reading.ci_low,
        ci_high=None if reading is None else reading.ci_high,
        verdict=verdict,
        sentence=word(sentences, language=question.language),
        details=details,
    )


DIAGNOSTIC = Diagnostic(
    summary="Rows where there can be no effect: do they reject, or exceed half the estimate",
    options=PlaceboOptions,
    examine=examine,
    references=("Imbens and Rubin 2015, chapter 21",),
)
