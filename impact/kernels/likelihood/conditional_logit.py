"""Logit given the number of ones of each group: effects of groups drop out (Chamberlain 1980; McFadden 1974).

    Pr(y | Σ_t y_t = s) = exp(Σ_t y_t x_t b) / Σ_{d: Σ d_t = s} exp(Σ_t d_t x_t b)

The sum over all ways to place s ones among T rows is built row by row (Gail, Lubin and Rubinstein 1981):
B(t, j) = B(t−1, j) + exp(x_t b) B(t−1, j−1). Its logarithm, and mean and covariance of Σ d x over the ways, follow the
same recursion as mixtures of two, so that nothing overflows. Groups of one T and s are taken together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from impact.kernels.scipy_on_use import special

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MOST_NUMBERS = 4_000_000  # of the recursion held at a time
MOST_STEPS = 100
STILL = 1e-9  # Newton decrement under which the maximum is reached
SETTLED = 1e-12  # relative gain of the likelihood under which only separation still moves the coefficients
AWAY = 0.1  # largest predictor's move in a settled likelihood that is on its way to infinity
FLAT = 1e-11  # information in some direction, as a share of that at zero, under which coefficients are on that way
COLLINEAR = 1e-13  # variance of a direction, relative to the largest, that counts as none


@dataclass(frozen=True, slots=True)
class ConditionalLogit:
    """The maximum of the conditional likelihood: G groups, k regressors.

    Arguments:
        params: (k,). information: (k, k). scores: (G, k) of each group. log_likelihood: of all groups.
        converged: the maximum was reached. separated: coefficients run to infinity.
    """

    params: Array
    information: Array
    scores: Array
    log_likelihood: float
    iterations: int
    converged: bool
    separated: bool


@dataclass(frozen=True, slots=True)
class _Batch:
    """Groups of one size and number of ones: x (g, T, k), the groups' numbers (g,), Σ y x (g, k), ones s."""

    x: Array
    groups: Integers
    totals: Array
    ones: int


def fit_conditional_logit(
    x: Array, y: Array, codes: npt.NDArray[np.int32], levels: int, *, steps: int = MOST_STEPS
) -> ConditionalLogit:
    """Newton steps, halved where the likelihood falls; columns about their groups' means, which drop out.

    Separation shows in two ways: the likelihood no longer gains though the predictor moves, or some combination of the
    columns has lost all its information. The latter is measured in units of the information at zero, so that neither
    the columns' units nor their correlation matter.

    Arguments:
        x: (n, k). y: (n,) 0 and 1. codes: (n,) group of each row; groups with one outcome only say nothing.
        steps: Newton steps before the fit is given up.
    """
    centred = _about_group_means(x, codes, levels)
    base = _basis(centred, y, codes, levels)
    free = centred @ base
    found = _climb(list(_batches(free, y, codes, levels)), free, levels, steps)
    params = base @ found.params
    own = list(_batches(centred, y, codes, levels))
    value, scores, information = _evaluate(own, params, levels)
    return replace(found, params=params, information=information, scores=scores, log_likelihood=value)


def _about_group_means(x: Array, codes: npt.NDArray[np.int32], levels: int) -> Array:
    counts = np.bincount(codes, minlength=levels)
    sums = np.column_stack([np.bincount(codes, weights=column, minlength=levels) for column in x.T])
    means: Array = sums.reshape(levels, x.shape[1]) / np.maximum(counts, 1)[:, None]
    return x - means[codes]


def _basis(x: Array, y: Array, codes: npt.NDArray[np.int32], levels: int) -> Array:
    """(k, r) Combinations of the columns with information one at zero; fewer than k of collinear columns."""
    scale = np.max(np.abs(x), axis=0)
    scale[scale == 0] = 1.0
    scaled = np.ascontiguousarray(x / scale)
    _, _, information = _evaluate(list(_batches(scaled, y, codes, levels)), np.zeros(x.shape[1]), levels)
    values, vectors = np.linalg.eigh(information)
    kept = values > COLLINEAR * values.max(initial=0.0)
    return np.asarray(vectors[:, kept] / np.sqrt(values[kept]) / scale[:, None])


