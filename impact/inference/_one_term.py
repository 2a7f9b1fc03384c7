"""The error of one term in each of many models on the same rows, equal to that of each model alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import Factor
from impact.core.estimates import Estimate, Linear
from impact.core.shared_rows import SharedRows
from impact.inference._clusters import named
from impact.inference._small_sample import Convention, convention, counted_parameters
from impact.inference.cluster import ClusterOptions, degrees_of
from impact.inference.hetero import HeteroOptions, factors_of
from impact.inference.iid import IidOptions
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


def is_shared(options: Any, weight_kind: str) -> bool:
    """Whether a variance follows from sums over shared rows: iid, HC0, HC1, CR0 and CR1."""
    match options:
        case ClusterOptions():
            return options.type in ("cr0", "cr1") and options.psd == "report" and bool(named(options.cluster))
        case HeteroOptions():
            return options.type in ("hc0", "hc1")
        case IidOptions():
            return weight_kind != "sampling"
        case _:
            return False


class OneTerm:
    """Errors of the target in models on the same rows; what several ask for is computed once."""

    def __init__(self, rows: SharedRows, columns: Floats, df_absorbed: int) -> None:
        """Keep the rows and the columns (n, p) without their effects."""
        self._rows, self._columns, self._df_absorbed = rows, columns, df_absorbed

    def errors(self, solutions: Solutions, df_model: Counts, options: Any) -> tuple[Floats, Floats]:
        """Standard errors and degrees of freedom (S,) of S models that ask for the same variance.

        Arguments:
            solutions: of the S models. df_model: (S,) their regressors, with the constant.
            options: for which ``is_shared`` holds.
        """
        n_obs = float(len(self._columns))
        match options:
            case ClusterOptions():
                variance, df = self._clustered(solutions, df_model, options)
            case HeteroOptions():
                rule = convention(options.ssc, "none" if options.type == "hc0" else "fixest")
                factor = self._each(
                    df_model, rule, (), lambda k, _: float(np.prod(list(factors_of(n_obs, k, rule).values())))
                )
                variance = row_variance(self._columns, self._rows.weights, solutions) * factor
                full = n_obs - df_model - self._df_absorbed
                df = np.full_like(variance, np.inf) if rule.law == "normal" else full.astype(np.float64)
            case _:
                rule = convention(options.ssc)
                k = self._each(df_model, rule, (), lambda k, _: float(k))
                divisor = n_obs - k if rule.n else np.full_like(k, n_obs - 1.0)
                variance, df = solutions.unit_variance * solutions.rss / divisor, n_obs - k
        return np.sqrt(np.where(variance >= 0, variance, np.nan)), df

    def _clustered(
        self, solutions: Solutions, df_model: Counts, options: ClusterOptions
    ) -> tuple[Floats, Floats]:
        clusters = tuple((self._rows.clusters or {})[name] for name in named(options.cluster))
        pieces = parts([cluster.codes for cluster in clusters], [cluster.levels for cluster in clusters])
        smallest = min(piece.groups for piece in pieces if len(piece.members) == 1)
        rule = convention(options.ssc, "fixest" if options.type == "cr1" else "none")
        if smallest < 2:
            lost = np.full(len(df_model), np.nan)
            return lost, lost

        def factor(part: Part) -> float:
            groups = smallest if rule.g == "min" else part.groups
            return 1.0 if rule.g == "none" else groups / (groups - 1.0)

        variance = many_way(pieces, lambda part: self._of_part(part, solutions), factor)
        n_obs = len(self._columns)
        if rule.n:
            variance = variance * self._each(
                df_model, rule, clusters, lambda k, _: (n_obs - 1.0) / (n_obs - k)
            )
        df = self._each(
            df_model,
            rule,
            clusters,
            lambda k, made: float(np.asarray(degrees_of(None, smallest, made, rule, k))),
        )
        return variance, df

    def _of_part(self, part: Part, solutions: Solutions) -> Floats:
        """The variance without factors over the clusters of one part."""
        weights, width = self._rows.weights, self._columns.shape[1]
        if fits_in_products(part.levels, width, len(self._columns)):
            products = group_products(self._columns, weights, part.codes, part.levels)
            return group_variance(products, solutions)
        return cluster_variance(self._columns, weights, part.codes, part.levels, solutions)

    def _each(
        self,
        df_model: Counts,
        rule: Convention,
        clusters: Sequence[Factor],
        value: Callable[[int, Estimate], float],
    ) -> Floats:
        """A value (S,) that depends on K alone, found once for each number of regressors."""
        found: dict[int, float] = {}
        for size in np.unique(df_model).tolist():
            made, linear = self._counting(size)
            found[size] = value(counted_parameters(made, linear, rule, clusters), made)
        return np.array([found[size] for size in df_model.tolist()])

    def _counting(self, df_model: int) -> tuple[Estimate, Linear]:
        """A model of this many regressors, as far as the counting of parameters looks at it."""
        n_obs, nothing = float(len(self._columns)), np.empty(0)
        made = Estimate(
            estimator="ols",
            terms=(),
            params=nothing,
            n_obs=n_obs,
            df_model=df_model,
            df_resid=n_obs - df_model - self._df_absorbed,
            df_absorbed=self._df_absorbed,
        )
        linear = Linear(np.empty((0, 0)), nothing, np.empty((0, 0)), absorb=self._rows.absorb)
        return made, linear
