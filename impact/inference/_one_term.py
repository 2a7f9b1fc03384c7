"""The error of one term in each of many models on the same rows, equal to that of each model alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import Factor
from impact.core.estimates import Estimate, Linear
from impact.core.shared_rows import SharedRows
from impact.inference._clusters import named
from impact.inference._small_sample import (
    Convention,
    clustered_df,
    convention,
    counted_parameters,
    robust_factors,
)
from impact.kernels.cluster_robust import Part, many_way, parts
from impact.kernels.specification_curve import (
    Solutions,
    cluster_variance,
    fits_in_products,
    group_products,
    group_variance,
    row_variance,
)

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Absorbed:
    """Rows that models share, their columns (n, p) without effects, and the parameters of the effects."""

    rows: SharedRows
    columns: Floats
    df_absorbed: int


def is_shared(keyword: str, options: Any, weight_kind: str) -> bool:
    """Whether a variance follows from sums over shared rows: iid, HC0, HC1, CR0 and CR1."""
    if keyword == "cluster":
        return options.type in ("cr0", "cr1") and options.psd == "report" and bool(named(options.cluster))
    return keyword in ("hc0", "hc1") or (keyword == "iid" and weight_kind != "sampling")


def errors_of(
    shared: Absorbed, solutions: Solutions, df_model: Counts, keyword: str, options: Any
) -> tuple[Floats, Floats]:
    """Standard errors and degrees of freedom (S,) of S models that ask for the same variance.

    Arguments:
        solutions: of the S models. df_model: (S,) their regressors, with the constant.
        keyword, options: of a variance for which ``is_shared`` holds.
    """
    if keyword == "cluster":
        variance, df = _clustered(shared, solutions, df_model, options)
    elif keyword == "iid":
        variance, df = _classical(shared, solutions, df_model, options)
    else:
        variance, df = _robust(shared, solutions, df_model, keyword, options)
    return np.sqrt(np.where(variance >= 0, variance, np.nan)), df


def _classical(
    shared: Absorbed, solutions: Solutions, df_model: Counts, options: Any
) -> tuple[Floats, Floats]:
    rule = convention(options.ssc)
    n_obs = float(len(shared.columns))
    k = _each(shared, df_model, rule, (), float)
    divisor = n_obs - k if rule.n else np.full_like(k, n_obs - 1.0)
    return solutions.unit_variance * solutions.rss / divisor, n_obs - k


def _robust(
    shared: Absorbed, solutions: Solutions, df_model: Counts, keyword: str, options: Any
) -> tuple[Floats, Floats]:
    rule = convention(options.ssc, "none" if keyword == "hc0" else "fixest")
    n_obs = float(len(shared.columns))

    def factor(k: int) -> float:
        return float(np.prod(list(robust_factors(n_obs, k, rule).values())))

    variance = row_variance(shared.columns, shared.rows.weights, solutions)
    full = (n_obs - df_model - shared.df_absorbed).astype(np.float64)
    df = np.full_like(full, np.inf) if rule.law == "normal" else full
    return variance * _each(shared, df_model, rule, (), factor), df


def _clustered(
    shared: Absorbed, solutions: Solutions, df_model: Counts, options: Any
) -> tuple[Floats, Floats]:
    clusters = tuple(shared.rows.clusters[name] for name in named(options.cluster))
    pieces = parts([cluster.codes for cluster in clusters], [cluster.levels for cluster in clusters])
    smallest = min(piece.groups for piece in pieces if len(piece.members) == 1)
    rule = convention(options.ssc, "fixest" if options.type == "cr1" else "none")
    n_obs = float(len(shared.columns))
    if smallest < 2:
        lost = np.full(len(df_model), np.nan)
        return lost, lost

    def factor(part: Part) -> float:
        groups = smallest if rule.g == "min" else part.groups
        return 1.0 if rule.g == "none" else groups / (groups - 1.0)

    variance = many_way(pieces, lambda part: _of_part(shared, part, solutions), factor)
    if rule.n:
        variance = variance * _each(shared, df_model, rule, clusters, lambda k: (n_obs - 1.0) / (n_obs - k))
    return variance, _each(shared, df_model, rule, clusters, lambda k: clustered_df(smallest, n_obs, k, rule))


def _of_part(shared: Absorbed, part: Part, solutions: Solutions) -> Floats:
    """The variance without factors over the clusters of one part."""
    columns, weights = shared.columns, shared.rows.weights
    if fits_in_products(part.levels, columns.shape[1], len(columns)):
        return group_variance(group_products(columns, weights, part.codes, part.levels), solutions)
    return cluster_variance(columns, weights, part.codes, part.levels, solutions)


def _each(
    shared: Absorbed,
    df_model: Counts,
    rule: Convention,
    clusters: Sequence[Factor],
    value: Callable[[int], float],
) -> Floats:
    """A value (S,) that depends on K alone, found once for each number of regressors."""
    sizes = np.unique(df_model).tolist()
    found = {size: value(counted_parameters(*_counting(shared, size), rule, clusters)) for size in sizes}
    return np.array([found[size] for size in df_model.tolist()])


def _counting(shared: Absorbed, df_model: int) -> tuple[Estimate, Linear]:
    """A model of this many regressors, as far as the counting of parameters looks at it."""
    n_obs, nothing = float(len(shared.columns)), np.empty(0)
    made = Estimate(
        estimator="ols",
        terms=(),
        params=nothing,
        n_obs=n_obs,
        df_model=df_model,
        df_resid=n_obs - df_model - shared.df_absorbed,
        df_absorbed=shared.df_absorbed,
    )
    return made, Linear(np.empty((0, 0)), nothing, np.empty((0, 0)), absorb=shared.rows.absorb)
