"""Factors of a design by the name that a test gives: clusters, effects, the unit, cohorts."""

from __future__ import annotations

import numpy as np

from impact.core.designs import Adoption, Design, Factor
from impact.diagnostics._sentences import Words

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
