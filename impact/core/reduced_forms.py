"""Estimates that a variance is asked about to learn the joint covariance of a reduced form and its first stages.

Variances know linear estimates only. Two ways lead through them to the covariance of several regressions on the same
instruments: scores of all equations side by side (exact for every variance that is a sum of products of scores), and
sums of two equations (exact for any variance quadratic in the residual, but for the part that is skew between them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from impact.core.arrays import Floats
from impact.core.designs import Term
from impact.core.estimates import Estimate, Inference, Linear
from impact.core.instrumented import Instrumented

Infer = Callable[[Estimate], Inference]

# variances that are sums of products of scores, by the type they have
BY_SCORES = {
    "cluster": ("cr0", "cr1"),
    "hetero": ("hc0", "hc1"),
    "newey_west": None,
    "driscoll_kraay": None,
    "conley": None,
    "survey": None,
}


@dataclass(frozen=True, slots=True)
class JointForm:
    """Coefficients of the m instruments in the 1 + p equations (outcome first), and their covariance.

    Arguments:
        params: (1 + p, m). covariance: (1 + p, m, 1 + p, m). products: (m, m) Z'WZ of the instruments without what the
        exogenous columns and effects explain. residual_products: (1 + p, 1 + p) Σ w u u'. df: degrees of freedom of the
        variance (infinity: normal). df_resid: N less all parameters of a first stage. crossed: whether covariances
        between equations are exact, not only their symmetric part.
    """

    params: Floats
    covariance: Floats
    products: Floats
    residual_products: Floats
    df: float
    df_resid: float
    crossed: bool

    def combined(self, weights: Floats) -> tuple[Floats, Floats]:
        """Coefficients (m,) and covariance (m, m) of a combination (1 + p,) of the equations."""
        return weights @ self.params, np.einsum("a,aibj,b->ij", weights, self.covariance, weights)


def joint_form(estimate: Estimate, variance: Mapping[str, object], infer: Infer) -> JointForm:
    """The joint reduced form under the variance of the model.

    Arguments:
        estimate: with ``instrumented`` and ``linear``. variance: the description of its own inference (kind, type).
        infer: the same variance on another estimate of the same rows.
    """
    own, linear = estimate.instrumented, estimate.linear
    assert own is not None and linear is not None
    place = slice(own.n_exogenous, None)
    bread = own.bread[place, place]
    products = np.linalg.inv(bread)
    residual = own.residual if linear.weights is None else own.residual * linear.weights[:, None]
    stacks = by_scores(variance)
    has_sums = linear.row_sum_of_squares is not None and variance.get("kind") == "hetero"
    if stacks and not has_sums:
        covariance, df = _by_scores(estimate, own, linear, infer)
    else:
        covariance, df = _by_sums(estimate, own, linear, infer)
    count = len(own.instruments)
    return JointForm(
        params=own.params[place].T,
        covariance=covariance,
        products=(products + products.T) / 2.0,
        residual_products=own.residual.T @ residual,
        df=df,
        df_resid=estimate.n_obs - own.x.shape[1] - estimate.df_absorbed,
        crossed=count == 1 or (stacks and not has_sums) or variance.get("kind") == "iid",
    )


def by_scores(variance: Mapping[str, object]) -> bool:
    """Whether a variance is a sum of products of scores, so that several equations can stand side by side."""
    kinds = BY_SCORES.get(str(variance.get("kind")), ())
    return kinds is None or variance.get("type") in kinds


def by_replicates(variance: Mapping[str, object]) -> bool:
    """Whether a variance comes from replicate weights: estimates of the model itself, not of its reduced form."""
    groups = variance.get("g")
    return isinstance(groups, Mapping) and "replicates" in groups


def equation(estimate: Estimate, weights: Floats) -> Estimate:
    """The regression of a combination (1 + p,) of outcome and endogenous columns on all instruments."""
    own = estimate.instrumented
    assert own is not None
    return regression_on(
        estimate,
        names=[*(f"exogenous{j}" for j in range(own.n_exogenous)), *own.instruments],
        x=own.x,
        params=own.params @ weights,
        residual=own.residual @ weights,
        bread=own.bread,
        share=float(weights[0]),
    )


def regression_on(
    estimate: Estimate,
    *,
    names: Sequence[str],
    x: Floats,
    params: Floats,
    residual: Floats,
    bread: Floats,
    share: float = 1.0,
) -> Estimate:
    """A least-squares regression on the rows of an estimate, for its variance.

    Arguments:
        names, x, params, residual, bread: its k terms, (n, k), (k,), (n,), (k, k). share: how much of the outcome is in
        the left side, for rows that hold the sums of several persons: deviations inside rows belong to the outcome.
    """
    linear = estimate.linear
    assert linear is not None
    squares = None
    if linear.row_sum_of_squares is not None and linear.weights is not None:
        inside = linear.row_sum_of_squares - linear.weights * linear.residual**2
        squares = linear.weights * residual**2 + share**2 * np.maximum(inside, 0.0)
    return replace(
        _bare(estimate, x.shape[1]),
        terms=tuple(Term(name) for name in names),
        params=params,
        linear=replace(
            linear,
            x=x,
            residual=residual,
            bread=bread,
            row_sum_of_squares=squares,
            is_projection=True,
            spread=None,
        ),
    )


def _bare(estimate: Estimate, parameters: int) -> Estimate:
    """An estimate with so many parameters, and nothing to say for itself."""
    return replace(estimate, df_model=parameters, focus=(), notices=(), tables={}, instrumented=None)


def _by_scores(estimate: Estimate, own: Instrumented, linear: Linear, infer: Infer) -> tuple[Floats, float]:
    place = slice(own.n_exogenous, None)
    influence = own.x @ own.bread[:, place]
    equations, count = own.residual.shape[1], influence.shape[1]
    scores = np.concatenate([influence * own.residual[:, [j]] for j in range(equations)], axis=1)
    stacked = replace(
        _bare(estimate, own.x.shape[1]),
        terms=tuple(Term(f"{j}.{name}") for j in range(equations) for name in own.instruments),
        params=own.params[place].T.ravel(),
        linear=Linear(
            x=np.ascontiguousarray(scores),
            residual=np.ones(len(scores)),
            bread=np.eye(equations * count),
            weights=linear.weights,
            weight_kind=linear.weight_kind,
            absorb=linear.absorb,
            is_projection=False,
        ),
    )
    found = infer(stacked)
    return found.vcov.reshape(equations, count, equations, count), float(np.min(found.df))


def _by_sums(estimate: Estimate, own: Instrumented, linear: Linear, infer: Infer) -> tuple[Floats, float]:
    equations, first = own.residual.shape[1], own.n_exogenous
    scale = 1.0 / np.sqrt(np.sum(own.residual**2, axis=0))
    scale[~np.isfinite(scale)] = 1.0
    count = len(own.instruments)
    covariance = np.zeros((equations, count, equations, count))
    df = float("inf")
    pairs = [(a, a) for a in range(equations)] + [(a, b) for a in range(equations) for b in range(a)]
    for a, b in pairs:
        weights = np.zeros(equations)
        weights[a], weights[b] = scale[a], scale[b]
        found = infer(equation(estimate, weights))
        block = found.vcov[first:, first:]
        df = min(df, float(np.min(found.df[first:])))
        if a != b:
            block = block - covariance[a, :, a] * scale[a] ** 2 - covariance[b, :, b] * scale[b] ** 2
            block = block / 2.0
        covariance[a, :, b] = block / (scale[a] * scale[b])
        covariance[b, :, a] = covariance[a, :, b].T
    return covariance, df
