"""Differential attrition: whether outcomes are missing more often where there is treatment.

    1{y is missing} = x b + e     with the regressors, effects, filters and variance of the model

A coefficient of the treatment other than zero says that those who stay are no longer a comparison of like with like,
beyond what the controls take up. Rows that are not in the data at all are not seen here: attrition has to show as a
missing outcome. Bounds for a difference that is there: estimator lee_bounds. Sources: Duflo, Glennerster and Kremer
(2007), section 6.4; Ghanem, Hirshleifer and Ortiz-Becerra (2023).
"""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field

from impact.core.designs import Design
from impact.core.findings import Finding, ModelResult, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.diagnostics._reading import Reading, read_result
from impact.diagnostics._sentences import both, number, probability, word
from impact.diagnostics._subjects import Subject, failed, subjects

VERDICTS = {"none": "pass", "alike": "pass", "differs": "warn", "unknown": "note"}


class AttritionOptions(Options):
    """Options of the test of attrition."""

    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level of the test.")


def examine(question: Question, options: AttritionOptions) -> tuple[Finding, ...]:
    """One finding a treatment term: warn where its coefficient on a missing outcome differs from zero, else pass.

    Raises:
        SpecError: E679 a model whose outcome cannot be missing row by row.
    """
    done: dict[tuple[str, str | None], ModelResult] = {}
    found = []
    for subject in subjects(question):
        key = (subject.result.name, subject.result.group)
        if key not in done:
            done[key] = question.lost(subject.result)
        found.append(_finding(question, options, subject, done[key]))
    return (*found, *failed(question))


def _finding(question: Question, options: AttritionOptions, subject: Subject, lost: ModelResult) -> Finding:
    reading, shares = _reading(lost, subject.term), _shares(lost.design, subject.term)
    p = None if reading is None else reading.p_value
    if lost.estimate is None:
        key = "none"
    elif p is None:
        key = "unknown"
    else:
        key = "differs" if p < options.alpha else "alike"
    value = None if reading is None else reading.estimate
    sentences = both(
        f"sensitivity.attrition_{key}",
        term=subject.term,
        model=subject.label,
        share=number(_percent(shares["share_missing"])),
        value=number(_percent(value)),
        p=probability(p),
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=subject.result.name,
        term=subject.term,
        statistic=value,
        p_value=p,
        ci_low=None if reading is None else reading.ci_low,
        ci_high=None if reading is None else reading.ci_high,
        verdict=VERDICTS[key],
        sentence=word(sentences, language=question.language),
        details={
            "group": subject.result.group,
            **shares,
            "std_error": None if reading is None else reading.std_error,
            "basis": None if reading is None else reading.basis,
            "sentences": sentences,
        },
    )


def _reading(lost: ModelResult, term: str) -> Reading | None:
    """What is read of a term of the regression of missing outcomes; None where it has none."""
    if lost.estimate is None or lost.inference is None:
        return None
    names = [one.name for one in lost.estimate.terms]
    return read_result(lost, names.index(term)) if term in names else None


def _percent(share: float | None) -> float | None:
    return None if share is None else 100.0 * share


def _shares(design: Design | None, term: str) -> dict[str, float | None]:
    """Rows without an outcome and their share; where the term is 0 or 1 also among its rows and the others."""
    if design is None:
        return dict.fromkeys(("n_missing", "share_missing", "share_where_one", "share_where_zero"))
    weights = np.ones(len(design.y)) if design.weights is None else design.weights
    names = [one.name for one in design.terms]
    column = design.x[:, names.index(term)] if term in names else np.full(len(design.y), math.nan)
    arms: dict[str, float | None] = {"share_where_one": None, "share_where_zero": None}
    if set(np.unique(column).tolist()) == {0.0, 1.0}:
        for name, on in (("share_where_one", column == 1.0), ("share_where_zero", column == 0.0)):
            arms[name] = float(np.average(design.y[on], weights=weights[on]))
    return {
        "n_missing": float(np.count_nonzero(design.y)),
        "share_missing": float(np.average(design.y, weights=weights)),
        **arms,
    }


DIAGNOSTIC = Diagnostic(
    summary="Are outcomes missing more often where there is treatment",
    options=AttritionOptions,
    examine=examine,
    references=("Duflo, Glennerster and Kremer 2007", "Ghanem, Hirshleifer and Ortiz-Becerra 2023"),
)
