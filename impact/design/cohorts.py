"""From columns to cohorts: the first treated period of each unit, and the columns that cohorts offer to formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import Factor
from impact.core.errors import DesignError, SpecError
from impact.core.frames import Frame
from impact.core.texts import fault
from impact.design.grouping import label_text, make_factor
from impact.design.table import Columns, column_of, is_missing, number_column, with_block
from impact.schema.columns_used import COHORT_COLUMNS, model_uses
from impact.schema.expressions.context import Context
from impact.schema.requests import AdoptionRequest, ModelRequest

MOST_EXAMPLES = 5
COHORT = "(cohort)"
Codes = npt.NDArray[np.int32]


def columns_of_design(frame: Frame, request: ModelRequest, context: Context) -> Columns:
    """The frame's columns and those that the design makes, with the cohort of each row as column ``(cohort)``.

    Raises:
        DesignError: E512, E528 a unit with several cohorts, E562 codes that may mean never treated. SpecError: E522.
    """
    adoption = request.adoption
    if adoption is None:
        return frame.columns
    if request.design is not None:
        made = with_block(frame, request.design, context)
        start = request.design.start - request.design.outcome_lead
        treated = made["treated"]
        return {**made, COHORT: np.where(np.isnan(treated), np.nan, np.where(treated == 1, start, np.inf))}
    own = [name for name in COHORT_COLUMNS if name in frame.columns]
    if own and not request.by_adoption:
        raise SpecError(fault("E522", place=adoption.places.get("time"), names=", ".join(sorted(own))))
    time = number_column(frame.columns, adoption.time, place=adoption.places.get("time"))
    cohort = _cohort(frame.columns, adoption, time)
    used = {name for name, _ in model_uses(request)}
    made = {
        name: _made_column(name, frame.columns, adoption, (cohort, time))
        for name in sorted(COHORT_COLUMNS)
        if name in used
    }
    return {**made, **frame.columns, COHORT: cohort}


def _made_column(
    name: str, columns: Columns, adoption: AdoptionRequest, cohort_and_time: tuple[Floats, Floats]
) -> Floats:
    """A column that cohorts offer: treated, exposed or event_time; missing where the cohort is not known."""
    cohort, time = cohort_and_time
    if name == "treated":
        return np.where(np.isnan(cohort), np.nan, np.isfinite(cohort).astype(np.float64))
    if name == "exposed":
        return _exposed(columns, adoption, cohort, time)
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(cohort), np.nan, time - cohort)


def _exposed(columns: Columns, adoption: AdoptionRequest, cohort: Floats, time: Floats) -> Floats:
    if adoption.treatment:
        return number_column(columns, adoption.treatment, place=adoption.places.get("treatment"))
    return np.where(np.isnan(cohort) | np.isnan(time), np.nan, (time >= cohort).astype(np.float64))


def _cohort(columns: Columns, adoption: AdoptionRequest, time: Floats) -> Floats:
    """(n of the frame) first treated period of the row's unit, infinity for never, NaN where it is not known."""
    if adoption.cohort:
        cohort = _declared(columns, adoption)
        if adoption.unit:
            _refuse_changing(
                cohort, column_of(columns, adoption.unit, place=adoption.places.get("unit")), adoption
            )
        return cohort
    unit = column_of(columns, adoption.unit, place=adoption.places.get("unit"))
    treatment = number_column(columns, adoption.treatment, place=adoption.places.get("treatment"))
    return _first_treated(unit, time, treatment)


def _declared(columns: Columns, adoption: AdoptionRequest) -> Floats:
    """The cohort column with every declared code for never as infinity."""
    cohort = np.array(number_column(columns, adoption.cohort, place=adoption.places.get("cohort")))
    never = adoption.never or ()
    numbers = [value for value in never if not isinstance(value, str)]
    cohort[np.isin(cohort, numbers)] = np.inf
    if "missing" in never:
        cohort[np.isnan(cohort)] = np.inf
    cohort[np.isneginf(cohort)] = np.nan
    return cohort


