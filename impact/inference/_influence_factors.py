"""Small-sample factors of influence rows that come from least-squares regressions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impact.core.arrays import Floats, Integers
from impact.core.designs import Factor
from impact.core.estimates import Estimate, Influence
from impact.inference._small_sample import Convention, convention
from impact.kernels.factors import is_nested


def influence_convention(influence: Influence, ssc: object) -> Convention:
    """The convention that ``vcov`` asks for, or that of the rows where it asks for none."""
    return convention(ssc or influence.ssc)  # type: ignore[arg-type]


def observations_factors(
    estimate: Estimate, influence: Influence, rule: Convention, clusters: Sequence[Factor]
) -> Floats:
    """(k,) (N − 1)/(N − K) for each term, ones where the convention has none.

    K counts the regressors and, as the convention says, the effects in ``influence.absorb``: "nested" takes L − 1 off
    for each effect inside a cluster variable, and never leaves fewer than the regressors and one.
    """
    count = influence.rows.shape[1]
    if not rule.n:
        return np.ones(count)
    n_obs = np.full(count, estimate.n_obs) if influence.n_obs is None else influence.n_obs
    own = np.full(count, float(estimate.df_model)) if influence.regressors is None else influence.regressors
    effects = [effect.factor for effect in influence.absorb]
    if rule.k == "none" or not effects:
        return np.asarray((n_obs - 1.0) / (n_obs - own), dtype=np.float64)
    total = sum(effect.levels for effect in effects) - (len(effects) - 1)
    if rule.k == "nested":
        for effect in effects:
            if any(is_nested(effect.codes, cluster.codes) for cluster in clusters):
                total -= effect.levels - 1
    k = own + max(total, 1)
    return np.asarray((n_obs - 1.0) / (n_obs - k), dtype=np.float64)


def group_counts(influence: Influence, cluster: Factor) -> Floats:
    """(k,) clusters that have a unit in the regression of each term."""
    codes = cluster.codes[influence.row]
    if influence.present is None:
        return np.full(influence.rows.shape[1], float(len(np.unique(codes))))
    seen = np.zeros((cluster.levels, influence.rows.shape[1]))
    np.maximum.at(seen, codes, influence.present.astype(np.float64))
    return np.asarray(seen.sum(axis=0), dtype=np.float64)


def cluster_sums(rows: Floats, codes: Integers) -> Floats:
    """(G, k) sums of influence rows (m, k) by cluster; clusters without a row have none."""
    if _are_alone(codes):
        return rows
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) > 0])
    return np.asarray(np.add.reduceat(rows[order], starts, axis=0), dtype=np.float64)


def _are_alone(codes: Integers) -> bool:
    """Whether each row is a cluster of its own, in the order of the codes."""
    return bool(np.all(codes[1:] > codes[:-1]))


def _products(influence: Influence, codes: Integers) -> Floats:
    """(k, k) sum over clusters of the products of their influence."""
    if influence.gram is not None and _are_alone(codes):
        return influence.gram
    sums = cluster_sums(influence.rows, codes)
    return np.asarray(sums.T @ sums, dtype=np.float64)


def clustered(
    estimate: Estimate, influence: Influence, rule: Convention, cluster: Factor, clusters: Sequence[Factor]
) -> Floats:
    """(k, k) one-way clustered variance Σ_g ψ_g ψ_g′ with the factors of the convention.

    Arguments:
        cluster: the grouping; clusters: every cluster variable asked for, in which effects may be nested.
    """
    scale = np.sqrt(observations_factors(estimate, influence, rule, clusters))
    if rule.g != "none":
        groups = group_counts(influence, cluster)
        scale = scale * np.sqrt(np.divide(groups, groups - 1.0, out=np.ones_like(groups), where=groups > 1))
    return np.asarray(
        _products(influence, cluster.codes[influence.row]) * np.outer(scale, scale), dtype=np.float64
    )
