"""The difference between a treatment's effects on two groups, with its own test.

Two groups share the units that were treated, so their estimates move together; the test takes both
from the same sets of units (or the same clusters). That one estimate is significant and the other is
not says nothing about the difference between them (Gelman and Stern 2006).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from impact.core.arrays import Floats
from impact.core.findings import ModelResult
from impact.diagnostics._reading import is_few_treated, permutation_column, upper_tail
from impact.kernels.permutation import common_sets, share_beyond


@dataclass(frozen=True, slots=True)
class Part:
    """One estimate of the combination: its weight, its model (None without one) and the place of its term."""

    weight: float
    estimate: float
    result: ModelResult | None = None
    position: int = -1


@dataclass(frozen=True, slots=True)
class Difference:
    """A weighted sum of estimates, its two-sided p-value (None without a valid test) and the test's basis."""

    estimate: float
    p_value: float | None
    basis: str = ""
    n_sets: int = 0


def combine(parts: Sequence[Part]) -> Difference:
    """Σ weight × estimate over estimates that share units, tested by permutation over common sets,
    else by clusters.

    With few treated clusters and no permutation there is no valid test.
    """
    estimate = float(sum(part.weight * part.estimate for part in parts))
    permuted = _by_permutation(parts, estimate)
    if permuted is not None:
        return permuted
    error, df = _by_clusters(parts)
    if error is None or error <= 0:
        return Difference(estimate, None)
    return Difference(estimate, 2 * upper_tail(df, abs(estimate) / error), "asymptotic")


def _by_permutation(parts: Sequence[Part], estimate: float) -> Difference | None:
    permutations = [None if part.result is None else part.result.permutation for part in parts]
    known = [permutation for permutation in permutations if permutation is not None]
    if len(known) < len(parts):
        return None
    columns = [permutation_column(part.result, part.position) if part.result else None for part in parts]
    try:
        common = common_sets(known)
    except ValueError:  # the groups were not treated alike
        return None
    if any(column is None for column in columns) or len(common[0]) < 2:
        return None
    values = np.zeros(len(common[0]))
    for part, permutation, positions, column in zip(parts, known, common, columns, strict=True):
        values += part.weight * permutation.estimates[positions, column]
    return Difference(estimate, share_beyond(values, 0), "permutation", len(values))


def _by_clusters(parts: Sequence[Part]) -> tuple[float | None, float]:
    """Standard error with clusters matched by label, or of independent samples where nothing is clustered."""
    results = [part.result for part in parts]
    if any(result is None or result.inference is None for result in results):
        return None, math.inf
    known = [(part, part.result) for part in parts if part.result is not None]
    if any(is_few_treated(result, part.position) for part, result in known):
        return None, math.inf
    names = {_cluster_of(result) for _, result in known}
    if names == {""}:
        return math.sqrt(sum((part.weight * _error(part)) ** 2 for part, _ in known)), math.inf
    name = names.pop() if len(names) == 1 else None
    if not name:
        return None, math.inf
    total: dict[str, float] = {}
    for part, result in known:
        scores = cluster_scores(result, part.position, name)
        if scores is None:
            return None, math.inf
        for label, score in scores.items():
            total[label] = total.get(label, 0.0) + part.weight * score
    count = len(total)
    if count < 2:
        return None, math.inf
    variance = count / (count - 1) * math.fsum(score**2 for score in total.values())
    return math.sqrt(variance), float(count - 1)


def _cluster_of(result: ModelResult) -> str | None:
    """The one cluster variable of a model's variance, '' without clusters, None for several."""
    by = None if result.inference is None else result.inference.variance.get("by")
    names = list(by) if isinstance(by, (list, tuple)) else []
    return "" if not names else str(names[0]) if len(names) == 1 else None


def _error(part: Part) -> float:
    inference = None if part.result is None else part.result.inference
    return math.nan if inference is None else float(inference.std_error[part.position])


def cluster_scores(result: ModelResult, position: int, name: str) -> Mapping[str, float] | None:
    """Influence of each cluster (by label) on one coefficient: estimate − truth ≈ their sum."""
    estimate, design = result.estimate, result.design
    factor = None if design is None else design.clusters.get(name)
    if estimate is None or factor is None:
        return None
    rows: Floats
    if estimate.influence is not None:
        rows = estimate.influence.rows[:, position]
        codes = factor.codes[estimate.influence.row]
    elif estimate.population is not None:
        rows = estimate.population.dense()[:, position]
        codes = factor.codes
    elif estimate.linear is not None:
        linear = estimate.linear
        weighted = linear.residual if linear.weights is None else linear.residual * linear.weights
        rows = (linear.x @ linear.bread[:, position]) * weighted
        codes = factor.codes
    else:
        return None
    sums = np.bincount(codes, weights=rows, minlength=factor.levels)
    return {str(label): float(value) for label, value in zip(factor.labels, sums, strict=True)}
