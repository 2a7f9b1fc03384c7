"""Means of variables in a population, from a sample: overall or by domain, with their differences.

    ȳ = Σ w y / Σ w

over the rows of a domain. Target: the mean in the finite population that the weights stand for. Assumption: the weights
are the inverse probabilities of selection. With `survey:` the error is that of the design; design effects stand beside.
Source: Särndal, Swensson and Wretman (1992), ch. 5.
"""

from __future__ import annotations

from impact.core.designs import Design
from impact.core.estimates import Estimate
from impact.core.registered import Estimator
from impact.estimators._survey import SurveyEstimatorOptions, fit_survey, means


def fit(design: Design, options: SurveyEstimatorOptions) -> Estimate:
    """Means of ``of`` in each domain of ``over``: terms ``y`` or ``y[over=level]``, and differences from the first."""
    return fit_survey(design, options, means, keyword="survey_mean", kind="mean")


ESTIMATOR = Estimator(
    summary="Means of a population from a survey, by domain, with their differences",
    options=SurveyEstimatorOptions,
    fit=fit,
    references=("Särndal, Swensson and Wretman 1992", "Lumley 2004"),
    accepts=("weights:sampling", "clusters", "means"),
)
