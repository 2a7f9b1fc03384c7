"""The selection model of Heckman: two steps with their variance, and maximum likelihood.

    y = x b + u is seen where z g + v > 0;   (u, v) normal, variances σ² and 1, correlation ρ

Two steps: a probit of selection, then least squares with the inverse Mills ratio λ(zg) = φ/Φ, whose coefficient is ρσ
(Heckman 1979, equations 17 to 22). Maximum likelihood by Newton steps in (b, g, t, s), ρ = tanh t and σ = exp s: with
u = (y − xb)/σ a selected row adds ln Φ(z g cosh t + u sinh t) − u²/2 − s − ln(2π)/2, another one ln Φ(−zg).
Shapes: n rows, n1 of them selected, k outcome and m selection coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.least_squares as least_squares
from impact.kernels.scipy_on_use import special

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_MOST_STEPS = 200
_MOST_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Sample:
    """y (n,), read where selected (n,); x (n, k), z (n, m)."""

    y: Array
    x: Array
    z: Array
    selected: Flags


@dataclass(frozen=True, slots=True)
class Selection:
    """Coefficients of the selection probit (m,), its predictor (n,), covariance (m, m), influence (n, m)."""

    params: Array
    predictor: Array
    vcov: Array
    influence: Array


@dataclass(frozen=True, slots=True)
class TwoStep:
    """What the second step finds.

    Arguments:
        params: (k + 1,) coefficients, the last that of λ; vcov: (k + 1, k + 1) of Heckman (1979).
        between: (k + 1, m) covariance with the first step.
        influence: (n, k + 1), the error of the first step included; kept: (k + 1,) columns that are not collinear.
        sigma, rho: of the outcome equation; rho is not bounded.
    """

    params: Array
    vcov: Array
    between: Array
    influence: Array
    kept: Flags
    sigma: float
    rho: float


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Maximum likelihood in (b, g, t, s): params and influence (n, p), inverse information vcov (p, p)."""

    params: Array
    vcov: Array
    influence: Array
    log_likelihood: float
    iterations: int
    converged: bool


def mills(predictor: Array) -> Array:
    """φ/Φ of a normal law, without underflow."""
    log_density = -0.5 * np.square(predictor) - 0.5 * np.log(2.0 * np.pi)
    return np.asarray(np.exp(log_density - special().log_ndtr(predictor)))


def two_step(sample: Sample, first: Selection) -> TwoStep:
    """Least squares on the selected rows with λ beside x; columns that are collinear are left out."""
    inside = sample.selected
    ratio = mills(first.predictor[inside])
    delta = ratio * (ratio + first.predictor[inside])
    whole = np.column_stack([sample.x[inside], ratio])
    solution = least_squares.solve_least_squares(whole, np.ascontiguousarray(sample.y[inside]))
    own = whole[:, solution.kept]
    slope = float(solution.params[-1]) if solution.kept[-1] else 0.0
    variance = (solution.rss + slope**2 * float(delta.sum())) / len(ratio)
    rho = slope / np.sqrt(variance)
    bounded = min(rho**2, 1.0)
    cross = (own * delta[:, None]).T @ sample.z[inside]
    middle = (own * (1.0 - bounded * delta)[:, None]).T @ own + bounded * cross @ first.vcov @ cross.T
    influence = slope * first.influence @ cross.T
    influence[inside] += own * solution.residual[:, None]
    return TwoStep(
        params=solution.params,
        vcov=variance * solution.bread @ middle @ solution.bread,
        between=np.sign(slope) * np.sqrt(bounded * variance) * solution.bread @ cross @ first.vcov,
        influence=influence @ solution.bread,
        kept=solution.kept,
        sigma=float(np.sqrt(variance)),
        rho=float(rho),
    )


def maximise(sample: Sample, start: Array, tolerance: float = 1e-10) -> Likelihood:
    """Newton steps from ``start`` (b, g, t, s), halved where the likelihood falls."""
    params = start.copy()
    value, rows, hessian = _derivatives(sample, params)
    for iteration in range(1, _MOST_STEPS + 1):
        gradient = rows.sum(axis=0)
        step = _uphill(-hessian, gradient)
        gain = float(gradient @ step)
        if gain <= tolerance**2 * (1.0 + abs(value)) or not np.isfinite(gain):
            return _finished(sample, params, iteration, converged=bool(np.isfinite(gain)))
        share = 1.0
        for _ in range(_MOST_HALVINGS):
            trial = params + share * step
            new = _value(sample, trial)
            if np.isfinite(new) and new >= value - 1e-13 * (1.0 + abs(value)):
                break
            share /= 2.0
        else:
            return _finished(sample, params, iteration, converged=gain < 1e-6)
        params = trial
        value, rows, hessian = _derivatives(sample, params)
    return _finished(sample, params, _MOST_STEPS, converged=False)


