"""Least squares of many models on the same rows: effects absorbed once, coefficients from one cross-product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import impact.kernels.absorb as absorption
from impact.core.arrays import Floats, Logicals
from impact.core.rows.shared_rows import SharedRows
from impact.estimators._regression import RegressionOptions, effects_of, rank_of_effects
from impact.kernels.compiled import cross_product
from impact.kernels.least_squares import ABSORBED_SHARE
from impact.kernels.specification_curve import Regressions, Solutions, solve


@dataclass(frozen=True, slots=True)
class SharedFit:
    """The target's coefficient in every model on shared rows.

    Arguments:
        rows: the models and what they stand on. columns: (n, p) without the effects; products: (p, p) their Z'WZ.
        kept: (p,) whether absorption left anything of a column.
        regressions, solutions: of the M members; those that are not ``usable`` (M,) have to be fitted alone.
        df_model: (M,) kept regressors, the constant included; df_absorbed: parameters of the effects.
    """

    rows: SharedRows
    columns: Floats
    products: Floats
    kept: Logicals
    regressions: Regressions
    solutions: Solutions
    usable: Logicals
    df_model: npt.NDArray[np.int64]
    df_absorbed: int

    @property
    def n_obs(self) -> int:
        """Rows."""
        return len(self.columns)


def fit_shared(rows: SharedRows, options: RegressionOptions) -> SharedFit | None:
    """Every member from one cross-product; None where the effects cannot be absorbed or nothing is left of the rows.

    A model whose cross-product does not hold the digits (nearly collinear regressors, a target without variation, an
    exact fit, no degrees of freedom) is not usable: alone, it gets them or says what is wrong.
    """
    if len(rows.columns) < 2:
        return None
    effects = effects_of(rows.absorb)
    columns, norms = _absorbed(rows, effects, rows.columns, options)
    if columns is None or norms is None:
        return None
    products = cross_product([columns], rows.weights, None)
    if not np.isfinite(products).all():
        return None
    kept = np.sqrt(np.maximum(np.diagonal(products), 0.0)) > ABSORBED_SHARE * norms
    regressions = _regressions(rows, kept)
    solutions = solve(products, regressions)
    _, df_absorbed = rank_of_effects(rows.absorb, effects, exact=options.exact_df)
    df_model = np.array([len(own) for own in regressions.regressors]) + rows.intercept
    usable = solutions.is_exact & kept[regressions.outcome] & (regressions.target >= 0)
    usable &= len(columns) - df_model - df_absorbed > 0
    return SharedFit(rows, columns, products, kept, regressions, solutions, usable, df_model, df_absorbed)


def absorbed_again(fit: SharedFit, columns: Floats, options: RegressionOptions) -> Floats | None:
    """Other columns (n, q) on the same rows without their effects; None where they cannot be absorbed."""
    return _absorbed(fit.rows, effects_of(fit.rows.absorb), columns, options)[0]


def _absorbed(
    rows: SharedRows, effects: list[absorption.Effect], columns: Floats, options: RegressionOptions
) -> tuple[Floats | None, Floats | None]:
    """Columns without effects, the constant being one more, and their lengths before that."""
    if rows.intercept:
        effects = [*effects, absorption.Effect(np.zeros(len(columns), dtype=np.int32), 1, None, True)]
    if not effects:
        return columns, np.sqrt(np.diagonal(cross_product([columns], rows.weights, None)))
    try:
        found = absorption.absorb(
            columns,
            effects,
            weights=rows.weights,
            tolerance=options.tolerance,
            max_iterations=options.max_iterations,
        )
    except (absorption.ConvergenceFailure, ValueError):
        return None, None
    return (found.columns, found.norms) if found.converged else (None, None)


def _regressions(rows: SharedRows, kept: Logicals) -> Regressions:
    """The members without regressors of which absorption left nothing; a target among those is −1."""
    return Regressions(
        outcome=np.array([member.outcome for member in rows.members], dtype=np.int64),
        target=np.array(
            [member.target if member.target >= 0 and kept[member.target] else -1 for member in rows.members],
            dtype=np.int64,
        ),
        regressors=tuple(tuple(j for j in member.regressors if kept[j]) for member in rows.members),
    )
