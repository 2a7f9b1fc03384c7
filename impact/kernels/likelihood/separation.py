"""Separation: rows whose mean runs to the edge because regressors and effects can push them there for nothing.

A Poisson estimate does not exist where a combination z of regressors and effects is zero in every row with a positive
outcome, never negative in the others, and positive in some: its coefficient runs to minus infinity and the rows with
z > 0 are fitted exactly (Correia, Guimarães and Zylkin 2021, "Verifying the existence of maximum likelihood estimates
for generalized linear models", propositions 1 and 2). Without these rows the other coefficients are what they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.absorb as absorption
import impact.kernels.compiled as compiled
import impact.kernels.least_squares as least_squares
from impact.kernels.factors import Effect

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# weight of rows with a positive outcome against the others: z is zero there up to rows without a count over this
HEAVY, HEAVIEST = 1e7, 1e11
PER_ROW = 1e5
SMALLEST = 1e-4  # values of z, relative to its largest, that count as zero
QUICK_ROUNDS, MOST_ROUNDS = 20, 1000


def uninformative_rows(kept: Flags, effects: Sequence[Effect], edges: Sequence[Flags]) -> Flags:
    """Rows of levels that lie at one edge altogether (all zeros; all ones), to a fixed point.

    Arguments:
        kept: (n,) rows to look at. effects: intercepts and slopes of one sign are looked at.
        edges: for each edge, (n,) rows whose outcome lies on it.

    Returns:
        (n,) rows of ``kept`` that say nothing about the coefficients.
    """
    left = kept.copy()
    intercepts = [effect for effect in effects if effect.intercept]
    while True:
        before = int(np.count_nonzero(left))
        for effect in intercepts:
            _leave_out_alike(left, effect, edges)
        if int(np.count_nonzero(left)) == before:
            return kept & ~left


def _leave_out_alike(left: Flags, effect: Effect, edges: Sequence[Flags]) -> None:
    """Take the rows of levels that lie at one edge out of ``left``, in place."""
    total = compiled.group_counts(effect.codes, effect.levels, left.astype(np.float64))
    for edge in edges:
        at_edge = compiled.group_counts(effect.codes, effect.levels, (left & edge).astype(np.float64))
        alike = (at_edge == total) & (total > 0)
        if alike.any():
            left &= ~alike[effect.codes]


def separated_rows(
    x: Array,
    y: Array,
    effects: Sequence[Effect],
    candidate: Array,
    *,
    tolerance: float = 1e-10,
    max_iterations: int = 10_000,
) -> Flags:
    """Rows that a combination of regressors and effects separates, by the iterative rectifier.

    The candidate u is regressed on x and the effects, rows with a positive outcome counting many times and having
    u = 0; fitted values below zero are cut off, and again, until none is left. Source: section 3.3 of the paper.

    Arguments:
        x: (n, k). y: (n,) from 0. candidate: (n,) where to begin: 1 in all rows without a count, or the direction in
            which their predictors move. tolerance, max_iterations: of absorption.

    Returns:
        (n,) rows with z > 0; none where the rectifier ends at nothing.
    """
    zero = y <= 0
    heavy = min(max(HEAVY, PER_ROW * float(np.count_nonzero(zero))), HEAVIEST)
    problem = _Problem(x, effects, zero, heavy, (tolerance, max_iterations))
    u = np.where(zero, np.maximum(candidate, 0.0), 0.0)
    u, found = _rectified(problem, u, QUICK_ROUNDS)
    if found is None:
        # rows that keep falling below zero are held at zero: a z that is found so is one all the same
        found = _rectified(problem, u, QUICK_ROUNDS, hold=True)[1]
        if found is None or not found.any():
            found = _rectified(problem, u, MOST_ROUNDS)[1]
    return np.zeros(len(y), dtype=np.bool_) if found is None else found


@dataclass(frozen=True, slots=True)
class _Problem:
    """Regressors, effects, rows without a count, weight of the others, and absorption's limits."""

    x: Array
    effects: Sequence[Effect]
    zero: Flags
    heavy: float
    limits: tuple[float, int]


def _rectified(problem: _Problem, u: Array, rounds: int, *, hold: bool = False) -> tuple[Array, Flags | None]:
    """Some rounds of the rectifier: where it stands, and the rows it found; None where it has not ended.

    Arguments:
        hold: rows that fall below zero join those that z is zero in.
    """
    free = problem.zero.copy()
    for _ in range(rounds):
        largest = float(u.max(initial=0.0))
        if largest <= 0.0:
            return u, free & False
        u = u / largest
        weights = np.where(free, 1.0, problem.heavy)
        fitted = u - _residual(problem.x, u, problem.effects, weights, problem.limits)
        if np.any(np.abs(fitted[~free]) >= SMALLEST):
            # the weight did not hold z at zero there: no combination is near this one
            return u, free & False
        fitted[np.abs(fitted) < SMALLEST] = 0.0
        if np.all(fitted[free] >= 0.0):
            return u, _confirmed(problem, np.where(free, fitted, 0.0))
        if hold:
            free &= fitted >= 0.0
        u = np.where(free, np.maximum(fitted, 0.0), 0.0)
    return u, None


def _confirmed(problem: _Problem, z: Array) -> Flags:
    """Rows where z is positive although it is held at zero in all others: what was nearly zero may have helped."""
    rows = np.asarray(z > 0.0)
    while rows.any():
        weights = np.where(rows, 1.0, problem.heavy)
        fitted = z - _residual(problem.x, z, problem.effects, weights, problem.limits)
        left = rows & (fitted > SMALLEST)
        if np.array_equal(left, rows):
            return rows
        rows, z = left, np.where(left, fitted, 0.0)
    return rows


def _residual(
    x: Array, u: Array, effects: Sequence[Effect], weights: Array, limits: tuple[float, int]
) -> Array:
    columns: Array = np.asfortranarray(np.column_stack([u, x]))
    norms = None
    if effects:
        tolerance, most = limits
        absorbed = absorption.absorb(
            columns, effects, weights=weights, tolerance=tolerance, max_iterations=most, overwrite=True
        )
        columns, norms = absorbed.columns, absorbed.norms[1:]
    if x.shape[1] == 0:
        return columns[:, 0]
    found = least_squares.solve_least_squares(
        columns[:, 1:], columns[:, 0], weights=weights, reference_norms=norms
    )
    return found.residual


def predicted_by(outcome: Array, indicator: Array) -> bool:
    """Whether the outcome takes one value wherever a column of two values has its first, or wherever its second."""
    if len(indicator) == 0:
        return False
    low, high = float(indicator.min()), float(indicator.max())
    if low == high or not np.all((indicator == low) | (indicator == high)):
        return False
    return any(compiled.is_constant(outcome[indicator == level]) for level in (low, high))
