"""Proportions of a population from a sample, with intervals that stay between 0 and 1.

    p = Σ w y / Σ w,   y 0 or 1

The logit interval is expit(logit p ± t se/(p(1 − p))). Assumption: the weights are the inverse probabilities of
selection. Sources: Korn and Graubard (1999), ch. 3; Lumley (2004), svyciprop with method logit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

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
    means,
    replicate_figures,
)


class ProportionOptions(SurveyEstimatorOptions):
    """Options of proportions."""

    ci: Literal["logit", "wald"] = Field(
        "logit", description="Interval on the logit scale, or estimate ± t × se."
    )


def fit(design: Design, options: ProportionOptions) -> Estimate:
    """Proportions of rows where ``of`` is 1, in each domain of ``over``; differences have Wald intervals.

    Raises:
        DesignError: E569 a variable that is not 0 or 1.
    """

    def shares(sample: Sample) -> Figures:
        if not np.isin(sample.values, (0.0, 1.0)).all():
            raise DesignError(fault("E569", problem="a proportion of a variable that is not 0 or 1"))
        return means(sample)

    found = fit_survey(design, options, shares, keyword="survey_proportion", kind="mean")
    tables = {**found.tables, "interval": options.ci, "interval_scale": options.scale}
    return replace(found, tables=tables)


def replicate(design: Design, options: ProportionOptions, weights: Floats) -> Floats:
    """(R, k) proportions with each column of weights (n, R)."""
    return replicate_figures(design, options, weights, None)


ESTIMATOR = Estimator(
    summary="Proportions of a population from a survey, with logit intervals",
    options=ProportionOptions,
    fit=fit,
    references=("Korn and Graubard 1999", "Lumley 2004"),
    accepts=("weights:sampling", "clusters", "means"),
    replicate=replicate,
)
