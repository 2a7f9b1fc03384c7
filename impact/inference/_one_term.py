"""The error of one term in each of many models on the same rows, equal to that of each model alone.

What follows from the rows alone (parameters, factors, degrees of freedom, the rows by cluster) is found once, so that
columns that change from draw to draw cost no more than their sums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import Factor
from impact.core.rows.shared_rows import SharedRows
from impact.inference._clusters import named
from impact.inference._small_sample import (
    Convention,
    clustered_df,
    convention,
    convention_for,
    group_factor,
    parameters,
    robust_factors,
)
from impact.kernels.cluster_robust import Part, fewest_groups, many_way, parts
from impact.kernels.specification_curve import (
    Groups,
    Solutions,
    cluster_variance,
    fits_in_products,
    group_products,
    group_variance,
    row_variance,
    sorted_groups,
)

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TermErrors:
    """The error of one term in S models that ask for the same variance.

    Arguments:
        variance: of the columns (n, p) without effects and the solutions of the S models. df: (S,).
    """

    variance: Callable[[Floats, Solutions], Floats]
    df: Floats

    def of(self, columns: Floats, solutions: Solutions) -> Floats:
        """Standard errors (S,), NaN for a negative variance."""
        variance = self.variance(columns, solutions)
        return np.sqrt(np.where(variance >= 0, variance, np.nan))


@dataclass(frozen=True, slots=True)
class Models:
    """S models on shared rows, as far as counting goes.

    Arguments:
        df_model: (S,) their regressors, with the constant. df_absorbed: parameters of the effects.
    """

    rows: SharedRows
    df_model: Counts
    df_absorbed: int

    @property
    def n_obs(self) -> float:
        """Rows."""
        return float(len(self.rows.columns))


def is_shared(keyword: str, options: Any, weight_kind: str) -> bool:
    """Whether a variance follows from sums over shared rows: iid, HC0, HC1, CR0 and CR1."""
    if keyword == "cluster":
        return options.type in ("cr0", "cr1") and options.psd == "report" and bool(named(options.cluster))
    return keyword in ("hc0", "hc1") or (keyword == "iid" and weight_kind != "sampling")


def errors_for(models: Models, keyword: str, options: Any) -> TermErrors:
    """What finds the errors of models that ask for the same variance, one for which ``is_shared`` holds."""
    if keyword == "cluster":
        return _clustered(models, options)
    return _classical(models, options) if keyword == "iid" else _robust(models, keyword, options)


def _classical(models: Models, options: Any) -> TermErrors:
    rule = convention(options.ssc)
    df = models.n_obs - _each(models, rule, (), float)
    divisor = df if rule.n else np.full_like(df, models.n_obs - 1.0)
    return TermErrors(lambda _, solutions: solutions.unit_variance * solutions.rss / divisor, df)


def _robust(models: Models, keyword: str, options: Any) -> TermErrors:
    rule = convention_for(keyword, options.ssc)

    def value(k: int) -> float:
        return float(np.prod(list(robust_factors(models.n_obs, k, rule).values())))

    factor = _each(models, rule, (), value)
    full = (models.n_obs - models.df_model - models.df_absorbed).astype(np.float64)
    df = np.full_like(full, np.inf) if rule.law == "normal" else full
    weights = models.rows.weights
    return TermErrors(lambda columns, solutions: row_variance(columns, weights, solutions) * factor, df)


def _clustered(models: Models, options: Any) -> TermErrors:
    clusters = tuple(models.rows.clusters[name] for name in named(options.cluster))
    pieces = parts([cluster.codes for cluster in clusters], [cluster.levels for cluster in clusters])
    smallest, n_obs = fewest_groups(pieces), models.n_obs
    rule = convention_for(options.type, options.ssc)
    if smallest < 2:
        lost = np.full(len(models.df_model), np.nan)
        return TermErrors(lambda _, __: lost, lost)
    groups = {part.members: sorted_groups(part.codes, part.levels) for part in pieces}
    scale = _each(models, rule, clusters, lambda k: (n_obs - 1.0) / (n_obs - k)) if rule.n else 1.0

    def variance(columns: Floats, solutions: Solutions) -> Floats:
        def of_part(part: Part) -> Floats:
            return _of_groups(columns, models.rows.weights, groups[part.members], solutions)

        def factor(part: Part) -> float:
            return group_factor(part.groups, smallest, rule)

        return many_way(pieces, of_part, factor) * scale

    df = _each(models, rule, clusters, lambda k: clustered_df(smallest, n_obs, k, rule))
    return TermErrors(variance, df)


def _of_groups(columns: Floats, weights: Floats | None, groups: Groups, solutions: Solutions) -> Floats:
    """The variance without factors over the clusters of one part."""
    if fits_in_products(len(groups.counts), columns.shape[1], len(columns)):
        return group_variance(group_products(columns, weights, groups), solutions)
    return cluster_variance(columns, weights, groups, solutions)


def _each(
    models: Models, rule: Convention, clusters: Sequence[Factor], value: Callable[[int], float]
) -> Floats:
    """A value (S,) that depends on K alone, found once for each number of regressors."""
    absorb, absorbed = models.rows.absorb, models.df_absorbed
    sizes = np.unique(models.df_model).tolist()
    found = {size: value(parameters(size, absorbed, absorb, rule, clusters)) for size in sizes}
    return np.array([found[size] for size in models.df_model.tolist()])