def _first_treated(unit: npt.NDArray[Any], time: Floats, treatment: Floats) -> Floats:
    """First period with a treatment that is not zero; never: infinity."""
    known = ~(is_missing(unit) | np.isnan(time) | np.isnan(treatment))
    found = np.full(len(time), np.nan)
    if not known.any():
        return found
    codes = make_factor("", [unit[known]]).codes
    first = np.full(int(codes.max()) + 1, np.inf)
    on = treatment[known] != 0
    np.minimum.at(first, codes[on], time[known][on])
    found[known] = first[codes]
    return found


def _refuse_changing(cohort: Floats, unit: npt.NDArray[Any], adoption: AdoptionRequest) -> None:
    """E528 where rows of one unit have different cohorts."""
    known = ~(is_missing(unit) | np.isnan(cohort))
    if not known.any():
        return
    values, units = cohort[known], unit[known]
    # where rows of a unit follow each other, neighbours say whether any changes
    together = units.dtype.kind in "fi" and bool(np.all(units[1:] >= units[:-1]))
    if together and not np.any((units[1:] == units[:-1]) & (values[1:] != values[:-1])):
        return
    factor = make_factor("", [units])
    low = np.full(factor.levels, np.inf)
    high = np.full(factor.levels, -np.inf)
    np.minimum.at(low, factor.codes, values)
    np.maximum.at(high, factor.codes, values)
    bad = np.flatnonzero(low != high)
    if len(bad):
        shown = ", ".join(
            f"{label_text(factor.labels[int(j)])} ({low[j]:g} and {high[j]:g})" for j in bad[:MOST_EXAMPLES]
        )
        raise DesignError(
            fault(
                "E528",
                place=adoption.places.get("cohort"),
                cohort=adoption.cohort,
                unit=adoption.unit,
                count=len(bad),
                examples=shown,
            )
        )


def refuse_codes(cohort: Floats, time: Floats, request: ModelRequest) -> Floats:
    """Cohorts of the rows of the sample with those after the last period as never treated, where the spec says so.

    Raises:
        DesignError: E562 missing cohorts or zeros that the spec does not declare, E563 cohorts after the last period,
            E529 cohorts that are no whole numbers.
    """
    adoption = request.adoption
    if adoption is None or not adoption.cohort or len(cohort) == 0:
        last = float(np.max(time)) if len(time) else np.inf
        return np.where(cohort > last, np.inf, cohort)
    place = adoption.places.get("cohort")
    missing, zero = np.isnan(cohort), cohort == 0
    for word, mask in (("missing", missing), ("0", zero)):
        if mask.any() and not (word == "0" and np.any(time <= 0)):
            raise DesignError(
                fault("E562", place=place, cohort=adoption.cohort, value=word, count=int(mask.sum()))
            )
    broken = cohort[np.isfinite(cohort) & (cohort != np.floor(cohort))]
    if len(broken):
        raise DesignError(
            fault("E529", place=place, time=adoption.cohort, count=len(broken), example=f"{broken[0]:g}")
        )
    last = float(np.max(time))
    beyond = np.isfinite(cohort) & (cohort > last)
    if beyond.any():
        if "beyond" not in (adoption.never or ()):
            shown = ", ".join(f"{value:g}" for value in np.unique(cohort[beyond])[:MOST_EXAMPLES].tolist())
            raise DesignError(
                fault(
                    "E563",
                    place=place,
                    cohort=adoption.cohort,
                    values=shown,
                    count=int(beyond.sum()),
                    last=f"{last:g}",
                )
            )
        cohort = np.where(beyond, np.inf, cohort)
    return cohort


def treatment_changes(unit: Factor, treatment: Floats) -> bool:
    """Whether the treatment of any unit changes from one of its periods to the next (rows by unit and period)."""
    return bool(np.any((unit.codes[1:] == unit.codes[:-1]) & (treatment[1:] != treatment[:-1])))
