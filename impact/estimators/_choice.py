"""Logit and probit: dummies of absorbed effects, the bias that these bring, marginal effects, and conditional logit."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

import impact.estimators._likelihood as likelihood
import impact.estimators._regression as regression
import impact.kernels.likelihood.glm as glm
from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.errors import Notice
from impact.core.estimates import Estimate
from impact.core.texts import notice
from impact.estimators._distributions import unsupported
from impact.estimators._marginal import with_marginal_effects

SHORT = 30.0  # rows a level under which the bias of dummies is told


class ChoiceOptions(likelihood.LikelihoodOptions):
    """Options of logit and probit."""

    bias: Literal["none", "analytical"] = Field(
        "none", description="analytical: subtract the leading bias that absorbed effects bring."
    )
    marginal: Literal["none", "average", "at_means"] = Field(
        "none", description="Rows marginal[x]: mean effects on the probability, or effects at the means."
    )

    @model_validator(mode="after")
    def _marginal_effects_of_the_maximum(self) -> ChoiceOptions:
        if self.bias != "none" and self.marginal != "none":
            advice = "write one of them: marginal effects have a bias of their own"
            raise PydanticCustomError("E554", "", {"method": "bias", "what": "marginal", "advice": advice})
        return self


def fit_choice(design: Design, options: ChoiceOptions, family: glm.Family) -> Estimate:
    """A binary model with dummies for absorbed effects.

    Arguments:
        design: y (n,) 0 and 1, or shares of persons with their number; x, weights, absorbed effects, offset.

    Raises:
        DesignError: E547, E548, E650 and those of least squares. ConvergenceError: E510, E549.
    """
    if options.bias == "analytical":
        _refuse_for_bias(design, family)
    fitted = likelihood.fit_likelihood(design, options, family, family)
    estimate = likelihood.estimate_of(fitted, design, options)
    if options.marginal != "none":
        estimate = with_marginal_effects(estimate, fitted, options.marginal)
    if options.bias == "analytical":
        bias = analytical_bias(fitted)
        return replace(
            estimate,
            params=estimate.params - bias,
            tables={"bias": dict(zip((term.name for term in estimate.terms), bias.tolist(), strict=True))},
        )
    return replace(estimate, notices=(*estimate.notices, *_short_panel(fitted.design, family)))


def analytical_bias(fitted: likelihood.Fitted) -> Floats:
    """(k,) leading bias of the coefficients: −H⁻¹ ½ Σ_f Σ_levels (Σ x̃ ω' ) / (Σ ω), ω' the derivative of ω's slope.

    One absorbed effect: Fernández-Val (2009); two: Fernández-Val and Weidner (2016, theorem 4.1), for regressors that
    do not depend on earlier outcomes.
    """
    found, design = fitted.found, fitted.design
    weights = np.ones(len(design.y)) if design.weights is None else design.weights
    slope, mean, predictor = found.slope, found.mean, found.predictor
    if fitted.family == "logit":
        third = slope * (1.0 - 2.0 * mean)
    else:
        # information over slope is slope / variance; the second derivative of the mean is −predictor × slope
        third = found.working / weights / slope * (-predictor * slope)
    moments = found.x * (weights * third)[:, None]
    total = np.zeros(found.x.shape[1])
    for effect in design.absorb:
        codes, levels = effect.factor.codes, effect.factor.levels
        size = np.bincount(codes, weights=found.working, minlength=levels)
        sums = np.column_stack([np.bincount(codes, weights=column, minlength=levels) for column in moments.T])
        total += np.sum(sums / size[:, None], axis=0) / 2.0
    return np.asarray(-found.bread @ total)


def _refuse_for_bias(design: Design, keyword: str) -> None:
    """The correction is of one or two sets of dummies, and of persons."""
    slopes = [effect.slope_name for effect in design.absorb if effect.slope is not None]
    if not design.absorb:
        raise unsupported(keyword, "bias: analytical without absorbed effects", "write effects after |")
    if slopes or len(design.absorb) > 2:
        advice = "absorb one or two effects, without slopes"
        raise unsupported(keyword, "bias: analytical with these effects", advice)
    if design.weights is not None and design.weight_kind != "frequency":
        raise unsupported(keyword, f"bias: analytical with {design.weight_kind} weights", "remove `weights:`")


def _short_panel(design: Design, keyword: str) -> tuple[Notice, ...]:
    """W529 where the effects' levels have few rows: with T of them logit coefficients grow by about 1/(T−1)."""
    n_obs = regression.number_of_observations(design)
    effects = [effect.factor for effect in design.absorb if effect.intercept]
    if not effects:
        return ()
    largest = max(effects, key=lambda factor: factor.levels)
    rows = n_obs / largest.levels
    if rows >= SHORT:
        return ()
    share = f"{100.0 / max(rows - 1.0, 1.0):.0f}"
    return (notice("W529", effect=largest.name, rows=f"{rows:.3g}", estimator=keyword, share=share),)
