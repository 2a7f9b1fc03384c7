"""E-values: how strongly a confounder would have to go with treatment and outcome to explain an association away.

    E = RR + √(RR (RR − 1))        for RR ≥ 1, and of 1/RR below 1

on the scale of risk ratios: a confounder related to both by less than E, each beyond the measured covariates, cannot
bring the estimate to none. The same of the end of the interval that lies nearer to none; 1 where the interval holds it.
Odds ratios of common outcomes count by their square root. A difference of means d, in standard deviations of the
outcome, counts as RR = exp(0.91 d). Sources: VanderWeele and Ding (2017), table 2; Chinn (2000) for 0.91.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.designs import Design
from impact.core.errors import SpecError
from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.core.texts import fault
from impact.diagnostics._sentences import both, number, word
from impact.diagnostics._subjects import Subject, failed, subjects

LOG_RATIO_OF_A_DEVIATION = 0.91
# whose coefficients are what a measure says they are
ESTIMATORS = {
    "risk_ratio": ("ols", "panel", "ppml", "logit"),
    "odds_ratio": ("logit",),
    "standardised": ("ols", "panel", "ipw", "matching", "double_ml"),
}


class EValueOptions(Options):
    """Options of the E-value."""

    measure: Literal["risk_ratio", "odds_ratio", "standardised"] = Field(
        description="risk_ratio: the coefficient is the logarithm of a ratio of risks, rates or means (counts, "
        "outcomes in logs, odds of a rare outcome); odds_ratio: of odds of a common outcome; standardised: it is a "
        "difference of means, divided here by the standard deviation of the outcome."
    )
    change: float = Field(
        1.0, gt=0, description="Change of the regressor whose effect is looked at, in its units."
    )


def e_value(ratio: float) -> float:
    """The E-value of a risk ratio (VanderWeele and Ding 2017, equation 1)."""
    above = max(ratio, 1.0 / ratio) if ratio > 0 else math.inf
    return above + math.sqrt(above * (above - 1.0)) if math.isfinite(above) else math.inf


def e_value_of_limit(low: float, high: float) -> float:
    """The E-value of an interval of risk ratios: of the end nearer to 1; 1 where the interval holds 1."""
    if low <= 1.0 <= high:
        return 1.0
    return e_value(low if low > 1.0 else high)


def examine(question: Question, options: EValueOptions) -> tuple[Finding, ...]:
    """One finding a coefficient: note, or warn where the interval holds no effect already; the statistic is E.

    Raises:
        SpecError: E674 a model whose coefficients are not what ``measure`` says.
    """
    found = [_finding(question, options, subject) for subject in subjects(question)]
    return (*found, *failed(question))


def _finding(question: Question, options: EValueOptions, subject: Subject) -> Finding:
    scale = options.change * _scale(question, options, subject)
    reading = subject.read()
    ratio = _ratio(scale * reading.estimate)
    ends = (reading.ci_low, reading.ci_high)
    low, high = (None if end is None else _ratio(scale * end) for end in ends)
    value = e_value(ratio)
    limit = None if low is None or high is None else e_value_of_limit(low, high)
    verdict = "warn" if limit is None or limit == 1.0 else "note"
    sentences = both(
        f"sensitivity.e_value{'_none' if limit is None else '_covers' if limit == 1.0 else ''}",
        term=subject.term,
        model=subject.label,
        ratio=number(ratio),
        low=number(low),
        high=number(high),
        value=number(value),
        limit=number(limit),
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=subject.result.name,
        term=subject.term,
        statistic=value,
        verdict=verdict,
        sentence=word(sentences, language=question.language),
        details={
            "group": subject.result.group,
            "measure": options.measure,
            "change": options.change,
            "ratio": ratio,
            "ratio_low": low,
            "ratio_high": high,
            "e_value": value,
            "e_value_limit": limit,
            "basis": reading.basis,
            "sentences": sentences,
        },
    )


def _ratio(logarithm: float) -> float:
    """exp, infinite where it overflows: intervals by permutation may have no end."""
    return math.exp(logarithm) if logarithm < math.log(np.finfo(float).max) else math.inf


def _scale(question: Question, options: EValueOptions, subject: Subject) -> float:
    """What turns a coefficient into the logarithm of a risk ratio."""
    design, estimate = subject.result.design, subject.estimate
    own = estimate.terms[subject.position].kind == "coef" or options.measure == "standardised"
    if estimate.estimator not in ESTIMATORS[options.measure] or design is None or not own:
        found = fault(
            "E674",
            test=question.test,
            model=subject.label,
            estimator=estimate.estimator,
            measure=options.measure,
            estimators=", ".join(ESTIMATORS[options.measure]),
        )
        raise SpecError(found)
    if options.measure == "standardised":
        return LOG_RATIO_OF_A_DEVIATION / _deviation(design)
    return 0.5 if options.measure == "odds_ratio" else 1.0


def _deviation(design: Design) -> float:
    """Standard deviation of the outcome over the sample, weighted as the model is."""
    weights = np.ones(len(design.y)) if design.weights is None else design.weights
    inside = 0.0 if design.within_sum_of_squares is None else float(np.sum(design.within_sum_of_squares))
    total = float(np.sum(weights))
    centred = design.y - float(weights @ design.y) / total
    count = total if design.weight_kind == "frequency" else float(len(design.y))
    return math.sqrt((float(weights @ centred**2) + inside) / total * count / (count - 1.0))


DIAGNOSTIC = Diagnostic(
    summary="How strong a confounder must be to explain a risk ratio away (E-value)",
    options=EValueOptions,
    examine=examine,
    references=("VanderWeele and Ding 2017", "Chinn 2000"),
)
