"""Rotemberg weights: which shocks a shift-share estimate stands on.

The estimate is a weighted sum of those that each share alone would give, β̂ = Σ α_s β_s with Σ α_s = 1. A large
weight says whose shares must be as good as random; negative weights let the estimate leave the range of the β_s where
effects differ. Weights of several periods are added up by sector. Source: Goldsmith-Pinkham, Sorkin and Swift (2020),
American Economic Review 110, 2586-2624.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

import impact.kernels.instruments.shift_share as shift_share
from impact.core.arrays import Floats
from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.diagnostics._instruments import Statistic, finding
from impact.diagnostics._sentences import both, known, listed, number
from impact.diagnostics._shift_share import ShiftShareModel, shift_share_models


class RotembergOptions(Options):
    """Options of the weights."""

    top: int = Field(5, ge=1, description="Sectors with the largest weights that are named.")


def examine(question: Question, options: RotembergOptions) -> tuple[Finding, ...]:
    """One finding a model: the sum of the negative weights, and every sector with its weight and estimate."""
    asked, notes = shift_share_models(question)
    return (*(_finding(one, options.top) for one in asked), *notes)


def _finding(one: ShiftShareModel, top: int) -> Finding:
    made = one.made
    shocks = made.shocks[made.shock_row]
    found = shift_share.rotemberg(one.exposures, shocks, one.x, one.y)
    weight: Floats = found.weight.sum(axis=0)
    part = np.where(found.weight == 0, 0.0, found.weight * np.nan_to_num(found.estimate))
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = np.where(weight == 0, np.nan, part.sum(axis=0) / weight)
    order = np.argsort(-np.abs(weight), kind="stable")[:top]
    negative = float(found.weight[found.weight < 0].sum())
    size = float(np.abs(found.weight).sum())
    mean = shift_share.mean_shocks(one.exposures, shocks)
    held = np.isfinite(mean) & (found.weight != 0)
    correlation = float("nan")
    if np.count_nonzero(held) > 1 and np.ptp(mean[held]) > 0:
        correlation = float(np.corrcoef(found.weight[held], mean[held])[0, 1])
    names = [f"{made.sectors[j]} ({number(float(weight[j]))})" for j in order]
    details = {
        "sum_of_weights": float(weight.sum()),
        "negative_weight": negative,
        "share_negative": -negative / size,
        "top": [made.sectors[j] for j in order],
        "share_top": float(np.abs(weight[order]).sum() / np.abs(weight).sum()),
        "correlation_with_shocks": known(correlation),
        "sectors": [
            {"sector": made.sectors[j], "weight": float(weight[j]), "estimate": known(float(estimate[j]))}
            for j in range(len(made.sectors))
        ],
        "periods": [
            {"period": period, "weight": float(found.weight[t].sum())}
            for t, period in enumerate(made.periods)
        ],
    }
    said = both(
        "shift_share.rotemberg",
        model=one.model.label,
        count=len(made.sectors),
        share=f"{100 * -negative / size:.1f}",
        names=listed(names),
    )
    statistic = Statistic(negative)
    return finding(one.model, [said], statistic, term=one.model.instrumented.endogenous[0], details=details)


DIAGNOSTIC = Diagnostic(
    summary="Rotemberg weights: which shocks a shift-share estimate stands on",
    options=RotembergOptions,
    examine=examine,
    references=("Goldsmith-Pinkham, Sorkin and Swift 2020",),
)
