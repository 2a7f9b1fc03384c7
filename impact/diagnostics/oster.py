"""Coefficient stability: how much stronger than on observed controls selection on others would have to be.

    δ(β) : Cov(x, W₂)/Var(W₂) over Cov(x, ψw)/Var(ψw) that would make the coefficient β;   β*(δ, R_max) : the reverse

from the coefficient and R² without and with the controls (exact cubic, not the linear shortcut). Of several solutions
it is the nearest whose bias goes on in the direction in which the controls moved the coefficient (assumption 3). With
absorbed effects, and with columns that stand in both regressions, everything is of what these leave over, R² within
included; R_max is on that scale. By default R_max = min(1.3 R̃, 1). Assumption: selection on unobserved columns is
proportional to that on observed ones. Source: Oster (2019), propositions 1 to 3, and section 4 for 1.3.
"""

from __future__ import annotations

import math

from pydantic import Field

from impact.core.errors import DesignError
from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.core.texts import fault
from impact.diagnostics._least_squares import Products, columns_named, products_of
from impact.diagnostics._sentences import both, number, word
from impact.diagnostics._subjects import Subject, failed, subjects
from impact.kernels.proportional_selection import Movement, adjust, movement, selection_for

SHARE = 1.3


class OsterOptions(Options):
    """Options of coefficient stability."""

    r_max: float | None = Field(
        None,
        gt=0,
        le=1,
        description="R² with everything observed; default: 1.3 times that of the model, at most 1.",
    )
    delta: float = Field(
        1.0, gt=0, description="Selection on unobserved columns, as a multiple of that on the controls."
    )
    target: float = Field(
        0.0, description="Value of the coefficient that the needed selection is computed for."
    )
    always: tuple[str, ...] = Field(
        (), description="Columns in both regressions, whose movement says nothing; effects always are."
    )


def examine(question: Question, options: OsterOptions) -> tuple[Finding, ...]:
    """One finding a coefficient: pass where the set from the estimate to the adjusted one leaves out the target, warn
    where it does not, or where every solution turns the direction of the bias.

    The statistic is the selection needed to reach the target.

    Raises:
        SpecError: E670 a model that is not least squares, E671 an unknown column. DesignError: E672 no controls that
            could move the coefficient, E673 R_max below the model's own R².
    """
    found = [_finding(question, options, subject) for subject in subjects(question)]
    return (*found, *failed(question))


def _finding(question: Question, options: OsterOptions, subject: Subject) -> Finding:
    products = products_of(question, subject)
    moved = _moved(question, options, subject, products)
    r_max = _r_max(question, options, subject, moved)
    needed = selection_for(moved, options.target, r_max)
    adjusted = adjust(moved, options.delta, r_max)
    low, high = sorted((moved.long, adjusted.value))
    leaves_out = not low <= options.target <= high
    verdict = "pass" if leaves_out and adjusted.keeps_direction else "warn"
    sentences = both(
        f"sensitivity.oster_{verdict if adjusted.keeps_direction else 'turned'}",
        term=subject.term,
        model=subject.label,
        short=number(moved.short),
        estimate=number(moved.long),
        r2_short=number(moved.r2_short),
        r2=number(moved.r2_long),
        r_max=number(r_max),
        delta=f"{options.delta:g}",
        adjusted=number(adjusted.value),
        needed=number(needed),
        target=f"{options.target:g}",
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=subject.result.name,
        term=subject.term,
        statistic=needed if math.isfinite(needed) else None,
        verdict=verdict,
        sentence=word(sentences, language=question.language),
        details={
            "group": subject.result.group,
            "estimate_without_controls": moved.short,
            "estimate": moved.long,
            "r2_without_controls": moved.r2_short,
            "r2": moved.r2_long,
            "r_max": r_max,
            "delta": options.delta,
            "target": options.target,
            "delta_for_target": needed if math.isfinite(needed) else None,
            "adjusted": adjusted.value,
            "other_solutions": list(adjusted.others),
            "keeps_direction": adjusted.keeps_direction,
            "sentences": sentences,
        },
    )


def _moved(question: Question, options: OsterOptions, subject: Subject, products: Products) -> Movement:
    always = columns_named(question, subject, options.always, products)
    if len(products.names) - len(always) < 2:
        raise DesignError(fault("E672", test=question.test, model=subject.label, term=subject.term))
    return movement(
        products.gram, products.cross, products.outcome, treatment=products.position, always=always
    )


def _r_max(question: Question, options: OsterOptions, subject: Subject, moved: Movement) -> float:
    if options.r_max is None:
        return min(SHARE * moved.r2_long, 1.0)
    if options.r_max < moved.r2_long:
        reached = number(moved.r2_long)
        raise DesignError(
            fault("E673", test=question.test, model=subject.label, r_max=options.r_max, r2=reached)
        )
    return options.r_max


DIAGNOSTIC = Diagnostic(
    summary="Selection on unobservables that would explain a coefficient away (Oster)",
    options=OsterOptions,
    examine=examine,
    references=("Oster 2019",),
)
