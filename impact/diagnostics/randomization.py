"""Randomization inference: what the permutation distribution of a model says.

p is the share of sets of units whose estimate (or t) is at least as large in absolute value as the real
one, the real one included. Assumption: without an effect, every set was as likely to be treated as the
real one. Sources: Fisher (1935); Conley and Taber (2011); Ferman and Pinto (2019) for the adjustment
for size.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from impact.core.errors import SpecError
from impact.core.findings import Finding, Question
from impact.core.options import PermutedSets
from impact.core.permutations import Permutation
from impact.core.registered import Diagnostic
from impact.core.texts import fault
from impact.diagnostics._reading import permutation_column
from impact.diagnostics._sentences import both, known, number, probability, word
from impact.diagnostics._subjects import Subject, failed, subjects


class RandomizationOptions(PermutedSets):
    """Options of the randomization test: the sets are those of the model's `permute:` where none are given."""

    statistic: Literal["estimate", "t", "size"] = Field(
        "estimate",
        description="Which p-value stands first: by estimate, by t, or adjusted for the size of units.",
    )


def examine(question: Question, options: RandomizationOptions) -> tuple[Finding, ...]:
    """One finding a treatment term: p by the chosen statistic, interval by inversion, the other
    p-values in details.

    Raises:
        SpecError: E613 where the model has no permutation distribution.
    """
    found = tuple(_finding(question, options, subject) for subject in subjects(question))
    return (*found, *failed(question))


def _finding(question: Question, options: RandomizationOptions, subject: Subject) -> Finding:
    permutation = subject.result.permutation
    column = permutation_column(subject.result, subject.position)
    if permutation is None or column is None:
        raise SpecError(fault("E613", test=question.test, model=subject.label))
    p_values = {
        "estimate": float(permutation.p_value[column]),
        "t": float(permutation.p_value_t[column]),
        "size": float(permutation.p_value_size[column]),
    }
    sets = len(permutation.estimates)
    key = "randomization" if permutation.enumerated else "randomization_drawn"
    sentences = both(
        f"finding.{key}",
        term=subject.term,
        model=subject.label,
        count=round(p_values["estimate"] * sets),
        sets=sets,
        unit=permutation.unit,
        p=probability(p_values["estimate"]),
        p_t=probability(p_values["t"]),
        smallest=number(permutation.smallest_p, digits=2),
    )
    estimate = float(subject.estimate.params[subject.position])
    return Finding(
        test=question.test,
        kind=question.kind,
        of=subject.result.name,
        term=subject.term,
        statistic=estimate,
        p_value=known(p_values[options.statistic]),
        ci_low=known(float(permutation.ci_low[column])),
        ci_high=known(float(permutation.ci_high[column])),
        verdict="note",
        sentence=word(sentences, language=question.language),
        details={
            "group": subject.result.group,
            "sentences": sentences,
            **_facts(permutation, column, p_values),
        },
    )


def _facts(permutation: Permutation, column: int, p_values: dict[str, float]) -> dict[str, object]:
    return {
        "unit": permutation.unit,
        "n_sets": len(permutation.estimates),
        "n_left_out": permutation.n_left_out,
        "n_not_fitted": permutation.n_not_fitted,
        "enumerated": permutation.enumerated,
        "smallest_p": permutation.smallest_p,
        "p_estimate": known(p_values["estimate"]),
        "p_t": known(p_values["t"]),
        "p_size": known(p_values["size"]),
        "mde80": known(float(permutation.mde80[column])),
        "level": permutation.level,
    }


DIAGNOSTIC = Diagnostic(
    summary="Permutation of the treated units: p-values, interval by inversion, smallest p",
    options=RandomizationOptions,
    examine=examine,
    references=("Fisher 1935", "Conley and Taber 2011", "Ferman and Pinto 2019"),
)
