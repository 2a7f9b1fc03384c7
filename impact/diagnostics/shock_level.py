"""The regression of shocks that a shift-share estimate is equivalent to, with errors by shock.

Outcome and regressor, without what the controls explain, are averaged for each shock by exposure to it; the mean
outcome is regressed on the mean regressor with the shock as instrument, a constant for each period, and exposure as
weight. The estimate is that of the units, the errors treat shocks as the draws, and 1 / Σ s² counts them. Source:
Borusyak, Hull and Jaravel (2022), Review of Economic Studies 89, 181-213.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

import impact.kernels.distributions as distributions
import impact.kernels.instruments.shift_share as shift_share
from impact.core.findings import Finding, Question
from impact.core.options import Options
from impact.core.registered import Diagnostic
from impact.core.shift_share import clusters_of_shocks
from impact.diagnostics._instruments import Statistic, finding
from impact.diagnostics._sentences import both, number, probability
from impact.diagnostics._shift_share import ShiftShareModel, shift_share_models
from impact.diagnostics._subjects import nothing

SMALL = 1e-6
FEW_SHOCKS = 20.0


class ShockLevelOptions(Options):
    """Options of the regression of shocks."""

    cluster: Literal["shock", "sector", "group"] = Field(
        "shock", description="Which shocks move together: none (shock), those of a sector, or of a `group:`."
    )


def examine(question: Question, options: ShockLevelOptions) -> tuple[Finding, ...]:
    """One finding a model; a note with one shock, or where each unit has shocks of its own."""
    asked, notes = shift_share_models(question)
    return (*(_finding(one, options.cluster) for one in asked), *notes)


def _finding(one: ShiftShareModel, how: str) -> Finding:
    made, model = one.made, one.model
    cluster = clusters_of_shocks(made, how)
    reason = ""
    if len(made.sectors) == 1:
        reason = "one"
    elif cluster is None:
        reason = "no_groups"
    elif not shift_share.are_common(one.exposures, made.shocks[made.shock_row]):
        reason = "own_shocks"
    if cluster is None or reason:
        return nothing(model.question, model.result, both(f"shift_share.{reason}"))
    shocks = shift_share.mean_shocks(one.exposures, made.shocks[made.shock_row])
    found = shift_share.shock_level(one.exposures, shocks, one.x, one.y, cluster=cluster)
    half = float(distributions.normal_quantile((1 + model.inference.level) / 2)) * found.std_error
    z = found.estimate / found.std_error
    p_value = 2.0 * float(distributions.normal_sf(abs(z)))
    own = float(model.estimate.params[model.instrumented.focus[0]])
    equal = abs(found.estimate - own) <= SMALL * max(abs(own), found.std_error)
    said = both(
        "shift_share.shock_level",
        model=model.label,
        estimate=number(found.estimate),
        error=number(found.std_error),
        p=probability(p_value),
        count=found.count,
        effective=number(found.effective),
    )
    sentences = [said] if equal else [said, both("shift_share.differs", own=number(own))]
    few = found.effective < FEW_SHOCKS
    if few:
        sentences.append(both("shift_share.few"))
    details = {
        "estimate": found.estimate,
        "std_error": found.std_error,
        "first_stage_f": found.first_stage_f,
        "shocks": found.count,
        "effective_shocks": found.effective,
        "largest_share": found.largest,
        "same_as_units": equal,
    }
    return finding(
        model,
        sentences,
        Statistic(z, None, None, p_value),
        term=model.instrumented.endogenous[0],
        verdict="note" if equal and not few else "warn",
        details=details,
        ends=(found.estimate - half, found.estimate + half),
    )


DIAGNOSTIC = Diagnostic(
    summary="Shift-share by shocks: the equivalent regression, and how many shocks there are",
    options=ShockLevelOptions,
    examine=examine,
    references=("Borusyak, Hull and Jaravel 2022",),
)