def log_likelihood(sample: Sample, params: Array) -> Array:
    """Log likelihood of each row (n,) at (b, g, t, s)."""
    k, m = sample.x.shape[1], sample.z.shape[1]
    log_ndtr = special().log_ndtr
    predictor = sample.z @ params[k : k + m]
    t, s = float(params[-2]), float(params[-1])
    inside = sample.selected
    found = np.asarray(log_ndtr(-predictor), dtype=np.float64)
    u = (sample.y[inside] - sample.x[inside] @ params[:k]) * np.exp(-s)
    eta = predictor[inside] * np.cosh(t) + u * np.sinh(t)
    found[inside] = log_ndtr(eta) - 0.5 * u**2 - s - 0.5 * np.log(2.0 * np.pi)
    return found


def _value(sample: Sample, params: Array) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(log_likelihood(sample, params).sum())


def _derivatives(sample: Sample, params: Array) -> tuple[float, Array, Array]:
    """The likelihood, scores (n, p) and Hessian (p, p)."""
    k, m = sample.x.shape[1], sample.z.shape[1]
    p, inside = k + m + 2, sample.selected
    predictor = sample.z @ params[k : k + m]
    t, s = float(params[-2]), float(params[-1])
    x, z, a = sample.x[inside], sample.z[inside], predictor[inside]
    scale, cosh, sinh = np.exp(-s), np.cosh(t), np.sinh(t)
    u = (sample.y[inside] - x @ params[:k]) * scale
    eta = a * cosh + u * sinh
    ratio = mills(eta)
    bend = ratio * (ratio + eta)
    one = np.ones(len(u))
    # by the indices m = x b, a = z g, t, s: first derivatives of η and of u
    of_eta = [-scale * sinh * one, cosh * one, a * sinh + u * cosh, -u * sinh]
    of_u = [-scale * one, 0.0 * one, 0.0 * one, -u]
    twice_eta = {(0, 2): -scale * cosh * one, (0, 3): scale * sinh * one, (1, 2): sinh * one,
                 (2, 2): eta, (2, 3): -u * cosh, (3, 3): u * sinh}  # fmt: skip
    twice_u = {(0, 3): scale * one, (3, 3): u}
    columns = [x, z, one[:, None], one[:, None]]
    starts = np.cumsum([0, k, m, 1, 1])
    rows = np.zeros((len(sample.y), p))
    hessian = np.zeros((p, p))
    for i in range(4):
        first = ratio * of_eta[i] - u * of_u[i] - (1.0 if i == 3 else 0.0)
        rows[inside, starts[i] : starts[i + 1]] = columns[i] * first[:, None]
        for j in range(i, 4):
            zero = 0.0 * one
            second = -bend * of_eta[i] * of_eta[j] + ratio * twice_eta.get((i, j), zero)
            second = second - of_u[i] * of_u[j] - u * twice_u.get((i, j), zero)
            block = (columns[i] * second[:, None]).T @ columns[j]
            hessian[starts[i] : starts[i + 1], starts[j] : starts[j + 1]] = block
            hessian[starts[j] : starts[j + 1], starts[i] : starts[i + 1]] = block.T
    out, away = sample.z[~inside], -predictor[~inside]
    ratio = mills(away)
    rows[~inside, k : k + m] = -out * ratio[:, None]
    hessian[k : k + m, k : k + m] -= (out * (ratio * (ratio + away))[:, None]).T @ out
    return _value(sample, params), rows, hessian


def _uphill(information: Array, gradient: Array) -> Array:
    """A Newton step, with directions of negative curvature turned around."""
    size = np.sqrt(np.abs(np.diagonal(information)))
    size = np.where(size > 0, size, 1.0)
    values, vectors = np.linalg.eigh(information / np.outer(size, size))
    values = np.maximum(np.abs(values), 1e-10 * np.abs(values).max())
    return np.asarray(vectors @ ((vectors.T @ (gradient / size)) / values) / size, dtype=np.float64)


def _finished(sample: Sample, params: Array, iterations: int, *, converged: bool) -> Likelihood:
    value, rows, hessian = _derivatives(sample, params)
    size = np.sqrt(np.abs(np.diagonal(hessian)))
    values, vectors = np.linalg.eigh(-hessian / np.outer(size, size))
    good = bool(values[0] > 1e-12 * values[-1])
    inverse = (vectors / np.where(values > 0, values, np.inf)) @ vectors.T / np.outer(size, size)
    return Likelihood(params, inverse, rows @ inverse, value, iterations, converged and good)
