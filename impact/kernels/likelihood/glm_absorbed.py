"""Poisson, logit and probit regression with absorbed effects, by Newton steps that are weighted least squares.

    E[y | x, effects] = m(x b + effects + offset)

Every step absorbs the effects from the regressors and from the working residual r = score / information, with the
information as weights (Guimarães and Portugal 2010; Correia, Guimarães and Zylkin 2020, sections 3 and 4). Steps add
to the predictor, so that the errors of one step are mended by the next; regressors are absorbed from where the last
step left them. The last step is taken and its weights, regressors and residual are those that variances use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

import impact.kernels.absorb as absorption
import impact.kernels.compiled as compiled
import impact.kernels.gram as gram
import impact.kernels.least_squares as least_squares
import impact.kernels.likelihood.glm as glm
import impact.kernels.likelihood.poisson_groups as poisson_groups
from impact.kernels.factors import Effect
from impact.kernels.likelihood.centring import centred

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# what is left to go when the point stands, in standard errors of the combination of coefficients that moves most
STILL = 1e-8
# length of the last step, relative to the residuals': weights and residuals, taken before it, are those after it
ALIKE = 1e-9
# gain, relative to the likelihood, that its rounding hides: so near the maximum steps are taken without a look
SURE = 1e-9
# part of the row's own outcome in its first mean; the rest is what the shares of its levels say
OWN = 0.1
NO_MOVE = 1e-13  # relative change of every predictor under which nothing moves
VANISHING = 1e-7  # mean, relative to the outcome's, of a row without counts that may be on its way to zero


@dataclass(frozen=True, slots=True)
class AbsorbedGlm:
    """A fitted model: n rows, k kept regressors of k_all.

    Arguments:
        params, bread: (k,), and (k, k) inverse of x'Wx.
        first: the least squares of the first step, which decided what is collinear or absorbed.
        x: (n, k) regressors without effects at ``working``: (n,) information by the predictor, times the weight.
        residual: (n,) working residual; x * working * residual are the scores.
        predictor: (n,) effects and offset included. point: the likelihood of each row there, without weights.
        deviance, log_likelihood: weighted sums.
        move: (n,) the last change of the predictor. suspects: (n,) rows that may be fitted without error by
            coefficients that run to infinity. converged: steps became small enough.
        attained: largest group mean that absorption left. constant: of counts the weighted sum of log y!, else 0.
    """

    params: Array
    bread: Array
    first: least_squares.LeastSquares
    x: Array
    working: Array
    residual: Array
    predictor: Array
    point: glm.Point
    deviance: float
    log_likelihood: float
    iterations: int
    converged: bool
    move: Array
    suspects: Flags
    attained: float
    constant: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop: absorption's tolerance and iterations, steps, and whether suspects end the climb."""

    tolerance: float = 1e-10
    absorption_iterations: int = 10_000
    steps: int = 60
    stop_at_suspects: bool = True


@dataclass(frozen=True, slots=True)
class _Model:
    """What does not change from step to step."""

    y: Array
    family: glm.Family
    likelihood: Callable[[Array], glm.Point]
    effects: Sequence[Effect]
    weights: Array | None
    base: Array
    limits: Limits
    constant: Array | None = None

    def at(self, predictor: Array) -> tuple[glm.Point, float]:
        """The likelihood of each row at a predictor, and its weighted sum."""
        point = self.likelihood(predictor)
        return point, _total(point.log_likelihood, self.weights)


@dataclass(frozen=True, slots=True)
class _Step:
    """Weighted least squares of the working residual, ``target``, at one point. change: (n,) of the predictor."""

    params: Array
    bread: Array
    x: Array
    target: Array
    residual: Array
    change: Array
    working: Array
    attained: float


def fit_absorbed(
    x: Array,
    y: Array,
    family: glm.Family,
    effects: Sequence[Effect],
    *,
    weights: Array | None = None,
    offset: Array | None = None,
    limits: Limits | None = None,
) -> AbsorbedGlm:
    """Maximum likelihood of the coefficients of x beside the effects.

    Arguments:
        x: (n, k_all); without effects a constant among them where one is wanted. y: (n,) counts from 0 or shares.
        effects: may be none. weights: (n,) positive. offset: (n,) added to the predictor.

    Raises:
        OutcomeError: y outside the family's range. ConvergenceFailure: effects could not be absorbed.
    """
    glm.check_outcome(y, family)
    base = np.zeros(len(y)) if offset is None else offset
    constant = glm.log_factorial(y) if family == "poisson" else None
    likelihood = glm.likelihood_of(y, family, constant)
    model = _Model(y, family, likelihood, effects, weights, base, limits or Limits(), constant)
    reached = _in_group_sums(x, model)
    if reached is not None:
        return reached
    start = _start(model)
    point = model.likelihood(start)
    if effects:
        first, step = _first_step(x, model, start, point)
        return _climb(model, first, step, (base + step.change, first.params))
    near = centred(x)
    first, step = _first_step(near.x, model, start, point)
    found = _climb(model, first, step, (base + step.change, first.params))
    if near.x is x:
        return found
    kept = first.kept
    return replace(
        found,
        params=near.params(found.params, kept),
        bread=near.bread(found.bread, kept),
        x=np.asfortranarray(x[:, kept]),
    )


