"""A null result read with a prior: the Bayes factor of no effect, and the probability of a small one.

    B₀₁ = p(b | β = 0) / ∫ p(b | β) π(β) dβ = N(b; 0, s²) / N(b; 0, s² + τ²),   b | β ~ N(β, s²),   β ~ N(0, τ²)

which is the posterior density at zero over the prior one (Savage and Dickey). τ, the size of effects that are thought
possible, has to be stated: a wide prior favours no effect. The posterior is normal with mean b τ²/(τ² + s²) and
variance s² τ²/(τ² + s²); from it the probability that |β| is below a bound. s is the error of the model; with treatment
in fewer than ten clusters that of the cluster jackknife. Sources: Dickey (1971); Kass and Raftery (1995).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydantic import Field

from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.diagnostics._reading import finite, is_few_treated, upper_quantile
from impact.diagnostics._sentences import both, joined, number, probability, word
from impact.diagnostics._subjects import Subject, failed, nothing, subjects
from impact.kernels.scipy_on_use import special

NO_ERROR = {
    "en": "so few clusters are treated that only the cluster jackknife has a valid error, and there is none",
    "es": "hay tan pocos conglomerados tratados que solo el jackknife tiene un error válido, y no lo hay",
}


class BayesNullOptions(Options):
    """Options of the Bayesian reading of a null result."""

    prior_sd: float = Field(
        gt=0, description="Standard deviation of the normal prior around zero, in units of the coefficient."
    )
    bound: float | None = Field(
        None, gt=0, description="The largest effect that would not matter: its probability is given."
    )
    threshold: float = Field(
        3.0,
        gt=1,
        description="Bayes factor from which the data speak for no effect, or, inverted, against it.",
    )


@dataclass(frozen=True, slots=True)
class Posterior:
    """Mean and standard deviation of the normal posterior, and the Bayes factor of zero against the prior."""

    mean: float
    sd: float
    bayes_factor: float


def examine(question: Question, options: BayesNullOptions) -> tuple[Finding, ...]:
    """One finding a coefficient; the statistic is the Bayes factor of no effect.

    pass: at or above the threshold; fail: at or below its inverse; note: between, the data do not tell.
    """
    found = [_finding(question, options, subject) for subject in subjects(question)]
    return (*found, *failed(question))


def posterior(estimate: float, std_error: float, prior_sd: float) -> Posterior:
    """The posterior of a normal estimate under a normal prior around zero."""
    total = std_error**2 + prior_sd**2
    weight = prior_sd**2 / total
    log_factor = 0.5 * math.log(total / std_error**2) - 0.5 * (estimate / std_error) ** 2 * weight
    return Posterior(estimate * weight, std_error * math.sqrt(weight), math.exp(log_factor))


def probability_within(found: Posterior, bound: float) -> float:
    """Posterior probability that the effect lies in (−bound, bound)."""
    ends = special().ndtr([(bound - found.mean) / found.sd, (-bound - found.mean) / found.sd])
    return float(ends[0] - ends[1])


def _finding(question: Question, options: BayesNullOptions, subject: Subject) -> Finding:
    estimate, error = float(subject.estimate.params[subject.position]), _error(subject)
    if error is None or error <= 0:
        return nothing(question, subject.result, NO_ERROR)
    found = posterior(estimate, error, options.prior_sd)
    factor = found.bayes_factor
    verdict = (
        "pass" if factor >= options.threshold else ("fail" if factor <= 1 / options.threshold else "note")
    )
    within = None if options.bound is None else probability_within(found, options.bound)
    half = upper_quantile(math.inf, (1 - question.level) / 2) * found.sd
    parts = [
        both(
            f"sensitivity.bayes_null_{'against' if factor < 1 else 'for'}",
            term=subject.term,
            model=subject.label,
            prior=number(options.prior_sd),
            factor=number(max(factor, 1 / factor) if factor > 0 else math.inf),
            low=number(found.mean - half),
            high=number(found.mean + half),
            level=f"{100 * question.level:g}",
        )
    ]
    if within is not None:
        parts.append(
            both("sensitivity.bayes_within", bound=number(options.bound), probability=probability(within))
        )
    sentences = joined(parts)
    return Finding(
        test=question.test,
        kind=question.kind,
        of=subject.result.name,
        term=subject.term,
        statistic=factor,
        ci_low=found.mean - half,
        ci_high=found.mean + half,
        verdict=verdict,
        sentence=word(sentences, language=question.language),
        details={
            "group": subject.result.group,
            "estimate": estimate,
            "std_error": error,
            "basis": "cr3" if is_few_treated(subject.result, subject.position) else "asymptotic",
            "prior_sd": options.prior_sd,
            "bayes_factor_null": factor,
            "probability_null": factor / (1.0 + factor),
            "posterior_mean": found.mean,
            "posterior_sd": found.sd,
            "bound": options.bound,
            "probability_within": within,
            "sentences": sentences,
        },
    )


def _error(subject: Subject) -> float | None:
    """The error that the number of treated clusters allows: the model's own, or that of the jackknife."""
    if not is_few_treated(subject.result, subject.position):
        return finite(subject.inference.std_error[subject.position])
    errors = subject.inference.extra.get("std_error_cr3")
    return None if errors is None else finite(errors[subject.position])


DIAGNOSTIC = Diagnostic(
    summary="Bayes factor of no effect under a stated prior, probability of a small one",
    options=BayesNullOptions,
    examine=examine,
    references=("Dickey 1971", "Kass and Raftery 1995"),
)
