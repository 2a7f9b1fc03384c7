"""Columns of the two-way regressions with treatment, and the weights that they give to effects."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

import impact.estimators._saturated as saturated
import impact.kernels.bacon as bacon
import impact.kernels.saturated as kernel
from impact.core.arrays import Floats
from impact.core.designs import Adoption, Design, Term, Treatment
from impact.core.errors import DesignError
from impact.core.estimates import Estimate
from impact.core.labels import number_label
from impact.core.rows.adoption_rows import cohort_of_rows, event_time_of_rows, treatment_of_rows
from impact.core.texts import fault
from impact.estimators._adoption import (
    adoption_of,
    label_words,
    wide_of,
)
from impact.estimators._event_window import observed_reference

NAME = "did_twfe"


@dataclass(frozen=True, slots=True)
class Events:
    """Event times of the rows after binning, (n,), −infinity where never treated; those that have a dummy (E,); and the
    one that has none.
    """

    of_row: Floats
    values: Floats
    reference: float


def is_block(adoption: Adoption) -> bool:
    """Whether all treated units start in one later period, with a treatment of 0 and 1 that stays."""
    starts = np.unique(adoption.cohort[np.isfinite(adoption.cohort)])
    d = treatment_of_rows(adoption)
    one_start = len(starts) == 1 and bool(starts[0] > adoption.periods[0])
    return one_start and not adoption.switches_off and bool(np.all((d == 0) | (d == 1)))


def static_design(design: Design) -> Design:
    """The regression on the treatment and the controls, with unit and period effects."""
    adoption = adoption_of(design, NAME)
    d = treatment_of_rows(adoption)
    post = adoption.periods[adoption.time.codes] >= np.min(adoption.cohort)
    return _with_columns(design, d[:, None], (Term("att", "att"),), post[:, None].astype(np.float64))


def events_of(design: Design, reference: float, bins: tuple[float, float] | None) -> Events:
    """Event times, binned at the ends, and those that get a dummy: the reference, or the last one observed before it
    where periods have gaps, does not.

    Raises:
        DesignError: E579 no treated unit is observed at the reference.
    """
    event = event_time_of_rows(adoption_of(design, NAME))
    treated = np.isfinite(event)
    if bins is not None:
        event = np.where(treated, np.clip(event, *bins), event)
    values = np.unique(event[treated])
    base = observed_reference(values, reference)
    if base is None:
        shown = ", ".join(f"{value:g}" for value in values.tolist())
        raise DesignError(fault("E579", reference=f"{reference:g}", events=shown))
    return Events(event, values[values != base], base)


def event_design(design: Design, events: Events) -> Design:
    """The regression on a dummy for each event time (times the dose), and the controls."""
    adoption = adoption_of(design, NAME)
    order = _preferred(events)
    dose = _doses(adoption)[adoption.unit.codes]
    columns = (events.of_row[:, None] == order) * dose[:, None]
    terms = tuple(
        Term(f"event[{number_label(value)}]", "event", event_time=value) for value in order.tolist()
    )
    return _with_columns(design, columns, terms, _profile(adoption, events, order))


def events_by_units(design: Design, events: Events) -> Estimate | None:
    """The same regression without a matrix of dummies, where that would be large; None where it is not or cannot be."""
    adoption = adoption_of(design, NAME)
    d = adoption.treatment
    zero_one = d is None or bool(np.all((d == 0) | (d == 1)))
    if not zero_one or is_block(adoption) or not saturated.needs_no_rows(design, len(events.values)):
        return None
    order = _preferred(events)
    cohorts, group = np.unique(adoption.cohort, return_inverse=True)
    event = adoption.periods - cohorts[:, None]
    known = np.isfinite(events.of_row)
    ends = events.of_row[known].min(), events.of_row[known].max()
    event = np.where(np.isfinite(event), np.clip(event, *ends), event)
    columns = (event[:, :, None] == order).astype(np.float64)
    wide = wide_of(design, NAME)
    try:
        found = kernel.restricted_paths(
            wide.y, saturated.unit_weights(design, wide), group.astype(np.int64), columns
        )
    except kernel.NotLinkedError:
        return None
    terms = tuple(
        Term(f"event[{number_label(value)}]", "event", event_time=value) for value in order.tolist()
    )
    return saturated.by_units(design, terms, found.params, found.influence, k=len(order), rss=found.rss)


def _preferred(events: Events) -> Floats:
    """Event times in the order in which they stay where they are collinear: after treatment, then backwards before."""
    post, pre = events.values[events.values >= 0], events.values[events.values < 0]
    return np.concatenate([post, pre[::-1]])


def _profile(adoption: Adoption, events: Events, order: Floats) -> Floats:
    """(n, E) what the dummies would be if the unit were treated, for one starting date."""
    event = adoption.periods[adoption.time.codes] - np.min(adoption.cohort)
    known = np.isfinite(events.of_row)
    binned = np.clip(event, events.of_row[known].min(), events.of_row[known].max())
    return np.asarray(binned[:, None] == order, dtype=np.float64)


def _doses(adoption: Adoption) -> Floats:
    """(U,) the treatment of each unit once treated, 1 without an observed treatment.

    Raises:
        DesignError: E580 the dose changes within the treated periods of a unit.
    """
    dose, changed = _observed_doses(adoption)
    if len(changed):
        shown = ", ".join(label_words(adoption.unit.labels[code]) for code in changed[:5].tolist())
        raise DesignError(fault("E580", count=len(changed), units=shown))
    return dose


def _observed_doses(adoption: Adoption) -> tuple[Floats, npt.NDArray[np.int32]]:
    """The last treatment (U,) of each unit, 1 where none is observed, and the units in which it changes."""
    dose = np.ones(adoption.unit.levels)
    if adoption.treatment is None:
        return dose, np.zeros(0, dtype=np.int32)
    rows = np.flatnonzero(cohort_of_rows(adoption) <= adoption.periods[adoption.time.codes])
    codes, values = adoption.unit.codes[rows], adoption.treatment[rows]
    dose[codes] = values
    return dose, np.unique(codes[dose[codes] != values])


def why_no_event_study(adoption: Adoption) -> str:
    """Why event times have no meaning for a treatment; nothing where they have."""
    if adoption.switches_off:
        return f"treatment ends or falls in {len(adoption.switches_off)} unit(s)"
    changed = _observed_doses(adoption)[1]
    return f"the dose changes in {len(changed)} unit(s)" if len(changed) else ""


def _with_columns(design: Design, columns: Floats, terms: tuple[Term, ...], profile: Floats) -> Design:
    adoption = adoption_of(design, NAME)
    treated = np.isfinite(adoption.cohort).astype(np.float64)
    positions = tuple(range(len(terms)))
    treatment = Treatment(adoption.unit, treated, profile, positions) if is_block(adoption) else None
    x = np.empty((len(design.y), len(terms) + design.x.shape[1]), order="F")
    x[:, : len(terms)], x[:, len(terms) :] = columns, design.x
    return replace(
        design,
        terms=(*terms, *design.terms),
        x=x,
        absorb=saturated.with_effects(design),
        focus=positions,
        treatment=treatment,
        intercept=False,
    )


# --- weights ---


def comparisons_of(design: Design) -> tuple[bacon.Comparisons, Floats] | None:
    """Goodman-Bacon's comparisons without controls and the cohorts (G,) they are about; None where the panel is not
    balanced, or has weights or a treatment other than 0 and 1 that stays.
    """
    adoption = adoption_of(design, NAME)
    d = treatment_of_rows(adoption)
    plain = adoption.is_panel and not adoption.switches_off and bool(np.all((d == 0) | (d == 1)))
    balanced = len(design.y) == adoption.unit.levels * adoption.time.levels
    if not plain or not balanced or design.weights is not None:
        return None
    group, cohorts, first = bacon.timing_groups(adoption.cohort, adoption.periods)
    size = np.bincount(group, minlength=len(cohorts)).astype(np.float64)
    mean = bacon.group_table(wide_of(design, NAME).y, group, len(cohorts))
    return bacon.decompose(mean, size, first), cohorts
