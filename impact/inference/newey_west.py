"""Newey–West variance: errors correlated over time within units, or within one series.

    V = B Σ_i [Γ_0i + Σ_{l=1..L} (1 − l/(L+1)) (Γ_li + Γ_li')] B,   Γ_li = Σ_t s_it s_i,t−l'

Assumptions: errors of different units are uncorrelated; correlation dies out after L periods. A missing
    period stays
a gap. Source: Newey and West (1987).
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from impact.core.designs import Design
from impact.core.errors import DesignError
from impact.core.estimates import Estimate, Inference
from impact.core.options import Options
from impact.core.registered import Variance
from impact.core.texts import fault
from impact.inference._intervals import linear_of, present_levels
from impact.inference._over_time import TimeSpread, clock, finish, influence_rows
from impact.inference._small_sample import SSC_DESCRIPTION, Preset, SmallSample, convention
from impact.kernels.serial import RepeatedPeriods, default_lags, newey_west_meat


class NeweyWestOptions(Options):
    """Options of the Newey–West variance."""

    lags: int | None = Field(
        None, ge=0, description="Periods over which errors are correlated; floor(T^(1/4))."
    )
    unit: str | None = Field(
        None, description="Unit column; default: the panel's. Without a panel: one series."
    )
    time: str | None = Field(None, description="Time column; default: the panel's.")
    ssc: Preset | SmallSample | None = Field(None, description=SSC_DESCRIPTION)


def columns(options: NeweyWestOptions) -> tuple[str, ...]:
    """The columns named in the options."""
    return tuple(name for name in (options.unit, options.time) if name is not None)


def infer(estimate: Estimate, design: Design, options: NeweyWestOptions, level: float) -> Inference:
    """Newey–West standard errors, t with T − 1 degrees of freedom.

    Raises:
        DesignError: E506 without a panel and time, E508 where a unit has two rows in a period.
    """
    linear = linear_of(estimate, "newey_west")
    when = clock(design, options.unit, options.time, "newey_west")
    lags = default_lags(present_levels(when.time)) if options.lags is None else options.lags
    unit = np.zeros(len(when.time.codes), dtype=np.int32) if when.unit is None else when.unit.codes
    try:
        meat = newey_west_meat(influence_rows(linear), unit, when.position[when.time.codes], lags)
    except RepeatedPeriods as problem:
        name = when.unit.name if when.unit is not None else "-"
        found = fault(
            "E508", count=problem.count, unit=name, time=when.time.name, what="`newey_west`", examples="-"
        )
        raise DesignError(found) from problem
    found_spread = TimeSpread("newey_west", meat, lags, when)
    return finish(estimate, design, level, linear=linear, rule=convention(options.ssc), found=found_spread)


VARIANCE = Variance(
    summary="Correlation over time within units (Newey-West)",
    options=NeweyWestOptions,
    infer=infer,
    columns=columns,
    needs=("linear", "panel"),
    references=("Newey and West 1987",),
)
