"""One record of inference from those of separate regressions on the same rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impact.core.arrays import Floats
from impact.core.designs import Design, Factor
from impact.core.errors import Notice
from impact.core.estimates import Estimate, Inference
from impact.kernels.cluster_robust import cluster_scores
from impact.kernels.group_sums import group_sums

# variances, relative to the largest, of directions that count as empty
SMALLEST = 1e-12


def joined(parts: Sequence[tuple[Estimate, Inference]], design: Design) -> Inference:
    """The inference of estimates whose terms stand one after the other.

    Errors, intervals and covariances inside a part are its own. Covariances between parts are those of the scores,
    summed by the first cluster variable (by row without one), brought to the scale of the parts' own: exact for one-way
    clustered and robust errors without leverage corrections, and never more than full correlation.

    Arguments:
        parts: estimates with the same rows, each with its inference. design: those rows.
    """
    inferences = [inference for _, inference in parts]
    first = inferences[0]
    names = [name for inference in inferences for name in inference.extra]
    return Inference(
        variance={**first.variance, "parts": [dict(inference.variance) for inference in inferences]},
        vcov=_covariance(parts, _grouping(parts, design)),
        std_error=_stacked([inference.std_error for inference in inferences]),
        statistic=_stacked([inference.statistic for inference in inferences]),
        p_value=_stacked([inference.p_value for inference in inferences]),
        ci_low=_stacked([inference.ci_low for inference in inferences]),
        ci_high=_stacked([inference.ci_high for inference in inferences]),
        df=_stacked([inference.df for inference in inferences]),
        level=first.level,
        n_clusters=first.n_clusters,
        n_treated_clusters=first.n_treated_clusters,
        extra={
            name: _filled([inference.extra.get(name) for inference in inferences], inferences)
            for name in dict.fromkeys(names)
        },
        draws=_draws(inferences),
        band_low=_bands([inference.band_low for inference in inferences], inferences),
        band_high=_bands([inference.band_high for inference in inferences], inferences),
        notices=_notices(inferences),
    )


def _grouping(parts: Sequence[tuple[Estimate, Inference]], design: Design) -> Factor | None:
    """The first cluster variable; without one the unit where a part has influence rows by unit, else the rows."""
    first = parts[0][1]
    clusters = [design.clusters[name] for name in first.n_clusters if name in design.clusters]
    if clusters:
        return clusters[0]
    by_unit = any(estimate.linear is None for estimate, _ in parts)
    return design.adoption.unit if by_unit and design.adoption is not None else None


def _covariance(parts: Sequence[tuple[Estimate, Inference]], group: Factor | None) -> Floats:
    """Covariances of all terms; between parts V₁^½ S₁^−½ S₁₂ S₂^−½ V₂^½, S the cross-products of the scores."""
    found = []
    for estimate, inference in parts:
        scores = _scores(estimate, group)
        found.append(_power(inference.vcov, 0.5) @ _power(scores.T @ scores, -0.5) @ scores.T)
    whole = np.vstack(found) @ np.vstack(found).T
    start = 0
    for _, inference in parts:
        stop = start + len(inference.std_error)
        whole[start:stop, start:stop] = inference.vcov
        start = stop
    return (whole + whole.T) / 2.0


def _power(matrix: Floats, power: float) -> Floats:
    """A symmetric power of a covariance, with directions of no variance left out."""
    matrix = np.nan_to_num(matrix)
    length = np.sqrt(np.abs(np.diagonal(matrix)))
    used = np.flatnonzero(length > 0)
    found = np.zeros_like(matrix)
    if len(used):
        values, vectors = np.linalg.eigh(matrix[np.ix_(used, used)])
        kept = values > SMALLEST * values[-1]
        found[np.ix_(used, used)] = (vectors[:, kept] * values[kept] ** power) @ vectors[:, kept].T
    return found


def _scores(estimate: Estimate, group: Factor | None) -> Floats:
    """Influence (G, k) summed by group, or by row."""
    linear, influence = estimate.linear, estimate.influence
    if linear is None:
        assert influence is not None and group is not None
        return group_sums(group.codes[influence.row], group.levels, influence.rows)
    if group is not None:
        sums = cluster_scores(linear.x, linear.residual, linear.weights, group.codes, group.levels)
        return np.asarray(sums @ linear.bread, dtype=np.float64)
    residual = linear.residual if linear.weights is None else linear.residual * linear.weights
    return np.asarray((linear.x * residual[:, None]) @ linear.bread, dtype=np.float64)


def _stacked(values: Sequence[Floats]) -> Floats:
    return np.concatenate(list(values))


def _filled(values: Sequence[Floats | None], inferences: Sequence[Inference]) -> Floats:
    """Columns of the parts one after the other, NaN where a part has none."""
    return np.concatenate(
        [
            np.full(len(inference.std_error), np.nan) if value is None else value
            for value, inference in zip(values, inferences, strict=True)
        ]
    )


def _bands(values: Sequence[Floats | None], inferences: Sequence[Inference]) -> Floats | None:
    return None if all(value is None for value in values) else _filled(values, inferences)


def _draws(inferences: Sequence[Inference]) -> Floats | None:
    draws = [inference.draws for inference in inferences if inference.draws is not None]
    same = len(draws) == len(inferences) and len({len(own) for own in draws}) == 1
    return np.hstack(draws) if same else None


def _notices(inferences: Sequence[Inference]) -> tuple[Notice, ...]:
    found: dict[tuple[str, str], Notice] = {}
    for inference in inferences:
        for notice in inference.notices:
            found.setdefault((notice.code, notice.message), notice)
    return tuple(found.values())
