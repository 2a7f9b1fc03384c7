"""The sample of group-time effects: who is compared with whom, which units and periods leave, and the covariates.

Shapes: n rows, U units, T periods, k covariates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from impact.core.arrays import Floats
from impact.core.designs import Adoption, AdoptionChoices, Design
from impact.core.errors import DesignError
from impact.core.texts import fault
from impact.estimators._adoption import Wide, adoption_of, first_rows, keep_rows, keep_units, wide_of
from impact.kernels.group_time import PanelArrays, RowArrays
from impact.kernels.propensity import SINGULAR, ComparisonError, inverse_of

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sample:
    """What is estimated on.

    Arguments:
        design: rows that are left; wide: its units by periods where it is a complete panel, else None.
        cohorts: cohorts that get effects, ascending. last: the cohort that stands in for the never treated, or None.
    """

    design: Design
    wide: Wide | None
    cohorts: tuple[float, ...]
    last: float | None = None


def settle(design: Design, choices: AdoptionChoices, estimator: str) -> Sample:
    """The rows that group-time effects are made of.

    Units treated in the first period leave (with anticipation: before they could be seen untreated). Where nobody is
    never treated, the last cohort is the comparison and periods from its treatment on leave. Units that miss a period
    leave unless ``balance: keep``. Every loss is a step of the sample.

    Raises:
        DesignError: E571 nothing is left to compare.
    """
    ahead = choices.anticipation
    keeps = choices.balance == "keep"
    design = _late_as_never(design, ahead)
    last: float | None = None
    while True:
        design, found = _comparison(design, choices, estimator)
        last = last if found is None else found
        design = _untreated_first(design, ahead, estimator)
        if not adoption_of(design, estimator).is_panel:
            return Sample(design, None, _cohorts(design, estimator, last), last)
        wide = wide_of(design, estimator)
        complete = wide.complete
        if complete.all():
            return Sample(design, wide, _cohorts(design, estimator, last), last)
        if keeps:
            return Sample(design, None, _cohorts(design, estimator, last), last)
        if not complete.any():
            raise DesignError(fault("E571", estimator=estimator, reason="no unit is there in every period"))
        design = keep_units(
            design, complete, name="balance", reason="units that miss a period (`balance: keep` keeps them)"
        )


def _late_as_never(design: Design, ahead: float) -> Design:
    """Cohorts that start too late to be seen, even in anticipation, are never treated here."""
    adoption = adoption_of(design, "")
    late = adoption.cohort > adoption.periods[-1] + ahead
    return replace(design, adoption=replace(adoption, cohort=np.where(late, np.inf, adoption.cohort)))


def _comparison(design: Design, choices: AdoptionChoices, estimator: str) -> tuple[Design, float | None]:
    """The design with somebody to compare with: without never treated units the last cohort, up to its treatment."""
    adoption = adoption_of(design, estimator)
    latest = float(adoption.cohort.max())
    if np.isinf(latest):
        return design, None
    cutoff = latest - choices.anticipation
    before = adoption.periods[adoption.time.codes] < cutoff
    if not before.any():
        raise DesignError(fault("E571", estimator=estimator, reason=f"no period before {cutoff:g}"))
    reason = f"periods from {cutoff:g} on: nobody is never treated, cohort {latest:g} is the comparison"
    design = keep_rows(design, before, name="last_cohort", reason=reason)
    if choices.control_group == "not_yet" and not before.all():
        return design, latest
    adoption = adoption_of(design, estimator)
    cohort = np.where(adoption.cohort == latest, np.inf, adoption.cohort)
    return replace(design, adoption=replace(adoption, cohort=cohort)), latest


def _untreated_first(design: Design, ahead: float, estimator: str) -> Design:
    adoption = adoption_of(design, estimator)
    kept = adoption.cohort > adoption.periods[0] + ahead
    if not kept.any():
        raise DesignError(fault("E571", estimator=estimator, reason="every unit is treated from the start"))
    reason = f"treated by {adoption.periods[0] + ahead:g}, the first period" + (
        " (with anticipation)" if ahead else ""
    )
    return keep_units(design, np.asarray(kept), name="always_treated", reason=reason)


def _cohorts(design: Design, estimator: str, last: float | None) -> tuple[float, ...]:
    adoption = adoption_of(design, estimator)
    found = [float(g) for g in np.unique(adoption.cohort) if np.isfinite(g) and g != last]
    if not found:
        raise DesignError(fault("E571", estimator=estimator, reason="no treated cohort is left"))
    if len(adoption.periods) < 2:
        raise DesignError(fault("E571", estimator=estimator, reason="there is one period only"))
    return tuple(found)


# --- covariates ---


def regressors_of(design: Design, estimator: str) -> Floats | None:
    """(n, k + 1) the constant and the standardised covariates; None without covariates.

    Standardising changes no effect and no influence: all of them are the same for any scale of the covariates.

    Raises:
        DesignError: E572 covariates that are constant or combinations of each other.
    """
    if design.x.shape[1] == 0:
        return None
    mean = design.x.mean(axis=0)
    centred = design.x - mean
    spread = np.sqrt(np.mean(centred**2, axis=0))
    flat = spread <= 1e-12 * np.maximum(np.abs(mean), np.finfo(np.float64).tiny)
    names = [term.name for term in design.terms]
    if flat.any():
        shown = ", ".join(name for name, is_flat in zip(names, flat.tolist(), strict=True) if is_flat)
        raise DesignError(fault("E572", estimator=estimator, problem=f"constant covariates: {shown}"))
    x = np.column_stack([np.ones(len(centred)), centred / spread])
    moments = x.T @ x / len(x)
    try:
        inverse_of(moments)
    except ComparisonError:
        values, vectors = np.linalg.eigh(moments)
        part = np.abs(vectors[1:, values < SINGULAR * values[-1]]).max(axis=1) > 1e-6
        shown = ", ".join(name for name, is_part in zip(names, part.tolist(), strict=True) if is_part)
        problem = f"covariates that are combinations of each other: {shown}"
        raise DesignError(fault("E572", estimator=estimator, problem=problem)) from None
    return np.ascontiguousarray(x)


def rows_of_units(sample: Sample) -> npt.NDArray[np.int64]:
    """(U,) the first row of each unit."""
    if sample.wide is not None:
        return sample.wide.row[:, 0]
    return first_rows(adoption_of(sample.design, "").unit)


def varying_covariates(design: Design, adoption: Adoption) -> list[str]:
    """Names of the covariates that change within a unit."""
    first = first_rows(adoption.unit)[adoption.unit.codes]
    changes = np.any(design.x != design.x[first], axis=0)
    return [term.name for term, found in zip(design.terms, changes.tolist(), strict=True) if found]


def panel_arrays(sample: Sample, x: Floats | None, *, varying: bool) -> PanelArrays:
    """A complete panel for the kernel."""
    design, wide = sample.design, sample.wide
    assert wide is not None
    adoption = adoption_of(design, "")
    weights = design.weights
    steady = weights is None or bool(np.all(weights[wide.row] == weights[wide.row[:, :1]]))
    return PanelArrays(wide.y, adoption.cohort, wide.row, x, weights, fixed=steady and not varying)


def row_arrays(sample: Sample, x: Floats | None) -> RowArrays:
    """Rows for the kernel."""
    design = sample.design
    adoption = adoption_of(design, "")
    return RowArrays(
        y=design.y,
        time=adoption.time.codes.astype(np.int64),
        unit=adoption.unit.codes.astype(np.int64),
        units=adoption.unit.levels,
        cohort=adoption.cohort[adoption.unit.codes],
        x=x,
        weights=design.weights,
    )


def unit_weights(sample: Sample) -> Floats:
    """(U,) weights of units in the cohorts' shares: of the first period in a panel, else the mean over its rows."""
    design = sample.design
    adoption = adoption_of(design, "")
    if design.weights is None:
        return np.ones(adoption.unit.levels)
    if sample.wide is not None:
        return np.asarray(design.weights[sample.wide.row[:, 0]])
    codes = adoption.unit.codes
    sums = np.bincount(codes, weights=design.weights, minlength=adoption.unit.levels)
    return np.asarray(sums / np.bincount(codes, minlength=adoption.unit.levels))


