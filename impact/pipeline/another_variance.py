"""Another variance of a model that has been estimated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import impact.pipeline.fit as fitting
from impact.core.designs import Design
from impact.core.estimates import Estimate
from impact.core.findings import ModelResult
from impact.core.frames import Frame
from impact.schema.requests import ModelRequest


def with_variance(result: ModelResult, frame: Frame, request: ModelRequest) -> ModelResult:
    """The result with the variance of ``request``, which asks for the same model otherwise.

    Clusters decide the order of a design's rows, and their missing values which rows there are: the estimate
    follows the rows, and is made again where they are others, or where the estimator made rows of its own.
    """
    design = fitting.design_of(frame, request)
    estimate = _reordered(result, design)
    if estimate is None:
        return fitting.fit_design(design, request, result.group, None)
    inference = fitting.infer_design(estimate, design, request)
    return replace(result, design=design, estimate=estimate, inference=inference)


def _reordered(result: ModelResult, design: Design) -> Estimate | None:
    """The estimate on the rows of another design of the same model; None where that has other rows."""
    assert result.estimate is not None
    assert result.design is not None
    if result.estimate.design is not None:
        return None
    before, after = result.design.sample.kept, design.sample.kept
    estimate, linear = result.estimate, result.estimate.linear
    if np.array_equal(before, after):
        return estimate
    order, target = np.argsort(before), np.argsort(after)
    if linear is None or estimate.influence is not None or not np.array_equal(before[order], after[target]):
        return None
    take = np.empty_like(order)
    take[target] = order
    moved = replace(
        linear,
        x=linear.x[take],
        residual=linear.residual[take],
        weights=None if linear.weights is None else linear.weights[take],
        row_sum_of_squares=None if linear.row_sum_of_squares is None else linear.row_sum_of_squares[take],
        absorb=design.absorb,
    )
    return replace(estimate, linear=moved)
