"""Poisson, logit and probit regression on a dense matrix of regressors, by Newton steps on the likelihood.

    E[y | x] = m(x b + offset),   m = exp, logistic or normal distribution function

Each step is weighted least squares (McCullagh and Nelder 1989, section 2.5) and is halved where the likelihood falls.
Steps end when no linear predictor moves by more than ``tolerance``. Rows that can be fitted without error let the
coefficients run to infinity (Albert and Anderson 1984; for counts Santos Silva and Tenreyro 2010): their predictors
still move when the likelihood does not, and they are flagged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

import impact.kernels.gram as gram
import impact.kernels.least_squares as least_squares
from impact.kernels.likelihood.centring import centred
from impact.kernels.scipy_on_use import linalg, special

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Family = Literal["poisson", "logit", "probit"]
FAMILIES: tuple[Family, ...] = ("poisson", "logit", "probit")

STILL = 1e-12  # relative change of the deviance under which the likelihood has settled
MOVING = 0.01  # a predictor that moves more than this in a settled likelihood is on its way to infinity
FITTED = 1e-5  # distance of outcome and mean under which a row is fitted without error
LARGEST_TABLE = 100_000  # counts up to here are looked up
_MOST_HALVINGS = 30


class OutcomeError(ValueError):
    """The outcome is outside the family's range: negative counts, or shares outside 0 to 1."""


@dataclass(frozen=True, slots=True)
class Glm:
    """A fitted model: n rows, k kept regressors of k_all.

    Arguments:
        params: (k,) of the kept regressors; kept: (k_all,) flags of those that are not collinear.
        lost: protected columns that were collinear.
        predictor: (n,) x b + offset; mean: (n,) m(predictor); slope: (n,) m'(predictor).
        score: (n,) derivative of the log likelihood by the predictor, times the weight: scores are x * score.
        information: (n,) expected information by the predictor, times the weight.
        bread: (k, k) inverse of the expected information x' diag(information) x.
        curvature: (n,) observed information by the predictor, times the weight; equal to ``information`` for the
            canonical links (poisson, logit).
        deviance, log_likelihood: weighted sums; the likelihood with its constants.
        separated: (n,) rows that are fitted without error by coefficients that run to infinity; params then are
            those of the last step and have no meaning.
    """

    params: Array
    kept: Flags
    lost: tuple[int, ...]
    predictor: Array
    mean: Array
    slope: Array
    score: Array
    information: Array
    bread: Array
    curvature: Array
    deviance: float
    log_likelihood: float
    iterations: int
    converged: bool
    separated: Flags


@dataclass(frozen=True, slots=True)
class Point:
    """The likelihood of each row at a predictor, without weights; all (n,). See ``Glm`` for the names."""

    mean: Array
    slope: Array
    score: Array
    information: Array
    curvature: Array
    log_likelihood: Array


def fit_glm(
    x: Array,
    y: Array,
    family: Family,
    *,
    weights: Array | None = None,
    offset: Array | None = None,
    protect: Sequence[int] = (),
    tolerance: float = 1e-12,
) -> Glm:
    """Maximum likelihood by Newton steps with expected information (Fisher scoring).

    Arguments:
        x: (n, k_all), a constant among them where one is wanted; y: (n,) counts from 0, or shares from 0 to 1.
        weights: (n,) not negative; offset: (n,) added to the predictor.
        protect: columns that may not be dropped as collinear; named in ``lost`` where they are.
        tolerance: largest change of a predictor in the last step.

    Raises:
        OutcomeError: y outside the family's range. NotFiniteError: x, y, weights or offset are not finite.
    """
    check_outcome(y, family)
    likelihood = likelihood_of(y, family)
    base = np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=np.float64)
    start = starting_predictor(y, family, weights, base)
    point = likelihood(start)
    working = start - base + (y - point.mean) / np.where(point.slope > 0, point.slope, 1.0)
    near = centred(x)
    first = least_squares.solve_least_squares(
        near.x, working, weights=times(point.information, weights), protect=protect
    )
    inside = near.x if first.kept.all() else np.ascontiguousarray(near.x[:, first.kept])
    found = _climb(inside, y, likelihood, weights, (first.params, base, tolerance))
    params, predictor, point, bread, iterations, converged, separated = found
    total = times(point.log_likelihood, weights)
    return Glm(
        params=near.params(params, first.kept),
        kept=first.kept,
        lost=first.lost,
        predictor=predictor,
        mean=point.mean,
        slope=point.slope,
        score=times(point.score, weights),
        information=times(point.information, weights),
        bread=near.bread(bread, first.kept),
        curvature=times(point.curvature, weights),
        deviance=2.0 * float(np.sum(times(saturated(y, family), weights) - total)),
        log_likelihood=float(np.sum(total)),
        iterations=iterations,
        converged=converged,
        separated=separated,
    )


