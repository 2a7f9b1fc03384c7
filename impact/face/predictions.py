"""Predictions of a fitted regression: on its own rows, with its absorbed effects, and on others.

    linear models: x b + effects        likelihoods: m(x b + effects + offset), or the predictor itself

On the rows of the sample the effects are those of the fit. On other rows each level's effect is found from their sums
(``impact.kernels.effect_levels``); a row whose level is unknown, or whose levels no row of the sample links, has no
prediction. Errors are √(x'Vx) with the variance of the fit, times m' on the scale of the outcome, as R's predict gives
them; they exist without absorbed effects only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

import impact.kernels.effect_levels as effect_levels
from impact.core.arrays import Floats
from impact.core.designs import Design, Term
from impact.core.errors import EstimationError, Notice, SpecError
from impact.core.estimates import Estimate, Inference, Linear
from impact.core.findings import ModelResult
from impact.core.frames import Frame
from impact.core.texts import fault, notice, text
from impact.design.other_rows import OtherRows, columns_on_rows
from impact.estimators._regression import effects_of
from impact.kernels.distributions import t_critical
from impact.kernels.likelihood.glm import Family, mean_of
from impact.schema.requests import ModelRequest

Kind = Literal["response", "link"]
Interval = Literal["none", "confidence", "prediction"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of predictions: their scale, standard errors, an interval at a level."""

    kind: Kind = "response"
    errors: bool = False
    interval: Interval = "none"
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions of m rows, NaN where there is none.

    Arguments:
        values: (m,). std_error, low, high: (m,) or None where not asked for.
        notices: W656, where a row of other data has no prediction.
    """

    values: Floats
    std_error: Floats | None = None
    low: Floats | None = None
    high: Floats | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class _Point:
    """Rows to predict: predictor (m,), columns x (m, j) of the terms at ``places`` of the estimate.

    Arguments:
        rows: (m,) row numbers among ``total``. lost: why other rows have no prediction, and how many.
    """

    predictor: Floats
    x: Floats
    places: list[int]
    rows: npt.NDArray[np.int64]
    total: int
    lost: tuple[tuple[str, int], ...] = ()


def predict(
    result: ModelResult, request: ModelRequest, frame: Frame, other: Frame | None, asked: Asked
) -> Predictions:
    """Predictions of a fitted model.

    Arguments:
        frame: that the model was fitted on. other: rows to predict; None: those of ``frame``, of which those outside
            the estimation sample have no prediction.

    Raises:
        SpecError: E514 a column that ``other`` lacks, E607 what the model does not give.
        EstimationError: E608 effects that could not be told apart.
    """
    estimate, design, inference = result.estimate, result.design, result.inference
    assert estimate is not None and design is not None and inference is not None
    linear = _refuse(estimate, request, asked)
    own = estimate.design or design
    if other is None:
        point = _own_rows(own, estimate, linear, frame.n_rows)
    else:
        made = columns_on_rows(request, design, frame, other, absorb=own.absorb)
        point = _other_rows(made, own, estimate, linear)
    found = _scaled(point, estimate, inference, linear, asked)
    values, error, low, high = (_spread(part, point) for part in found)
    assert values is not None
    return Predictions(values, error, low, high, _notices(point, request))


def _refuse(estimate: Estimate, request: ModelRequest, asked: Asked) -> Linear:
    """The linear form of the estimate; E607 for what the model does not give."""
    options, linear = request.options, estimate.linear
    wants = asked.errors or asked.interval != "none"
    problems = {
        "conditional": linear is None or getattr(options, "effects", "") == "conditional",
        "bias": getattr(options, "bias", "none") != "none",
        "effects": wants and bool(request.formula.effects),
        "interval": asked.interval == "prediction"
        and not (linear is not None and linear.family is None and linear.weights is None),
    }
    for name, wrong in problems.items():
        if wrong:
            raise _refusal(name, request.estimator)
    assert linear is not None
    return linear


def _refusal(name: str, estimator: str) -> SpecError:
    what, advice = text(f"predict.{name}"), text(f"predict.advice_{name}")
    return SpecError(fault("E607", what=what, advice=advice, estimator=estimator))


def _columns(terms: tuple[Term, ...], estimate: Estimate) -> tuple[list[int], list[int]]:
    """Of the columns that have a coefficient: places among the columns, and among the terms of the estimate."""
    found = {term.name: place for place, term in enumerate(estimate.terms)}
    kept = [place for place, term in enumerate(terms) if term.name in found]
    return kept, [found[terms[place].name] for place in kept]


def _predictor(design: Design, linear: Linear) -> Floats:
    return linear.predictor if linear.predictor is not None else design.y - linear.residual


def _own_rows(own: Design, estimate: Estimate, linear: Linear, total: int) -> _Point:
    columns, places = _columns(own.terms, estimate)
    return _Point(_predictor(own, linear), own.x[:, columns], places, own.sample.kept, total)


def _other_rows(made: OtherRows, own: Design, estimate: Estimate, linear: Linear) -> _Point:
    columns, places = _columns(made.terms, estimate)
    x = made.x[:, columns]
    values = x @ estimate.params[places] + (0.0 if made.offset is None else made.offset)
    lost = [(text("predict.missing"), int(np.count_nonzero(~made.complete)))]
    for name, rows in made.unknown.items():
        lost.append((text("predict.unknown", name=name), int(np.count_nonzero(rows))))
        values[rows] = np.nan
    if made.effects:
        sums, apart = _effect_sums(made, own, estimate, linear)
        lost.append((text("predict.apart"), int(np.count_nonzero(apart))))
        values = values + sums
    complete = np.flatnonzero(made.complete)
    told = tuple((reason, count) for reason, count in lost if count)
    return _Point(values, x, places, complete, len(made.complete), told)


def _effect_sums(
    made: OtherRows, own: Design, estimate: Estimate, linear: Linear
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The sum of the effects of each of the other rows, and which sums the sample does not determine."""
    columns, places = _columns(own.terms, estimate)
    inside = own.x[:, columns] @ estimate.params[places] + (0.0 if own.offset is None else own.offset)
    sums = _predictor(own, linear) - inside
    try:
        return effect_levels.carried_sums(sums, effects_of(own.absorb), made.effects)
    except effect_levels.LevelsError as problem:
        raise EstimationError(fault("E608", misfit=f"{problem.misfit:.1e}")) from problem


