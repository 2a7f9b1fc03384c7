"""Instrumental variables: two-stage least squares, LIML, Fuller, two-step GMM; effects, weights, several regressors.

    y = x b + effects + e,   E[e | instruments, exogenous columns, effects] = 0
    2SLS: b = (X̂'X̂)⁻¹ X̂'y,   X̂ = projection of x on the instruments and the exogenous columns of x

LIML and Fuller replace X̂'X̂ by X'(I − kM)X, GMM weighs the moments by the inverse of their covariance at the 2SLS
residual (``impact.kernels.instruments.instrumental``). Assumptions: the instruments move the endogenous regressors and
touch the outcome through them alone. The residual is the structural one, y − x b with the endogenous regressors
themselves; scores are X̂ (GMM: Z W Z'X) times that residual and the bread is the inverse of the method's own products,
so that every variance of a linear model applies; those with leverage hold the first stage fixed and exist for 2SLS
alone. K counts the structural regressors and the effects. Sources: Wooldridge (2010), ch. 5; Fuller (1977); Hansen
(1982).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

import impact.estimators._regression as regression
import impact.kernels.instruments.instrumental as instrumental
import impact.kernels.least_squares as least_squares
from impact.core.arrays import Floats, Integers
from impact.core.designs import Design, Term
from impact.core.errors import DesignError, EstimationError, Notice
from impact.core.estimates import Estimate, Linear
from impact.core.registered import Estimator
from impact.core.texts import fault, notice
from impact.estimators._reduced_form import (
    Columns,
    FirstStage,
    ReducedForm,
    absorbed,
    not_identified,
    reduced_form,
)

Method = Literal["2sls", "liml", "fuller", "gmm"]
MomentWeight = Literal["auto", "robust", "cluster", "iid"]
WEAK_F = 10.0


class IvOptions(regression.RegressionOptions):
    """Options of instrumental variables."""

    method: Method = Field(
        "2sls",
        description="2sls: two-stage least squares; liml: limited-information maximum likelihood; fuller: LIML less "
        "alpha / (N - L); gmm: two-step generalised method of moments.",
    )
    alpha: float = Field(
        1.0, ge=0, description="Fuller's constant: 1 for least bias, 4 for least mean squared error."
    )
    gmm_weight: MomentWeight = Field(
        "auto",
        description="Covariance of the moments that GMM weighs by: robust by rows, by the cluster variable of `vcov`, "
        "or iid (which gives 2sls); auto: by cluster where there is one.",
    )

    @model_validator(mode="after")
    def _only_what_is_used(self) -> IvOptions:
        for option, method in (("alpha", "fuller"), ("gmm_weight", "gmm")):
            if option in self.model_fields_set and self.method != method:
                raise PydanticCustomError("E550", "", {"option": option, "method": self.method, "of": method})
        return self


@dataclass(frozen=True, slots=True)
class _Solution:
    """Coefficients (k,) with x (n, k) of the scores, bread (k, k), further fit statistics."""

    params: Floats
    x: Floats
    bread: Floats
    fit: Mapping[str, float]
    is_projection: bool = True
    spread: Floats | None = None


def fit(design: Design, options: IvOptions) -> Estimate:
    """Estimate the coefficients of ``design.terms``, those at ``design.endogenous`` by instruments.

    Arguments:
        design: y (n,), x (n, k), instruments (n, m), weights, absorbed effects.
        options: method and the options of absorption.

    Returns:
        Estimate whose linear form stands on the projected regressors. ``fit`` holds ``first_stage_f``, the smallest
        classical first-stage F, ``kappa`` (LIML, Fuller) and ``j`` (GMM); ``tables["first_stage"]`` holds each first
        stage, ``instrumented`` the reduced form.

    Raises:
        DesignError: E552 no instruments, E553 not identified, E641 GMM by several cluster variables or none, E642
            moments without an inverse covariance, and those of least squares.
        ConvergenceError: E510 absorption did not reach its tolerance.
    """
    if not design.endogenous or design.instruments is None or design.instruments.shape[1] == 0:
        raise DesignError(fault("E552"))
    regression.refuse_empty(design)
    columns = absorbed(design, options)
    effects = regression.effects_of(design.absorb)
    levels, df_absorbed = regression.rank_of_effects(design.absorb, effects, exact=options.exact_df)
    n_obs = regression.number_of_observations(design)
    reduced = reduced_form(design, columns, n_obs - df_absorbed)
    first = _two_stages(design, columns, reduced)
    kept = np.flatnonzero(first.kept)
    df_resid = n_obs - len(kept) - df_absorbed
    if df_resid <= 0:
        raise DesignError(fault("E505", n_obs=int(n_obs), k=len(kept) + df_absorbed))
    solution = _solved(design, options, columns, reduced, first, n_obs - df_absorbed)
    linear = _linear(design, columns, kept, solution)
    position = {old: new for new, old in enumerate(kept.tolist())}
    statistics = regression.fit_statistics(design, columns.y, linear, df_resid)
    stages = reduced.stages
    smallest = {"first_stage_f": min(s.f for s in stages.values()), "attained": columns.attained}
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
        fit={**statistics, **smallest, **solution.fit},
        dropped_terms=regression.dropped_terms_of(design, first),
        notices=(*regression.conditioning_notices(design, first), *_weak(design, stages)),
        tables={"first_stage": _first_stage_table(design, stages), "method": options.method},
        instrumented=replace(reduced.instrumented, focus=tuple(position[j] for j in design.endogenous)),
    )


def _two_stages(design: Design, columns: Columns, reduced: ReducedForm) -> least_squares.LeastSquares:
    """Least squares on the projected regressors."""
    projected = columns.x.copy()
    instrumented = reduced.instrumented
    projected[:, list(design.endogenous)] = (instrumented.responses - instrumented.residual)[:, 1:]
    solution = least_squares.solve_least_squares(
        projected,
        columns.y,
        weights=design.weights,
        protect=design.endogenous,
        reference_norms=columns.x_norms,
    )
    if solution.lost:
        raise not_identified(design, len(instrumented.instruments))
    return solution


def _solved(
    design: Design,
    options: IvOptions,
    columns: Columns,
    reduced: ReducedForm,
    first: least_squares.LeastSquares,
    n_free: float,
) -> _Solution:
    """The coefficients by the method asked for, starting from those of two stages."""
    instrumented = reduced.instrumented
    x = np.ascontiguousarray(columns.x[:, first.kept])
    left = np.zeros_like(columns.x)
    left[:, list(design.endogenous)] = instrumented.residual[:, 1:]
    left = np.ascontiguousarray(left[:, first.kept])
    projected = x - left
    if options.method == "2sls":
        return _Solution(first.params, projected, first.bread, {})
    if options.method == "gmm":
        return _by_moments(design, options, x, instrumented.x, columns.y, first)
    k = instrumental.smallest_root(
        instrumental.squares(reduced.left, design.weights),
        instrumental.squares(instrumented.residual, design.weights),
    )
    facts = {"kappa": k}
    if options.method == "fuller":
        facts = {"kappa_liml": k, "kappa": k - options.alpha / (n_free - instrumented.x.shape[1])}
    params, bread = instrumental.k_class(
        x, columns.y, left, facts["kappa"], start=first.params, weights=design.weights
    )
    return _Solution(params, projected, bread, facts, is_projection=False)


def _by_moments(
    design: Design,
    options: IvOptions,
    x: Floats,
    z: Floats,
    y: Floats,
    first: least_squares.LeastSquares,
) -> _Solution:
    residual = y - x @ first.params
    kind, groups = _grouping(design, options.gmm_weight)
    if kind == "iid":
        sigma2 = float(instrumental.squares(residual[:, None], design.weights)[0, 0]) / len(y)
        covariance = sigma2 * instrumental.squares(z, design.weights)
    else:
        covariance = instrumental.moment_covariance(
            z, residual, design.weights, frequency=design.weight_kind == "frequency", groups=groups
        )
    try:
        found = instrumental.moments_solution(z, x, y, covariance, weights=design.weights)
    except instrumental.SingularMoments as problem:
        raise EstimationError(fault("E642", rank=problem.rank, count=problem.count)) from problem
    spread = found.bread @ instrumental.squares(found.projected, design.weights) @ found.bread
    facts = {"j": found.j, "j_df": float(z.shape[1] - x.shape[1])}
    return _Solution(found.params, found.projected, found.bread, facts, is_projection=False, spread=spread)


def _grouping(design: Design, asked: MomentWeight) -> tuple[str, tuple[Integers, int] | None]:
    """The kind of weight, and the groups that moments are summed by."""
    names = list(design.clusters)
    if asked == "auto":
        asked = "cluster" if names else "robust"
    if asked != "cluster":
        return asked, None
    if len(names) != 1:
        raise DesignError(fault("E641", count=len(names)))
    factor = design.clusters[names[0]]
    return asked, (factor.codes, factor.levels)


def _linear(design: Design, columns: Columns, kept: npt.NDArray[np.int64], solution: _Solution) -> Linear:
    residual = columns.y - columns.x[:, kept] @ solution.params
    return Linear(
        x=np.ascontiguousarray(solution.x),
        residual=residual,
        bread=solution.bread,
        weights=design.weights,
        weight_kind=design.weight_kind,
        row_sum_of_squares=regression.row_sum_of_squares(design, residual),
        absorb=design.absorb,
        is_projection=solution.is_projection,
        spread=solution.spread,
    )


def _weak(design: Design, stages: Mapping[int, FirstStage]) -> tuple[Notice, ...]:
    """W550 for several endogenous regressors; one alone has its effective F (W508)."""
    if len(stages) == 1:
        return ()
    terms: tuple[Term, ...] = design.terms
    return tuple(
        notice("W550", endogenous=terms[j].name, f=f"{stage.f:.2f}", df=stage.df)
        for j, stage in stages.items()
        if stage.f < WEAK_F
    )


def _first_stage_table(design: Design, stages: Mapping[int, FirstStage]) -> dict[str, object]:
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
    summary="Instrumental variables: 2SLS, LIML, Fuller and GMM, with effects and weights",
    options=IvOptions,
    fit=fit,
    references=("Wooldridge 2010, ch. 5", "Staiger and Stock 1997", "Fuller 1977", "Hansen 1982"),
    accepts=("weights", "absorb", "sums", "clusters", "instruments"),
)
