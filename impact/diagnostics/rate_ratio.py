"""Ratio of two rates from counts, with an exact interval: per head, or the group's share beside its population share.

    per_head:  θ = (a/A) / (b/B)           a cases over A, b other cases over B; conditional on a + b (Poisson)
    share:     R = (a/N) / (A/P)           the group's share of the N = a + b cases over its share of P = A + B

Both hold the exposures for known; a test of 1 comes with each. The counts are numbers or are read from a listing of the
spec. The interval speaks of chance in the counts alone: not of how they were counted, nor of who is in the population.
Sources: Clopper and Pearson (1934); Przyborowski and Wilenski (1940).
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from impact.core.errors import DesignError
from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.core.texts import fault
from impact.diagnostics._sentences import both, number, word
from impact.kernels.exact_ratio import binomial_two_sided, clopper_pearson, poisson_rate_ratio

Count = str | float
LISTED = ("cases", "exposure", "other_cases", "other_exposure")


class RateRatioOptions(Options):
    """Options of the ratio of rates."""

    listed_numbers: ClassVar[tuple[str, ...]] = LISTED

    cases: Count = Field(description='Cases of the group: a number, or get("LISTING", "ROW", "COLUMN").')
    exposure: Count = Field(description="What they are counted over: persons of the group.")
    other_cases: Count = Field(description="Cases of the others.")
    other_exposure: Count = Field(description="Persons of the others.")
    measure: Literal["per_head", "share"] = Field(
        "per_head",
        description="per_head: ratio of the two rates; share: the group's share of all cases over that of all persons.",
    )
    per: float = Field(100_000, gt=0, description="Rates are told per this many persons.")


def examine(question: Question, options: RateRatioOptions) -> tuple[Finding, ...]:
    """One finding: the ratio as ``statistic`` with its exact interval and the p-value of a ratio of 1.

    Raises:
        DesignError: E456 counts that are no counts, or exposures that are not positive.
    """
    a, b = (_count(question, getattr(options, key), key) for key in ("cases", "other_cases"))
    own, others = (_exposure(question, getattr(options, key), key) for key in ("exposure", "other_exposure"))
    if a + b == 0:
        raise DesignError(fault("E456", problem="there is not one case in both groups"))
    share = own / (own + others)
    if options.measure == "share":
        ratio = a / (a + b) / share
        low, high = (end / share for end in clopper_pearson(a, a + b, level=question.level))
    else:
        ratio, low, high = poisson_rate_ratio(a, own, b, others, level=question.level)
    sentences = both(
        "listed.rate_share" if options.measure == "share" else "listed.rate_ratio",
        cases=_whole(a), exposure=_whole(own),
        other_cases=_whole(b), other_exposure=_whole(others),
        rate=number(options.per * a / own), other_rate=number(options.per * b / others),
        per=_whole(options.per), share=number(100 * a / (a + b)), population=number(100 * share),
        ratio=number(ratio), low=number(low), high=number(high), level=f"{100 * question.level:g}",
    )  # fmt: skip
    return (
        Finding(
            test=question.test,
            kind=question.kind,
            of="",
            statistic=ratio,
            p_value=binomial_two_sided(a, a + b, share),
            ci_low=low,
            ci_high=high,
            verdict="note",
            sentence=word(sentences, language=question.language),
            details={
                "cases": a, "exposure": own, "other_cases": b, "other_exposure": others,
                "measure": options.measure, "rate": options.per * a / own,
                "other_rate": options.per * b / others, "per": options.per, "level": question.level,
                "sentences": sentences,
            },
        ),
    )  # fmt: skip


def _whole(value: float) -> str:
    """A count in full; what is none with two decimals."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def _count(question: Question, value: Count, key: str) -> int:
    found = question.number(value)
    if found < 0 or not float(found).is_integer():
        raise DesignError(fault("E456", problem=f"{key}: {found:g} is no count"))
    return int(found)


def _exposure(question: Question, value: Count, key: str) -> float:
    found = question.number(value)
    if not 0 < found < float("inf"):
        raise DesignError(fault("E456", problem=f"{key}: {found:g} is nothing to count over"))
    return found


DIAGNOSTIC = Diagnostic(
    summary="Ratio of two rates from counts, per head or as shares, with an exact interval",
    options=RateRatioOptions,
    examine=examine,
    references=("Clopper and Pearson 1934", "Przyborowski and Wilenski 1940"),
)
