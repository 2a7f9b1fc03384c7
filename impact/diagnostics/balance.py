"""Covariates by cohort: means, normalised differences from the comparison group, and a joint test.

    normalised difference = (mean of the cohort − mean of the comparison) / √((s² + s₀²) / 2)

does not grow with the sample, unlike t. The comparison group are the units that are never treated, or the last cohort
where there are none. Covariates are the controls of the model, in the first period or in the last one before the
cohort's treatment. The joint test is the Wald test that all differences of means are zero, with errors clustered as the
model's (no small-sample factor, chi-squared law). Balance is not what parallel trends need: they need covariates that
move the outcome's path to be the same, or to be in the model.
Source: Imbens and Rubin (2015), Causal Inference for Statistics, Social, and Biomedical Sciences, section 14.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats, Integers, Logicals
from impact.core.designs import Adoption, Design
from impact.core.errors import SpecError
from impact.core.findings import Finding, ModelResult, Question
from impact.core.labels import number_label
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.core.texts import fault
from impact.diagnostics._event_rows import asked_models
from impact.diagnostics._joint_test import Joint, joint_test
from impact.diagnostics._sentences import Words, both, number, probability, word
from impact.diagnostics._subjects import failed, nothing

LARGE = 0.25
NO_COVARIATES: Words = {
    "en": "it has no cohorts with controls (write `design:` and `controls:`)",
    "es": "no tiene cohortes con controles (escriba `design:` y `controls:`)",
}


class BalanceOptions(Options):
    """Options of the balance of covariates."""

    covariates: tuple[str, ...] = Field((), description="Controls of the model to compare; default: all.")
    period: Literal["first", "before"] = Field(
        "first",
        description="Compare in the first period, or in the last one before each cohort's treatment.",
    )
    threshold: float = Field(
        LARGE,
        gt=0,
        description="A normalised difference beyond this is called large (Imbens and Rubin: 0.25).",
    )
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level of the joint test.")


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one group: values (m, k), weights (m,), cluster codes (m,)."""

    values: Floats
    weights: Floats
    clusters: Integers

    def mean(self) -> Floats:
        """(k,) weighted means."""
        return np.asarray(self.weights @ self.values / self.weights.sum())

    def variance(self) -> Floats:
        """(k,) weighted variances, with (m − 1)/m."""
        size = len(self.weights)
        spread = self.weights @ (self.values - self.mean()) ** 2 / self.weights.sum()
        return np.asarray(spread * size / max(size - 1, 1))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A cohort against the comparison group: (k,) means, differences, normalised differences and errors."""

    cohort: float
    size: int
    against: int
    mean: Floats
    base: Floats
    normalised: Floats
    std_error: Floats
    joint: Joint | None


def examine(question: Question, options: BalanceOptions) -> tuple[Finding, ...]:
    """One finding a cohort: warn where a normalised difference is large or the joint test rejects, else pass.

    Raises:
        SpecError: E619 a term is named, E623 a covariate that is not a control of the model.
    """
    found: list[Finding] = []
    for result in asked_models(question):
        design = result.design
        if design is None or design.adoption is None or design.x.shape[1] == 0:
            found.append(nothing(question, result, NO_COVARIATES))
            continue
        names = [term.name for term in design.terms]
        chosen = _chosen(question, options, names, result.name)
        compared = compare(design, design.adoption, chosen, period=options.period)
        found.extend(_finding(question, options, result, (names, chosen, one)) for one in compared)
        if not compared:
            found.append(nothing(question, result, NO_COVARIATES))
    return (*found, *failed(question))


def _chosen(question: Question, options: BalanceOptions, names: list[str], model: str) -> list[int]:
    for name in options.covariates:
        if name not in names:
            raise SpecError(fault("E623", test=question.test, name=name, model=model, names=", ".join(names)))
    return [names.index(name) for name in options.covariates] or list(range(len(names)))


def compare(design: Design, adoption: Adoption, columns: list[int], *, period: str) -> list[Comparison]:
    """Every cohort against the comparison group in its period; cohorts without rows there are left out."""
    cohort = adoption.cohort[adoption.unit.codes]
    times = adoption.periods[adoption.time.codes]
    groups = np.unique(adoption.cohort[np.isfinite(adoption.cohort)]).tolist()
    never = bool(np.any(np.isinf(adoption.cohort)))
    base = math.inf if never else groups.pop()
    found = []
    for group in groups:
        early = adoption.periods[adoption.periods < group - adoption.choices.anticipation]
        if len(early) == 0:
            continue
        when = float(early[-1] if period == "before" else early[0])
        rows = [(cohort == value) & (times == when) for value in (group, base)]
        if all(np.count_nonzero(row) > 1 for row in rows):
            found.append(_compared(group, *(_group(design, row, columns) for row in rows)))
    return found


def _group(design: Design, rows: Logicals, columns: list[int]) -> Group:
    adoption = design.adoption
    assert adoption is not None
    factor = next(iter(design.clusters.values()), adoption.unit)
    weights = np.ones(int(rows.sum())) if design.weights is None else design.weights[rows]
    return Group(design.x[rows][:, columns], weights, factor.codes[rows])


def _compared(cohort: float, group: Group, base: Group) -> Comparison:
    spread = np.sqrt((group.variance() + base.variance()) / 2)
    difference = group.mean() - base.mean()
    covariance = _covariance(group, base)
    normalised = np.divide(difference, spread, out=np.full_like(spread, np.nan), where=spread > 0)
    return Comparison(
        cohort=cohort,
        size=len(group.weights),
        against=len(base.weights),
        mean=group.mean(),
        base=base.mean(),
        normalised=normalised,
        std_error=np.sqrt(np.diag(covariance)),
        joint=joint_test(difference, covariance, math.inf),
    )


def _covariance(group: Group, base: Group) -> Floats:
    """Covariance (k, k) of the differences of means: sums of influence by cluster."""
    influence = np.vstack(
        [
            sign * one.weights[:, None] * (one.values - one.mean()) / one.weights.sum()
            for sign, one in ((1.0, group), (-1.0, base))
        ]
    )
    codes = np.concatenate([group.clusters, base.clusters])
    _, place = np.unique(codes, return_inverse=True)
    sums = np.column_stack([np.bincount(place, weights=column) for column in influence.T])
    return np.asarray(sums.T @ sums)


def _finding(
    question: Question,
    options: BalanceOptions,
    result: ModelResult,
    about: tuple[list[str], list[int], Comparison],
) -> Finding:
    names, chosen, found = about
    shown = [names[column] for column in chosen]
    sizes = np.abs(np.nan_to_num(found.normalised))
    largest = int(np.argmax(sizes))
    rejected = found.joint is not None and found.joint.p_value < options.alpha
    uneven = rejected or bool(sizes[largest] > options.threshold)
    sentences = both(
        "honest.balance_uneven" if uneven else "honest.balance_even",
        cohort=f"{found.cohort:g}",
        model=result.label,
        count=len(shown),
        name=shown[largest],
        normalised=number(float(found.normalised[largest])),
        p=probability(None if found.joint is None else found.joint.p_value),
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=result.name,
        term=f"cohort[{number_label(found.cohort)}]",
        statistic=None if found.joint is None else found.joint.statistic,
        df=None if found.joint is None else float(found.joint.df),
        p_value=None if found.joint is None else found.joint.p_value,
        verdict="warn" if uneven else "pass",
        sentence=word(sentences, language=question.language),
        details={
            "group": result.group,
            "cohort": found.cohort,
            "n": found.size,
            "n_comparison": found.against,
            "period": options.period,
            "rows": _rows(shown, found),
            "sentences": sentences,
        },
    )


def _rows(names: list[str], found: Comparison) -> list[dict[str, object]]:
    return [
        {
            "covariate": name,
            "mean": float(found.mean[k]),
            "mean_comparison": float(found.base[k]),
            "difference": float(found.mean[k] - found.base[k]),
            "std_error": float(found.std_error[k]),
            "normalised": float(found.normalised[k]) if math.isfinite(found.normalised[k]) else None,
        }
        for k, name in enumerate(names)
    ]


DIAGNOSTIC = Diagnostic(
    summary="Covariates by cohort: means, normalised differences, joint test",
    options=BalanceOptions,
    examine=examine,
    references=("Imbens and Rubin 2015, section 14.2",),
)
