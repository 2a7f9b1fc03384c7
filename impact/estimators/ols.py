"""Ordinary and weighted least squares, with any number of absorbed factors and unit trends.

    y = x b + sum of absorbed effects + e,   E[e | x, effects] = 0

Assumptions: the mean of e does not depend on the regressors and effects; no regressor is a combination of the others.
Absorbing the effects and regressing the residuals gives the coefficients of the regression with all dummies
(Frisch and Waugh 1933; Lovell 1963). Outcomes given as sums over the persons of a row, with the number of persons as
frequency weight, give the persons' own coefficients, R² and errors.
"""

from __future__ import annotations

import impact.estimators._regression as regression
from impact.core.designs import Design
from impact.core.estimates import Estimate
from impact.core.registered import Estimator


class OlsOptions(regression.RegressionOptions):
    """Options of least squares."""


def fit(design: Design, options: OlsOptions) -> Estimate:
    """Estimate the coefficients of ``design.terms``; see ``fit_regression`` for what is returned and raised."""
    return regression.fit_regression(design, options)


ESTIMATOR = Estimator(
    summary="Least squares with absorbed effects, weights and outcomes given as sums",
    options=OlsOptions,
    fit=fit,
    references=("Frisch and Waugh 1933", "Lovell 1963", "Correia 2017"),
    accepts=("weights", "absorb", "sums", "clusters"),
)