def _climb(batches: list[_Batch], x: Array, levels: int, steps: int) -> ConditionalLogit:
    params = np.zeros(x.shape[1])
    value, scores, information = _evaluate(batches, params, levels)
    for iteration in range(1, steps + 1):
        gradient = scores.sum(axis=0)
        if np.linalg.eigvalsh(information).min(initial=1.0) < FLAT:
            return ConditionalLogit(params, information, scores, value, iteration, False, True)
        step = np.linalg.solve(information, gradient)
        decrement = float(gradient @ step)
        if decrement <= STILL**2 * max(1.0, abs(value)):
            return ConditionalLogit(params, information, scores, value, iteration, True, False)
        for _ in range(30):
            new, trial_scores, trial_information = _evaluate(batches, params + step, levels)
            if np.isfinite(new) and new >= value - 1e-13 * (1.0 + abs(value)):
                break
            step = step / 2.0
        gained = new - value
        params, value, scores, information = params + step, new, trial_scores, trial_information
        moved = float(np.max(np.abs(x @ step), initial=0.0))
        if gained <= SETTLED * (0.1 + abs(value)) and moved > AWAY:
            return ConditionalLogit(params, information, scores, value, iteration, False, True)
    return ConditionalLogit(params, information, scores, value, steps, False, False)


def _batches(x: Array, y: Array, codes: npt.NDArray[np.int32], levels: int) -> Iterator[_Batch]:
    """Groups by size and number of ones, with fewer ones than zeros (the likelihood is that of 1 − y and −x)."""
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes, minlength=levels)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    ones = np.bincount(codes, weights=y, minlength=levels).astype(np.int64)
    flipped = 2 * ones > sizes
    fewer = np.where(flipped, sizes - ones, ones)
    k = x.shape[1]
    for size, few in np.unique(np.column_stack([sizes, fewer])[fewer > 0], axis=0).tolist():
        groups = np.flatnonzero((sizes == size) & (fewer == few))
        at_once = max(1, MOST_NUMBERS // ((few + 1) * (k * k + k + 1) + size * k))
        for begin in range(0, len(groups), at_once):
            some = groups[begin : begin + at_once]
            rows = order[starts[some][:, None] + np.arange(size)]
            sign = np.where(flipped[some], -1.0, 1.0)
            own = x[rows] * sign[:, None, None]
            chosen = np.where(flipped[some][:, None], 1.0 - y[rows], y[rows])
            yield _Batch(own, some, np.einsum("gt,gtk->gk", chosen, own), few)


def _evaluate(batches: list[_Batch], params: Array, levels: int) -> tuple[float, Array, Array]:
    """Log likelihood, scores (G, k), information (k, k)."""
    k = len(params)
    value, scores, information = 0.0, np.zeros((levels, k)), np.zeros((k, k))
    for batch in batches:
        log_sum, mean, covariance = _recursion(batch.x, batch.x @ params, batch.ones)
        value += float(np.sum(batch.totals @ params - log_sum))
        scores[batch.groups] = batch.totals - mean
        information += covariance
    return value, scores, (information + information.T) / 2.0


def _recursion(x: Array, predictor: Array, ones: int) -> tuple[Array, Array, Array]:
    """Logarithm of the sum (g,), mean (g, k) and covariance summed over groups (k, k) of Σ d x over all ways."""
    n_groups, size, k = x.shape
    log_sum = np.zeros((n_groups, ones + 1))
    mean = np.zeros((n_groups, ones + 1, k))
    spread = np.zeros((n_groups, ones + 1, k, k))
    for t in range(size):
        own, eta = x[:, t, None, :], predictor[:, t, None]
        # ways with every row so far: one, which the row joins; it is made before the ways it starts from move on
        joins = t + 1 <= ones
        full = (log_sum[:, t] + eta[:, 0], mean[:, t] + own[:, 0], spread[:, t].copy()) if joins else None
        last = min(t, ones)
        without, with_row = log_sum[:, 1 : last + 1], eta + log_sum[:, :last]
        share = special().expit(with_row - without)[:, :, None]
        gap = mean[:, :last] + own - mean[:, 1 : last + 1]
        moved = share * gap
        between = (moved - share * moved)[:, :, :, None] * gap[:, :, None, :]
        rest = spread[:, 1 : last + 1]
        spread[:, 1 : last + 1] = rest + share[..., None] * (spread[:, :last] - rest) + between
        mean[:, 1 : last + 1] += moved
        log_sum[:, 1 : last + 1] = np.logaddexp(without, with_row)
        if full is not None:
            log_sum[:, t + 1], mean[:, t + 1], spread[:, t + 1] = full
    return log_sum[:, ones], mean[:, ones], np.asarray(spread[:, ones].sum(axis=0))
