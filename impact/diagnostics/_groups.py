"""Factors of a design by the name that a test gives, and the model without each of their groups, or in it alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impact.core.designs import Adoption, Design, Factor
from impact.core.errors import ImpactError
from impact.core.findings import ModelResult, Question
from impact.diagnostics._sentences import Words
from impact.diagnostics._subset import drop_rows

COHORT, NEVER = "cohort", "never"


def factor_of(design: Design, unit: str) -> Factor | None:
    """The factor of a name: a cluster variable, an effect, the unit, or ``cohort``; without a name the treated unit, or
    the first of them; None where there is none.
    """
    known = dict(design.clusters)
    for effect in design.absorb:
        known.setdefault(effect.factor.name, effect.factor)
    if design.panel is not None:
        known.setdefault(design.panel.unit.name, design.panel.unit)
    if design.treatment is not None:
        known.setdefault(design.treatment.unit.name, design.treatment.unit)
    if design.adoption is not None:
        known.setdefault(design.adoption.unit.name, design.adoption.unit)
        known.setdefault(COHORT, _cohort_factor(design.adoption))
    if unit:
        return known.get(unit)
    if design.treatment is not None:
        return design.treatment.unit
    return next(iter(known.values()), None)


def _cohort_factor(adoption: Adoption) -> Factor:
    """Cohorts as a factor of rows; those never treated come last."""
    values, place = np.unique(adoption.cohort, return_inverse=True)
    labels = tuple(NEVER if np.isinf(value) else value for value in values.tolist())
    return Factor(COHORT, place.astype(np.int32)[adoption.unit.codes], labels)


def shown(label: object) -> str:
    """A level as text, whole numbers without decimals."""
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def no_factor(unit: str) -> Words:
    """That the design has no such factor, in both languages."""
    name = unit or "unit"
    return {
        "en": f"'{name}' is no cluster, effect or unit of the model",
        "es": f"'{name}' no es conglomerado, efecto ni unidad del modelo",
    }


@dataclass(frozen=True, slots=True)
class Refits:
    """Estimates by group: label → term → estimate; ``lost``: label of a failed refit → reason."""

    factor: Factor
    estimates: dict[str, dict[str, float]]
    lost: dict[str, str]


def refit_groups(
    question: Question, result: ModelResult, factor: Factor, codes: Sequence[int], *, alone: bool
) -> Refits:
    """The model without each group in turn, or on the rows of each group ``alone``.

    Arguments:
        result: a model with its design. factor: on the design's rows. codes: the groups.
    """
    design = result.design
    assert design is not None
    estimates: dict[str, dict[str, float]] = {}
    lost: dict[str, str] = {}
    for code in codes:
        label = shown(factor.labels[code])
        mask = factor.codes != code if alone else factor.codes == code
        try:
            one = question.refit(result, drop_rows(design, mask, reason=f"{factor.name} {label}"))
        except ImpactError as error:
            lost[label] = str(error)
            continue
        estimates[label] = {term.name: float(b) for term, b in zip(one.terms, one.params, strict=True)}
    return Refits(factor, estimates, lost)
