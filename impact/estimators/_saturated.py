"""Saturated event study on a design: groups, cells, and the two roads to the same estimates.

Shapes: n rows, U units, T periods, C cells of cohort by period.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import AbsorbedFactor, Adoption, Design, Term
from impact.estimators._adoption import adoption_of, keep_rows, keep_units

Integers = npt.NDArray[np.int64]
NO_BASE = -1


@dataclass(frozen=True, slots=True)
class Cells:
    """Cohorts by periods, sorted by cohort and period.

    Arguments:
        cohorts: (G,) in ascending order. group: (C,) number of the cohort plus one, 0 being the comparison.
        period, base: (C,) codes of the period and of the cohort's base period. size: (C,) weight or number of rows.
        unit_group: (U,) group of each unit.
    """

    cohorts: Floats
    group: Integers
    period: Integers
    base: Integers
    size: Floats
    unit_group: Integers

    @property
    def estimated(self) -> npt.NDArray[np.bool_]:
        """(C,) cells that have rows and are not the base."""
        return np.asarray((self.size > 0) & (self.period != self.base), dtype=np.bool_)


def base_periods(adoption: Adoption, reference: float) -> Integers:
    """(U,) code of the last period at or before cohort + reference, −1 where there is none; never treated: −1."""
    limit = np.where(np.isfinite(adoption.cohort), adoption.cohort + reference, -np.inf)
    return np.searchsorted(adoption.periods, limit, side="right") - 1


def comparable(design: Design, reference: float, anticipation: float) -> Design:
    """The design without units that have no base period; where nobody is never treated, the last cohort is compared
    with, up to its treatment (Sun and Abraham 2021, section 4.1).
    """
    adoption = adoption_of(design, "did_sa")
    treated = np.isfinite(adoption.cohort)
    kept = ~treated | (base_periods(adoption, reference) >= 0)
    design = keep_units(
        design, kept, name="always treated", reason="no period before treatment to compare with"
    )
    adoption = adoption_of(design, "did_sa")
    if np.any(np.isinf(adoption.cohort)):
        return design
    last = float(adoption.cohort.max())
    before = adoption.periods[adoption.time.codes] < last - anticipation
    design = keep_rows(
        design,
        before,
        name="no comparison",
        reason=f"from {last - anticipation:g} on every unit is treated",
    )
    adoption = adoption_of(design, "did_sa")
    cohort = np.where(adoption.cohort == last, np.inf, adoption.cohort)
    return replace(design, adoption=replace(adoption, cohort=cohort))


def cells_of(design: Design, reference: float) -> Cells:
    """The cells of a design whose comparison units have an infinite cohort."""
    adoption = adoption_of(design, "did_sa")
    cohorts = np.unique(adoption.cohort[np.isfinite(adoption.cohort)])
    finite = np.isfinite(adoption.cohort)
    unit_group = np.where(finite, np.searchsorted(cohorts, adoption.cohort) + 1, 0).astype(np.int64)
    count, periods = len(cohorts), adoption.time.levels
    place = unit_group[adoption.unit.codes] * periods + adoption.time.codes
    weights = design.weights
    size = np.bincount(place, weights=weights, minlength=(count + 1) * periods)
    base = np.searchsorted(adoption.periods, cohorts + reference, side="right") - 1
    return Cells(
        cohorts=cohorts,
        group=np.repeat(np.arange(1, count + 1), periods),
        period=np.tile(np.arange(periods), count),
        base=np.repeat(base, periods),
        size=size[periods:].astype(np.float64),
        unit_group=unit_group,
    )


def with_effects(design: Design) -> tuple[AbsorbedFactor, ...]:
    """Unit and period effects, then those of the model."""
    adoption = adoption_of(design, "did_sa")
    own = (AbsorbedFactor(adoption.unit), AbsorbedFactor(adoption.time))
    names = {effect.factor.name for effect in own}
    rest = tuple(
        effect
        for effect in design.absorb
        if effect.slope is not None or not effect.intercept or effect.factor.name not in names
    )
    return (*own, *rest)


def dummy_design(design: Design, cells: Cells) -> Design:
    """The regression with a dummy for each estimated cell, then the controls."""
    adoption = adoption_of(design, "did_sa")
    chosen = np.flatnonzero(cells.estimated)
    column = np.full((len(cells.cohorts) + 1, adoption.time.levels), -1, dtype=np.int64)
    column[cells.group[chosen], cells.period[chosen]] = np.arange(len(chosen))
    of_row = column[cells.unit_group[adoption.unit.codes], adoption.time.codes]
    x = np.zeros((len(design.y), len(chosen) + design.x.shape[1]), order="F")
    rows = np.flatnonzero(of_row >= 0)
    x[rows, of_row[rows]] = 1.0
    x[:, len(chosen) :] = design.x
    return replace(
        design,
        terms=(*(cell_term(adoption, cells, j) for j in chosen.tolist()), *design.terms),
        x=x,
        absorb=with_effects(design),
        focus=(),
        treatment=None,
        intercept=False,
    )


def cell_term(adoption: Adoption, cells: Cells, cell: int) -> Term:
    """The term of one cell, as ``aggregate_cells`` names it."""
    cohort = float(cells.cohorts[cells.group[cell] - 1])
    time = float(adoption.periods[cells.period[cell]])
    return Term(f"att_gt[{cohort:g},{time:g}]", "att_gt", cohort=cohort, time=time, event_time=time - cohort)
