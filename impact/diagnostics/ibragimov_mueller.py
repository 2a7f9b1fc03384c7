"""The model in each of a few groups on its own, and the t-test of the groups' estimates (Ibragimov and Müller 2010).

    t = √q β̄ / s,   β̄ and s the mean and standard deviation of the q estimates,   t with q − 1 degrees of freedom

Groups need not be alike: at 8.3 % and below the test keeps its size where their estimates are independent, roughly
normal and centred at one effect, however different their variances. Nothing is assumed of rows inside a group.
Source: Ibragimov and Müller (2010), Journal of Business & Economic Statistics 28, 453-468, section 2.
"""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field

from impact.core.findings import Finding, ModelResult, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.diagnostics._groups import Refits, factor_of, no_factor, refit_groups
from impact.diagnostics._reading import upper_quantile, upper_tail
from impact.diagnostics._sentences import both, joined, number, probability, word
from impact.diagnostics._subjects import Subject, failed, nothing, subjects


class IbragimovMuellerOptions(Options):
    """Options of the test by groups."""

    unit: str = Field(
        "",
        description="Factor whose levels are the groups: a cluster variable or an effect; default: the treated "
        "unit, or the first cluster.",
    )


def examine(question: Question, options: IbragimovMuellerOptions) -> tuple[Finding, ...]:
    """One finding a term: t-test and interval of the groups' estimates, which the details list.

    Groups in which the model or the term cannot be estimated (no variation, too few rows) are left out and counted.
    """
    done: dict[tuple[str, str | None], Refits | None] = {}
    found: list[Finding] = []
    for subject in subjects(question):
        key = (subject.result.name, subject.result.group)
        if key not in done:
            done[key] = _by_group(question, subject.result, options.unit)
        groups = done[key]
        if groups is None:
            found.append(nothing(question, subject.result, no_factor(options.unit)))
            continue
        own = {label: one[subject.term] for label, one in groups.estimates.items() if subject.term in one}
        if len(own) < 2:
            why = both("finding.ibragimov_mueller_few", unit=groups.factor.name, count=len(own))
            found.append(nothing(question, subject.result, why))
        else:
            found.append(_finding(question, subject, groups, own))
    return (*found, *failed(question))


def _by_group(question: Question, result: ModelResult, unit: str) -> Refits | None:
    """The model on the rows of each group; None where the design has no such factor."""
    design = result.design
    factor = None if design is None else factor_of(design, unit)
    if design is None or factor is None:
        return None
    return refit_groups(question, result, factor, np.unique(factor.codes).tolist(), alone=True)


def _finding(question: Question, subject: Subject, groups: Refits, own: dict[str, float]) -> Finding:
    values = np.array(list(own.values()))
    count, mean = len(values), float(np.mean(values))
    error = float(np.std(values, ddof=1)) / math.sqrt(count)
    df = count - 1.0
    statistic = mean / error if error > 0 else math.nan
    p_value = 2.0 * upper_tail(df, abs(statistic)) if error > 0 else math.nan
    half = upper_quantile(df, (1.0 - subject.inference.level) / 2.0) * error
    lost = {
        **groups.lost,
        **{label: "the term has no estimate" for label in groups.estimates if label not in own},
    }
    said = both(
        "finding.ibragimov_mueller",
        term=subject.term,
        model=subject.label,
        unit=groups.factor.name,
        count=count,
        mean=number(mean),
        low=number(mean - half),
        high=number(mean + half),
        p=probability(None if math.isnan(p_value) else p_value),
    )
    left_out = (
        [both("finding.ibragimov_mueller_lost", count=len(lost), names=", ".join(lost))] if lost else []
    )
    sentences = joined([said, *left_out])
    return Finding(
        test=question.test,
        kind=question.kind,
        of=subject.result.name,
        term=subject.term,
        statistic=None if math.isnan(statistic) else statistic,
        df=df,
        p_value=None if math.isnan(p_value) else p_value,
        ci_low=mean - half,
        ci_high=mean + half,
        verdict="note",
        sentence=word(sentences, language=question.language),
        details={
            "group": subject.result.group,
            "unit": groups.factor.name,
            "n_groups": count,
            "estimate": mean,
            "std_error": error,
            "estimates": own,
            "left_out": lost,
            "sentences": sentences,
        },
    )


DIAGNOSTIC = Diagnostic(
    summary="The model in each of a few groups on its own, and the t-test of their estimates",
    options=IbragimovMuellerOptions,
    examine=examine,
    references=("Ibragimov and Müller 2010",),
)
