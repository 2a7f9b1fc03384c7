"""How much reporting would have to change to hide an effect on crime, and what a measured change of it does.

    ln(counts) = ln(crimes) + ln(reporting rate):     observed β = true effect + ln(r1 / r0)

for one unit of the exposure. A true effect of the bound D shows as none where r1 = r0 exp(−D), and one of −D where
r1 = r0 exp(D); the true effect is D, given the estimate, where ln(r1 / r0) = β − D. Where a rate was measured before
and after, over a known change of the exposure, the coefficient net of it is β − ln(r1 / r0) / change. Assumption:
reporting moves with the exposure as stated, and victims report the same kinds of crime. Source: Levitt (1998) on
reporting in recorded crime; the identity itself is arithmetic.
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from impact.core.errors import SpecError
from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.core.texts import fault
from impact.diagnostics._sentences import both, joined, number, word
from impact.diagnostics._subjects import Subject, failed, subjects

# whose coefficients are changes of a logarithm, by what `outcome` says
ESTIMATORS = {"count": ("ppml",), "log": ("ols", "iv", "panel")}


class ReportingOptions(Options):
    """Options of the reporting bound."""

    bound: float = Field(
        gt=0,
        description="The effect that matters, as a change of the logarithm for one unit of the exposure.",
    )
    rate: float = Field(gt=0, lt=1, description="Share of crimes that are reported, before.")
    rate_after: float | None = Field(
        None, gt=0, lt=1, description="Share that is reported after, where it was measured."
    )
    change: float | None = Field(
        None, gt=0, description="Change of the exposure between the two measurements, in its units."
    )
    outcome: Literal["count", "log"] = Field(
        "count", description="count: a model of counts (ppml); log: least squares on the logarithm of a rate."
    )


def hiding_rates(rate: float, bound: float) -> tuple[float, float]:
    """The reporting rates at which a true effect of +bound, and of −bound, shows as none."""
    return rate * math.exp(-bound), rate * math.exp(bound)


def measured_shift(rate: float, rate_after: float, change: float) -> float:
    """What a change of reporting adds to the coefficient, for one unit of the exposure."""
    return math.log(rate_after / rate) / change


def examine(question: Question, options: ReportingOptions) -> tuple[Finding, ...]:
    """One finding a coefficient: note, or warn where the measured change of reporting alone is as large as the bound.

    The statistic is ln(r1 / r0), the change of reporting that makes the estimate a true effect of the bound.

    Raises:
        SpecError: E292 a model that is not on a logarithmic scale, or half of a measured change.
    """
    if (options.rate_after is None) != (options.change is None):
        problem = "`rate_after` and `change` belong together"
        raise SpecError(fault("E292", test=question.test, problem=problem))
    found = [_finding(question, options, subject) for subject in subjects(question)]
    return (*found, *failed(question))


def _finding(question: Question, options: ReportingOptions, subject: Subject) -> Finding:
    estimator = subject.estimate.estimator
    allowed = ESTIMATORS[options.outcome]
    if estimator not in allowed or subject.estimate.terms[subject.position].kind != "coef":
        problem = f"with outcome: {options.outcome} it is about coefficients of {', '.join(allowed)}, not {estimator}"
        raise SpecError(fault("E292", test=question.test, problem=f"model '{subject.label}': {problem}"))
    estimate = subject.read().estimate
    low, high = hiding_rates(options.rate, options.bound)
    needed = estimate - options.bound
    values = {"term": subject.term, "model": subject.label, "rate": number(options.rate)}
    sentences = [
        both("reporting.none", bound=number(options.bound), low=number(low), high=number(high), **values),
        both(
            "reporting.hides", bound=number(options.bound), estimate=number(estimate),
            factor=number(math.exp(needed)), after=number(options.rate * math.exp(needed)), **values,
        ),
    ]  # fmt: skip
    details: dict[str, object] = {
        "group": subject.result.group, "bound": options.bound, "rate": options.rate, "rate_hiding_rise": low,
        "rate_hiding_fall": high, "shift_needed": needed, "estimate": estimate,
    }  # fmt: skip
    verdict = "note"
    if options.rate_after is not None and options.change is not None:
        shift = measured_shift(options.rate, options.rate_after, options.change)
        verdict = "warn" if abs(shift) >= options.bound else "note"
        details |= {"rate_after": options.rate_after, "shift_per_unit": shift, "net": estimate - shift}
        sentences.append(
            both(
                "reporting.measured", rate=number(options.rate), other=number(options.rate_after),
                shift=number(shift * options.change), over=number(options.change), per_unit=number(shift),
                net=number(estimate - shift),
            )
        )  # fmt: skip
    said = joined(sentences)
    return Finding(
        test=question.test,
        kind=question.kind,
        of=subject.result.name,
        term=subject.term,
        statistic=needed,
        verdict=verdict,
        sentence=word(said, language=question.language),
        details=details | {"sentences": said},
    )


DIAGNOSTIC = Diagnostic(
    summary="The change of the reporting rate that would hide an effect on recorded crime",
    options=ReportingOptions,
    examine=examine,
    references=("Levitt 1998",),
)
