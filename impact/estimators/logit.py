"""Logit: the probability of an outcome of 0 and 1, with dummies for absorbed effects or given each group's total.

    Pr(y = 1 | x, effects) = 1 / (1 + exp(−(x b + effects + offset)))

Target: b, changes of the log odds; `marginal: average` adds mean effects on the probability. Assumption: the logistic
form. Effects: `dummies` estimates one for each level, which biases b where levels have few rows (W529); `bias:
analytical` subtracts the leading part (Fernández-Val 2009; Fernández-Val and Weidner 2016). `conditional` takes the
likelihood given the number of ones of each group, exact for any number of rows (Chamberlain 1980). Groups with one
outcome only say nothing and are dropped and counted. A column that predicts perfectly is refused by name.
Errors of conditional logit: hc1 and clusters from scores of groups, without factor; `vcov: own` the information.
Defaults elsewhere: fixest feglm dummies without correction; Stata xtlogit, fe is conditional.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

import impact.estimators._likelihood as likelihood
import impact.estimators._regression as regression
import impact.kernels.least_squares as least_squares
from impact.core.arrays import Integers
from impact.core.designs import Design
from impact.core.errors import ConvergenceError, DesignError
from impact.core.estimates import Estimate, Influence, OwnVariance
from impact.core.registered import Estimator
from impact.core.texts import fault, in_all_languages, notice
from impact.estimators._choice import ChoiceOptions, fit_choice
from impact.estimators._distributions import unsupported
from impact.kernels.likelihood.conditional_logit import ConditionalLogit, fit_conditional_logit

NAME = "logit"


class LogitOptions(ChoiceOptions):
    """Options of logit."""

    effects: Literal["dummies", "conditional"] = Field(
        "dummies", description="Absorbed effects as dummies, or removed by the conditional likelihood."
    )

    @model_validator(mode="after")
    def _conditional_has_no_effects(self) -> LogitOptions:
        asked = {"bias": self.bias != "none", "marginal": self.marginal != "none", "exact_df": self.exact_df}
        if self.effects == "conditional" and any(asked.values()):
            what = next(name for name, is_asked in asked.items() if is_asked)
            advice = "the conditional likelihood has no effects: nothing to correct, no probabilities"
            raise PydanticCustomError(
                "E554", "", {"method": "effects: conditional", "what": what, "advice": advice}
            )
        return self


def fit(design: Design, options: LogitOptions) -> Estimate:
    """Estimate the coefficients of ``design.terms``.

    Arguments:
        design: y (n,) 0 and 1, x (n, k), weights, absorbed effects, offset.
        options: effects, bias and marginal effects.

    Returns:
        Estimate with the linear form at the maximum, on the rows that inform it; conditional: with scores by group.

    Raises:
        DesignError: E547 perfect prediction, E548 another outcome, E650 what conditional logit does not take, and those
            of least squares. ConvergenceError: E510, E549.
    """
    if options.effects == "dummies":
        return fit_choice(design, options, "logit")
    _refuse(design)
    regression.refuse_empty(design)
    likelihood.refuse_outcome(design, NAME, "logit")
    given = design
    design, dropped_rows = likelihood.without_uninformative(design, NAME, "logit")
    group = design.absorb[0].factor
    # what does not vary inside groups, or is a combination there, has no coefficient: as in least squares
    y, x, norms, _ = regression.absorb_columns(design, options)
    solution = least_squares.solve_least_squares(x, y, protect=design.focus, reference_norms=norms)
    dropped = regression.dropped_terms_of(design, solution)
    kept = np.flatnonzero(solution.kept)
    found = fit_conditional_logit(
        np.ascontiguousarray(design.x[:, kept]), design.y, group.codes, group.levels, steps=options.steps
    )
    _refuse_no_maximum(found, design, kept.tolist())
    vcov = np.linalg.inv(found.information)
    _, first = np.unique(group.codes, return_index=True)
    rows: Integers = first.astype(np.int32)
    return Estimate(
        estimator=NAME,
        terms=tuple(design.terms[j] for j in kept),
        params=found.params,
        n_obs=float(len(design.y)),
        df_model=len(kept),
        df_resid=float(len(design.y) - len(kept)),
        n_units=group.levels,
        influence=Influence(found.scores @ vcov, rows),
        effect_levels={group.name: group.levels},
        focus=regression.places_among(kept, design.focus),
        fit={
            "mean_outcome": float(np.mean(design.y)),
            "log_likelihood": found.log_likelihood,
            "iterations": float(found.iterations),
        },
        dropped_terms=dropped,
        notices=(notice("W528", levels=dropped_rows, separated=0),) if dropped_rows else (),
        design=None if design is given else design,
        own_variance=OwnVariance(
            (vcov + vcov.T) / 2.0,
            "information",
            in_all_languages("logit.conditional"),
        ),
    )


def _refuse(design: Design) -> None:
    """Conditional logit has one set of groups, persons, and no offset."""
    if len(design.absorb) != 1 or design.absorb[0].slope is not None:
        raise unsupported(NAME, "effects: conditional without exactly one absorbed effect", "y ~ x | group")
    if design.weights is not None:
        raise unsupported(NAME, "effects: conditional with weights or sums", "use rows of persons")
    if design.offset is not None:
        raise unsupported(NAME, "effects: conditional with an offset", "use effects: dummies")


def _refuse_no_maximum(found: ConditionalLogit, design: Design, kept: list[int]) -> None:
    if found.separated:
        names = " + ".join(design.terms[j].name for j in kept)
        raise DesignError(fault("E547", estimator=NAME, terms=names, count=len(design.y)))
    if not found.converged:
        raise ConvergenceError(fault("E549", estimator=NAME, steps=found.iterations))


ESTIMATOR = Estimator(
    summary="Logit with dummies for absorbed effects, or conditional on each group's total",
    options=LogitOptions,
    fit=fit,
    references=("Chamberlain 1980", "Fernández-Val 2009", "Fernández-Val and Weidner 2016"),
    accepts=("weights", "absorb", "sums", "clusters", "offset", "own_on_request"),
)
