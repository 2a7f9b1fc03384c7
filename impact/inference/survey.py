"""Design-based variance of a stratified sample of several stages, by linearisation or by replicate weights.

    V = Σ_h (1 − f_h) n_h/(n_h − 1) Σ_j (z_hj − z̄_h)(z_hj − z̄_h)′

z are the linearised rows (score times bread of a regression, influence of other estimates) summed by primary unit. All
primary units of the design count, those outside the domain with 0. t with the primary units of the domain less its
strata. Where the office that drew the sample gives replicate weights instead, the estimate is made anew with each
(kernel ``survey_replicates``). Assumption: the sample was drawn as the design says; nothing is assumed of the
model. Sources: Binder (1983); Lumley (2004); Wolter (2007).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from impact.core.arrays import Floats
from impact.core.designs import Design
from impact.core.errors import DesignError, EstimationError, Notice
from impact.core.estimates import Estimate, Inference
from impact.core.options import Options, ReplicateWeights
from impact.core.registered import Variance
from impact.core.rows.survey_rows import SurveyRows
from impact.core.texts import fault, notice
from impact.inference._clusters import named, refuse_changing_clusters
from impact.inference._intervals import Spread, complete, describe, number
from impact.inference._replicates import from_replicates
from impact.inference._survey_quality import with_quality
from impact.inference._woodruff import curves_of, from_shares, with_shares
from impact.kernels.surveys.survey import LonelyUnit, Stage, design_variance, unit_totals

Names = str | tuple[str, ...]
Rows = npt.NDArray[np.int64]


class SurveyOptions(Options):
    """Options of the variance of a survey."""

    psu: Names = Field((), description="Column of the primary sampling unit, or one for each stage.")
    strata: Names = Field((), description="Column of the strata, or one for each stage.")
    fpc: Names = Field(
        (), description="Units in the population of the stratum (or fractions), one for each stage."
    )
    singleton: Literal["fail", "certainty", "centered", "average"] = Field(
        "fail",
        description="Strata with one unit: refuse, no variance, centred at the mean of all, or the mean of the others.",
    )
    nest: bool = Field(False, description="Numbers of primary units begin anew in each stratum.")
    subpop: str = Field("", description="Expression: the domain; rows outside it stay in the design.")
    replicate: ReplicateWeights | None = Field(
        None, description="Replicate weights, in place of strata, primary units and finite populations."
    )

    @model_validator(mode="after")
    def _one_design(self) -> SurveyOptions:
        beside = self.model_fields_set & {"psu", "strata", "fpc", "singleton", "nest"}
        if self.replicate is not None and beside:
            problem = f"replicate weights carry the design: leave {', '.join(sorted(beside))} out"
            raise PydanticCustomError("E569", "", {"problem": problem})
        return self


def columns(options: SurveyOptions) -> tuple[str, ...]:
    """Primary units and strata."""
    return (*named(options.psu), *named(options.strata))


def infer(estimate: Estimate, design: Design, options: SurveyOptions, level: float) -> Inference:
    """Standard errors of the design: linearised, t with primary units − strata degrees of freedom, or by replicates.

    Figures of a population get coefficient of variation, design effect, cases and a grade beside (cv, deff, cases,
    quality).

    Raises:
        EstimationError: E531 neither a linear form nor influence, E692 replicates that identify nothing. DesignError:
            E538 units across primary units, E567 strata with one unit, E569 rows that are not those of the file, or
            fewer than one degree of freedom, E690 replicate weights that are all alike.
    """
    survey = design.extra.get("survey")
    if options.replicate is not None and isinstance(survey, SurveyRows) and survey.replicates is not None:
        found = from_replicates(estimate, design, survey.replicates, options.replicate, level)
    elif curves_of(estimate):
        found = from_shares(estimate, _linearised(with_shares(estimate), design, survey, options, level))
    else:
        found = _linearised(estimate, design, survey, options, level)
    return with_quality(estimate, found, of=design.outcome)


def _linearised(
    estimate: Estimate, design: Design, survey: object, options: SurveyOptions, level: float
) -> Inference:
    if not isinstance(survey, SurveyRows) or len(design.sample.kept) != len(design.y):
        raise DesignError(fault("E569", problem=f"estimator {estimate.estimator} has rows of its own"))
    totals, row = _totals(estimate, design, survey, options)
    kept = design.sample.kept[row]
    # single rows are numbered as they stand in the design, whose order is not that of the file
    own = None if named(options.psu) else row
    stages = [
        Stage(
            stage.stratum[kept],
            stage.unit[kept] if own is None else own,
            stage.sampled[kept],
            stage.population[kept],
        )
        for stage in survey.stages
    ]
    vcov, met = _variance(totals, stages, survey, options)
    units, strata = (
        int(np.count_nonzero(np.bincount(codes))) for codes in (stages[0].unit, stages[0].stratum)
    )
    if units <= strata:
        raise DesignError(
            fault("E569", problem=f"{units} primary units in {strata} strata leave nothing to compare")
        )
    variance: dict[str, object] = {
        "kind": "survey",
        "by": list(named(options.psu)),
        "type": "linearised",
        "k": None,
        "n": estimate.n_obs,
        "g": {"psu": units, "strata": strata},
        "preset": "none",
        "factors": {},
        "singleton": options.singleton,
        **describe(
            "inference.survey_fpc" if named(options.fpc) else "inference.survey",
            units=number(float(units)),
            strata=number(float(strata)),
            df=number(float(units - strata)),
        ),
    }
    notices: tuple[Notice, ...] = ()
    if met:
        notices = (notice("W533", of=design.outcome, count=met, rule=options.singleton),)
    return complete(Spread(vcov, variance, float(units - strata), notices=notices), estimate, design, level)


def _totals(
    estimate: Estimate, design: Design, survey: SurveyRows, options: SurveyOptions
) -> tuple[Floats, Rows]:
    """(u, k) linearised rows summed by unit of the last stage, and a design row of each."""
    population = estimate.population
    if population is None:
        rows, row = linearised(estimate, design)
    else:
        rows, row = population.rows, np.arange(len(population.rows))
    if not named(options.psu):
        return (rows if population is None else population.dense()), row
    units = survey.stages[-1].unit[design.sample.kept[row]]
    if population is None:
        totals, first = unit_totals(rows, units)
        return totals, row[first]
    figures, first = unit_totals(rows, units, population.domain, population.domains)
    return population.with_differences(figures), first


def linearised(estimate: Estimate, design: Design) -> tuple[Floats, Rows]:
    """(m, k) rows whose weighted sum is the error of the estimate, and the design row of each."""
    if estimate.linear is not None:
        linear = estimate.linear
        weighted = linear.residual if linear.weights is None else linear.residual * linear.weights
        return (linear.x * weighted[:, None]) @ linear.bread, np.arange(len(linear.residual))
    if estimate.influence is None:
        raise EstimationError(fault("E531", kind="survey", estimator=estimate.estimator))
    refuse_changing_clusters(estimate, design, tuple(design.clusters.values()))
    return estimate.influence.rows, estimate.influence.row.astype(np.int64)


def _variance(
    rows: Floats, stages: list[Stage], survey: SurveyRows, options: SurveyOptions
) -> tuple[Floats, int]:
    try:
        return design_variance(rows, stages, singleton=options.singleton)
    except LonelyUnit as problem:
        names = [survey.strata_labels[code] for code in problem.strata[:5]] if problem.stage == 0 else []
        found = fault(
            "E567", count=len(problem.strata), stage=problem.stage + 1, strata=", ".join(names) or "…"
        )
        raise DesignError(found) from problem


VARIANCE = Variance(
    summary="Design-based: strata, primary units, stages, populations, or replicate weights",
    options=SurveyOptions,
    infer=infer,
    columns=columns,
    needs=("linear",),
    references=("Binder 1983", "Lumley 2004", "Särndal, Swensson and Wretman 1992", "Wolter 2007"),
)
