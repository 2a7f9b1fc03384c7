"""The finding of an estimate whose p-value is adjusted over a family, whatever the adjustment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from impact.core.findings import Finding, Question
from impact.diagnostics._sentences import Words, both, probability, word
from impact.diagnostics._subjects import Subject


@dataclass(frozen=True, slots=True)
class Family:
    """What the estimates that are adjusted together have in common.

    Arguments:
        count: of the estimates. alpha: level at which a row counts as rejected. column: of the row that the adjusted
            p-value also goes to. method: in words. more: further details.
    """

    count: int
    alpha: float
    column: str
    method: Words
    more: Mapping[str, object] = field(default_factory=dict)


def adjusted_finding(
    question: Question, family: Family, subject: Subject, own: float | None, adjusted: float | None
) -> Finding:
    """A note with an estimate's own p-value and the adjusted one."""
    sentences = both(
        "finding.adjusted",
        term=subject.term,
        model=subject.label,
        p=probability(own),
        adjusted=probability(adjusted),
        count=family.count,
        method=family.method,
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=subject.result.name,
        term=subject.term,
        statistic=float(subject.estimate.params[subject.position]),
        p_value=adjusted,
        verdict="note",
        sentence=word(sentences, language=question.language),
        details={
            "group": subject.result.group,
            "p_unadjusted": own,
            **family.more,
            "n_family": family.count,
            "rejects": adjusted is not None and adjusted < family.alpha,
            "columns": {family.column: adjusted},
            "sentences": sentences,
        },
    )
