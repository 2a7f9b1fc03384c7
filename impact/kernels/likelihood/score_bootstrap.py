"""Score bootstrap of one coefficient of a likelihood: random weights on the scores of clusters, no refit in any draw.

With s_g the sum over cluster g of the coefficient's efficient score (its own score freed of the other regressors and of
the effects, over the information), the score statistic and a draw v of weights are

    S = Σ_g s_g,   S* = Σ_g v_g s_g,   each over the root of Σ_g (v_g s_g − mean)²

at the estimate under the null, or at the unrestricted estimate. Source: Kline and Santos (2012), "A score based
approach to wild bootstrap inference", sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

import impact.kernels.absorb as absorption
import impact.kernels.gram as gram
import impact.kernels.likelihood.glm as glm
from impact.kernels.cluster_robust import Part
from impact.kernels.factors import Effect
from impact.kernels.group_sums import group_sums
from impact.kernels.likelihood.glm_absorbed import Limits, fit_absorbed
from impact.kernels.wild_bootstrap import Sums, sums_by_both

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]


class NoMaximum(ArithmeticError):
    """The likelihood without the coefficient has no maximum that the steps reach."""


def restricted_scores(
    x: Floats,
    y: Floats,
    family: glm.Family,
    effects: Sequence[Effect],
    *,
    weights: Floats | None = None,
    offset: Floats | None = None,
    limits: Limits | None = None,
) -> Floats:
    """Efficient scores (n,) of the first coefficient where it is zero and the others maximise the likelihood.

    Arguments:
        x: (n, k) without collinear columns. The rest as of ``fit_absorbed``.

    Raises:
        NoMaximum: no estimate under the null. ConvergenceFailure: effects could not be absorbed.
    """
    others = np.asfortranarray(x[:, 1:])
    limits = limits or Limits()
    null = fit_absorbed(others, y, family, effects, weights=weights, offset=offset, limits=limits)
    if not null.converged:
        raise NoMaximum
    working = glm.times(null.point.information, weights)
    inside = np.asfortranarray(x)
    if effects:
        inside = absorption.absorb(
            inside,
            effects,
            weights=working,
            tolerance=limits.tolerance,
            max_iterations=limits.absorption_iterations,
        ).columns
    bread = np.linalg.inv(gram.cross_product(inside, working))
    return np.asarray((inside @ bread[:, 0]) * glm.times(null.point.score, weights))


def score_sums(scores: Floats, codes: Integers, groups: int, *, parts: Sequence[Part]) -> Sums:
    """What the draws need of one coefficient; no part of it depends on another value of the hypothesis.

    Arguments:
        scores: (n,) efficient. codes: (n,) groups of rows that share a weight, 0…S−1. parts: clusters of the variance
            and their intersections.
    """
    numerator = group_sums(codes, groups, scores)[None]
    maps: list[Floats] = []
    total = 0.0
    for part in parts:
        own = sums_by_both(scores, codes, groups, part)
        present = np.bincount(part.codes, minlength=part.levels) > 0
        own[:, present] -= own.sum(axis=1, keepdims=True) / np.count_nonzero(present)
        total += part.sign * float((own.sum(axis=0) ** 2).sum())
        maps.append(own[None])
    return Sums(numerator, tuple(maps), tuple(part.sign for part in parts), float(np.sqrt(max(total, 0.0))))
