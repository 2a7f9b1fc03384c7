"""Totals of variables in a population, from a sample: overall or by domain, with their differences.

    Ŷ = Σ w y

over the rows of a domain (Horvitz and Thompson 1952). Assumption: the weights are the inverse probabilities of
selection, not rescaled to the size of the sample.
"""

from __future__ import annotations

from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.errors import DesignError
from impact.core.estimates import Estimate
from impact.core.registered import Estimator
from impact.core.texts import fault
from impact.estimators._survey import (
    Figures,
    Sample,
    SurveyEstimatorOptions,
    fit_survey,
    replicate_figures,
    simple_variance,
)


def fit(design: Design, options: SurveyEstimatorOptions) -> Estimate:
    """Totals of ``of`` in each domain of ``over``: terms ``y`` or ``y[over=level]``, and differences from the first.

    Raises:
        DesignError: E569 without a survey: rows are compared with those of their stratum, not with zero.
    """
    if "survey" not in design.extra:
        raise DesignError(fault("E569", problem="a total has no error without strata and primary units"))
    return fit_survey(design, options, totals, keyword="survey_total", kind="mean")


def totals(sample: Sample) -> Figures:
    """Weighted sums: influence w y; the simple random sample expands its mean by Σw."""
    domains = sample.domains
    total = domains.sums(sample.values, sample.weights)
    left = sample.values - domains.of_rows(total / sample.size)
    simple = simple_variance(sample, left) * sample.size**2
    return Figures(total, sample.weights[:, None] * sample.values, simple)


def replicate(design: Design, options: SurveyEstimatorOptions, weights: Floats) -> Floats:
    """(R, k) totals with each column of weights (n, R)."""
    return replicate_figures(design, options, weights, None, totals=True)


ESTIMATOR = Estimator(
    summary="Totals of a population from a survey, by domain, with their differences",
    options=SurveyEstimatorOptions,
    fit=fit,
    references=("Horvitz and Thompson 1952", "Lumley 2004"),
    accepts=("weights:sampling", "clusters", "means"),
    replicate=replicate,
)
