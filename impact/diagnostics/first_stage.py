"""First stages: how far the instruments move each endogenous regressor.

Partial F: Wald test, under the model's variance, that no instrument moves the regressor. Effective F (one endogenous
regressor): the partial effect in units of its own noise, compared with critical values for the worst-case bias of two-
stage least squares as a share of a benchmark. Each first stage is given as a regression: coefficients, errors,
intervals. Source: Montiel Olea and Pflueger (2013), Journal of Business and Economic Statistics 31, 358-369.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

import impact.kernels.instruments.weak_instruments as weak
from impact.core.arrays import Floats
from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.reduced_forms import JointForm, equation
from impact.core.registered import Diagnostic
from impact.diagnostics._instruments import Model, finding, models, not_positive, of_joint
from impact.diagnostics._joint_test import joint_statistic, joint_test
from impact.diagnostics._sentences import Words, both, number, probability

Bias = Literal[5, 10, 20, 30]


class FirstStageOptions(Options):
    """Options of the first stages."""

    bias: Bias = Field(
        10, description="Worst-case bias, in per cent of the benchmark, that the effective F is held against."
    )


def examine(question: Question, options: FirstStageOptions) -> tuple[Finding, ...]:
    """One finding for each endogenous regressor: a warning where the effective F is below its critical value.

    Raises:
        EstimationError: E643 the covariance of the instruments' coefficients is singular.
    """
    asked, notes = models(question)
    found = [
        _finding(model, options, place)
        for model in asked
        for place in range(len(model.instrumented.endogenous))
    ]
    return (*found, *notes)


def _finding(model: Model, options: FirstStageOptions, place: int) -> Finding:
    form, name = model.form(), model.instrumented.endogenous[place]
    params, covariance = form.params[place + 1], form.covariance[place + 1, :, place + 1]
    joint = joint_test(params, covariance, form.df)
    if joint is None:
        raise not_positive(model)
    said = both(
        "instruments.partial_f",
        term=name,
        model=model.label,
        statistic=joint_statistic(joint),
        p=probability(joint.p_value),
    )
    sentences, verdict, details = [said], "note", _regression(model, place, form)
    if len(model.instrumented.endogenous) == 1:
        strength = weak.effective_f(params, covariance, form.products)
        critical = strength.critical[options.bias / 100]
        verdict = "pass" if strength.f >= critical else "warn"
        sentences.append(_strength(strength.f, critical, options.bias, verdict))
        details |= {
            "effective_f": strength.f,
            "effective_df": strength.k,
            "critical": {f"{tau:g}": value for tau, value in strength.critical.items()},
        }
    else:
        sentences.append(both("instruments.several"))
    return finding(model, sentences, of_joint(joint), term=name, verdict=verdict, details=details)


def _strength(f: float, critical: float, bias: int, verdict: str) -> Words:
    key = "instruments.strong" if verdict == "pass" else "instruments.weak"
    return both(key, f=number(f, digits=4), critical=number(critical, digits=3), bias=bias)


def _regression(model: Model, place: int, form: JointForm) -> dict[str, object]:
    """The first stage as a regression of the model's variance."""
    weights: Floats = np.zeros(len(form.params))
    weights[place + 1] = 1.0
    stage = equation(model.estimate, weights)
    inference = model.infer(stage)
    first = model.instrumented.n_exogenous
    table = model.estimate.tables.get("first_stage")
    classical = table.get(model.instrumented.endogenous[place], {}) if isinstance(table, dict) else {}
    return {
        "partial_r2": classical.get("partial_r2"),
        "classical_f": classical.get("f"),
        "coefficients": [
            {
                "term": term.name,
                "estimate": float(stage.params[j]),
                "std_error": float(inference.std_error[j]),
                "p_value": float(inference.p_value[j]),
                "ci_low": float(inference.ci_low[j]),
                "ci_high": float(inference.ci_high[j]),
            }
            for j, term in enumerate(stage.terms)
            if j >= first
        ],
    }


DIAGNOSTIC = Diagnostic(
    summary="First stages: partial F, effective F with critical values, coefficients",
    options=FirstStageOptions,
    examine=examine,
    references=("Montiel Olea and Pflueger 2013", "Staiger and Stock 1997"),
)
