"""Triple differences with staggered dates, doubly robust (Ortiz-Villavicencio and Sant'Anna 2025).

    ATT(g, t) = E[Y_t(g) − Y_t(∞) | S = g, Q = 1]

the mean effect in period t on the eligible units (Q = 1, column `eligible`) of the group whose policy starts in g. The
difference in differences of the eligible, against the ineligible of the same group, is taken against that of a group
without the policy. Without covariates it is that difference of two differences; with covariates it is the sum of three
comparisons of the treated (with the ineligible of g, the eligible and the ineligible of the other group), each doubly
robust: a difference of two covariate-adjusted differences would adjust to the wrong units.
Assumption: how eligible and ineligible units drift apart without treatment is the same in the group and its comparison,
given covariates; neither of the two differences needs parallel paths. No anticipation; the policy never ends.
control_group: never, or not_yet: each cohort not yet treated is a comparison of its own, and these are weighted by
their precision (GMM), because pooling them is biased. Aggregates, base periods and errors are those of did_cs: the
share of a cohort counts its units, eligible or not.
Defaults elsewhere: R triplediff compares with the not-yet treated and has a universal base period.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

import impact.estimators._group_time as group_time
import impact.kernels.group_time as cells_kernel
import impact.kernels.triple_difference as kernel
from impact.core.designs import Adoption, AdoptionChoices, Design, Factor
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate, Influence
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault, notice, text
from impact.estimators._adoption import (
    adoption_of,
    choice_facts,
    choices_of,
    first_rows,
    require_absorbing,
)
from impact.estimators._aggregate import Cells, aggregate_cells
from impact.estimators._design_options import Aggregate, Anticipation, BasePeriod, ControlGroup, Trim, Window
from impact.kernels.doubly_robust import TRIM
from impact.kernels.factors import is_nested

NAME = "did_triple"
MOST_NAMED = 8
_KERNEL_METHODS = {"dr": "dr", "ipw": "ipw_hajek", "reg": "reg"}
Mask = npt.NDArray[np.bool_]


class TripleOptions(Options):
    """Options of triple differences."""

    eligible: str = Field("", description="Column of 0 and 1, constant in units: who the policy is for.")
    method: Literal["dr", "ipw", "reg"] = Field(
        "dr",
        description="With covariates: dr (doubly robust), ipw (reweighting, normalised) or reg (regression).",
    )
    control_group: ControlGroup = None
    base_period: BasePeriod = None
    anticipation: Anticipation = None
    window: Window = None
    aggregate: Aggregate = None
    trim: Trim = TRIM


def fit(design: Design, options: TripleOptions) -> Estimate:
    """Effects on eligible units by cohort and period, and their means.

    Arguments:
        design: y (n,), covariates x (n, k), weights (n,), the adoption, and the column ``eligible``.
        options: see ``TripleOptions``.

    Returns:
        Estimate with the rows of ``did_cs`` and influence rows of units. Cells without an estimate are left out (W540).

    Raises:
        DesignError: E560 no adoption, E561 treatment that ends, E571 nothing to compare, E572 covariates that are
            constant or collinear, E573 `trim` without propensity scores, E588 `balance: keep` or another reference,
            E589 no usable column `eligible`.
    """
    require_absorbing(adoption_of(design, NAME), NAME)
    choices = choices_of(design, options, NAME)
    group_time.require_last_base_and_balance(choices, NAME)
    _eligible(design)
    group_time.refuse_without_use(
        design, NAME, trim=options.trim != TRIM, weighted=options.method != "reg", balance=False
    )
    sample = group_time.settle(design, choices, NAME)
    made = sample.design
    adoption = adoption_of(made, NAME)
    plan = cells_kernel.plan_cells(sample.cohorts, adoption.periods, _timing(choices))
    x = group_time.regressors_of(made, NAME)
    varying = group_time.varying_covariates(made, adoption) if x is not None else []
    effects = kernel.triple_effects(
        group_time.panel_arrays(sample, x, varying=bool(varying)),
        _eligible(made),
        plan,
        cells_kernel.Rules(_KERNEL_METHODS[options.method], options.trim),
    )
    notices = _left_out(plan, effects, adoption)
    if varying:
        notices += (notice("W541", of=NAME, names=", ".join(varying), unit=adoption.unit.name),)
    rows = aggregate_cells(_cells(sample, plan, effects), choices)
    facts = choice_facts(choices, method=options.method, last_cohort=sample.last, eligible=options.eligible)
    return Estimate(
        estimator=NAME,
        terms=rows.terms,
        params=rows.params,
        n_obs=float(len(made.y)),
        df_model=0,
        df_resid=float(adoption.unit.levels - 1),
        n_units=adoption.unit.levels,
        influence=Influence(rows.influence, first_rows(adoption.unit).astype(np.int32)),
        focus=(0,),
        fit={"mean_outcome": float(np.average(made.y, weights=made.weights))},
        notices=notices,
        tables={"comparison": facts, "groups": _sizes(made)},
        design=made,
    )


def _timing(choices: AdoptionChoices) -> cells_kernel.Timing:
    return cells_kernel.Timing(
        universal=choices.base_period == "universal",
        not_yet=choices.control_group == "not_yet",
        anticipation=choices.anticipation,
    )


def _eligible(design: Design) -> Mask:
    """(U,) whether each unit is eligible.

    Raises:
        DesignError: E589 no such column, other values than 0 and 1, units that change, or nobody on one side.
    """
    adoption = adoption_of(design, NAME)
    column = design.columns.get("eligible")
    if column is None:
        raise DesignError(fault("E589", problem="`eligible` names no column"))
    if isinstance(column, Factor) or not np.all((column == 0) | (column == 1)):
        raise DesignError(fault("E589", problem="`eligible` has values other than 0 and 1"))
    if not is_nested(adoption.unit.codes, column.astype(np.int32)):
        raise DesignError(fault("E589", problem=f"`eligible` changes within {adoption.unit.name}"))
    found = column[first_rows(adoption.unit)] == 1
    if found.all() or not found.any():
        raise DesignError(
            fault("E589", problem="every unit is " + ("" if found.all() else "in") + "eligible")
        )
    return np.asarray(found)


def _cells(sample: group_time.Sample, plan: list[cells_kernel.Cell], effects: cells_kernel.Effects) -> Cells:
    """Cells with their influence by unit; shares are those of all units of a cohort."""
    adoption = adoption_of(sample.design, NAME)
    cohorts, weights = np.array(sample.cohorts), group_time.unit_weights(sample)
    inside = (adoption.cohort[:, None] == cohorts) * weights[:, None]
    share = inside.mean(axis=0)
    cohort = np.array([cell.cohort for cell in plan])
    return Cells(
        cohort=cohort,
        time=adoption.periods[[cell.time for cell in plan]],
        att=effects.att,
        influence=effects.cells,
        size=share[np.searchsorted(cohorts, cohort)],
        cohorts=cohorts,
        share=share,
        membership=(inside - share) / len(inside),
    )


def _shown(names: list[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")


def _left_out(
    plan: list[cells_kernel.Cell], effects: cells_kernel.Effects, adoption: Adoption
) -> tuple[Notice, ...]:
    """W540 for cells without an estimate; E571 where none has one after treatment."""
    named: dict[str, list[str]] = {}
    for j, reason in effects.reasons.items():
        named.setdefault(reason, []).append(f"({plan[j].cohort:g}, {adoption.periods[plan[j].time]:g})")
    treated = np.array([adoption.periods[cell.time] >= cell.cohort for cell in plan], dtype=bool)
    if not np.any(np.isfinite(effects.att) & treated):
        reasons = "; ".join(
            f"{text(group_time.REASONS[reason])}: {_shown(names)}" for reason, names in named.items()
        )
        raise DesignError(fault("E571", estimator=NAME, reason=reasons or "no period after treatment"))
    found = []
    for reason, names in named.items():
        said = text(group_time.REASONS[reason])
        found.append(notice("W540", of=NAME, count=len(names), cells=_shown(names), reason=said))
    return tuple(found)


def _sizes(design: Design) -> list[Mapping[str, object]]:
    """Eligible and ineligible units of each cohort; the never treated have none."""
    adoption, eligible = adoption_of(design, NAME), _eligible(design)
    return [
        {
            "cohort": None if np.isinf(cohort) else cohort,
            "eligible": int(np.count_nonzero(eligible & (adoption.cohort == cohort))),
            "ineligible": int(np.count_nonzero(~eligible & (adoption.cohort == cohort))),
        }
        for cohort in np.unique(adoption.cohort).tolist()
    ]


ESTIMATOR = Estimator(
    summary="Triple differences, staggered and doubly robust",
    options=TripleOptions,
    fit=fit,
    references=("Ortiz-Villavicencio and Sant'Anna 2025", "Sant'Anna and Zhao 2020"),
    accepts=(
        "adoption",
        "anticipation",
        "clusters",
        "covariates",
        "weights:analytic",
        "weights:sampling",
    ),
    columns=lambda options: {"eligible": options.eligible} if options.eligible else {},
)
