"""Romano–Wolf: p-values adjusted for several outcomes or groups, by permutation over common sets of units.

Step-down: the largest statistic is compared with the distribution of the largest of all, the next with that
of the largest of the rest, and so on. The sets of units are the same for every estimate, so that their
dependence is kept. Estimates are put on one scale by their standard deviation over the sets. Source: Romano
and Wolf (2005).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.errors import SpecError
from impact.core.options import Options
from impact.core.records import Diagnostic, Finding, Floats, Permutation, Question
from impact.core.texts import fault
from impact.diagnostics._permuted import Positions, common_sets, stepdown
from impact.diagnostics._reading import permutation_column
from impact.diagnostics._sentences import both, probability, word
from impact.diagnostics._subjects import Subject, failed, subjects


class RomanoWolfOptions(Options):
    """Options of the Romano–Wolf adjustment."""

    statistic: Literal["estimate", "t", "primary"] = Field(
        "primary", description="Statistic that is permuted: estimate, t, or the one the model calls primary."
    )
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level at which a row counts as rejected.")


def examine(question: Question, options: RomanoWolfOptions) -> tuple[Finding, ...]:
    """One finding a treatment term: the adjusted p-value, also for the row's column ``p_romano_wolf``.

    Raises:
        SpecError: E613 where a model has no permutation, E614 where the models share no sets.
    """
    family = subjects(question)
    if not family:
        return failed(question)
    permutations = [_permutation(question, subject) for subject in family]
    common = common_sets(permutations)
    if common is None:
        raise SpecError(fault("E614", test=question.test, count=0))
    columns = [
        standardised(subject, permutation, positions, statistic=options.statistic)
        for subject, permutation, positions in zip(family, permutations, common, strict=True)
    ]
    statistics = np.abs(np.column_stack(columns))
    adjusted = stepdown(statistics)
    found = []
    for j, subject in enumerate(family):
        own = float(np.mean(statistics[:, j] >= statistics[0, j] * (1 - 1e-10)))
        found.append(_finding(question, options, subject, (float(adjusted[j]), own), sizes=statistics.shape))
    return (*found, *failed(question))


def _permutation(question: Question, subject: Subject) -> Permutation:
    permutation = subject.result.permutation
    if permutation is None or permutation_column(subject.result, subject.position) is None:
        raise SpecError(fault("E613", test=question.test, model=subject.label))
    return permutation


def standardised(
    subject: Subject, permutation: Permutation, positions: Positions, *, statistic: str
) -> Floats:
    """The statistic of the real set and of the common ones (1 + S,): t, or the estimate over its spread."""
    column = permutation.columns.index(subject.position)
    chosen = permutation.primary if statistic == "primary" else statistic
    if chosen == "t":
        real = float(subject.inference.statistic[subject.position])
        if permutation.actual >= 0:
            real = float(permutation.statistics[permutation.actual, column])
        return np.concatenate([[real], permutation.statistics[positions, column]])
    values = np.concatenate(
        [[float(subject.estimate.params[subject.position])], permutation.estimates[positions, column]]
    )
    spread = float(np.sqrt(np.mean(values**2)))
    return values / spread if spread > 0 else values


def _finding(
    question: Question,
    options: RomanoWolfOptions,
    subject: Subject,
    p_values: tuple[float, float],
    *,
    sizes: tuple[int, ...],
) -> Finding:
    adjusted, own = p_values
    sentences = both(
        "finding.adjusted",
        term=subject.term,
        model=subject.label,
        p=probability(own),
        adjusted=probability(adjusted),
        count=sizes[1],
        method=both("method.romano_wolf", sets=f"{sizes[0]:,}"),
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
            "n_sets": sizes[0],
            "n_family": sizes[1],
            "rejects": adjusted < options.alpha,
            "columns": {"p_romano_wolf": adjusted},
            "sentences": sentences,
        },
    )


DIAGNOSTIC = Diagnostic(
    summary="p-values adjusted over several outcomes or groups by permutation (step-down)",
    options=RomanoWolfOptions,
    examine=examine,
    references=("Romano and Wolf 2005", "Romano and Wolf 2016"),
)
