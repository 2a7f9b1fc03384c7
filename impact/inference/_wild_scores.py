"""The score bootstrap of one coefficient of counts or choices as a p-value of a hypothesis about it."""

from __future__ import annotations

import numpy as np

import impact.kernels.likelihood.score_bootstrap as score_bootstrap
import impact.kernels.wild_bootstrap as kernel
from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.errors import EstimationError
from impact.core.estimates import Estimate, Linear
from impact.core.texts import fault
from impact.inference._refusals import effects_of, limits_of
from impact.inference._wild_tests import Comparison, PValue, Setting
from impact.kernels.absorb import ConvergenceFailure

MARGINAL = "marginal"


def of_scores(
    estimate: Estimate, design: Design, linear: Linear, setting: Setting, how: Comparison, j: int
) -> tuple[PValue, float]:
    """p-value and standard error (without factors) of the coefficient j of a likelihood.

    Raises, when the p-value is asked for:
        EstimationError: E549 no maximum under the hypothesis.
    """
    assert linear.weights is not None
    value = float(estimate.params[j])
    own = (linear.x @ linear.bread[:, j]) * linear.weights * linear.residual
    sums = score_bootstrap.score_sums(own, setting.codes, setting.groups, parts=setting.parts)

    def p_at(distance: float) -> float:
        made, length = sums, distance
        if how.restricted:
            scores = _restricted(estimate, design, linear, j, value - distance)
            made = score_bootstrap.score_sums(scores, setting.codes, setting.groups, parts=setting.parts)
            # the estimate is one step away from the hypothesis
            length = float(np.sum(scores))
        draws = kernel.draw(made, setting.weights, restricted=how.restricted)
        return how.p_value(draws, length)

    return p_at, sums.error


def _restricted(estimate: Estimate, design: Design, linear: Linear, j: int, hypothesis: float) -> Floats:
    """(n,) efficient scores where the coefficient is the hypothesis."""
    assert linear.family is not None
    names = [term.name for term in estimate.terms if term.kind != MARGINAL]
    kept = [place for place, term in enumerate(design.terms) if term.name in names]
    offset = design.offset
    if hypothesis != 0.0:
        offset = design.x[:, kept[j]] * hypothesis + (0.0 if offset is None else offset)
    try:
        return score_bootstrap.restricted_scores(
            design.x[:, [kept[j], *kept[:j], *kept[j + 1 :]]],
            design.y,
            linear.family,
            effects_of(linear),
            weights=design.weights,
            offset=offset,
            limits=limits_of(linear),
        )
    except (score_bootstrap.NoMaximum, ConvergenceFailure) as problem:
        found = fault("E549", estimator=estimate.estimator, steps=limits_of(linear).steps)
        raise EstimationError(found) from problem