def _in_group_sums(x: Array, model: _Model) -> AbsorbedGlm | None:
    """The maximum of a Poisson likelihood found in group sums, with the last step by absorption as any other has it.

    None where that form does not apply, has no end, or finds columns that are collinear.
    """
    if model.family != "poisson" or not poisson_groups.applies(x, model.effects):
        return None
    rate, shares = _shares(model)
    start = [np.log(share) for share in shares]
    start[0] += np.log(rate)
    offset = None if not model.base.any() else model.base
    most = min(poisson_groups.STEPS, model.limits.steps - 1)
    top = poisson_groups.climb(
        x, model.y, model.effects, start, weights=model.weights, offset=offset, most=most
    )
    if top is None:
        return None
    point = model.at(top.predictor)
    working = glm.times(point[0].information, model.weights)
    target = point[0].score / point[0].information
    try:
        absorbed = absorption.absorb(
            (target, x),
            model.effects,
            weights=working,
            tolerance=model.limits.tolerance,
            system=top.system,
        )
    except absorption.ConvergenceFailure:
        return None
    columns = absorbed.columns
    first = least_squares.solve_least_squares(
        columns[:, 1:], columns[:, 0], weights=working, reference_norms=absorbed.norms[1:]
    )
    if not first.kept.all():
        return None
    step = _Step(
        first.params, first.bread, columns[:, 1:], target, first.residual, target - first.residual, working,
        absorbed.attained,
    )  # fmt: skip
    begin = top.predictor + step.change, top.params + first.params
    if _is_still(step, _square(step.change, working), np.inf, top.predictor):
        return _ended(model, (first, step), begin, point, top.steps + 1)
    return _climb(model, first, step, begin)


def _start(model: _Model) -> Array:
    """A first predictor: of counts with effects, halfway between the outcome and what the levels' shares say."""
    effects = [effect for effect in model.effects if effect.intercept]
    if model.family != "poisson" or not effects:
        return glm.starting_predictor(model.y, model.family, model.weights, model.base)
    rate, shares = _shares(model)
    expected = rate * np.exp(model.base)
    for effect, share in zip(effects, shares, strict=True):
        expected *= share[effect.codes]
    return np.asarray(np.log(OWN * model.y + (1.0 - OWN) * expected))


def _shares(model: _Model) -> tuple[float, list[Array]]:
    """The common rate of counts, and by level of each effect with an intercept (G,) its own rate relative to that."""
    exposed = None if not model.base.any() else np.exp(model.base)
    exposed = model.weights if exposed is None else glm.times(exposed, model.weights)
    weighted = glm.times(model.y, model.weights)
    rate = float(np.sum(weighted)) / (len(weighted) if exposed is None else float(np.sum(exposed)))
    shares = []
    for effect in model.effects:
        if effect.intercept:
            total = compiled.group_counts(effect.codes, effect.levels, exposed)
            own = compiled.group_counts(effect.codes, effect.levels, weighted)
            shares.append(np.divide(own, rate * total, out=np.ones_like(own), where=(own > 0) & (total > 0)))
    return rate, shares


def _first_step(
    x: Array, model: _Model, start: Array, point: glm.Point
) -> tuple[least_squares.LeastSquares, _Step]:
    """The step from a start that no coefficients give: its change is the whole predictor without the offset."""
    working = glm.times(point.information, model.weights)
    target = start - model.base + point.score / point.information
    absorbed = _absorb((target, x), model, working)
    columns = absorbed.columns
    first = least_squares.solve_least_squares(
        columns[:, 1:],
        columns[:, 0],
        weights=working,
        reference_norms=absorbed.norms[1:] if model.effects else None,
    )
    inside = columns[:, 1:] if first.kept.all() else np.asfortranarray(columns[:, 1:][:, first.kept])
    step = _Step(
        first.params,
        first.bread,
        inside,
        target,
        first.residual,
        target - first.residual,
        working,
        absorbed.attained,
    )
    return first, step


def _climb(
    model: _Model,
    first: least_squares.LeastSquares,
    step: _Step,
    begin: tuple[Array, Array],
) -> AbsorbedGlm:
    """Steps until none is left; ``begin``: predictor and coefficients after the first ``step``."""
    (predictor, params), iteration, converged = begin, 1, False
    point, value = model.at(predictor)
    suspects = np.zeros(len(model.y), dtype=np.bool_)
    before = np.inf
    while iteration < model.limits.steps:
        iteration += 1
        step = _newton(model, point, step.x)
        length = _square(step.change, step.working)
        near = length <= SURE * (0.1 + abs(value))
        share, trial, new = glm.halved(model.at, predictor, step.change, -np.inf if near else value)
        predictor = predictor + share * step.change
        params = params + share * step.params
        gained, point, value = abs(new - value), trial, new
        if (share == 1.0 and _is_still(step, length, before, predictor)) or share == 0.0:
            at_rest = bool(np.isfinite(step.change).all()) and gained <= glm.STILL * (0.1 + abs(value))
            converged = share > 0.0 or at_rest
            break
        before = length
        suspects = _suspects(model, point, step.change)
        settled = gained <= glm.STILL * (0.1 + abs(value)) or iteration > 12
        if model.limits.stop_at_suspects and settled and suspects.any():
            break
    end = (predictor, params)
    return _ended(model, (first, step), end, (point, value), iteration, None if converged else suspects)


