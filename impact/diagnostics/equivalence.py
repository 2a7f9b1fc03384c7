"""Equivalence: two one-sided tests that an effect lies within a bound that was fixed beforehand.

    t1 = (b + D)/se > t_{1−α,df}   and   t2 = (b − D)/se < −t_{1−α,df}

which is the same as the (1 − 2α) interval lying in (−D, D). With treatment in fewer than ten clusters
both one-sided tests come from the permutation distribution: the outcome is freed of an effect of −D
(or D) and the estimate is compared with those of all other sets of units. Of an event study, every
coefficient before treatment has to pass (the largest one decides). Sources: Schuirmann (1987); Berger
and Hsu (1996); Conley and Taber (2011).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.diagnostics._reading import Reading, permutation_column, upper_quantile, upper_tail
from impact.diagnostics._sentences import Words, both, number, pair, probability, word
from impact.diagnostics._subjects import Subject, failed, subjects
from impact.kernels.permutation import interval, one_sided


class EquivalenceOptions(Options):
    """Options of the equivalence test."""

    bound: float = Field(
        gt=0, description="The largest effect that would not matter, in units of the outcome."
    )
    reason: str | dict[str, str] = Field(
        min_length=1,
        description="Why effects within the bound do not matter; fixed before the estimate is seen.",
    )
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level of each one-sided test.")
    joint: Literal["none", "all"] = Field(
        "none", description="all: also one verdict on all estimates together, which needs every one to pass."
    )


@dataclass(frozen=True, slots=True)
class TwoOneSided:
    """p_low of "−bound or less", p_high of "bound or more", the (1 − 2α) interval; None without a test."""

    p_low: float | None
    p_high: float | None
    ci_low: float | None
    ci_high: float | None

    @property
    def p_value(self) -> float | None:
        """The larger of the two."""
        return None if self.p_low is None or self.p_high is None else max(self.p_low, self.p_high)


def two_one_sided(subject: Subject, reading: Reading, *, bound: float, alpha: float) -> TwoOneSided:
    """The two one-sided tests of one coefficient, on the basis that the number of treated clusters allows."""
    column = permutation_column(subject.result, subject.position)
    if reading.basis == "permutation" and subject.result.permutation is not None and column is not None:
        low, high = one_sided(subject.result.permutation, column, bound)
        ends = interval(subject.result.permutation, column, 1 - 2 * alpha)
        return TwoOneSided(low, high, *ends)
    error = reading.std_error
    if error is None or error <= 0 or math.isnan(reading.df):
        return TwoOneSided(None, None, None, None)
    half = upper_quantile(reading.df, alpha) * error
    return TwoOneSided(
        p_low=upper_tail(reading.df, (reading.estimate + bound) / error),
        p_high=upper_tail(reading.df, (bound - reading.estimate) / error),
        ci_low=reading.estimate - half,
        ci_high=reading.estimate + half,
    )


def examine(question: Question, options: EquivalenceOptions) -> tuple[Finding, ...]:
    """One finding a coefficient; for event studies one on the largest coefficient before treatment; one
    joint.

    ``verdict`` is pass (within the bound), fail (the whole interval lies beyond it) or note (cannot be
    told).
    """
    found: list[Finding] = []
    for group in _by_model(subjects(question)):
        leads = [subject for subject in group if _is_lead(subject)]
        if leads and len(group) > 1:
            found.append(_largest(question, options, leads))
        else:
            found.extend(_single(question, options, subject) for subject in group)
    if options.joint == "all" and found:
        found.append(_joint(question, options, found))
    return (*found, *failed(question))


def _by_model(found: tuple[Subject, ...]) -> list[list[Subject]]:
    groups: dict[tuple[str, str | None], list[Subject]] = {}
    for subject in found:
        groups.setdefault((subject.result.name, subject.result.group), []).append(subject)
    return list(groups.values())


def _is_lead(subject: Subject) -> bool:
    event_time = subject.estimate.terms[subject.position].event_time
    return event_time is not None and event_time < 0


def _single(question: Question, options: EquivalenceOptions, subject: Subject) -> Finding:
    reading = subject.read()
    tests = two_one_sided(subject, reading, bound=options.bound, alpha=options.alpha)
    verdict = _verdict(tests, options)
    level = 1 - 2 * options.alpha
    sentences = both(
        f"finding.equivalence_{'none' if tests.p_value is None else verdict}",
        term=subject.term,
        model=subject.label,
        bound=number(options.bound),
        p=probability(tests.p_value),
        level=f"{100 * level:g}",
        low=number(tests.ci_low),
        high=number(tests.ci_high),
        mde=number(reading.mde80),
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=subject.result.name,
        term=subject.term,
        statistic=reading.estimate,
        df=None if math.isinf(reading.df) else reading.df,
        p_value=tests.p_value,
        ci_low=tests.ci_low,
        ci_high=tests.ci_high,
        verdict=verdict,
        sentence=word(sentences, language=question.language),
        details={
            **_common(options, subject, sentences),
            "p_low": tests.p_low,
            "p_high": tests.p_high,
            "basis": reading.basis,
            "level": level,
            "mde80": reading.mde80,
            "columns": {"equivalence_p": tests.p_value, "bound": options.bound},
        },
    )


def _verdict(tests: TwoOneSided, options: EquivalenceOptions) -> str:
    if tests.p_value is not None and tests.p_value < options.alpha:
        return "pass"
    if tests.ci_low is not None and tests.ci_high is not None:
        beyond = tests.ci_low > options.bound or tests.ci_high < -options.bound
        return "fail" if beyond else "note"
    return "note"


def _largest(question: Question, options: EquivalenceOptions, leads: list[Subject]) -> Finding:
    """Every coefficient before treatment has to pass, so the largest p decides (intersection-union)."""
    tested = [two_one_sided(s, s.read(), bound=options.bound, alpha=options.alpha).p_value for s in leads]
    sizes = [abs(float(s.estimate.params[s.position])) for s in leads]
    largest = leads[sizes.index(max(sizes))]
    estimate = float(largest.estimate.params[largest.position])
    known = [p for p in tested if p is not None]
    p = max(known) if len(known) == len(tested) else None
    verdict = "pass" if p is not None and p < options.alpha else "note"
    sentences = both(
        f"finding.largest_{verdict}",
        term=largest.term,
        model=largest.label,
        estimate=number(estimate),
        bound=number(options.bound),
        p=probability(p),
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=largest.result.name,
        statistic=estimate,
        p_value=p,
        verdict=verdict,
        sentence=word(sentences, language=question.language),
        details={
            **_common(options, largest, sentences),
            "largest": largest.term,
            "p_values": {s.term: tests for s, tests in zip(leads, tested, strict=True)},
        },
    )


def _joint(question: Question, options: EquivalenceOptions, found: list[Finding]) -> Finding:
    p_values = [finding.p_value for finding in found]
    known = [p for p in p_values if p is not None]
    p = max(known) if len(known) == len(p_values) else None
    verdict = "pass" if p is not None and p < options.alpha else "note"
    sentences = both(
        f"finding.joint_{verdict}", count=len(found), bound=number(options.bound), p=probability(p)
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=", ".join(dict.fromkeys(finding.of for finding in found)),
        p_value=p,
        verdict=verdict,
        sentence=word(sentences, language=question.language),
        details={"joint": True, "bound": options.bound, "alpha": options.alpha, "sentences": sentences},
    )


def _common(options: EquivalenceOptions, subject: Subject, sentences: Words) -> dict[str, object]:
    return {
        "group": subject.result.group,
        "bound": options.bound,
        "reason": pair(options.reason),
        "alpha": options.alpha,
        "sentences": sentences,
    }


DIAGNOSTIC = Diagnostic(
    summary="Two one-sided tests that an effect lies within a bound fixed beforehand",
    options=EquivalenceOptions,
    examine=examine,
    references=("Schuirmann 1987", "Berger and Hsu 1996", "Conley and Taber 2011"),
)