def mean_of(predictor: Array, family: Family) -> tuple[Array, Array]:
    """The mean m and its slope m' at a predictor of any shape."""
    if family == "poisson":
        mean = np.exp(predictor)
        return mean, mean
    if family == "logit":
        mean = special().expit(predictor)
        return mean, mean * special().expit(-predictor)
    return special().ndtr(predictor), _normal_density(predictor)


def second_slope(predictor: Array, mean: Array, slope: Array, family: Family) -> Array:
    """The second derivative m'' where the predictor has this mean and slope."""
    if family == "poisson":
        return slope
    return np.asarray(slope * (1.0 - 2.0 * mean) if family == "logit" else -predictor * slope)


def check_outcome(y: Array, family: Family) -> None:
    """Refuse outcomes outside the family's range.

    Raises:
        OutcomeError: with the smallest or largest value.
    """
    if len(y) and family == "poisson" and float(y.min()) < 0:
        raise OutcomeError(f"{y.min():g}")
    if len(y) and family != "poisson" and (float(y.min()) < 0 or float(y.max()) > 1):
        raise OutcomeError(f"{(y.min() if y.min() < 0 else y.max()):g}")


# --- the three likelihoods ---


def likelihood_of(y: Array, family: Family, constant: Array | None = None) -> Callable[[Array], Point]:
    """The likelihood of one outcome at a predictor, what does not depend on the predictor being computed once.

    Arguments:
        constant: (n,) of counts their ``log_factorial``, where it is known already.
    """
    if family == "poisson":
        known = log_factorial(y) if constant is None else constant
        return lambda predictor: _poisson(predictor, y, known)
    own = _logit if family == "logit" else _probit
    return lambda predictor: own(predictor, y)


def _poisson(predictor: Array, y: Array, constant: Array) -> Point:
    mean = np.exp(predictor)
    value = y * predictor
    value -= mean
    value -= constant
    return Point(mean, mean, y - mean, mean, mean, value)


def log_factorial(y: Array) -> Array:
    """(n,) logarithm of y!, of the gamma function where y is not whole."""
    return _of_counts(y, lambda values: np.asarray(special().gammaln(values + 1.0)))


def _of_counts(y: Array, function: Callable[[Array], Array]) -> Array:
    """A function of each outcome, which for counts is looked up in a table."""
    largest = float(y.max(initial=0.0))
    if largest < min(len(y), LARGEST_TABLE):
        whole = y.astype(np.int32)
        if np.array_equal(whole, y):
            return function(np.arange(largest + 1.0))[whole]
    return function(y)


def _logit(predictor: Array, y: Array) -> Point:
    mean = special().expit(predictor)
    other = special().expit(-predictor)
    slope = mean * other
    # y - mean without cancellation where the mean is near 1
    score = y * other - (1.0 - y) * mean
    value = y * special().log_expit(predictor) + (1.0 - y) * special().log_expit(-predictor)
    return Point(mean, slope, score, slope, slope, value)


def _probit(predictor: Array, y: Array) -> Point:
    upper, lower = special().log_ndtr(predictor), special().log_ndtr(-predictor)
    log_density = -0.5 * np.square(predictor) - 0.5 * np.log(2.0 * np.pi)
    one, zero = np.exp(log_density - upper), np.exp(log_density - lower)
    score = y * one - (1.0 - y) * zero
    curvature = y * one * (one + predictor) + (1.0 - y) * zero * (zero - predictor)
    value = y * upper + (1.0 - y) * lower
    return Point(np.exp(upper), np.exp(log_density), score, one * zero, curvature, value)


def _normal_density(predictor: Array) -> Array:
    return np.asarray(np.exp(-0.5 * np.square(predictor)) / np.sqrt(2.0 * np.pi))


def saturated(y: Array, family: Family, constant: Array | None = None) -> Array:
    """Log likelihood (n,) of a model that fits every row; ``constant`` as in ``likelihood_of``."""
    xlogy = special().xlogy
    if family == "poisson":
        known = log_factorial(y) if constant is None else constant
        return _of_counts(y, lambda own: np.asarray(xlogy(own, own) - own)) - known
    return np.asarray(xlogy(y, y) + xlogy(1.0 - y, 1.0 - y))


