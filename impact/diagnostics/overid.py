"""Overidentification: whether the instruments agree with each other.

Sargan: N times the R² of the structural residual on all instruments, chi-squared with as many degrees of freedom as
there are instruments beyond the endogenous regressors; for independent errors of equal variance. Hansen J: the least
value of g(b)' S⁻¹ g(b), g the moments Z'e and S their covariance at the model's residual under its variance (without
small-sample factors); of GMM the value it attained. Not rejecting is no proof: instruments can be wrong together.
Sources: Sargan (1958), Econometrica 26, 393-415; Hansen (1982), Econometrica 50, 1029-1054.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

import impact.kernels.distributions as distributions
from impact.core.arrays import Floats
from impact.core.designs import Term
from impact.core.findings import Finding, Question
from impact.core.options import NoOptions
from impact.core.reduced_forms import by_scores
from impact.core.registered import Diagnostic
from impact.diagnostics._instruments import Model, finding, models, not_positive, of_joint
from impact.diagnostics._joint_test import Joint, joint_statistic, rank_of
from impact.diagnostics._sentences import both, probability
from impact.diagnostics._subjects import nothing

ALPHA = 0.05


def examine(question: Question, options: NoOptions) -> tuple[Finding, ...]:
    """One finding a model: Sargan under iid errors, else Hansen J; a note where nothing is overidentified.

    Raises:
        EstimationError: E643 the covariance of the moments is singular.
    """
    asked, notes = models(question)
    return (*(_finding(model) for model in asked), *notes)


def _finding(model: Model) -> Finding:
    df = len(model.instrumented.instruments) - len(model.instrumented.endogenous)
    if df == 0:
        return nothing(model.question, model.result, both("instruments.just_identified"))
    sargan = _law(_sargan(model), df)
    details: dict[str, object] = {"sargan": sargan.statistic, "sargan_p": sargan.p_value}
    chosen, name = sargan, "sargan"
    attained = model.estimate.fit.get("j")
    if attained is not None:
        chosen, name = _law(attained, df), "hansen"
    elif not model.is_iid and not by_scores(model.inference.variance):
        return nothing(model.question, model.result, both("instruments.no_moments", kind=model.variance_kind))
    elif not model.is_iid:
        chosen, name = _law(_hansen(model), df), "hansen"
    if name == "hansen":
        details |= {"hansen_j": chosen.statistic, "hansen_p": chosen.p_value}
    verdict = "warn" if chosen.p_value < ALPHA else "note"
    said = both(
        f"instruments.{name}",
        model=model.label,
        statistic=joint_statistic(chosen),
        p=probability(chosen.p_value),
    )
    read = both("instruments.disagree" if verdict == "warn" else "instruments.agree")
    return finding(model, [said, read], of_joint(chosen), verdict=verdict, details=details)


def _law(value: float, df: int) -> Joint:
    return Joint(value, df, math.inf, float(distributions.chi2_sf(value, df)))


def _sargan(model: Model) -> float:
    """N e'Pe / e'e with the effects out; e of two-stage least squares, LIML or the like."""
    own, linear = model.instrumented, model.linear
    weighted = linear.residual if linear.weights is None else linear.residual * linear.weights
    moments = own.x.T @ weighted
    explained = float(moments @ own.bread @ moments)
    return model.estimate.n_obs * explained / float(linear.residual @ weighted)


def _hansen(model: Model) -> float:
    """Minimum distance of the reduced form: g'V⁻¹g over all b, V the covariance at the structural residual."""
    own, linear = model.instrumented, model.linear
    place = slice(own.n_exogenous, None)
    influence = np.ascontiguousarray(own.x @ own.bread[:, place])
    moments = replace(
        model.estimate,
        terms=tuple(Term(name) for name in own.instruments),
        params=np.zeros(influence.shape[1]),
        linear=replace(
            linear, x=influence, bread=np.eye(influence.shape[1]), is_projection=False, spread=None
        ),
        focus=(),
        notices=(),
        instrumented=None,
    )
    inference = model.infer(moments)
    covariance = inference.vcov / _factor(inference.variance)
    if rank_of(covariance) < len(covariance):
        raise not_positive(model)
    y, d = own.params[place, 0], own.params[place, 1:]
    weight = np.linalg.inv(covariance)
    b = np.linalg.solve(d.T @ weight @ d, d.T @ weight @ y)
    gap: Floats = y - d @ b
    return float(gap @ weight @ gap)


def _factor(variance: Mapping[str, object]) -> float:
    """The small-sample factor of a variance, where it is one number for all its parts."""
    factors = variance.get("factors")
    if not isinstance(factors, Mapping) or any(" " in str(name) for name in factors):
        return 1.0
    return math.prod(float(value) for value in factors.values())


DIAGNOSTIC = Diagnostic(
    summary="Overidentification: Sargan, or Hansen J under the model's variance",
    options=NoOptions,
    examine=examine,
    references=("Sargan 1958", "Hansen 1982"),
)