def _ended(
    model: _Model,
    last: tuple[least_squares.LeastSquares, _Step],
    end: tuple[Array, Array],
    at_end: tuple[glm.Point, float],
    iteration: int,
    suspects: Flags | None = None,
) -> AbsorbedGlm:
    """The fit after its last step.

    Arguments:
        last: the first least squares, and the last step. end: predictor and coefficients; at_end: the point there.
        suspects: rows under suspicion where steps did not become small enough; None: they did.
    """
    (first, step), (predictor, params), (point, value) = last, end, at_end
    converged = suspects is None
    if suspects is None:
        suspects = _suspects(model, point, np.full(len(model.y), -np.inf))
    # what rounding and a badly scaled inverse left in the residual is taken away: scores add up to zero
    left = step.bread @ (step.x.T @ (step.working * step.residual))
    residual = step.residual - step.x @ left
    saturated = _total(glm.saturated(model.y, model.family, model.constant), model.weights)
    constant = 0.0 if model.constant is None else _total(model.constant, model.weights)
    return AbsorbedGlm(
        params, step.bread, first, step.x, step.working, residual, predictor, point,
        2.0 * (saturated - value), value, iteration, converged, step.change, suspects, step.attained,
        constant,
    )  # fmt: skip


def _newton(model: _Model, point: glm.Point, x: Array) -> _Step:
    """Weighted least squares of the working residual on regressors that were absorbed with other weights before."""
    working = glm.times(point.information, model.weights)
    # a row so surely fitted that its information is zero in doubles has no weight in the step
    sure = point.information <= 0.0
    target = np.divide(point.score, point.information, out=np.zeros_like(point.score), where=~sure)
    absorbed = _absorb((target, x), model, working)
    columns = absorbed.columns
    inside = columns[:, 1:]
    moments = gram.cross_product(inside, working)
    size = np.sqrt(np.diagonal(moments))
    scale = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)
    inverse = np.linalg.pinv(moments * scale[:, None] * scale, rcond=1e-14, hermitian=True)
    bread: Array = np.asarray(inverse * scale[:, None] * scale, dtype=np.float64)
    params = bread @ (inside.T @ (working * columns[:, 0]))
    residual = columns[:, 0] - inside @ params
    return _Step(params, bread, inside, target, residual, target - residual, working, absorbed.attained)


def _absorb(columns: tuple[Array, Array], model: _Model, working: Array) -> absorption.Absorbed:
    if not model.effects:
        whole = np.asfortranarray(np.column_stack(columns))
        return absorption.Absorbed(whole, 0.0, 0, "none", True, np.ones(whole.shape[1]))
    return absorption.absorb(
        columns,
        model.effects,
        weights=working,
        tolerance=model.limits.tolerance,
        max_iterations=model.limits.absorption_iterations,
    )


def _is_still(step: _Step, length: float, before: float, predictor: Array) -> bool:
    """Whether what is left to go is short against the standard errors, or cannot be told from rounding.

    Arguments:
        length, before: squared lengths of this step and of the last one; steps shrink at least as fast as they did.
    """
    misfit = _square(step.target, step.working)
    scale = min(misfit, float(np.sum(step.working)))
    left = length * min(length / before, 1.0) if before > 0.0 else 0.0
    if left <= STILL**2 / len(predictor) * scale and length <= ALIKE**2 * scale:
        return True
    if length <= (2.0 * step.attained) ** 2 * misfit:
        return True
    largest = float(np.max(np.abs(step.change), initial=0.0))
    return largest <= NO_MOVE * max(1.0, float(np.max(np.abs(predictor), initial=0.0)))


def _suspects(model: _Model, point: glm.Point, change: Array) -> Flags:
    """Rows fitted nearly without error whose predictor still moves that way."""
    if model.family == "poisson":
        low = VANISHING * float(np.average(model.y, weights=model.weights))
        found = (model.y == 0) & (point.mean < low)
        return np.asarray(found & (change < -glm.MOVING)) if found.any() else found
    found = np.abs(model.y - point.mean) < glm.FITTED
    if np.isneginf(change[:1]).any():
        return np.zeros_like(found)
    return np.asarray(found & (np.abs(change) > glm.MOVING))


def _square(values: Array, weights: Array) -> float:
    """Weighted sum of squares."""
    return float(np.einsum("i,i,i->", values, weights, values))


def _total(values: Array, weights: Array | None) -> float:
    return float(np.sum(values) if weights is None else np.einsum("i,i->", values, weights))
