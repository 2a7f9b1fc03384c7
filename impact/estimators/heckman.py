"""Selection model of Heckman (1979): an outcome that is seen for some rows only.

    y = x b + u is seen where z g + v > 0,   (u, v) jointly normal with correlation ρ

method two_step: probit of selection, then least squares with the inverse Mills ratio `lambda`, whose coefficient is
ρσ; errors with the estimation of the first step (Heckman 1979; Greene 1981). method ml: both equations at once, errors
from the inverse information. `vcov: own`, the default without a panel, is these errors; hc1 and clusters use
influence rows of the same method.
`selection` names the columns of z; the regressors of the outcome are added unless `with_regressors: false`. A column of
text enters as dummies. An outcome that is missing counts as not selected unless `selected` names a column of 0 and 1.
Target: coefficients for everybody, seen or not. Assumptions: joint normality, and a column in z that does not belong in
x; without one the model rests on the curve of λ alone (W652).
Defaults elsewhere: Stata heckman maximum likelihood, every selection column written out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

import impact.kernels.likelihood.glm as glm
import impact.kernels.selection as kernel
from impact.core.arrays import Floats, Integers
from impact.core.designs import Design, Factor, Term
from impact.core.errors import ConvergenceError, DesignError, Notice
from impact.core.estimates import Estimate, Influence, OwnVariance
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import LANGUAGES, fault, notice, text
from impact.estimators._distributions import label_text, refuse_what_is_not_taken, selection_of

NAME = "heckman"
ACCEPTS = ("clusters", "own_unless_clustered", "missing_outcome")
LARGEST_T = 10.0  # correlation within 1e-8 of one


class HeckmanOptions(Options):
    """Options of the selection model."""

    selection: tuple[str, ...] | str = Field((), description="Columns of the selection equation (needed).")
    with_regressors: bool = Field(
        True, description="The regressors of the outcome are in the selection equation, too."
    )
    selected: str = Field("", description="Column, 1 where the outcome counts; default: where it is known.")
    method: Literal["two_step", "ml"] = Field(
        "two_step", description="two_step (Heckman's), or ml (maximum likelihood)."
    )


@dataclass(frozen=True, slots=True)
class _Model:
    """The arrays with names of the columns of z; lost: columns of z left out and why."""

    sample: kernel.Sample
    z_names: tuple[str, ...]
    first: kernel.Selection
    lost: dict[str, str]


def fit(design: Design, options: HeckmanOptions) -> Estimate:
    """Coefficients of the outcome, of selection, and of the correlation between the two.

    Arguments:
        design: y (n,), NaN where unknown, x (n, k), and the columns of the options.
        options: see ``HeckmanOptions``.

    Returns:
        Estimate: the terms of x, ``lambda``, with method ml ``rho`` and ``sigma``, and ``selection[z]`` of each column;
        influence rows and the errors of the method.

    Raises:
        DesignError: E650 what it does not take, E652 no selection column, E653 selection that is not 0 and 1, E654 a
            selection equation that predicts perfectly, or λ that the regressors explain. ConvergenceError: E655.
    """
    refuse_what_is_not_taken(design, NAME, ACCEPTS)
    model = _model(design, options)
    second = kernel.two_step(model.sample, model.first)
    dropped = _refuse_lost(design, second)
    if options.method == "ml":
        return _likelihood(design, model, second, dropped)
    names = [*(t.name for t, kept in zip(design.terms, second.kept[:-1], strict=True) if kept), "lambda"]
    vcov = np.block([[second.vcov, second.between], [second.between.T, model.first.vcov]])
    notices = _notices(design, model)
    if abs(second.rho) > 1.0:
        notices = (*notices, notice("W651", rho=f"{second.rho:.3g}"))
    return _estimate(
        design,
        model,
        _terms(names, model),
        (
            np.concatenate([second.params, model.first.params]),
            np.hstack([second.influence, model.first.influence]),
            vcov,
        ),
        fit={"rho": second.rho, "sigma": second.sigma},
        said=("heckman.two_step", notices, dropped),
    )


def _likelihood(design: Design, model: _Model, second: kernel.TwoStep, dropped: dict[str, str]) -> Estimate:
    kept = second.kept[:-1]
    sample = kernel.Sample(
        model.sample.y, np.ascontiguousarray(model.sample.x[:, kept]), model.sample.z, model.sample.selected
    )
    rho = float(np.clip(second.rho, -0.9, 0.9))
    start = np.concatenate([second.params[:-1], model.first.params, [np.arctanh(rho), np.log(second.sigma)]])
    found = kernel.maximise(sample, start)
    if not found.converged or abs(found.params[-2]) > LARGEST_T:
        rho = float(np.tanh(found.params[-2]))
        raise ConvergenceError(fault("E655", iterations=found.iterations, rho=f"{rho:.6f}"))
    k, m = sample.x.shape[1], sample.z.shape[1]
    t, sigma = float(found.params[-2]), float(np.exp(found.params[-1]))
    correlation, slope = float(np.tanh(t)), float(1.0 / np.cosh(t) ** 2)
    names = [term.name for term, one in zip(design.terms, kept, strict=True) if one]
    # coefficients, λ = ρσ, ρ, σ, selection
    jacobian = np.zeros((k + 3 + m, k + m + 2))
    jacobian[:k, :k] = np.eye(k)
    jacobian[k, -2:] = [slope * sigma, correlation * sigma]
    jacobian[k + 1, -2] = slope
    jacobian[k + 2, -1] = sigma
    jacobian[k + 3 :, k : k + m] = np.eye(m)
    params = np.concatenate(
        [found.params[:k], [correlation * sigma, correlation, sigma], found.params[k : k + m]]
    )
    return _estimate(
        design,
        model,
        _terms([*names, "lambda", "rho", "sigma"], model),
        (params, found.influence @ jacobian.T, jacobian @ found.vcov @ jacobian.T),
        fit={"rho": correlation, "sigma": sigma, "log_likelihood": found.log_likelihood},
        said=("heckman.ml", _notices(design, model), dropped),
    )


def _estimate(
    design: Design,
    model: _Model,
    terms: tuple[Term, ...],
    numbers: tuple[Floats, Floats, Floats],
    *,
    fit: dict[str, float],
    said: tuple[str, tuple[Notice, ...], dict[str, str]],
) -> Estimate:
    params, influence, vcov = numbers
    key, notices, dropped = said
    inside = model.sample.selected
    rows: Integers = np.arange(len(design.y), dtype=np.int32)
    names = [term.name for term in terms]
    focus = tuple(names.index(design.terms[j].name) for j in design.focus if design.terms[j].name in names)
    return Estimate(
        estimator=NAME,
        terms=terms,
        params=params,
        n_obs=float(len(design.y)),
        df_model=len(terms),
        df_resid=float(len(design.y) - len(terms)),
        influence=Influence(influence, rows),
        focus=focus or (0,),
        fit={
            **fit,
            "mean_outcome": float(np.mean(design.y[inside])),
            "n_selected": float(np.count_nonzero(inside)),
        },
        dropped_terms={**dropped, **model.lost},
        notices=notices,
        own_variance=OwnVariance(
            (vcov + vcov.T) / 2.0,
            key.split(".")[1],
            {language: text(key, language) for language in LANGUAGES},
        ),
    )


def _terms(names: list[str], model: _Model) -> tuple[Term, ...]:
    found = [Term(name, "selection" if name == "rho" else "coef") for name in names]
    return (*found, *(Term(f"selection[{name}]", "selection") for name in model.z_names))


# --- the selection equation ---


def _model(design: Design, options: HeckmanOptions) -> _Model:
    selected = selection_of(design, NAME) == 1
    columns, names = _selection_columns(design, options)
    z = np.column_stack(columns)
    found = glm.fit_glm(z, selected.astype(np.float64), "probit")
    if found.separated.any() or not found.converged:
        count = int(np.count_nonzero(found.separated))
        problem = f"the selection equation predicts {count} row(s) without error"
        raise DesignError(fault("E654", problem=problem))
    z = np.ascontiguousarray(z[:, found.kept])
    # observed information, as in Stata; for the probit it differs from the expected one
    information = (z * found.curvature[:, None]).T @ z
    vcov = np.asarray(np.linalg.inv(information), dtype=np.float64)
    influence = (z * found.score[:, None]) @ vcov
    lost = {f"selection[{names[j]}]": "collinear" for j in np.flatnonzero(~found.kept).tolist()}
    sample = kernel.Sample(np.where(selected, design.y, 0.0), design.x, z, selected)
    kept = tuple(name for name, one in zip(names, found.kept, strict=True) if one)
    return _Model(sample, kept, kernel.Selection(found.params, found.predictor, vcov, influence), lost)


def _selection_columns(design: Design, options: HeckmanOptions) -> tuple[list[Floats], list[str]]:
    """A constant, the regressors of the outcome, and the columns that `selection` names."""
    columns: list[Floats] = [np.ones(len(design.y))]
    names = ["Intercept"]
    if options.with_regressors:
        others = [j for j, term in enumerate(design.terms) if term.name != "Intercept"]
        columns += [design.x[:, j] for j in others]
        names += [design.terms[j].name for j in others]
    for name in _selection_names(options):
        column = design.columns[f"selection {name}"]
        if name in names:
            continue
        if isinstance(column, Factor):
            for code, label in enumerate(column.labels[1:], start=1):
                columns.append((column.codes == code).astype(np.float64))
                names.append(f"{name}::{label_text(label)}")
        else:
            columns.append(column)
            names.append(name)
    if len(names) == 1:
        raise DesignError(fault("E652", option="selection", value="", known="columns that explain selection"))
    return columns, names


def _selection_names(options: HeckmanOptions) -> tuple[str, ...]:
    wanted = (options.selection,) if isinstance(options.selection, str) else options.selection
    return tuple(dict.fromkeys(name for name in wanted if name))


def _refuse_lost(design: Design, second: kernel.TwoStep) -> dict[str, str]:
    """Outcome regressors that are collinear among the selected, by name; the treatment and λ may not be.

    Raises:
        DesignError: E504, E654.
    """
    if not second.kept[-1]:
        problem = "among the selected rows the regressors explain the inverse Mills ratio"
        raise DesignError(fault("E654", problem=problem))
    lost = np.flatnonzero(~second.kept[:-1]).tolist()
    for j in lost:
        if j in design.focus:
            raise DesignError(fault("E504", term=design.terms[j].name, others="other columns"))
    return {design.terms[j].name: "collinear among the selected" for j in lost}


def _notices(design: Design, model: _Model) -> tuple[Notice, ...]:
    """W652 where nothing moves selection alone."""
    own = {term.name for term in design.terms}
    return () if set(model.z_names) - own - {"Intercept"} else (notice("W652"),)


def _columns(options: HeckmanOptions) -> dict[str, str]:
    found = {"selected": options.selected} if options.selected else {}
    return {**found, **{f"selection {name}": name for name in _selection_names(options)}}


ESTIMATOR = Estimator(
    summary="Heckman's selection model: two steps or maximum likelihood",
    options=HeckmanOptions,
    fit=fit,
    references=("Heckman 1979", "Greene 1981"),
    accepts=ACCEPTS,
    columns=_columns,
)
