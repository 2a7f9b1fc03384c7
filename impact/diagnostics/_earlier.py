"""A design in which treatment is pretended to have come earlier, on rows before any treatment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact.core.arrays import Floats
from impact.core.designs import Adoption, Design
from impact.core.texts import text
from impact.diagnostics._subset import drop_rows


def treated_earlier(design: Design, periods: int) -> Design | str:
    """The periods before the first treatment, with cohorts that start ``periods`` earlier; or why that is not possible.

    Periods that may respond already (anticipation) are left out too. Cohorts whose pretended date lies beyond what is
    left are not treated there, so that they compare. The reason is the key of a text.
    """
    adoption = design.adoption
    if adoption is None:
        return "diagnostics.honest.placebo_no_cohorts"
    seen = adoption.cohort[np.isfinite(adoption.cohort) & (adoption.cohort > adoption.periods[0])]
    if len(seen) == 0:
        return "diagnostics.honest.placebo_no_cohorts"
    end = float(seen.min()) - adoption.choices.anticipation
    early = adoption.periods < end
    if int(np.count_nonzero(early)) <= periods:
        return "diagnostics.honest.placebo_few_periods"
    gone = ~early[adoption.time.codes] | (adoption.cohort <= adoption.periods[0])[adoption.unit.codes]
    cut = drop_rows(design, gone, reason=text("diagnostics.honest.placebo_step"))
    assert cut.adoption is not None
    moved = _moved(adoption, cut.adoption, periods)
    if not np.any(np.isfinite(moved)):
        return "diagnostics.honest.placebo_few_periods"
    if not np.any(np.isinf(moved)) and len(np.unique(moved)) == 1:
        return "diagnostics.honest.placebo_no_comparison"
    return replace(cut, adoption=replace(cut.adoption, cohort=moved, treatment=None), treatment=None)


def _moved(adoption: Adoption, kept: Adoption, periods: int) -> Floats:
    """(U,) pretended cohorts of the units that are left; periods are counted as they are seen."""
    place = np.searchsorted(adoption.periods, kept.cohort)
    moved = np.full(len(kept.cohort), np.inf)
    within = np.isfinite(kept.cohort) & (place - periods < len(kept.periods)) & (place >= periods)
    moved[within] = adoption.periods[place[within] - periods]
    return moved
