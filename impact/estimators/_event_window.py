"""Windows of event time around each cohort, and who is a clean control in them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import Adoption, AdoptionChoices, Design
from impact.core.errors import DesignError
from impact.core.texts import fault
from impact.estimators._adoption import keep_units, wide_of

Mask = npt.NDArray[np.bool_]


def cohorts_of(adoption: Adoption) -> Floats:
    """Cohorts with a period before treatment, in ascending order."""
    cohort = adoption.cohort
    return np.unique(cohort[np.isfinite(cohort) & (cohort > adoption.periods[0])])


def shared_window(adoption: Adoption) -> tuple[float, float]:
    """First and last event time at which every cohort is observed."""
    cohorts = cohorts_of(adoption)
    return float(adoption.periods[0] - cohorts[0]), float(adoption.periods[-1] - cohorts[-1])


def asked_window(
    adoption: Adoption, choices: AdoptionChoices, asked: tuple[int | None, int | None], estimator: str
) -> tuple[float, float]:
    """First and last event time: the options pre and post, the design's window, or that shared by all cohorts.

    Raises:
        DesignError: E578 no cohort has a period before treatment, E581 a window that does not hold the reference.
    """
    if len(cohorts_of(adoption)) == 0:
        raise DesignError(fault("E578", estimator=estimator))
    low, high = choices.window or shared_window(adoption)
    pre, post = asked
    window = (low if pre is None else -float(pre), high if post is None else float(post))
    if not window[0] <= choices.reference < 0 <= window[1]:
        problem = (
            f"{estimator}: the window {window[0]:g} to {window[1]:g} has to hold the reference"
            f" {choices.reference:g} and 0"
        )
        raise DesignError(fault("E581", problem=problem))
    return window


def balanced(design: Design, choices: AdoptionChoices, estimator: str) -> Design:
    """The design without units that miss a period, where `balance: drop` asks for that."""
    if choices.balance != "drop":
        return design
    complete = wide_of(design, estimator).complete
    return keep_units(design, complete, name="unbalanced", reason="not seen in every period")


def observed_reference(events: Floats, reference: float) -> float | None:
    """The last observed event time at or before the reference: with gaps, that of the period before treatment."""
    before = events[events <= reference]
    return float(before.max()) if len(before) else None


def event_times(adoption: Adoption) -> Floats:
    """Event times of cohorts with a period before treatment, in ascending order."""
    return np.unique(adoption.periods - cohorts_of(adoption)[:, None])


def clean_controls(cohort: Floats, until: float, control_group: str) -> Mask:
    """(U,) units untreated up to ``until``; only those never treated with ``control_group`` "never"."""
    if control_group == "never":
        return np.asarray(np.isinf(cohort), dtype=np.bool_)
    return np.asarray(cohort > until, dtype=np.bool_)


def control_group_of(adoption: Adoption, choices: AdoptionChoices) -> str:
    """The comparison asked for; "not_yet" where nobody is never treated."""
    never = bool(np.any(np.isinf(adoption.cohort)))
    return choices.control_group if never else "not_yet"
