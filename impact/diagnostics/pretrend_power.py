"""What the test of differences before treatment could have seen (Roth 2022).

For a departure from parallel trends that grows by `slope` a period: the probability that the test finds it, the slopes
found with given power, and what the estimates would be on average if the test had been passed all the same. The test is
passed where no row before treatment is significant on its own (`individual`, as readers look at event studies), or
where the joint Wald test does not reject (`joint`). The normal law is used, with the covariance of the rows.
Probabilities of boxes are integrated, not drawn.
Source: Roth (2022), Pretest with Caution, American Economic Review: Insights 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from impact.core.arrays import Floats
from impact.core.errors import SpecError
from impact.core.findings import Finding, ModelResult, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.core.texts import fault
from impact.diagnostics._event_rows import (
    NO_LEADS,
    RESIDUALS,
    Obstacle,
    anticipation_of,
    are_residuals,
    asked_models,
    event_study,
    has_varying_base,
    is_singular,
    refusal,
    rows_of,
)
from impact.diagnostics._sentences import both, number, word
from impact.diagnostics._subjects import failed, nothing
from impact.kernels.honest.pretest import (
    Pretest,
    expected_after_passing,
    likelihood_ratio,
    passing,
    slope_for_power,
)

LARGE_SHARE = 0.5


class PretrendPowerOptions(Options):
    """Options of the power of tests before treatment."""

    power: tuple[float, ...] = Field(
        (0.5, 0.8), min_length=1, description="Slopes are found for these probabilities of being seen."
    )
    slope: float | None = Field(
        None, description="Also the power against this slope: units of the outcome a period."
    )
    test: Literal["individual", "joint"] = Field(
        "individual",
        description="Passed if no row is significant on its own, or if the joint Wald test does not reject.",
    )
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level of each test, or of the joint one.")


@dataclass(frozen=True, slots=True)
class Leads:
    """Rows as the power calculation needs them: p before treatment first, and the departure of slope one in each."""

    names: tuple[str, ...]
    times: Floats
    params: Floats
    covariance: Floats
    before: int
    direction: Floats


def examine(question: Question, options: PretrendPowerOptions) -> tuple[Finding, ...]:
    """One finding a model; ``details["slopes"]`` has a block for each power (and the slope asked for).

    The verdict is warn where the trend found with the largest power asked for would, once passed, move the first
    effect by more than half of its estimate.

    Raises:
        SpecError: E622 a power that is not between the size of the test and one.
        DesignError: E591 gaps, E592 no period before treatment, E593 a singular covariance.
    """
    found: list[Finding] = []
    for result in asked_models(question):
        if are_residuals(result):
            found.append(nothing(question, result, RESIDUALS))
            continue
        leads = leads_of(result)
        if leads is None:
            found.append(nothing(question, result, NO_LEADS))
        else:
            found.append(_finding(question, options, result, leads))
    return (*found, *failed(question))


def leads_of(result: ModelResult) -> Leads | None:
    """Rows and their loads on a trend in event time: distance to the base, one step where each row has its own base.

    None where the model has no rows before treatment.

    Raises:
        DesignError: what stands in the way of an event study, E590 to E593.
    """
    rows = rows_of(result, "event")
    anticipation = anticipation_of(result)
    if not np.any(rows.times < -anticipation):
        return None
    if has_varying_base(result):
        early = rows.times < -anticipation
        if is_singular(rows.covariance):
            raise refusal(Obstacle("E593", {"model": result.name, "count": len(rows.names)}))
        step = float(np.min(np.diff(np.unique(rows.times)))) if len(rows.times) > 1 else 1.0
        direction = np.where(early, step, rows.times + anticipation + step)
        return Leads(rows.names, rows.times, rows.params, rows.covariance, int(early.sum()), direction)
    study = event_study(result)
    if isinstance(study, Obstacle):
        raise refusal(study)
    direction = study.times - study.base
    return Leads(study.names, study.times, study.params, study.covariance, study.before, direction)


def _finding(question: Question, options: PretrendPowerOptions, result: ModelResult, leads: Leads) -> Finding:
    test = Pretest(leads.covariance, leads.before, options.alpha, options.test == "joint")
    size = 1 - passing(test, 0 * leads.direction)
    blocks = [_block(test, leads, _slope(question, test, leads, power), power) for power in options.power]
    if options.slope is not None:
        power = 1 - passing(test, options.slope * leads.direction)
        blocks.append(_block(test, leads, options.slope, power))
    strongest = max(range(len(options.power)), key=lambda k: options.power[k])
    first, bias = _first_effect(leads, blocks[strongest])
    large = abs(bias) > LARGE_SHARE * abs(float(leads.params[first]))
    sentences = both(
        f"honest.power_{options.test}",
        model=result.label,
        slopes=_slopes_text(blocks[: len(options.power)]),
        term=leads.names[first],
        power=f"{100 * options.power[strongest]:g}",
        bias=number(bias),
        estimate=number(float(leads.params[first])),
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=result.name,
        term=leads.names[first],
        statistic=float(str(blocks[strongest]["slope"])),
        verdict="warn" if large else "note",
        sentence=word(sentences, language=question.language),
        details={
            "group": result.group,
            "test": options.test,
            "alpha": options.alpha,
            "size": size,
            "slopes": blocks,
            "sentences": sentences,
        },
    )


def _slope(question: Question, test: Pretest, leads: Leads, power: float) -> float:
    try:
        return slope_for_power(test, leads.direction, power)
    except ValueError:
        size = 1 - passing(test, 0 * leads.direction)
        problem = (
            f"a power of {power:g} is not between the size of the test before treatment ({size:.3f}) and 1"
        )
        raise SpecError(fault("E622", test=question.test, problem=problem)) from None


def _block(test: Pretest, leads: Leads, slope: float, power: float) -> dict[str, object]:
    """One slope: its power, how it compares with parallel trends, and what would be estimated after passing."""
    departure = slope * leads.direction
    expected = expected_after_passing(test, departure)
    return {
        "power": power,
        "slope": slope,
        "bayes_factor": passing(test, departure) / passing(test, 0 * departure),
        "likelihood_ratio": likelihood_ratio(test, departure, leads.params[: leads.before]),
        "rows": [
            {"term": name, "event_time": float(time), "trend": float(trend), "after_passing": float(mean)}
            for name, time, trend, mean in zip(leads.names, leads.times, departure, expected, strict=True)
        ],
    }


def _first_effect(leads: Leads, block: dict[str, object]) -> tuple[int, float]:
    """Place of the first treated row, and what it would be after passing without any effect."""
    treated = np.flatnonzero(leads.times >= 0)
    first = int(treated[0]) if len(treated) else len(leads.times) - 1
    rows = block["rows"]
    assert isinstance(rows, list)
    return first, float(rows[first]["after_passing"])


def _slopes_text(blocks: list[dict[str, object]]) -> str:
    return ", ".join(
        f"{number(float(str(block['slope'])))} ({100 * float(str(block['power'])):g} %)" for block in blocks
    )


DIAGNOSTIC = Diagnostic(
    summary="Trends that the test before treatment would have seen; bias after passing it",
    options=PretrendPowerOptions,
    examine=examine,
    references=("Roth 2022",),
)
