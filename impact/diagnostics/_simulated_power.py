"""Power of a fitted regression by simulation: its own rows and test, signs of residuals drawn by cluster.

With b the estimate of the term of column x and u the residuals, an outcome without an effect is y − u − b x + v u, v
being ±1 for each cluster (row without clusters). Each draw is estimated as the model was, and tested as it was.
Source: Liu (1988) and Cameron, Gelbach and Miller (2008) for the signs; Burlig, Preonas and Woerman (2020) for power on
the data at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.errors import ImpactError
from impact.core.estimates import Estimate
from impact.core.findings import Question
from impact.diagnostics._subjects import Subject


def simulated(
    question: Question, subject: Subject, effects: Sequence[float], *, alpha: float, reps: int
) -> list[float] | None:
    """Share of draws in which the model's own test rejects, at each effect; None for what is no plain regression."""
    made = _pieces(subject)
    if made is None:
        return None
    design, without, residual, column = made
    rng = np.random.default_rng([question.seed, subject.position])
    codes, groups = _signed(design)
    rejected = np.zeros(len(effects))
    for _ in range(reps):
        signs = np.where(rng.random(groups) < 0.5, -1.0, 1.0)[codes]
        noise = without + signs * residual
        for place, effect in enumerate(effects):
            p_value = _p_value(question, subject, replace(design, y=noise + effect * column))
            rejected[place] += p_value < alpha
    return [float(share) for share in rejected / reps]


def _pieces(subject: Subject) -> tuple[Design, Floats, Floats, Floats] | None:
    """The design, its outcome without effect and residual, the residual, and the column of the term."""
    result = subject.result
    design, estimate = result.design, result.estimate
    if design is None or estimate is None or estimate.linear is None or estimate.design is not None:
        return None
    plain = design.instruments is None and design.within_sum_of_squares is None and not estimate.parts
    names = [term.name for term in design.terms]
    if not plain or subject.term not in names or len(estimate.linear.residual) != len(design.y):
        return None
    column = design.x[:, names.index(subject.term)]
    residual = estimate.linear.residual
    return design, design.y - residual - estimate.params[subject.position] * column, residual, column


def _signed(design: Design) -> tuple[np.ndarray, int]:
    """Code of the draw of each row, and their number: the first cluster variable, else the rows."""
    cluster = next(iter(design.clusters.values()), None)
    if cluster is None:
        return np.arange(len(design.y)), len(design.y)
    return cluster.codes, cluster.levels


def _p_value(question: Question, subject: Subject, design: Design) -> float:
    """The model's own p-value of the term on another outcome; 1 where it cannot be estimated."""
    try:
        estimate: Estimate = question.refit(subject.result, design)
        names = [term.name for term in estimate.terms]
        if subject.term not in names:
            return 1.0
        inference = question.infer(subject.result, estimate, design)
        return float(inference.p_value[names.index(subject.term)])
    except ImpactError:
        return 1.0
