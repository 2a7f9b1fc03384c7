"""The static two-way regression behind a design of who is treated from when, taken apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import impact.kernels.absorb as absorption
from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.errors import DesignError
from impact.core.findings import Finding, ModelResult, Question
from impact.core.rows.adoption_rows import treatment_of_rows
from impact.core.texts import fault
from impact.diagnostics._sentences import Words
from impact.diagnostics._subjects import failed, nothing
from impact.kernels.least_squares import solve_least_squares

NO_DESIGN: Words = {
    "en": "the model has no design of who is treated from when",
    "es": "el modelo no tiene un diseño de quién se trata desde cuándo",
}


@dataclass(frozen=True, slots=True)
class TwoWay:
    """The coefficient of treatment in a regression on unit and period effects, and what else the model has.

    Arguments:
        treatment, residual: (n,) D and its residual ε on effects and controls. coefficient: of D.
    """

    treatment: Floats
    residual: Floats
    coefficient: float


def find_by_model(
    question: Question, finding: Callable[[ModelResult, Design], Finding]
) -> tuple[Finding, ...]:
    """One finding for each estimated model and group of a question, a note for those without a design."""
    found: list[Finding] = []
    done: set[tuple[str, str | None]] = set()
    for result, _ in question.of:
        key = (result.name, result.group)
        if result.estimate is None or result.inference is None or key in done:
            continue
        done.add(key)
        if result.design is None or result.design.adoption is None:
            found.append(nothing(question, result, NO_DESIGN))
        else:
            found.append(finding(result, result.design))
    return (*found, *failed(question))


def is_plain(design: Design) -> bool:
    """Whether the model has no controls and no effects but those of unit and period."""
    adoption = design.adoption
    assert adoption is not None
    names = {adoption.unit.name, adoption.time.name}
    extra = [e for e in design.absorb if e.slope is not None or e.factor.name not in names]
    return design.x.shape[1] == 0 and not extra


def two_way_of(design: Design, kind: str) -> TwoWay:
    """The regression of the outcome on treatment, controls and effects.

    Raises:
        DesignError: E618 treatment is a combination of effects and controls.
    """
    adoption = design.adoption
    assert adoption is not None
    treatment = treatment_of_rows(adoption)
    names = {adoption.unit.name, adoption.time.name}
    effects = [absorption.Effect(f.codes, f.levels) for f in (adoption.unit, adoption.time)]
    effects += [
        absorption.Effect(e.factor.codes, e.factor.levels, e.slope, e.intercept)
        for e in design.absorb
        if e.slope is not None or e.factor.name not in names
    ]
    absorbed = absorption.absorb(
        (design.y, treatment[:, None], design.x), effects, weights=design.weights, tolerance=1e-12
    )
    y, d, x = absorbed.columns[:, 0], absorbed.columns[:, 1], absorbed.columns[:, 2:]
    residual = np.ascontiguousarray(d)
    if x.shape[1]:
        residual = solve_least_squares(
            np.ascontiguousarray(x), residual, weights=design.weights, reference_norms=absorbed.norms[2:]
        ).residual
    weighted = residual if design.weights is None else residual * design.weights
    squares = float(weighted @ d)
    if squares <= 1e-10 * float(np.sum((treatment - treatment.mean()) ** 2)):
        raise DesignError(fault("E618", kind=kind))
    return TwoWay(treatment, residual, float(weighted @ y) / squares)
