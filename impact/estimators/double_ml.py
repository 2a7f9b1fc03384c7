"""The effect of one variable where many covariates may matter: double selection and cross-fitting.

    y = θ d + g(x) + u,   d = m(x) + v,   E[u | d, x] = E[v | x] = 0

method double_selection: a lasso of y and one of d choose among the covariates, and least squares on d and all that
either chose gives θ (Belloni, Chernozhukov and Hansen 2014); the penalty is theirs, not from cross-validation. A
covariate that only one of the two needs is kept: that is what makes the errors right. method cross_fitting: y and d are
predicted in each of `folds` parts from the others by `learner` and θ is the slope between what is left (Chernozhukov
and others 2018, partialling-out score, all parts pooled). Parts are drawn from the seed; whole clusters stay together.
With `repetitions` they are drawn several times: θ is the median slope, and its squared error the median of squared
error plus squared distance from θ (their definition 3.3), which the influence rows carry.
The treatment is the first regressor or the one that `treatment:` names; `always` names covariates without a penalty.
Learners: lasso and ols are built in; forest and boosting need scikit-learn.
Assumptions: no unobserved confounder; double_selection: few of the covariates (of their columns) carry nearly all of
g and m; cross_fitting: the learner finds g and m well enough.
Defaults elsewhere: R hdm the same selection; Python and R DoubleML: no default learner, five parts.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

import impact.estimators._regression as regression
import impact.kernels.rigorous_lasso as lasso
from impact.core.arrays import Floats, Integers
from impact.core.designs import Design, Term
from impact.core.errors import DesignError, EstimationError, SpecError
from impact.core.estimates import Estimate, Influence
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault, notice
from impact.estimators._distributions import INTERCEPT, covariance_of, refuse_what_is_not_taken
from impact.estimators._treated import names_of, treatment_place

NAME = "double_ml"
ACCEPTS = ("clusters",)
Learner = Literal["lasso", "ols", "forest", "boosting"]


class DoubleOptions(Options):
    """Options of double selection and cross-fitting."""

    method: Literal["double_selection", "cross_fitting"] = Field(
        "double_selection", description="double_selection (lasso), or cross_fitting (any learner)."
    )
    always: tuple[str, ...] | str = Field((), description="Covariates that the lasso may not leave out.")
    c: float = Field(1.1, gt=0, description="Slack of the lasso's penalty.")
    learner: Learner = Field(
        "lasso", description="With cross_fitting: lasso, ols; forest and boosting need scikit-learn."
    )
    folds: int = Field(5, ge=2, description="With cross_fitting: parts.")
    repetitions: int = Field(
        1,
        ge=1,
        le=1000,
        description="With cross_fitting: how often parts are drawn; the median slope counts.",
    )

    @model_validator(mode="after")
    def _options_of_the_method(self) -> DoubleOptions:
        for name in ("learner", "folds", "repetitions"):
            default = type(self).model_fields[name].default
            if self.method == "double_selection" and getattr(self, name) != default:
                values = {"option": name, "method": self.method, "of": "cross_fitting"}
                raise PydanticCustomError("E550", "", values)
        penalised = self.method == "double_selection" or self.learner == "lasso"
        if not penalised and (names_of(self.always) or self.c != type(self).model_fields["c"].default):
            option = "always" if names_of(self.always) else "c"
            raise PydanticCustomError("E550", "", {"option": option, "method": self.learner, "of": "lasso"})
        return self


@dataclass(frozen=True, slots=True)
class _Columns:
    """y, d (n,); always (n, q), a constant first; x (n, p) the columns that may be left out, with their names."""

    y: Floats
    d: Floats
    always: Floats
    x: Floats
    names: tuple[str, ...]


def fit(design: Design, options: DoubleOptions) -> Estimate:
    """The slope of the outcome on the treatment.

    Arguments:
        design: y (n,), x (n, k) with one term of interest and the covariates.
        options: see ``DoubleOptions``.

    Returns:
        Estimate: double_selection: the least-squares fit on what was chosen, ``tables`` names it; cross_fitting: the
        treatment with influence rows.

    Raises:
        DesignError: E650 what it does not take, E660 no or several treatments, E521 an unknown name in ``always``,
            E666 nothing to choose from, or a treatment without variation of its own. SpecError: E182 cross-fitting
            without a seed. EstimationError: E667 a lasso without a minimum, E668 scikit-learn is missing.
    """
    refuse_what_is_not_taken(design, NAME, ACCEPTS)
    columns = _columns_of(design, options)
    if options.method == "cross_fitting":
        return _cross_fitted(design, columns, options)
    chosen = {
        design.outcome: _chosen(columns, columns.y, design.outcome, options),
        _treatment(design): _chosen(columns, columns.d, _treatment(design), options),
    }
    union = np.logical_or.reduce([one.kept for one in chosen.values()])
    left_out = {name for name, one in zip(columns.names, union, strict=True) if not one}
    kept = [j for j, term in enumerate(design.terms) if term.name not in left_out]
    place = kept.index(treatment_place(design))
    smaller = replace(
        design,
        terms=tuple(design.terms[j] for j in kept),
        x=np.ascontiguousarray(design.x[:, kept]),
        focus=(place,),
    )
    estimate = regression.fit_regression(smaller, regression.RegressionOptions())
    unsettled = [
        notice("W663", name=name, iterations=one.iterations)
        for name, one in chosen.items()
        if not one.settled
    ]
    table = {
        name: [one for one, kept in zip(columns.names, found.kept, strict=True) if kept]
        for name, found in chosen.items()
    }
    return replace(
        estimate,
        estimator=NAME,
        fit={
            **estimate.fit,
            "n_candidates": float(len(columns.names)),
            "n_chosen": float(np.count_nonzero(union)),
        },
        notices=(*estimate.notices, *unsettled),
        tables={**estimate.tables, "chosen": table},
    )


def _treatment(design: Design) -> str:
    return design.terms[treatment_place(design)].name


def _columns_of(design: Design, options: DoubleOptions) -> _Columns:
    place = treatment_place(design)
    names = [term.name for term in design.terms]
    wanted = names_of(options.always)
    for name in wanted:
        if name not in names or name in (names[place], INTERCEPT):
            known = ", ".join(one for j, one in enumerate(names) if j != place and one != INTERCEPT)
            raise DesignError(fault("E521", name=name, terms=known or "none"))
    free = [j for j, name in enumerate(names) if j != place and name not in (*wanted, INTERCEPT)]
    if not free:
        raise DesignError(fault("E666", problem="the formula has no covariate to choose from"))
    n = len(design.y)
    always = np.column_stack([np.ones(n), *(design.x[:, names.index(name)] for name in wanted)])
    d = np.ascontiguousarray(design.x[:, place])
    x = np.ascontiguousarray(design.x[:, free])
    return _Columns(design.y, d, always, x, tuple(names[j] for j in free))


def _chosen(columns: _Columns, target: Floats, name: str, options: DoubleOptions) -> lasso.Selection:
    """The lasso of a column on the covariates, both without what is always in.

    Raises:
        EstimationError: E667.
    """
    left = _without(columns.always, np.column_stack([target, columns.x]))
    found = lasso.select(np.ascontiguousarray(left[:, 1:]), np.ascontiguousarray(left[:, 0]), c=options.c)
    if not found.converged:
        raise EstimationError(fault("E667", name=name))
    return found


def _without(always: Floats, columns: Floats) -> Floats:
    params = np.linalg.lstsq(always, columns, rcond=None)[0]
    return np.asarray(columns - always @ params, dtype=np.float64)


# --- cross-fitting ---


@dataclass(frozen=True, slots=True)
class _Run:
    """One division into parts: the slope, its influence rows (n,) and error, variances of what is left of y and d."""

    slope: float
    rows: Floats
    std_error: float
    left: tuple[float, float]


def _cross_fitted(design: Design, columns: _Columns, options: DoubleOptions) -> Estimate:
    if design.seed is None:
        raise SpecError(fault("E182", what="method: cross_fitting"))
    random = np.random.default_rng(design.seed)
    runs = [_run(design, columns, random, options) for _ in range(options.repetitions)]
    slopes, errors = np.array([run.slope for run in runs]), np.array([run.std_error for run in runs])
    slope = float(np.median(slopes))
    middle = runs[int(np.argmin(np.abs(slopes - slope)))]
    # scaled so that their squares, in clusters where there are any, sum to the median of error and distance
    scale = float(np.sqrt(np.median(errors**2 + (slopes - slope) ** 2))) / middle.std_error
    rows: Integers = np.arange(len(columns.y), dtype=np.int32)
    return Estimate(
        estimator=NAME,
        terms=(Term(_treatment(design)),),
        params=np.array([slope]),
        n_obs=float(len(columns.y)),
        df_model=1,
        df_resid=float(len(columns.y) - 1),
        influence=Influence(scale * middle.rows[:, None], rows),
        focus=(0,),
        fit={
            "mean_outcome": float(np.mean(columns.y)),
            "n_candidates": float(len(columns.names)),
            "r2_outcome": 1.0 - middle.left[0] / float(np.var(columns.y)),
            "r2_treatment": 1.0 - middle.left[1] / float(np.var(columns.d)),
        },
        tables={
            "learner": {
                "name": options.learner,
                "folds": options.folds,
                "repetitions": options.repetitions,
                "slopes": slopes.tolist(),
            }
        },
    )


def _run(design: Design, columns: _Columns, random: np.random.Generator, options: DoubleOptions) -> _Run:
    """The slope between what the learner leaves of outcome and treatment.

    Raises:
        DesignError: E666 fewer rows or clusters than parts, or nothing left of the treatment.
    """
    part = _parts(design, options, random)
    u, v = (_unexplained(columns, target, part, (random, options)) for target in (columns.y, columns.d))
    total = float(v @ v)
    if total <= 1e-12 * float(np.sum((columns.d - columns.d.mean()) ** 2)):
        raise DesignError(fault("E666", problem="the covariates explain the treatment without rest"))
    slope = float(v @ u) / total
    rows = (u - v * slope) * v / total
    error = float(np.sqrt(covariance_of(rows[:, None], design)[0, 0]))
    return _Run(slope, rows, error, (float(np.var(u)), float(np.var(v))))


def _parts(design: Design, options: DoubleOptions, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """The part (n,) of each row: rows, or whole clusters, in random order, dealt out in turn."""
    codes, size = np.arange(len(design.y)), len(design.y)
    for cluster in design.clusters.values():
        codes, size = cluster.codes.astype(np.int64), cluster.levels
        break
    if size < options.folds:
        raise DesignError(
            fault("E666", problem=f"{size} row(s) or cluster(s) cannot be dealt to {options.folds}")
        )
    part = np.empty(size, dtype=np.int64)
    part[random.permutation(size)] = np.arange(size) % options.folds
    return np.asarray(part[codes], dtype=np.int64)


def _unexplained(
    columns: _Columns,
    target: Floats,
    part: npt.NDArray[np.int64],
    how: tuple[np.random.Generator, DoubleOptions],
) -> Floats:
    """What a learner trained on the other parts leaves of ``target`` (n,)."""
    left = np.empty(len(target))
    for one in range(how[1].folds):
        inside = part == one
        left[inside] = target[inside] - _predicted(columns, target, inside, how)
    return left


def _predicted(
    columns: _Columns,
    target: Floats,
    inside: npt.NDArray[np.bool_],
    how: tuple[np.random.Generator, DoubleOptions],
) -> Floats:
    """Predictions for the rows ``inside`` from the others."""
    random, options = how
    out = ~inside
    if options.learner in ("forest", "boosting"):
        model = _scikit_learn(options.learner, int(random.integers(2**31)))
        x = np.column_stack([columns.always[:, 1:], columns.x])
        return np.asarray(model.fit(x[out], target[out]).predict(x[inside]), dtype=np.float64)
    basis = np.column_stack([columns.always, columns.x])
    if options.learner == "lasso":
        part = _Columns(target[out], target[out], columns.always[out], columns.x[out], columns.names)
        kept = _chosen(part, target[out], "a part", options).kept
        basis = np.column_stack([columns.always, columns.x[:, kept]])
    params = np.linalg.lstsq(basis[out], target[out], rcond=None)[0]
    return np.asarray(basis[inside] @ params, dtype=np.float64)


def _scikit_learn(learner: str, seed: int) -> Any:
    """A learner of scikit-learn.

    Raises:
        EstimationError: E668.
    """
    try:
        ensemble = importlib.import_module("sklearn.ensemble")  # an extra that few need
    except ImportError:
        raise EstimationError(fault("E668", learner=learner)) from None
    if learner == "forest":
        return ensemble.RandomForestRegressor(n_estimators=500, min_samples_leaf=5, random_state=seed)
    return ensemble.HistGradientBoostingRegressor(random_state=seed)


ESTIMATOR = Estimator(
    summary="Post-double-selection lasso, cross-fitted partialling out",
    options=DoubleOptions,
    fit=fit,
    references=(
        "Belloni, Chernozhukov and Hansen 2014",
        "Belloni, Chen, Chernozhukov and Hansen 2012",
        "Chernozhukov and others 2018",
    ),
    accepts=ACCEPTS,
)