def starting_predictor(y: Array, family: Family, weights: Array | None, base: Array | None = None) -> Array:
    """A first predictor (n,): the link of a mean between the row's outcome and the middle.

    Arguments:
        base: (n,) offset: the middle of counts is then a common rate times its exponential.
    """
    if family == "poisson":
        exposure = np.ones(len(y)) if base is None else np.exp(base)
        total = float(np.sum(times(exposure, weights)))
        rate = float(np.sum(times(y, weights))) / total if total > 0 else 0.0
        return np.asarray(np.log((y + (rate if rate > 0 else 1.0) * exposure) / 2.0))
    near = (y + 0.5) / 2.0
    return np.asarray(special().logit(near) if family == "logit" else special().ndtri(near))


# --- steps ---


def times(values: Array, weights: Array | None) -> Array:
    """Values times weights, or the values where there are none."""
    return values if weights is None else values * weights


def _climb(
    x: Array,
    y: Array,
    likelihood: Callable[[Array], Point],
    weights: Array | None,
    begin: tuple[Array, Array, float],
) -> tuple[Array, Array, Point, Array, int, bool, Flags]:
    """Steps from the first coefficients: params, predictor, point, bread, iterations, converged, separated."""
    params, base, tolerance = begin
    predictor = x @ params + base

    def at(place: Array) -> tuple[Point, float]:
        found = likelihood(place)
        return found, float(np.sum(times(found.log_likelihood, weights)))

    point, value = at(predictor)
    nothing = np.zeros(len(y), dtype=np.bool_)
    for iteration in range(1, 201):
        bread, step = _newton_step(x, point, weights)
        moved = x @ step
        largest = float(np.max(np.abs(moved), initial=0.0))
        share, trial, new = halved(at, predictor, moved, value)
        params = params + share * step
        gained = abs(new - value)
        predictor, point, value = predictor + share * moved, trial, new
        # rounding of the predictor itself limits how small a step can become
        if largest <= tolerance * max(1.0, float(np.max(np.abs(predictor), initial=0.0))) or share == 0.0:
            return params, predictor, point, bread, iteration, share > 0 or largest < 1e-6, nothing
        if gained <= STILL * (0.1 + abs(value)):
            away = (np.abs(moved) > MOVING) & (np.abs(y - point.mean) < FITTED)
            if away.any():
                return params, predictor, point, bread, iteration, False, away
    return params, predictor, point, bread, iteration, False, nothing


def _newton_step(x: Array, point: Point, weights: Array | None) -> tuple[Array, Array]:
    """Inverse of the expected information (k, k), and the step (k,)."""
    information = gram.cross_product(x, times(point.information, weights))
    gradient = x.T @ times(point.score, weights)
    size = np.sqrt(np.diagonal(information))
    scale = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)
    scaled = information * scale[:, None] * scale
    factor, failed = linalg().lapack.dpotrf(scaled, lower=1, clean=1)
    if failed:
        values, vectors = np.linalg.eigh(scaled)
        large = values > 1e-14 * values.max(initial=0.0)
        inverse = (vectors[:, large] / values[large]) @ vectors[:, large].T
    else:
        root = linalg().lapack.dtrtri(factor, lower=1)[0]
        inverse = root.T @ root
    bread = inverse * scale[:, None] * scale
    return bread, scale * (inverse @ (scale * gradient))


def halved(
    at: Callable[[Array], tuple[Point, float]], predictor: Array, change: Array, value: float
) -> tuple[float, Point, float]:
    """The largest of 1, ½, ¼ … of a step that does not lower the likelihood, the point there, and its likelihood.

    Arguments:
        at: the point at a predictor and its total likelihood. change: (n,) of the predictor by the whole step.
        value: likelihood before the step, which is the answer with a share of 0 where no part of the step is as good.
    """
    slack = 1e-13 * (1.0 + abs(value))
    share = 1.0
    for _ in range(_MOST_HALVINGS):
        with np.errstate(over="ignore", invalid="ignore"):
            trial, new = at(predictor + change if share == 1.0 else predictor + share * change)
        if np.isfinite(new) and new >= value - slack:
            return share, trial, new
        share /= 2.0
    return 0.0, at(predictor)[0], value
