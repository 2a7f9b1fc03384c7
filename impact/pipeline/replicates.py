"""Estimates made anew with each replicate weight of a survey."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import impact.catalog as catalog
from impact.core.designs import Design
from impact.core.errors import ImpactError
from impact.core.estimates import Estimate
from impact.core.rows.design_rows import design_on_rows
from impact.core.rows.survey_rows import SurveyRows
from impact.schema.requests import ModelRequest


def with_replicates(estimate: Estimate, design: Design, request: ModelRequest) -> Estimate:
    """The estimate with those of the replicate weights, where the survey of the model has any.

    Rows with a replicate weight of zero leave the refit. Terms that a replicate does not identify are NaN.
    """
    survey = design.extra.get("survey")
    if not isinstance(survey, SurveyRows) or survey.replicates is None or estimate.replicates is not None:
        return estimate
    record: Any = catalog.ESTIMATORS.load(request.estimator)
    weights = survey.replicates.on_rows(design.sample.kept)
    together = None if record.replicate is None else record.replicate(design, request.options, weights)
    if together is not None:
        return replace(estimate, replicates=together)
    position = {term: j for j, term in enumerate(estimate.terms)}
    found = np.full((weights.shape[1], len(position)), np.nan)
    for number, own in enumerate(weights.T):
        there = own > 0
        try:
            refit = record.fit(_weighted(design, own, there), request.options)
        except ImpactError:
            continue
        for term, value in zip(refit.terms, refit.params, strict=True):
            if term in position:
                found[number, position[term]] = value
    return replace(estimate, replicates=found)


def _weighted(design: Design, weights: np.ndarray[Any, Any], there: np.ndarray[Any, Any]) -> Design:
    moved = replace(design, weights=np.ascontiguousarray(weights))
    return moved if there.all() else design_on_rows(moved, there)
