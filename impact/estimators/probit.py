"""Probit: the probability of an outcome of 0 and 1 by the normal law, with dummies for absorbed effects.

    Pr(y = 1 | x, effects) = Φ(x b + effects + offset)

Target: b, on the scale of a standard normal; `marginal: average` adds mean effects on the probability. Assumption: the
normal form. Dummies of levels with few rows bias b (W529); `bias: analytical` subtracts the leading part
(Fernández-Val 2009; Fernández-Val and Weidner 2016). There is no conditional likelihood: use logit for short panels.
Errors use the expected information. A column that predicts perfectly is refused by name.
"""

from __future__ import annotations

from impact.core.designs import Design
from impact.core.estimates import Estimate
from impact.core.registered import Estimator
from impact.estimators._choice import ChoiceOptions, fit_choice


class ProbitOptions(ChoiceOptions):
    """Options of probit."""


def fit(design: Design, options: ProbitOptions) -> Estimate:
    """Estimate the coefficients of ``design.terms``; see ``fit_choice`` for what is taken and raised."""
    return fit_choice(design, options, "probit")


ESTIMATOR = Estimator(
    summary="Probit with dummies for absorbed effects",
    options=ProbitOptions,
    fit=fit,
    references=("Fernández-Val 2009", "Fernández-Val and Weidner 2016"),
    accepts=("weights", "absorb", "sums", "clusters", "offset"),
)
