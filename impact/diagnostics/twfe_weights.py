"""Weights of effects in the two-way coefficient: negative ones, and what heterogeneity would overturn it.

β = Σ ω Δ over treated units and periods, Σ ω = 1. A negative weight lowers the coefficient where the effect is high.
Two breakdown values, in units of the outcome: the smallest standard deviation of effects at which their mean may be
zero, and at which they may all have the sign opposite to β's.
Source: de Chaisemartin and D'Haultfœuille (2020), theorem 1 and corollary 1.
"""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats
from impact.core.designs import Adoption, Design
from impact.core.findings import Finding, ModelResult, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.diagnostics._sentences import both, number, word
from impact.diagnostics._two_way import find_by_model, two_way_of
from impact.kernels.two_way_weights import cell_weights, weight_facts


class TwfeWeightsOptions(Options):
    """Options of the weights."""

    warn_share: float = Field(
        0.0, ge=0, description="Warn when negative weights sum, without their sign, to more than this."
    )


def examine(question: Question, options: TwfeWeightsOptions) -> tuple[Finding, ...]:
    """One finding a model: pass without negative weights, warn with them; weights by cohort and period in the details.

    Raises:
        DesignError: E618 treatment that is absorbed.
    """
    return find_by_model(question, lambda result, design: _finding(question, options, result, design))


def _finding(question: Question, options: TwfeWeightsOptions, result: ModelResult, design: Design) -> Finding:
    adoption = design.adoption
    assert adoption is not None
    whole = two_way_of(design, "twfe_weights")
    facts = weight_facts(whole.treatment, whole.residual, whole.coefficient, design.weights)
    weights = cell_weights(whole.treatment, whole.residual, design.weights)
    warns = -facts.negative_sum > options.warn_share
    sentences = both(
        "finding.twfe_weights_negative" if facts.n_negative else "finding.twfe_weights",
        model=result.label,
        negative=f"{facts.n_negative:,}",
        treated=f"{facts.n_treated:,}",
        sum=number(facts.negative_sum),
        zero=number(facts.sigma_zero),
        sign=number(facts.sigma_sign),
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=result.name,
        statistic=facts.negative_sum,
        verdict="warn" if warns else "pass",
        sentence=word(sentences, language=question.language),
        details={
            "group": result.group,
            "coefficient": whole.coefficient,
            "n_treated": facts.n_treated,
            "n_negative": facts.n_negative,
            "negative_share": facts.n_negative / facts.n_treated,
            "negative_sum": facts.negative_sum,
            "sigma_zero": _finite(facts.sigma_zero),
            "sigma_sign": _finite(facts.sigma_sign),
            "cells": _cells(adoption, weights, whole.treatment),
            "sentences": sentences,
        },
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _cells(adoption: Adoption, weights: Floats, treatment: Floats) -> list[dict[str, object]]:
    """Sum of the weights and number of treated rows by cohort and period."""
    cohorts, group = np.unique(adoption.cohort, return_inverse=True)
    periods = adoption.time.levels
    place = group[adoption.unit.codes] * periods + adoption.time.codes
    total = np.bincount(place, weights=weights, minlength=len(cohorts) * periods)
    rows = np.bincount(place[treatment != 0], minlength=len(cohorts) * periods)
    return [
        {
            "cohort": float(cohorts[j // periods]),
            "time": float(adoption.periods[j % periods]),
            "weight": float(total[j]),
            "n": int(rows[j]),
        }
        for j in np.flatnonzero(rows).tolist()
    ]


DIAGNOSTIC = Diagnostic(
    summary="Weights of effects in the two-way coefficient, negative ones, breakdown values",
    options=TwfeWeightsOptions,
    examine=examine,
    references=("de Chaisemartin and D'Haultfœuille 2020",),
)
