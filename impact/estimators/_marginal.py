"""Marginal effects on a probability as further rows of a fitted choice model, with errors by the delta method.

    average:   Σ ω_i m'(η_i) b_j,   of a column of 0 and 1   Σ ω_i [m(η_i | 1) − m(η_i | 0)]
    at_means:  the same at the mean predictor and the mean of the column

A dummy of i() is compared with its group's reference. η holds the absorbed effects, so that their estimation counts:
with h the derivative of the effect by the predictor of each row, its score is that of the projection of h / information
on regressors and effects (Fernández-Val and Weidner 2016, section 3.2), beside the part of the coefficients themselves.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import impact.estimators._regression as regression
import impact.kernels.absorb as absorption
import impact.kernels.likelihood.glm as glm
from impact.core.arrays import Floats
from impact.core.designs import Term
from impact.core.errors import DesignError
from impact.core.estimates import Estimate
from impact.core.texts import fault
from impact.estimators._likelihood import Fitted

INTERCEPT = "Intercept"
KIND = "marginal"


def with_marginal_effects(estimate: Estimate, fitted: Fitted, where: str) -> Estimate:
    """The estimate with a row `marginal[x]` for each regressor.

    Arguments:
        where: "average" or "at_means".

    Raises:
        DesignError: E650 a regressor that is a product or power of others: it has no effect of its own.
    """
    linear = estimate.linear
    assert linear is not None
    names = [term.name for term in estimate.terms]
    _refuse_products(names, fitted.keyword)
    wanted = [j for j, name in enumerate(names) if name != INTERCEPT]
    x = fitted.design.x[:, fitted.kept]
    found = [_effect(j, names, x, fitted, where) for j in wanted]
    by_predictor = np.column_stack([own for _, own, _ in found])
    direct = np.column_stack([own for _, _, own in found])
    scores = _projected(by_predictor, fitted) + linear.x @ (linear.bread @ direct)
    both = np.asfortranarray(np.hstack([linear.x @ linear.bread, scores]))
    weighted = both if linear.weights is None else both * linear.weights[:, None]
    spread = both.T @ weighted
    return replace(
        estimate,
        terms=(*estimate.terms, *(Term(f"marginal[{names[j]}]", KIND) for j in wanted)),
        params=np.concatenate([estimate.params, [value for value, _, _ in found]]),
        linear=replace(
            linear,
            x=both,
            bread=np.eye(both.shape[1]),
            is_projection=False,
            spread=np.asarray((spread + spread.T) / 2.0, dtype=np.float64),
        ),
    )


def _refuse_products(names: list[str], keyword: str) -> None:
    bad = [name for name in names if ":" in name.replace("::", "") or "^" in name]
    if bad:
        what = f"marginal effects beside '{bad[0]}'"
        advice = "a column in a product or power has no single effect: use `marginal: none`"
        raise DesignError(fault("E650", estimator=keyword, what=what, advice=advice))


def _effect(j: int, names: list[str], x: Floats, fitted: Fitted, where: str) -> tuple[float, Floats, Floats]:
    """The effect of a column, its derivative by the predictor of each row (n,), and by the coefficients (k,)."""
    params, family = fitted.found.params, fitted.family
    weights = np.ones(len(x)) if fitted.design.weights is None else fitted.design.weights
    share = weights / weights.sum()
    predictor = fitted.found.predictor
    at_means = where == "at_means"
    columns = share @ x if at_means else x
    point = np.array(share @ predictor) if at_means else predictor
    count = 1.0 if at_means else share
    direct = np.zeros(len(params))
    if not np.all((x[:, j] == 0) | (x[:, j] == 1)):
        slope = glm.mean_of(point, family)[1]
        value, by_row = slope * params[j], _curve(point, family) * params[j]
        direct[j] = float(np.sum(count * slope))
        return float(np.sum(count * value)), np.asarray(share * by_row), direct
    group = _siblings(j, names)
    without = point - columns[..., group] @ params[group]
    (low, low_slope), (high, high_slope) = (
        glm.mean_of(without, family),
        glm.mean_of(without + params[j], family),
    )
    change = high_slope - low_slope
    direct[group] -= np.sum(np.atleast_2d((count * change)[..., None] * columns[..., group]), axis=0)
    direct[j] += float(np.sum(count * high_slope))
    return float(np.sum(count * (high - low))), np.asarray(share * change), direct


def _siblings(j: int, names: list[str]) -> list[int]:
    """The dummies of the same i(), the column alone where there are none."""
    if "::" not in names[j]:
        return [j]
    start = names[j].partition("::")[0]
    return [other for other, name in enumerate(names) if name.partition("::")[0] == start and "::" in name]


def _curve(predictor: Floats, family: glm.Family) -> Floats:
    """Second derivative of the mean."""
    mean, slope = glm.mean_of(predictor, family)
    return np.asarray(slope * (1.0 - 2.0 * mean) if family == "logit" else -predictor * slope)


def _projected(by_predictor: Floats, fitted: Fitted) -> Floats:
    """(n, m) projection of derivative over information on regressors and effects, rows weighted by information."""
    found = fitted.found
    target = np.asfortranarray(by_predictor / found.working[:, None])
    effects = regression.effects_of(fitted.design.absorb)
    left = target
    if effects:
        left = absorption.absorb(target, effects, weights=found.working).columns
    left = left - found.x @ (found.bread @ (found.x.T @ (found.working[:, None] * left)))
    return np.asarray(target - left)
