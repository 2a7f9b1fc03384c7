"""Leave one out: the estimate without each unit (cluster, or level of another factor) in turn.

The range says how much the result hangs on single units; the most influential one is named. Of a regression the units
also have a leverage and, in each term, a partial leverage: what they bring to the regressors, whatever their outcomes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Logicals
from impact.core.designs import Design, Factor
from impact.core.findings import Finding, ModelResult, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.diagnostics._groups import Refits, factor_of, no_factor, refit_groups, shown
from impact.diagnostics._sentences import Words, both, joined, number, word
from impact.diagnostics._subjects import Subject, failed, nothing, subjects
from impact.kernels.cluster_influence import cluster_leverage, effective_clusters, partial_leverage


class LeaveOneOutOptions(Options):
    """Options of the leave-one-out test."""

    unit: str = Field(
        "",
        description="Factor whose levels are left out: the treated unit, or the first cluster; with a design by "
        "cohorts also `cohort`.",
    )
    among: Literal["all", "controls", "treated"] = Field("all", description="Which units are left out.")


def examine(question: Question, options: LeaveOneOutOptions) -> tuple[Finding, ...]:
    """One finding a term: pass when the sign never changes, warn when it does; details list the refits."""
    done: dict[tuple[str, str | None], Refits | None] = {}
    found: list[Finding] = []
    for subject in subjects(question):
        key = (subject.result.name, subject.result.group)
        if key not in done:
            done[key] = refits(question, subject.result, options)
        refitted = done[key]
        if refitted is None or not any(subject.term in one for one in refitted.estimates.values()):
            found.append(nothing(question, subject.result, no_factor(options.unit)))
        else:
            found.append(_finding(question, subject, refitted))
    return (*found, *failed(question))


def refits(question: Question, result: ModelResult, options: LeaveOneOutOptions) -> Refits | None:
    """The model without each unit in turn; None where the design has no such unit."""
    design = result.design
    factor = None if design is None else factor_of(design, options.unit)
    if design is None or factor is None:
        return None
    return refit_groups(question, result, factor, _candidates(design, factor, options.among), alone=False)


@dataclass(frozen=True, slots=True)
class Weight:
    """What the units that are present bring to the regressors: label → leverage, and partial leverage in a term."""

    leverage: dict[str, float]
    partial: dict[str, float]
    effective: float


def weight_of(subject: Subject, factor: Factor) -> Weight | None:
    """Leverage of the units in a regression; None where the estimate is no regression on the design's own rows."""
    linear, design = subject.estimate.linear, subject.result.design
    if linear is None or design is None or not linear.is_projection or subject.estimate.parts:
        return None
    if len(linear.residual) != len(factor.codes) or linear.x.shape[1] != len(subject.estimate.terms):
        return None
    rows = (linear.x, linear.bread, linear.weights, factor.codes, factor.levels)
    whole, partial = cluster_leverage(*rows), partial_leverage(*rows, subject.position)
    present = np.unique(factor.codes)
    labels = [shown(factor.labels[code]) for code in present]
    return Weight(
        dict(zip(labels, whole[present].tolist(), strict=True)),
        dict(zip(labels, partial[present].tolist(), strict=True)),
        effective_clusters(partial[present]),
    )


def _candidates(design: Design, factor: Factor, among: str) -> list[int]:
    present = np.unique(factor.codes)
    if among == "all":
        return [int(code) for code in present]
    treated = np.zeros(factor.levels, dtype=bool)
    treated[factor.codes[_treated_rows(design)]] = True
    return [int(code) for code in present if treated[code] == (among == "treated")]


def _treated_rows(design: Design) -> Logicals:
    """Rows of treated units, or with a treatment term other than zero where no unit is declared."""
    if design.adoption is not None:
        return np.asarray(np.isfinite(design.adoption.cohort)[design.adoption.unit.codes])
    if design.treatment is not None:
        return np.asarray(design.treatment.treated[design.treatment.unit.codes] != 0)
    return np.asarray(np.any(design.x[:, list(design.focus)] != 0, axis=1))


def _finding(question: Question, subject: Subject, refitted: Refits) -> Finding:
    estimate = float(subject.estimate.params[subject.position])
    without = {label: one[subject.term] for label, one in refitted.estimates.items() if subject.term in one}
    low, high = min(without.values()), max(without.values())
    label = max(without, key=lambda name: abs(without[name] - estimate))
    keeps_sign = low * estimate > 0 and high * estimate > 0
    said = both(
        "finding.leave_one_out" if keeps_sign else "finding.leave_one_out_sign",
        term=subject.term,
        model=subject.label,
        unit=refitted.factor.name,
        estimate=number(estimate),
        low=number(low),
        high=number(high),
        label=label,
        without=number(without[label]),
    )
    weight = weight_of(subject, refitted.factor)
    more = [both("finding.leave_one_out_failed", count=len(refitted.lost))] if refitted.lost else []
    more += [] if weight is None else [_weight_sentence(weight, refitted.factor.name)]
    sentences = joined([said, *more])
    return Finding(
        test=question.test,
        kind=question.kind,
        of=subject.result.name,
        term=subject.term,
        statistic=estimate,
        ci_low=low,
        ci_high=high,
        verdict="pass" if keeps_sign else "warn",
        sentence=word(sentences, language=question.language),
        details={
            "group": subject.result.group,
            "unit": refitted.factor.name,
            "n": len(without),
            "most_influential": label,
            "estimates": without,
            "failed": dict(refitted.lost),
            "leverage": None if weight is None else weight.leverage,
            "partial_leverage": None if weight is None else weight.partial,
            "effective_clusters": None if weight is None else weight.effective,
            "sentences": sentences,
        },
    )


def _weight_sentence(weight: Weight, unit: str) -> Words:
    """The unit that brings most to the term, beside what each would bring if all were alike."""
    label = max(weight.partial, key=lambda name: weight.partial[name])
    count = len(weight.partial)
    return both(
        "finding.partial_leverage",
        unit=unit,
        label=label,
        share=f"{100 * weight.partial[label]:.1f}",
        equal=f"{100 / count:.1f}",
        count=count,
        effective=number(weight.effective),
    )


DIAGNOSTIC = Diagnostic(
    summary="The estimate without each unit in turn: its range and the most influential unit",
    options=LeaveOneOutOptions,
    examine=examine,
    references=("Belsley, Kuh and Welsch 1980", "MacKinnon, Nielsen and Webb 2023"),
)
