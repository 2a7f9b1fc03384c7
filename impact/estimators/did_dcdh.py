"""Treatments that start, end or change by any dose: event-study effects (de Chaisemartin and D'Haultfœuille 2024).

    δ_ℓ = E[Y_{F−1+ℓ} − Y_{F−1+ℓ}(stayed at its baseline)],   F the first period in which a unit's treatment changes

the mean effect, after ℓ periods, of having left the first treatment: row event[ℓ−1], so that event[0] is the first
period with the new treatment. A switcher's change since F − 1 is compared with that of units with the same first
treatment that have not changed yet; where treatment falls the sign is turned. `att` is the average total effect: the
sum of all effects over the sum of the changes in dose, an effect per unit of dose. `normalized: true` divides each
event row by the mean dose received up to then beyond the baseline.
Controls: the changes of Y less those of the controls, at the rate they move together in units of the same first
treatment that have not changed yet.
Placebos are event[−1−ℓ]: the same comparison over the ℓ periods before F − 1, as with one base period.
Assumptions: units with the same first treatment would have had parallel paths at that treatment; no anticipation. Doses
after F may do anything, but rows from the period on in which treatment has been above and below its baseline are left
out. Without doses and with an absorbing treatment the event rows are those of did_cs with not-yet-treated controls and
a universal base period, weighted by rows.
The error sums the influence of units or of the clusters asked for: changes less their cohort's mean (same baseline, F
and dose), times √(n/(n − 1)) with n the units (or clusters) of the cohort; the normal law.
Defaults elsewhere: Stata and R did_multiplegt_dyn estimate one effect and no placebo unless asked; here all there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.kernels.switching as kernel
import impact.kernels.switching_controls as with_controls
from impact.core.arrays import Floats
from impact.core.designs import Adoption, AdoptionChoices, Design, Factor, Term
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate, Influence
from impact.core.labels import number_label
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.rows.adoption_rows import event_time_of_rows
from impact.core.texts import fault, notice
from impact.estimators._adoption import (
    adoption_of,
    choice_facts,
    choices_of,
    first_rows,
    keep_rows,
    wide_of,
)
from impact.estimators._design_options import Window
from impact.kernels.factors import is_nested
from impact.kernels.propensity import ComparisonError

NAME = "did_dcdh"
_SIGNS = {"both": (1, -1), "in": (1,), "out": (-1,)}
Rows = npt.NDArray[np.int64]


class DcdhOptions(Options):
    """Options of event-study effects of treatments that change."""

    effects: int | None = Field(
        None, ge=1, description="Number of effects, from the first period of change on; default: all."
    )
    placebos: int | None = Field(
        None, ge=0, description="Number of placebos before the change; default: all there are."
    )
    normalized: bool = Field(
        False, description="Divide event rows by the mean dose received up to then beyond the baseline."
    )
    switchers: Literal["both", "in", "out"] = Field(
        "both", description="Units whose treatment rises (in), falls (out), or both."
    )
    control_group: Literal["never", "not_yet"] | None = Field(
        None, description="Units that never change, or that have not changed yet; default: not_yet."
    )
    trends: str | None = Field(
        None, description="Column, constant in units: only units with the same value are compared."
    )
    window: Window = None


@dataclass(frozen=True, slots=True)
class _Effects:
    """Effects after the change and placebos before it, by step."""

    after: Mapping[int, kernel.Step]
    before: Mapping[int, kernel.Step]


def fit(design: Design, options: DcdhOptions) -> Estimate:
    """Effects by time since the first change, placebos, and the average total effect per unit of dose.

    Arguments:
        design: y (n,), weights (n,), and the adoption with its treatment (0/1 or a dose) or cohorts.
        options: see ``DcdhOptions``.

    Returns:
        Estimate with att, event rows and the reference -1 (zero by definition), and influence rows of units.

    Raises:
        DesignError: E560 no adoption, E572 controls that do not vary, E587 no switcher has a control, E588 `reference`
            other than -1, trends with controls, or trends or clusters that change within units.
    """
    adoption = adoption_of(design, NAME)
    choices = choices_of(design, options, NAME)
    _refuse(design, adoption, choices)
    paths = _paths(design, adoption)
    effects = _effects(paths, options, _adjustment(design, paths))
    made = _without(design, paths)
    weight = sum(step.weight for step in effects.after.values())
    dose = sum(step.weight * step.dose for step in effects.after.values()) / weight
    att = sum(step.weight * step.value for step in effects.after.values()) / weight / dose
    own = sum(step.weight * step.influence for step in effects.after.values()) / weight / dose
    rows = [(Term("att", "att"), att, np.asarray(own)), *_events(effects, options.normalized, choices)]
    unit = adoption_of(made, NAME).unit
    facts = choice_facts(
        choices,
        control_group=_control_group(options),
        base_period="universal",
        aggregate="total effect per unit of dose",
        switchers=options.switchers,
        normalized=options.normalized,
    )
    return Estimate(
        estimator=NAME,
        terms=tuple(term for term, _, _ in rows),
        params=np.array([value for _, value, _ in rows]),
        n_obs=float(len(made.y)),
        df_model=0,
        df_resid=float(unit.levels - 1),
        n_units=unit.levels,
        influence=Influence(
            np.column_stack([influence for _, _, influence in rows]), first_rows(unit).astype(np.int32)
        ),
        focus=(0,),
        fit={"mean_outcome": float(np.average(made.y, weights=made.weights)), "mean_dose": float(dose)},
        notices=_notices(paths, effects, options),
        tables={"comparison": facts, "steps": _table(effects)},
        design=made,
    )


def _control_group(options: DcdhOptions) -> str:
    return options.control_group or "not_yet"


def _refuse(design: Design, adoption: Adoption, choices: AdoptionChoices) -> None:
    if choices.reference != -1:
        advice = "leave it out: changes are taken from the period before the first change"
        raise DesignError(fault("E588", estimator=NAME, problem="another `reference` than -1", advice=advice))
    if "trends" in design.columns and design.x.shape[1]:
        advice = "leave out one of them"
        raise DesignError(fault("E588", estimator=NAME, problem="`trends` with controls", advice=advice))
    changing = [
        factor.name for factor in design.clusters.values() if not is_nested(adoption.unit.codes, factor.codes)
    ]
    trends = design.columns.get("trends")
    if trends is not None and not is_nested(adoption.unit.codes, _codes(trends)):
        changing.append("`trends`")
    if changing:
        problem = f"{', '.join(changing)}: changes within {adoption.unit.name}"
        advice = "name a column that is constant in each unit"
        raise DesignError(fault("E588", estimator=NAME, problem=problem, advice=advice))


def _codes(column: Floats | Factor) -> npt.NDArray[np.int32]:
    if isinstance(column, Factor):
        return column.codes
    return np.unique(column, return_inverse=True)[1].astype(np.int32)


def _paths(design: Design, adoption: Adoption) -> kernel.Paths:
    """Units by periods, with the treatment as observed or that of the cohorts."""
    wide = wide_of(design, NAME)
    treatment = adoption.treatment
    if treatment is None:
        exposed = event_time_of_rows(adoption) >= 0
        treatment = exposed.astype(np.float64)
    first = first_rows(adoption.unit)
    trends = design.columns.get("trends")
    clusters = list(design.clusters.values())
    # with one cluster variable its clusters are counted in a cohort, as in the authors' package
    counted = clusters[0].codes[first] if len(clusters) == 1 else np.arange(adoption.unit.levels)
    return kernel.switching_paths(
        wide.y,
        np.where(wide.present, treatment[wide.row], np.nan),
        weights=None if design.weights is None else np.where(wide.present, design.weights[wide.row], 0.0),
        group=None if trends is None else _codes(trends)[first].astype(np.int64),
        cluster=np.asarray(counted, dtype=np.int64),
    )


def _adjustment(design: Design, paths: kernel.Paths) -> with_controls.Adjustment | None:
    """The outcome less the controls; None without controls.

    Raises:
        DesignError: E572 controls without a rate.
    """
    if design.x.shape[1] == 0:
        return None
    wide = wide_of(design, NAME)
    x = np.where(wide.present, design.x.T[:, wide.row], np.nan)
    try:
        return with_controls.adjust(paths, x)
    except ComparisonError:
        names = ", ".join(term.name for term in design.terms)
        problem = f"controls ({names}) that do not vary over time, or together, among units that have not changed yet"
        raise DesignError(fault("E572", estimator=NAME, problem=problem)) from None


def _effects(
    paths: kernel.Paths, options: DcdhOptions, adjustment: with_controls.Adjustment | None
) -> _Effects:
    """Every step asked for that has a switcher with a control.

    Raises:
        DesignError: E587.
    """
    signs, never = _SIGNS[options.switchers], _control_group(options) == "never"
    last = paths.y.shape[1] - 1
    found: list[dict[int, kernel.Step]] = []
    for placebo, asked in ((False, options.effects), (True, options.placebos)):
        steps = range(1, (last if asked is None else min(asked, last)) + 1)
        made = {
            step: kernel.step_effect(paths, step, signs=signs, placebo=placebo, never=never)
            if adjustment is None
            else with_controls.adjusted_step(adjustment, step, signs=signs, placebo=placebo, never=never)
            for step in steps
        }
        found.append({step: effect for step, effect in made.items() if effect is not None})
    if not found[0]:
        switchers = int(np.count_nonzero(np.isin(paths.sign, signs)))
        raise DesignError(fault("E587", estimator=NAME, count=switchers))
    return _Effects(found[0], found[1])


def _events(
    effects: _Effects, normalized: bool, choices: AdoptionChoices
) -> list[tuple[Term, float, Floats]]:
    """Event rows in order, with the reference between placebos and effects."""
    steps = [(-1.0 - step, effects.before[step]) for step in sorted(effects.before, reverse=True)]
    steps += [(step - 1.0, effects.after[step]) for step in sorted(effects.after)]
    rows = []
    for event, step in steps:
        scale = step.total if normalized else 1.0
        rows.append((event, step.value / scale, step.influence / scale))
    rows.append((-1.0, 0.0, np.zeros(len(rows[0][2]))))
    rows.sort(key=lambda row: row[0])
    low, high = choices.window or (-np.inf, np.inf)
    return [
        (Term(f"event[{number_label(event)}]", "event", event_time=event), value, influence)
        for event, value, influence in rows
        if low <= event <= high
    ]


def _table(effects: _Effects) -> list[Mapping[str, object]]:
    """Switchers, their weight and mean doses of each event row, as the results store them."""
    steps = [(-1 - step, found) for step, found in effects.before.items()]
    steps += [(step - 1, found) for step, found in effects.after.items()]
    return [
        {
            "event_time": event,
            "switchers": len(step.switchers),
            "weight": step.weight,
            "dose": step.dose,
            "dose_up_to": step.total,
        }
        for event, step in sorted(steps, key=lambda item: item[0])
    ]


def _without(design: Design, paths: kernel.Paths) -> Design:
    """The design without the rows that no comparison can use, in two named steps."""
    wide = wide_of(design, NAME)
    crossed = np.zeros(len(design.y), dtype=bool)
    unsure = crossed.copy()
    crossed[wide.row[paths.crossed]] = True
    unsure[wide.row[paths.unsure]] = True
    reason = "treatment has been above and below its first value by then"
    made = keep_rows(design, ~crossed, name="crossed_baseline", reason=reason)
    reason = "the unit is absent just before its treatment changes"
    return keep_rows(made, ~unsure[~crossed], name="unseen_change", reason=reason)


def _notices(paths: kernel.Paths, effects: _Effects, options: DcdhOptions) -> tuple[Notice, ...]:
    """W535 switchers without a control in any period; W536 fewer effects or placebos than asked for."""
    found = []
    switchers = int(np.count_nonzero(np.isin(paths.sign, _SIGNS[options.switchers])))
    compared = np.concatenate([step.switchers for step in effects.after.values()])
    alone = switchers - len(np.unique(compared))
    if alone:
        found.append(notice("W535", of=NAME, count=alone, switchers=switchers))
    for what, asked, made in (
        ("effects", options.effects, effects.after),
        ("placebos", options.placebos, effects.before),
    ):
        if asked is not None and len(made) < asked:
            found.append(notice("W536", of=NAME, what=what, asked=asked, found=len(made)))
    return tuple(found)


ESTIMATOR = Estimator(
    summary="Treatments that start, end or change (de Chaisemartin and D'Haultfœuille)",
    options=DcdhOptions,
    fit=fit,
    references=("de Chaisemartin and D'Haultfœuille 2024",),
    accepts=(
        "adoption",
        "clusters",
        "covariates",
        "dose",
        "reversible",
        "unbalanced",
        "weights:analytic",
        "weights:sampling",
    ),
    columns=lambda options: {} if options.trends is None else {"trends": options.trends},
)