def refuse_without_use(design: Design, estimator: str, *, trim: bool, weighted: bool, balance: bool) -> None:
    """E573 for options that would have no effect.

    Arguments:
        trim: whether `trim` was changed; weighted: whether the method uses propensity scores.
        balance: whether `balance` was set.
    """
    if trim and (not weighted or design.x.shape[1] == 0):
        problem = "`trim` without propensity scores"
        advice = "it is for methods that reweight by covariates: name `controls`, or leave out `trim`"
        raise DesignError(fault("E573", estimator=estimator, problem=problem, advice=advice))
    if balance and not adoption_of(design, estimator).is_panel:
        problem = "`balance` on repeated cross-sections"
        advice = "no unit is followed there: leave it out"
        raise DesignError(fault("E573", estimator=estimator, problem=problem, advice=advice))


REASONS: Mapping[str, str] = {
    "empty": "group_time.empty",
    "singular": "group_time.singular",
    "separation": "group_time.separation",
    "overlap": "group_time.overlap",
}


def require_last_base_and_balance(choices: AdoptionChoices, estimator: str) -> None:
    """Refuse choices that an estimator on balanced panels, based on the last untreated period, cannot follow.

    Raises:
        DesignError: E588 another `reference` than -1, `balance: keep`.
    """
    problem = advice = ""
    if choices.reference != -1:
        problem, advice = "another `reference` than -1", "leave it out: the base is the last untreated period"
    elif choices.balance == "keep":
        problem, advice = "`balance: keep`", "leave it out: units that miss a period leave, and are counted"
    if problem:
        raise DesignError(fault("E588", estimator=estimator, problem=problem, advice=advice))
