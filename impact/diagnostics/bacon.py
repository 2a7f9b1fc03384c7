"""Goodman-Bacon's decomposition: which comparisons the two-way coefficient is made of.

Without controls every pair of cohorts gives one or two differences in differences; their weighted mean is the
coefficient exactly. Comparisons whose controls are already treated (Later vs Earlier, Later vs Always Treated) are not
protected by parallel paths: where effects grow, they enter with the wrong sign. With controls pairs are between the
means of cohorts, and a term within cohorts is added.
Source: Goodman-Bacon (2021), theorem 1 and section 5.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

import impact.kernels.bacon as kernel
from impact.core.arrays import Floats
from impact.core.designs import Adoption, Design
from impact.core.errors import DesignError
from impact.core.findings import Finding, ModelResult, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.core.texts import fault
from impact.diagnostics._sentences import both, number, word
from impact.diagnostics._two_way import TwoWay, find_by_model, is_plain, two_way_of

TYPES = {
    kernel.TREATED_UNTREATED: "Treated vs Untreated",
    kernel.EARLIER_LATER: "Earlier vs Later",
    kernel.LATER_EARLIER: "Later vs Earlier",
    kernel.LATER_ALWAYS: "Later vs Always Treated",
    kernel.BOTH_TREATED: "Both Treated",
    kernel.ALWAYS_NEVER: "Always vs Never Treated",
    kernel.WITHIN: "Within",
}
FORBIDDEN = (kernel.LATER_EARLIER, kernel.LATER_ALWAYS)


class BaconOptions(Options):
    """Options of the decomposition."""

    warn_share: float = Field(
        0.0, ge=0, le=1, description="Warn when comparisons with treated controls weigh more than this share."
    )


def examine(question: Question, options: BaconOptions) -> tuple[Finding, ...]:
    """One finding a model, its comparisons in the details.

    Raises:
        DesignError: E617 a panel that the decomposition does not exist for, E618 treatment that is absorbed.
    """
    return find_by_model(question, lambda result, design: _finding(question, options, result, design))


def decomposition(design: Design) -> tuple[TwoWay, kernel.Comparisons, Floats]:
    """The regression, its comparisons, and the cohorts (G,) that these are about.

    Raises:
        DesignError: E617, E618.
    """
    adoption = design.adoption
    assert adoption is not None
    _refuse(design, adoption)
    whole = two_way_of(design, "bacon")
    group, cohorts, first = kernel.timing_groups(adoption.cohort, adoption.periods)
    size = np.bincount(group, minlength=len(cohorts)).astype(np.float64)
    shape = (adoption.unit.levels, adoption.time.levels)
    y = design.y.reshape(shape)
    mean = kernel.group_table(y, group, len(cohorts))
    if is_plain(design):
        return whole, kernel.decompose(mean, size, first), cohorts
    residual = whole.residual.reshape(shape)
    between = kernel.group_table(residual, group, len(cohorts))
    inside = residual - between[group]
    squares = float(np.sum(inside**2))
    share = squares / float(np.sum(residual**2))
    found = kernel.decompose_with_controls(mean, between, size, first)
    within = float(np.sum(inside * y)) / squares if squares > 0 else 0.0
    return whole, kernel.with_within(found, within, share), cohorts


def _refuse(design: Design, adoption: Adoption) -> None:
    """Only a balanced panel without weights, with a treatment of 0 and 1 that stays, can be taken apart."""
    rows, cells = len(design.y), adoption.unit.levels * adoption.time.levels
    treatment = adoption.treatment
    stays = not adoption.switches_off and (
        treatment is None or bool(np.all((treatment == 0) | (treatment == 1)))
    )
    if not adoption.is_panel or rows != cells or design.weights is not None or not stays:
        raise DesignError(fault("E617", rows=rows, cells=cells))


def _finding(question: Question, options: BaconOptions, result: ModelResult, design: Design) -> Finding:
    whole, found, cohorts = decomposition(design)
    forbidden = float(found.weight[np.isin(found.kind, FORBIDDEN)].sum())
    warns = forbidden > options.warn_share
    key = "finding.bacon_forbidden" if warns else "finding.bacon"
    if not is_plain(design):
        key = "finding.bacon_controls"
    sentences = both(
        key,
        model=result.label,
        coefficient=number(whole.coefficient),
        share=f"{100 * forbidden:.1f}",
        pairs=len(found.weight),
        clean=number(_clean_mean(found)),
        within=f"{100 * float(found.weight[found.kind == kernel.WITHIN].sum()):.1f}",
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=result.name,
        statistic=whole.coefficient,
        verdict="warn" if warns else ("note" if not is_plain(design) else "pass"),
        sentence=word(sentences, language=question.language),
        details={
            "group": result.group,
            "coefficient": whole.coefficient,
            "sum": found.coefficient,
            "forbidden_share": forbidden,
            "types": _by_type(found),
            "pairs": _pairs(found, cohorts, design.adoption),
            "sentences": sentences,
        },
    )


def _clean_mean(found: kernel.Comparisons) -> float:
    """Mean of the comparisons with untreated controls."""
    clean = ~np.isin(found.kind, FORBIDDEN)
    total = float(found.weight[clean].sum())
    return float(found.weight[clean] @ found.estimate[clean]) / total if total > 0 else float("nan")


def _by_type(found: kernel.Comparisons) -> list[dict[str, object]]:
    """Weight and weighted mean of each type, in the order of TYPES."""
    rows: list[dict[str, object]] = []
    for kind, name in TYPES.items():
        own = found.kind == kind
        weight = float(found.weight[own].sum())
        if own.any():
            mean = float(found.weight[own] @ found.estimate[own]) / weight if weight > 0 else None
            rows.append({"type": name, "n": int(own.sum()), "weight": weight, "mean": mean})
    return rows


def _pairs(found: kernel.Comparisons, cohorts: Floats, adoption: Adoption | None) -> list[dict[str, object]]:
    """Every comparison: cohorts treated and control (None: never or always treated), type, estimate, weight."""
    assert adoption is not None
    first = float(adoption.periods[0])

    def shown(group: int) -> object:
        if group < 0:
            return None
        cohort = float(cohorts[group])
        return "never" if np.isinf(cohort) else ("always" if cohort <= first else cohort)

    return [
        {
            "treated": shown(int(found.treated[j])),
            "control": shown(int(found.control[j])),
            "type": TYPES[int(found.kind[j])],
            "estimate": float(found.estimate[j]),
            "weight": float(found.weight[j]),
        }
        for j in range(len(found.weight))
    ]


DIAGNOSTIC = Diagnostic(
    summary="The comparisons that the two-way coefficient is made of (Goodman-Bacon)",
    options=BaconOptions,
    examine=examine,
    references=("Goodman-Bacon 2021",),
)