def _notices(point: _Point, request: ModelRequest) -> tuple[Notice, ...]:
    if not point.lost:
        return ()
    reasons = "; ".join(f"{reason}: {count}" for reason, count in point.lost)
    count = point.total - int(np.count_nonzero(np.isfinite(point.predictor)))
    return (notice("W656", of=request.name, count=count, reasons=reasons),)


def _scaled(
    point: _Point, estimate: Estimate, inference: Inference, linear: Linear, asked: Asked
) -> tuple[Floats, Floats | None, Floats | None, Floats | None]:
    """Predictions, errors and limits on the scale that is asked for."""
    family: Family | None = linear.family if asked.kind == "response" else None
    values, slope = _mean(point.predictor, family)
    if not asked.errors and asked.interval == "none":
        return values, None, None, None
    vcov = inference.vcov[np.ix_(point.places, point.places)]
    square = np.einsum("ij,jk,ik->i", point.x, vcov, point.x)
    error = np.sqrt(np.maximum(square, 0.0)) + 0.0 * point.predictor
    if asked.interval == "none":
        return values, error * slope, None, None
    spread = error if asked.interval == "confidence" else np.hypot(error, estimate.fit["sigma"])
    half = spread * float(t_critical(asked.level, _degrees(inference, point.places, estimate.estimator)))
    low, high = (_mean(point.predictor + side * half, family)[0] for side in (-1.0, 1.0))
    return values, error * slope, low, high


def _mean(predictor: Floats, family: Family | None) -> tuple[Floats, Floats]:
    """The mean and its slope; the predictor itself on its own scale."""
    return (predictor, np.ones(len(predictor))) if family is None else mean_of(predictor, family)


def _degrees(inference: Inference, places: list[int], estimator: str) -> float:
    """Degrees of freedom that all terms share; E607 where each has its own."""
    own = set(inference.df[places].tolist())
    if len(own) != 1:
        raise _refusal("df", estimator)
    return float(own.pop())


def _spread(values: Floats | None, point: _Point) -> Floats | None:
    """Values of the rows at their places among all of them, NaN elsewhere."""
    if values is None:
        return None
    found = np.full(point.total, np.nan)
    found[point.rows] = values
    return found
