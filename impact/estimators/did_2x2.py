"""The difference of differences of two groups in two periods, by every estimator of Sant'Anna and Zhao (2020).

    ATT = E[Y_1(1) − Y_1(0) | D = 1]

the mean effect on the treated in the later period: their change, less the change that the comparison group would have
had with the treated units' covariates.

Methods: dr (doubly robust: a regression of changes on the comparison group and
its reweighting by the odds of a logit), dr_improved (odds by inverse-probability tilting and a regression weighted by
them: the error holds if either model is right), reg (regression alone), ipw (Abadie's weights), ipw_hajek (the same,
each group divided by its own weights). Without covariates all but ipw in cross-sections are the four-means difference.

Repeated cross-sections (a design without `unit`): the same from levels, with the regressions of the treated
(`efficient: true`, locally efficient) or without them.

Assumptions: parallel paths without treatment given covariates; no anticipation; overlap; in cross-sections a population
that does not change. The error sums the influence of units or clusters, without factors, and uses the normal law.

Defaults elsewhere: R DRDID::drdid and Stata drdid take dr_improved, R did and Stata csdid dr.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

import impact.estimators._group_time as group_time
from impact.core.arrays import Floats
from impact.core.designs import Adoption, AdoptionChoices, Design, Term
from impact.core.errors import DesignError, Notice
from impact.core.estimates import Estimate, Influence
from impact.core.options import Options
from impact.core.registered import Estimator
from impact.core.texts import fault, notice, text
from impact.estimators._adoption import (
    adoption_of,
    choice_facts,
    choices_of,
    require_absorbing,
)
from impact.kernels.doubly_robust import TRIM, Group, compare_changes
from impact.kernels.doubly_robust_levels import Levels, compare_levels
from impact.kernels.propensity import ComparisonError

NAME = "did_2x2"


class TwoByTwoOptions(Options):
    """Options of the two-by-two comparison."""

    method: Literal["dr", "dr_improved", "reg", "ipw", "ipw_hajek"] = Field(
        "dr",
        description="With covariates: dr (doubly robust), dr_improved (tilting and weighted regression), reg, "
        "ipw (Abadie, not normalised) or ipw_hajek (normalised).",
    )
    efficient: bool = Field(
        True,
        description="Cross-sections, dr and dr_improved: also with regressions of the treated (locally efficient).",
    )
    trim: float = Field(
        TRIM,
        gt=0,
        le=1,
        description="Comparison units with a propensity score from here on are left out (all but reg).",
    )
    balance: Literal["drop", "keep"] | None = Field(
        None,
        description="Units that miss one of the two periods: drop them (default), or keep their rows as levels.",
    )


def fit(design: Design, options: TwoByTwoOptions) -> Estimate:
    """The effect on the treated in the later period.

    Arguments:
        design: y (n,), covariates x (n, k), weights (n,), and the adoption: one treated cohort, two periods.
        options: see ``TwoByTwoOptions``.

    Returns:
        Estimate with the row att; influence rows of units. ``tables["comparison"]``: what was compared.

    Raises:
        DesignError: E560 no adoption, E561 treatment that ends, E570 more than two groups or periods, E571 nothing to
            compare, E572 covariates without a regression or propensity score, E573 options that do not go together.
    """
    require_absorbing(adoption_of(design, NAME), NAME)
    choices = choices_of(design, options, NAME)
    _refuse_choices(choices)
    group_time.refuse_without_use(
        design,
        NAME,
        trim=options.trim != TRIM,
        weighted=options.method != "reg",
        balance=options.balance is not None,
    )
    sample = group_time.settle(_two_by_two(design), choices, NAME)
    _refuse_ignored(sample, options)
    made = sample.design
    adoption = adoption_of(made, NAME)
    x = group_time.regressors_of(made, NAME)
    notices: tuple[Notice, ...] = ()
    if x is not None and sample.wide is not None:
        varying = group_time.varying_covariates(made, adoption)
        if varying:
            notices = (notice("W541", of=NAME, names=", ".join(varying), unit=adoption.unit.name),)
    try:
        att, influence = _levels(sample, x, options) if sample.wide is None else _changes(sample, x, options)
    except ComparisonError as problem:
        said = text(group_time.REASONS[problem.reason])
        raise DesignError(fault("E572", estimator=NAME, problem=said)) from None
    return Estimate(
        estimator=NAME,
        terms=(Term("att", "att"),),
        params=np.array([att]),
        n_obs=float(len(made.y)),
        df_model=0,
        df_resid=float(adoption.unit.levels - 1),
        n_units=adoption.unit.levels,
        influence=Influence(influence[:, None], group_time.rows_of_units(sample).astype(np.int32)),
        focus=(0,),
        fit={"mean_outcome": float(np.average(made.y, weights=made.weights))},
        notices=notices,
        tables={"comparison": choice_facts(choices, method=options.method, law=_law(sample))},
        design=made,
    )


def _law(sample: group_time.Sample) -> str:
    return "levels" if sample.wide is None else "changes"


def _refuse_choices(choices: AdoptionChoices) -> None:
    """E573: with two periods there is no other base period."""
    if choices.reference != -1:
        advice = "leave it out: the earlier period is the base"
        raise DesignError(fault("E573", estimator=NAME, problem="`reference`", advice=advice))


def _two_by_two(design: Design) -> Design:
    """The design as it is, where it has two periods and two groups.

    Raises:
        DesignError: E570.
    """
    adoption = adoption_of(design, NAME)
    first, last = adoption.periods[0], adoption.periods[-1]
    inside = adoption.cohort[(adoption.cohort > first) & (adoption.cohort <= last)]
    cohorts = np.unique(inside)
    if len(adoption.periods) != 2 or len(cohorts) > 1:
        found = f"{len(adoption.periods)} periods and {len(cohorts)} treated cohort(s)"
        raise DesignError(fault("E570", found=found))
    if len(cohorts) == 1 and not np.any(adoption.cohort > last):
        problem = "every unit is treated in the later period"
        raise DesignError(fault("E571", estimator=NAME, reason=problem))
    return design


def _refuse_ignored(sample: group_time.Sample, options: TwoByTwoOptions) -> None:
    """E573: `efficient: false` where there are no regressions of the treated to leave out."""
    if options.efficient:
        return
    if sample.wide is not None or not options.method.startswith("dr"):
        problem = f"`efficient: false` with method {options.method} on {_law(sample)}"
        advice = "it is for dr and dr_improved on repeated cross-sections"
        raise DesignError(fault("E573", estimator=NAME, problem=problem, advice=advice))


def _changes(sample: group_time.Sample, x: Floats | None, options: TwoByTwoOptions) -> tuple[float, Floats]:
    """Effect and influence (U,) from the units' changes; covariates and weights of the earlier period."""
    wide, design = sample.wide, sample.design
    assert wide is not None
    treated = np.isfinite(adoption_of(design, NAME).cohort)
    change = wide.y[:, 1:] - wide.y[:, :1]
    rows = wide.row[:, 0]
    sides = [
        Group(
            change[side],
            None if x is None else x[rows[side]],
            None if design.weights is None else design.weights[rows[side]],
        )
        for side in (treated, ~treated)
    ]
    found = compare_changes(*sides, method=options.method, trim=options.trim)
    influence = np.empty(len(treated))
    influence[treated], influence[~treated] = found.treated[:, 0], found.control[:, 0]
    return float(found.att[0]), influence


def _levels(sample: group_time.Sample, x: Floats | None, options: TwoByTwoOptions) -> tuple[float, Floats]:
    """Effect and influence (U,) from levels: that of a unit is the sum of its rows'."""
    design = sample.design
    adoption: Adoption = adoption_of(design, NAME)
    unit = adoption.unit
    found = compare_levels(
        Levels(
            design.y,
            np.isfinite(adoption.cohort)[unit.codes],
            adoption.time.codes == 1,
            x,
            design.weights,
        ),
        method=options.method,
        trim=options.trim,
        efficient=options.efficient,
    )
    summed = np.bincount(unit.codes, weights=found.influence, minlength=unit.levels)
    return found.att, summed.astype(np.float64)


ESTIMATOR = Estimator(
    summary="Two groups, two periods: doubly robust or simpler (Sant'Anna and Zhao)",
    options=TwoByTwoOptions,
    fit=fit,
    references=("Sant'Anna and Zhao 2020", "Abadie 2005", "Heckman, Ichimura and Todd 1997"),
    accepts=(
        "adoption",
        "clusters",
        "covariates",
        "cross_section",
        "unbalanced",
        "weights:analytic",
        "weights:sampling",
    ),
)
