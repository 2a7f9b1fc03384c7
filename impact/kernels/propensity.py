"""Propensity scores of two groups: the logit by maximum likelihood, and inverse-probability tilting.

    logit     maximise  Σ w (D x'b − log(1 + exp(x'b)))
    tilting   minimise  Σ w ((1 − D) exp(x'b) − D x'b), so that the odds weigh the comparison group to the means of the
              treated exactly

Both are convex and solved by Newton steps. The first column of x is the constant.
Sources: Sant'Anna and Zhao (2020), sections 2 and 3.1; Graham, Pinto and Egel (2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LARGEST = 1.0 - 1e-6  # scores are capped here, as in Sant'Anna and Zhao's own code
SINGULAR = 1e-12  # ratio of the extreme eigenvalues of a moment matrix under which it has no inverse
_STILL = 1e-9  # Newton steps are quadratic: one that moves predictors by less is the last
_SURE = 1e-3  # shorter steps are taken as they are: the values' rounding says nothing about them
_MOST_STEPS = 60
_LONGEST_STEP = 4.0  # largest change of a predictor in one step
_RUNAWAY = 30.0  # predictors beyond this are on their way to infinity


class ComparisonError(ArithmeticError):
    """Two groups that cannot be compared; ``reason``: "empty", "singular", "separation" or "overlap".

    ``params``: (k,) the last ones before the search was given up, where there was one.
    """

    def __init__(self, reason: str, params: Array | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.params = params


@dataclass(frozen=True, slots=True)
class Propensity:
    """Scores of n units.

    Arguments:
        score: (n,) probability of being treated, at most 1 − 1e-6; odds: (n,) score / (1 − score).
        params: (k,).
    """

    score: Array
    odds: Array
    params: Array


def fit_logit(x: Array, treated: Array, weights: Array | None = None) -> Propensity:
    """The logit of treatment.

    Arguments:
        x: (n, k), the constant first; treated: (n,) 0 or 1; weights: (n,) or None.

    Raises:
        ComparisonError: "singular" collinear regressors; "separation" where x tells the groups apart.
    """
    share = float(np.mean(treated)) if weights is None else float(weights @ treated / weights.sum())
    params = np.zeros(x.shape[1])
    params[0] = np.log(share / (1.0 - share))
    predictor = np.full(len(x), params[0])
    for _ in range(_MOST_STEPS):
        score = _logistic(predictor)
        slope = score * (1.0 - score)
        residual = treated - score
        if weights is not None:
            slope *= weights
            residual *= weights
        step = _newton_step(x, slope, residual, predictor)
        move = x @ step
        longest = float(np.max(np.abs(move)))
        shrink = min(1.0, _LONGEST_STEP / longest) if longest > 0 else 1.0
        params += shrink * step
        predictor += shrink * move
        if longest < _STILL:
            return _propensity(predictor, params)
    raise ComparisonError("separation")


def fit_tilting(x: Array, treated: Array, weights: Array | None = None) -> Propensity:
    """Scores whose odds weigh the comparison group to the treated group's means of x (inverse-probability tilting).

    Arguments:
        x: (n, k), the constant first; treated: (n,) 0 or 1; weights: (n,) or None.

    Raises:
        ComparisonError: "singular"; "separation" where no weights reach the treated group's means.
    """
    inside = treated == 0
    control = np.ascontiguousarray(x[inside])
    w = np.ones(len(control)) if weights is None else weights[inside]
    target = (treated if weights is None else weights * treated) @ x
    params = tilt(control, w, target, fit_logit(x, treated, weights).params)
    return _propensity(x @ params, params)


def tilt(x: Array, base: Array, target: Array, start: Array) -> Array:
    """Params b (k,) with Σ base exp(x b) x = target: the minimum of Σ base exp(x b) − target b.

    Arguments:
        x: (n, k); base: (n,) positive weights; target: (k,) sums to reach; start: (k,).

    Raises:
        ComparisonError: "singular"; "separation" where no weights reach the target.
    """
    params, predictor = start, x @ start
    for _ in range(_MOST_STEPS):
        mass = base * np.exp(predictor)
        value = float(mass.sum() - target @ params)
        try:
            step = _newton_step(x, mass, -mass, predictor, target)
        except ComparisonError as error:
            raise ComparisonError(error.reason, params) from None
        move = x @ step
        longest = float(np.max(np.abs(move)))
        if longest < _STILL:
            return np.asarray(params + step)
        shrink = min(1.0, _LONGEST_STEP / longest)
        while shrink * longest > _SURE and (
            _tilting(base, predictor + shrink * move, target @ (params + shrink * step)) > value
        ):
            shrink /= 2
        params = params + shrink * step
        predictor = predictor + shrink * move
    raise ComparisonError("separation", params)


def inverse_of(moments: Array) -> Array:
    """Inverse of a symmetric positive definite matrix.

    Raises:
        ComparisonError: "singular".
    """
    scale = np.sqrt(np.diagonal(moments))
    if not np.all(scale > 0):
        raise ComparisonError("singular")
    values, vectors = np.linalg.eigh(moments / np.outer(scale, scale))
    if values[0] < SINGULAR * values[-1]:
        raise ComparisonError("singular")
    return np.asarray(((vectors / values) @ vectors.T) / np.outer(scale, scale))


def _tilting(w: Array, predictor: Array, reward: Array) -> float:
    return float(np.sum(w * np.exp(np.minimum(predictor, 700.0))) - reward)


def _newton_step(
    x: Array, slope: Array, residual: Array, predictor: Array, target: Array | float = 0.0
) -> Array:
    """Inverse information times the gradient; a runaway predictor is separation, not collinearity."""
    if float(np.max(np.abs(predictor))) > _RUNAWAY:
        raise ComparisonError("separation")
    moments = x.T @ (x * slope[:, None])
    try:
        return np.asarray(np.linalg.solve(moments, residual @ x + target))
    except np.linalg.LinAlgError:
        raise ComparisonError("singular") from None


def _logistic(predictor: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-predictor)))


def _propensity(predictor: Array, params: Array) -> Propensity:
    score = np.minimum(_logistic(predictor), LARGEST)
    return Propensity(score, score / (1.0 - score), params)
