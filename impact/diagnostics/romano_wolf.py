"""Romano–Wolf: p-values adjusted for several outcomes or groups, by permutation over common sets of
units.

Step-down: the largest statistic is compared with the distribution of the largest of all, the next with
that of the largest of the rest, and so on. The sets of units are the same for every estimate, so that
their dependence is kept. Estimates are put on one scale by their root mean square over the sets.
Source: Romano and Wolf (2005).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from impact.core.errors import DesignError, SpecError
from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.permutations import Permutation
from impact.core.registered import Diagnostic
from impact.core.texts import fault
from impact.diagnostics._reading import permutation_column
from impact.diagnostics._sentences import both, known, probability, word
from impact.diagnostics._subjects import Subject, failed, subjects
from impact.kernels.permutation import Positions, common_sets, share_beyond, stepdown


class RomanoWolfOptions(Options):
    """Options of the Romano–Wolf adjustment."""

    statistic: Literal["estimate", "t", "primary"] = Field(
        "primary", description="Statistic that is permuted: estimate, t, or the one the model calls primary."
    )
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level at which a row counts as rejected.")


def examine(question: Question, options: RomanoWolfOptions) -> tuple[Finding, ...]:
    """One finding a treatment term: the adjusted p-value, also for the row's column ``p_romano_wolf``.

    Raises:
        SpecError: E613 where a model has no permutation. DesignError: E614 where the models share no sets.
    """
    family = subjects(question)
    if not family:
        return failed(question)
    items = [_item(question, subject) for subject in family]
    statistic = options.statistic if options.statistic != "primary" else items[0][0].primary
    try:
        sets = common_sets([permutation for permutation, _ in items])
    except ValueError:
        raise DesignError(fault("E614", test=question.test, count=0)) from None
    if len(sets[0]) < 2:
        raise DesignError(fault("E614", test=question.test, count=len(sets[0])))
    adjusted = stepdown(items, statistic=statistic)
    found = [
        _finding(
            question,
            options,
            subject,
            (known(value), _own(item, rows, statistic)),
            sizes=(len(rows), len(items)),
        )
        for subject, value, item, rows in zip(family, adjusted.tolist(), items, sets, strict=True)
    ]
    return (*found, *failed(question))


def _item(question: Question, subject: Subject) -> tuple[Permutation, int]:
    permutation = subject.result.permutation
    column = permutation_column(subject.result, subject.position)
    if permutation is None or column is None:
        raise SpecError(fault("E613", test=question.test, model=subject.label))
    return permutation, column


def _own(item: tuple[Permutation, int], rows: Positions, statistic: str) -> float | None:
    """The unadjusted p-value over the common sets."""
    permutation, column = item
    values = permutation.statistics if statistic == "t" else permutation.estimates
    return known(share_beyond(values[rows, column], 0))


def _finding(
    question: Question,
    options: RomanoWolfOptions,
    subject: Subject,
    p_values: tuple[float | None, float | None],
    *,
    sizes: tuple[int, int],
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
            "rejects": adjusted is not None and adjusted < options.alpha,
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
