"""Statistics of a family of estimates, resampled together: common sets of units, or common weights of clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats
from impact.core.errors import DesignError, SpecError
from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.permutations import Permutation
from impact.core.texts import fault, text
from impact.diagnostics._reading import is_few_treated, permutation_column
from impact.diagnostics._sentences import Words, both, known, probability, word
from impact.diagnostics._subjects import Subject, failed, subjects
from impact.kernels.cluster_robust import cluster_scores
from impact.kernels.group_sums import group_sums
from impact.kernels.permutation import family_sizes
from impact.kernels.resampling import weighted_sums
from impact.kernels.scipy_on_use import special
from impact.kernels.stepdown import unadjusted

DRAWN = ("reps", "weights")


class FamilyOptions(Options):
    """Options of adjustments by joint resampling."""

    statistic: Literal["estimate", "t", "primary"] = Field(
        "primary",
        description="Statistic that is resampled: estimate, t, or the one the model calls primary (t without sets).",
    )
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level at which a row counts as rejected.")
    reps: int = Field(
        9999, ge=99, le=1_000_000, description="Draws of weights, where the models have no permutation."
    )
    weights: Literal["rademacher", "webb", "mammen", "normal"] = Field(
        "rademacher", description="Law of the weights of clusters, where the models have no permutation."
    )


@dataclass(frozen=True, slots=True)
class Resampled:
    """Sizes of the statistics (S, H), the actual ones in row 0, and how they were resampled, in words."""

    sizes: Floats
    n_sets: int
    words: Words


def adjusted_findings(
    question: Question, options: FamilyOptions, adjust: Callable[[Floats], Floats], column: str
) -> tuple[Finding, ...]:
    """One finding an estimate of the family: the p-value that ``adjust`` makes of the sizes, also for the row's column.

    Raises:
        SpecError: E613 where a model has neither a permutation nor scores that many treated clusters carry, E678
            clusters that differ or options without use, E182 draws without a seed. DesignError: E614 where the models
            share no sets.
    """
    family = subjects(question)
    if not family:
        return failed(question)
    found = _resampled(question, options, family)
    own, adjusted = unadjusted(found.sizes), adjust(found.sizes)
    findings = [
        _finding(question, options, subject, (known(before), known(after)), found, len(family), column)
        for subject, before, after in zip(family, own.tolist(), adjusted.tolist(), strict=True)
    ]
    return (*findings, *failed(question))


def _resampled(question: Question, options: FamilyOptions, family: tuple[Subject, ...]) -> Resampled:
    permuted = [_permutation_of(subject) for subject in family]
    if all(item is None for item in permuted):
        return _by_scores(question, options, family)
    items = []
    for subject, item in zip(family, permuted, strict=True):
        if item is None:
            raise SpecError(fault("E613", test=question.test, model=subject.label))
        items.append(item)
    if useless := [name for name in DRAWN if name in options.model_fields_set]:
        problem = text("diagnostics.family.without_use", names=", ".join(useless))
        raise SpecError(fault("E678", test=question.test, problem=problem))
    statistic = options.statistic if options.statistic != "primary" else items[0][0].primary
    try:
        sizes = family_sizes(items, statistic=statistic)
    except ValueError:
        raise DesignError(fault("E614", test=question.test, count=0)) from None
    if len(sizes) < 2:
        raise DesignError(fault("E614", test=question.test, count=len(sizes)))
    return Resampled(sizes, len(sizes), both("method.sets", sets=f"{len(sizes):,}"))


def _permutation_of(subject: Subject) -> tuple[Permutation, int] | None:
    column = permutation_column(subject.result, subject.position)
    return (
        None if subject.result.permutation is None or column is None else (subject.result.permutation, column)
    )


def _by_scores(question: Question, options: FamilyOptions, family: tuple[Subject, ...]) -> Resampled:
    """Scores of clusters times random weights, the same weight for a cluster in every model (Kline and Santos 2012)."""
    clusters = {_cluster_of(question, subject) for subject in family}
    if len(clusters) != 1:
        problem = text("diagnostics.family.differ", names=", ".join(sorted(clusters)))
        raise SpecError(fault("E678", test=question.test, problem=problem))
    if any(subject.result.design is None or subject.result.design.seed is None for subject in family):
        raise SpecError(fault("E182", what=f"tests: {question.kind}"))
    (name,) = clusters
    own = [_scores_of(question, subject, name) for subject in family]
    labels = sorted({label for scores in own for label in scores})
    table = np.array([[scores.get(label, 0.0) for scores in own] for label in labels])
    spread = np.sqrt(np.sum(table**2, axis=0))
    if options.statistic == "estimate":
        actual = np.array([subject.estimate.params[subject.position] for subject in family]) / spread
    else:
        # draws are normal: the size of an actual t is that of a normal one with the p-value of the model
        own_p = np.array([subject.inference.p_value[subject.position] for subject in family])
        actual = -special().ndtri(own_p / 2)
    draws = weighted_sums(table, options.weights, options.reps, question.seed) / spread
    words = both(
        "method.draws",
        draws=f"{options.reps:,}",
        weights=options.weights,
        count=f"{len(labels):,}",
        cluster=name,
    )
    return Resampled(np.abs(np.vstack([actual, draws])), options.reps + 1, words)


def _cluster_of(question: Question, subject: Subject) -> str:
    """The one cluster variable of a model's variance."""
    by = subject.inference.variance.get("by")
    names = [str(name) for name in by] if isinstance(by, list | tuple) else []
    if len(names) != 1:
        problem = text("diagnostics.family.one", model=subject.label, count=len(names))
        raise SpecError(fault("E678", test=question.test, problem=problem))
    return names[0]


def _scores_of(question: Question, subject: Subject, cluster: str) -> dict[str, float]:
    """Influence of each cluster on the estimate, by the cluster's label."""
    estimate, result = subject.estimate, subject.result
    design = estimate.design or result.design
    factor = None if design is None else design.clusters.get(cluster)
    if factor is None or estimate.parts or is_few_treated(result, subject.position):
        raise SpecError(fault("E613", test=question.test, model=subject.label))
    if estimate.linear is not None:
        linear = estimate.linear
        scores = cluster_scores(linear.x, linear.residual, linear.weights, factor.codes, factor.levels)
        sums = scores @ linear.bread[:, subject.position]
    elif estimate.influence is not None:
        influence = estimate.influence
        rows = np.ascontiguousarray(influence.rows[:, subject.position])
        sums = group_sums(np.ascontiguousarray(factor.codes[influence.row]), factor.levels, rows)
    else:
        raise SpecError(fault("E613", test=question.test, model=subject.label))
    return {str(label): value for label, value in zip(factor.labels, sums.tolist(), strict=True)}


def _finding(
    question: Question,
    options: FamilyOptions,
    subject: Subject,
    p_values: tuple[float | None, float | None],
    found: Resampled,
    count: int,
    column: str,
) -> Finding:
    own, adjusted = p_values
    sentences = both(
        "finding.adjusted",
        term=subject.term,
        model=subject.label,
        p=probability(own),
        adjusted=probability(adjusted),
        count=count,
        method=both(f"method.{question.kind}", how=found.words),
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
            "n_sets": found.n_sets,
            "n_family": count,
            "rejects": adjusted is not None and adjusted < options.alpha,
            "columns": {column: adjusted},
            "sentences": sentences,
        },
    )
