"""Means of one arm reweighed to a population, with the influence of the weights' own estimation.

    mean = Σ g y / Σ g      (normalised, Hájek 1971)      or      Σ g y / Σ t      (Horvitz and Thompson 1952)

g: weights of the arm's rows, 0 outside, a function of params with known influence rows; t: rows of the population.
    score     g = 1/p, 1/(1 − p) for everybody; 1, p/(1 − p) for the treated
    entropy   g = exp(x b) with Σ g x = Σ t x, which maximises the entropy of g (Hainmueller 2012)
The influence of a mean stacks the estimating equations of params and mean (Newey and McFadden 1994, section 6;
Lunceford and Davidian 2004, equations 17 to 20).
Shapes: n rows, k params.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

import impact.kernels.likelihood.glm as glm
import impact.kernels.propensity as propensity

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class BalanceError(ArithmeticError):
    """No positive weights reach the means: ``column`` is the position of the largest gap that is left, ``gap`` in
    standard deviations.
    """

    def __init__(self, column: int, gap: float) -> None:
        super().__init__(column, gap)
        self.column = column
        self.gap = gap


@dataclass(frozen=True, slots=True)
class Score:
    """Probability of treatment.

    Arguments:
        probability, slope: (n,) p and its derivative by the predictor. x: (n, k) kept columns; kept: flags of all.
        influence: (n, k) rows of the params. separated: (n,) rows that x predicts without error.
    """

    probability: Array
    slope: Array
    x: Array
    kept: Flags
    influence: Array
    separated: Flags


@dataclass(frozen=True, slots=True)
class ArmWeights:
    """Weights g (n,) of an arm, 0 outside; slope (n,) dg/d(x b); x (n, k); influence (n, k) rows of b."""

    weight: Array
    slope: Array
    x: Array
    influence: Array


@dataclass(frozen=True, slots=True)
class Mean:
    """A value with its influence rows (n,), already divided by n."""

    value: float
    rows: Array


def fit_score(x: Array, treated: Array, link: Literal["logit", "probit"], weights: Array) -> Score:
    """Maximum likelihood; influence with the observed information.

    Arguments:
        x: (n, k), a constant among them; treated: (n,) 0 or 1; weights: (n,) sampling weights.
    """
    found = glm.fit_glm(x, treated, link, weights=weights)
    inside = np.ascontiguousarray(x[:, found.kept])
    information = (inside * found.curvature[:, None]).T @ inside
    influence = np.linalg.solve(information, (inside * found.score[:, None]).T).T
    separated = found.separated if found.converged else np.ones(len(x), dtype=bool)
    return Score(found.mean, found.slope, inside, found.kept, np.ascontiguousarray(influence), separated)


def score_weights(score: Score, treated: Array, weights: Array, arm: int, of_treated: bool) -> ArmWeights:
    """Inverse probability weights of the rows of ``arm`` (0 or 1), times ``weights`` (n,)."""
    p = score.probability
    inside = weights * (treated == arm)
    if of_treated and arm == 1:
        weight, slope = inside, np.zeros(len(p))
    elif arm == 1:
        weight = _divided(inside, p)
        slope = -_divided(weight, p)
    else:
        weight = _divided(inside, 1.0 - p)
        slope = _divided(weight, 1.0 - p)
        weight = weight * p if of_treated else weight
    return ArmWeights(weight, slope * score.slope, score.x, score.influence)


def entropy_weights(x: Array, inside: Array, target: Array) -> ArmWeights:
    """Weights of one arm whose means of x are those of the target rows, by the dual: exponential tilting.

    Arguments:
        x: (n, k), the constant first, no collinear columns; inside: (n,) sampling weights of the arm, 0 outside.
        target: (n,) sampling weights of the population, 0 outside.

    Raises:
        BalanceError: the means lie outside what the arm's rows can reach.
    """
    center = target @ x / target.sum()
    scale = np.std(x, axis=0)
    scale[scale == 0] = 1.0
    z = (x - center) / scale
    z[:, 0] = 1.0
    arm = inside > 0
    own, base = z[arm], inside[arm]
    goal, start = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    goal[0] = float(target.sum())
    start[0] = np.log(goal[0] / base.sum())
    try:
        b = propensity.tilt(own, base, goal, start)
    except propensity.ComparisonError as error:
        mass = base * np.exp(own @ (start if error.params is None else error.params))
        gap = (mass @ own) / mass.sum()
        gap[0] = 0.0
        worst = int(np.argmax(np.abs(gap)))
        raise BalanceError(worst, float(gap[worst])) from None
    weight = np.zeros(len(x))
    weight[arm] = base * np.exp(own @ b)
    hessian = (z * weight[:, None]).T @ z
    scores = z * (target - weight)[:, None]
    influence = np.linalg.solve(hessian, scores.T).T
    return ArmWeights(weight, weight, z, np.ascontiguousarray(influence))


def weighted_mean(weights: ArmWeights, y: Array, population: Array | None = None) -> Mean:
    """The mean of y (n,) with weights of an arm, divided by their sum, or by that of ``population`` (n,) if given."""
    size = float(weights.weight.sum() if population is None else population.sum())
    value = float(weights.weight @ y / size)
    if population is None:
        around = y - value
        rows = weights.weight * around
    else:
        around = y
        rows = weights.weight * y - value * population
    derivative = weights.x.T @ (weights.slope * around)
    return Mean(value, (rows + weights.influence @ derivative) / size)


def augmented_mean(
    weights: ArmWeights, y: Array, outcome: Array, inside: Array, population: Array, normalised: bool
) -> Mean:
    """Mean of an outcome regression over the population, plus the weighted mean of its residuals in the arm.

    Doubly robust (Robins, Rotnitzky and Zhao 1994; Hirano and Imbens 2001).

    Arguments:
        weights: of the arm; y: (n,). outcome: (n, p) regressors of the outcome, not collinear in the arm.
        inside: (n,) sampling weights of the arm, 0 outside; population: (n,) those of the population.
        normalised: divide by the sum of the arm's weights, not by that of the population.
    """
    weighted = outcome * inside[:, None]
    gram = weighted.T @ outcome
    params = np.linalg.solve(gram, weighted.T @ y)
    residual = y - outcome @ params
    influence = np.linalg.solve(gram, (weighted * residual[:, None]).T).T
    size = float(population.sum())
    fitted = outcome @ params
    level = float(population @ fitted / size)
    left = weighted_mean(weights, residual, None if normalised else population)
    derivative = population @ outcome / size
    derivative = derivative - weights.weight @ outcome / (weights.weight.sum() if normalised else size)
    rows = population * (fitted - level) / size + left.rows + influence @ derivative
    return Mean(level + left.value, rows)


def effective_size(weight: Array) -> float:
    """Kish's effective number of rows: (Σ g)² / Σ g²."""
    return float(weight.sum() ** 2 / (weight @ weight))


def _divided(numerator: Array, denominator: Array) -> Array:
    found = np.zeros(len(numerator))
    np.divide(numerator, denominator, out=found, where=numerator != 0)
    return found
