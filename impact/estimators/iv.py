"""Instrumental variables by two-stage least squares, with effects and weights.

    y = x b + effects + e,   E[e | instruments, exogenous columns, effects] = 0
    b = (X̂'X̂)⁻¹ X̂'y,   X̂ = projection of x on the instruments and the exogenous columns of x

Assumptions: the instruments move the endogenous regressors and touch the outcome through them alone. The residual is
the structural one, y − x b with the endogenous regressors themselves; scores are X̂ times that residual and the bread
is (X̂'X̂)⁻¹, so that every variance of a linear model applies (leverage and jackknife variances hold the first stage
fixed). K counts the structural regressors and the effects. Source: Wooldridge (2010), ch. 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

import impact.estimators._regression as regression
import impact.kernels.least_squares as least_squares
from impact.core.arrays import Floats
from impact.core.designs import Design, Term
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate, Linear
from impact.core.registered import Estimator
from impact.core.texts import fault, notice

Method = Literal["2sls", "liml", "fuller", "gmm"]
AVAILABLE = ("2sls",)
WEAK_F = 10.0


def _available(method: str) -> str:
    if method not in AVAILABLE:
        values = {"name": method, "estimator": "iv", "names": ", ".join(AVAILABLE)}
        raise PydanticCustomError("E550", "", values)
    return method


class IvOptions(regression.RegressionOptions):
    """Options of instrumental variables."""

    method: Annotated[Method, AfterValidator(_available)] = Field(
        "2sls",
        description="2sls: two-stage least squares. liml, fuller and gmm are not available in this version.",
    )


@dataclass(frozen=True, slots=True)
class _FirstStage:
    """The regression of one endogenous column on the instruments: what it predicts, and how well.

    Arguments:
        predicted: (n,). params: (m,) coefficients of the excluded instruments, NaN where dropped.
        f, df, df_resid: classical F of the excluded instruments; partial_r2: what they explain beyond the others.
    """

    predicted: Floats
    params: Floats
    f: float
    df: int
    df_resid: float
    partial_r2: float


@dataclass(frozen=True, slots=True)
class _Columns:
    """Absorbed columns: y, x, excluded instruments z, and raw lengths of x and z where effects were absorbed."""

    y: Floats
    x: Floats
    z: Floats
    x_norms: Floats | None
    z_norms: Floats | None
    attained: float


def fit(design: Design, options: IvOptions) -> Estimate:
    """Estimate the coefficients of ``design.terms``, those at ``design.endogenous`` by instruments.

    Arguments:
        design: y (n,), x (n, k), instruments (n, m), weights, absorbed effects.
        options: method and the options of absorption.

    Returns:
        Estimate whose linear form stands on the projected regressors. ``fit`` holds ``first_stage_f``, the smallest
        classical first-stage F; ``tables["first_stage"]`` holds each first stage.

    Raises:
        DesignError: E552 no instruments, E553 not identified, and those of least squares.
        ConvergenceError: E510 absorption did not reach its tolerance.
    """
    if not design.endogenous or design.instruments is None or design.instruments.shape[1] == 0:
        raise DesignError(fault("E552"))
    regression.refuse_empty(design)
    columns = _absorbed(design, options)
    effects = regression.effects_of(design.absorb)
    levels, df_absorbed = regression.rank_of_effects(design.absorb, effects, exact=options.exact_df)
    n_obs = regression.number_of_observations(design)
    stages = _first_stages(design, columns, n_obs - df_absorbed)
    projected = columns.x.copy()
    for j, stage in stages.items():
        projected[:, j] = stage.predicted
    solution = least_squares.solve_least_squares(
        projected,
        columns.y,
        weights=design.weights,
        protect=design.endogenous,
        reference_norms=columns.x_norms,
    )
    if solution.lost:
        raise _not_identified(design, min(stage.df for stage in stages.values()))
    kept = np.flatnonzero(solution.kept)
    df_resid = n_obs - len(kept) - df_absorbed
    if df_resid <= 0:
        raise DesignError(fault("E505", n_obs=int(n_obs), k=len(kept) + df_absorbed))
    linear = _linear(design, columns, projected, kept, solution)
    position = {old: new for new, old in enumerate(kept.tolist())}
    statistics = regression.fit_statistics(design, columns.y, linear, df_resid)
    return Estimate(
        estimator="iv",
        terms=tuple(design.terms[j] for j in kept),
        params=solution.params,
        n_obs=n_obs,
        df_model=len(kept),
        df_resid=df_resid,
        df_absorbed=df_absorbed,
        n_units=design.panel.unit.levels if design.panel is not None else 0,
        linear=linear,
        effect_levels=levels,
        focus=tuple(position[j] for j in design.focus if j in position),
        fit={**statistics, "first_stage_f": min(s.f for s in stages.values()), "attained": columns.attained},
        dropped_terms=regression.dropped_terms_of(design, solution),
        notices=(*regression.conditioning_notices(design, solution), *_weak(design, stages)),
        tables={"first_stage": _first_stage_table(design, stages)},
    )


def _absorbed(design: Design, options: IvOptions) -> _Columns:
    assert design.instruments is not None
    k = design.x.shape[1]
    both = replace(design, x=np.column_stack([design.x, design.instruments]))
    y, columns, norms, attained = regression.absorb_columns(both, options)
    x, z = np.ascontiguousarray(columns[:, :k]), np.ascontiguousarray(columns[:, k:])
    if norms is None:
        return _Columns(y, x, z, None, None, attained)
    return _Columns(y, x, z, norms[:k], norms[k:], attained)


def _first_stages(design: Design, columns: _Columns, n_free: float) -> dict[int, _FirstStage]:
    """Position of each endogenous term → its first stage; ``n_free``: N less the rank of the effects."""
    exogenous = [j for j in range(columns.x.shape[1]) if j not in design.endogenous]
    base = np.column_stack([columns.x[:, exogenous], columns.z])
    norms = None
    if columns.x_norms is not None and columns.z_norms is not None:
        norms = np.concatenate([columns.x_norms[exogenous], columns.z_norms])
    stages: dict[int, _FirstStage] = {}
    for j in design.endogenous:
        target = np.ascontiguousarray(columns.x[:, j])
        full = least_squares.solve_least_squares(base, target, weights=design.weights, reference_norms=norms)
        own = full.kept[len(exogenous) :]
        count = int(np.count_nonzero(own))
        if count < len(design.endogenous):
            raise _not_identified(design, count)
        without = _sum_of_squares(base[:, : len(exogenous)], target, design.weights, norms)
        df_resid = n_free - int(np.count_nonzero(full.kept))
        params = np.full(columns.z.shape[1], np.nan)
        params[own] = full.params[int(np.count_nonzero(full.kept)) - count :]
        gained = max(without - full.rss, 0.0)
        f = gained / count / (full.rss / df_resid) if df_resid > 0 and full.rss > 0 else float("inf")
        stages[j] = _FirstStage(
            target - full.residual, params, f, count, df_resid, gained / without if without > 0 else 0.0
        )
    return stages


def _sum_of_squares(x: Floats, y: Floats, weights: Floats | None, norms: Floats | None) -> float:
    """Residual sum of squares of y on x; of y alone where x has no column."""
    if x.shape[1] == 0:
        return float(np.sum(y**2 if weights is None else weights * y**2))
    x = np.ascontiguousarray(x)
    lengths = None if norms is None else norms[: x.shape[1]]
    return least_squares.solve_least_squares(x, y, weights=weights, reference_norms=lengths).rss


def _not_identified(design: Design, found: int) -> DesignError:
    names = ", ".join(design.terms[j].name for j in design.endogenous)
    return DesignError(fault("E553", endogenous=names, needed=len(design.endogenous), found=found))


def _linear(
    design: Design,
    columns: _Columns,
    projected: Floats,
    kept: np.ndarray[tuple[int], np.dtype[np.int64]],
    solution: least_squares.LeastSquares,
) -> Linear:
    residual = columns.y - columns.x[:, kept] @ solution.params
    return Linear(
        x=np.ascontiguousarray(projected[:, kept]),
        residual=residual,
        bread=solution.bread,
        weights=design.weights,
        weight_kind=design.weight_kind,
        row_sum_of_squares=regression.row_sum_of_squares(design, residual),
        absorb=design.absorb,
    )


def _weak(design: Design, stages: Mapping[int, _FirstStage]) -> tuple[Notice, ...]:
    terms: tuple[Term, ...] = design.terms
    return tuple(
        notice("W550", endogenous=terms[j].name, f=f"{stage.f:.2f}", df=stage.df)
        for j, stage in stages.items()
        if stage.f < WEAK_F
    )


def _first_stage_table(design: Design, stages: Mapping[int, _FirstStage]) -> dict[str, object]:
    """Each first stage as plain data: F, degrees of freedom, partial R², coefficients of the instruments."""
    names = design.instrument_names
    return {
        design.terms[j].name: {
            "f": stage.f if np.isfinite(stage.f) else None,
            "df": stage.df,
            "df_resid": float(stage.df_resid),
            "partial_r2": stage.partial_r2,
            "coefficients": {
                name: None if np.isnan(value) else value
                for name, value in zip(names, stage.params.tolist(), strict=True)
            },
        }
        for j, stage in stages.items()
    }


ESTIMATOR = Estimator(
    summary="Instrumental variables by two-stage least squares, with effects and weights",
    options=IvOptions,
    fit=fit,
    references=("Wooldridge 2010, ch. 5", "Staiger and Stock 1997"),
    accepts=("weights", "absorb", "sums", "clusters", "instruments"),
)
