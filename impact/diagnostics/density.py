"""Does the density of the running variable jump at the cutoff? Where it does, units may have chosen their side.

    H0: f(c+) = f(c−),   T = (f̂(c+) − f̂(c−)) / its error, normal

Densities are local polynomials of the distribution function, of one order more than `order`, within the windows that
are best for `order` or within `bandwidth`; the error is the jackknife's. All rows of the model's sample count once,
those in a donut as well, whatever their weights. A test that does not reject says little in a small sample.
Source: Cattaneo, Jansson and Ma (2020); McCrary (2008) asks the same with bins.
Defaults elsewhere: R, Stata and Python rddensity: the same (order 2, triangular, unrestricted, jackknife).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveFloat

from impact.core.errors import DesignError
from impact.core.findings import Finding, ModelResult, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.core.running import Running
from impact.core.texts import fault
from impact.diagnostics._event_rows import asked_models, label_of
from impact.diagnostics._sentences import Words, both, number, probability, word
from impact.diagnostics._subjects import failed, nothing
from impact.kernels.density_jump import DensityJump, density_jump
from impact.kernels.discontinuity import WindowError
from impact.kernels.distributions import two_sided_normal

NO_CUTOFF: Words = {
    "en": "it has no running variable (write `estimator: rd`)",
    "es": "no tiene variable de asignación (escriba `estimator: rd`)",
}


class DensityOptions(Options):
    """Options of the test of the density."""

    order: int = Field(
        2, ge=1, le=4, description="Order for which the windows are best; the test uses one more."
    )
    kernel: Literal["triangular", "epanechnikov", "uniform"] = Field(
        "triangular", description="triangular, epanechnikov or uniform."
    )
    bandwidth: PositiveFloat | None = Field(
        None, description="Window on both sides, in units of the running variable; default: chosen."
    )
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Level of the test.")


def examine(question: Question, options: DensityOptions) -> tuple[Finding, ...]:
    """One finding a model: fail where the density jumps, else a note.

    Raises:
        SpecError: E619 a term is named. DesignError: E665 a window with too few distinct values.
    """
    found = [_finding(question, options, result) for result in asked_models(question)]
    return (*found, *failed(question))


def _finding(question: Question, options: DensityOptions, result: ModelResult) -> Finding:
    running = None if result.estimate is None else result.estimate.running
    if running is None:
        return nothing(question, result, NO_CUTOFF)
    jump = _jump(running, options)
    turned = running.closed == "below"
    below, above = (1, 0) if turned else (0, 1)
    difference = jump.density[above] - jump.density[below]
    statistic = difference / jump.difference_error
    p_value = float(two_sided_normal(statistic))
    rejected = p_value < options.alpha
    sentences = both(
        "finding.density_jump" if rejected else "finding.density",
        running=running.name,
        cutoff=running.cutoff,
        model=label_of(result),
        below=number(jump.density[below]),
        above=number(jump.density[above]),
        p=probability(p_value),
    )
    return Finding(
        test=question.test,
        kind=question.kind,
        of=result.name,
        statistic=statistic,
        p_value=p_value,
        verdict="fail" if rejected else "note",
        sentence=word(sentences, language=question.language),
        details={
            "group": result.group,
            "running": running.name,
            "cutoff": running.cutoff,
            "difference": difference,
            "std_error": jump.difference_error,
            "below": _side(jump, below),
            "above": _side(jump, above),
            "sentences": sentences,
        },
    )


def _jump(running: Running, options: DensityOptions) -> DensityJump:
    """The jump seen from the closed side, which the kernel has above zero.

    Raises:
        DesignError: E665.
    """
    distance = -running.distance if running.closed == "below" else running.distance
    try:
        return density_jump(distance, order=options.order, kernel=options.kernel, window=options.bandwidth)
    except WindowError:
        problem = f"too few distinct values of the running variable for order {options.order + 1}"
        raise DesignError(fault("E665", problem=problem)) from None


def _side(jump: DensityJump, side: int) -> dict[str, float]:
    return {
        "density": jump.density[side],
        "std_error": jump.std_error[side],
        "bandwidth": jump.windows[side],
        "n_inside": float(jump.inside[side]),
    }


DIAGNOSTIC = Diagnostic(
    summary="Whether the density of the running variable jumps at the cutoff",
    options=DensityOptions,
    examine=examine,
    references=("Cattaneo, Jansson and Ma 2020", "McCrary 2008"),
)
