"""Driscoll–Kraay variance: errors correlated between all units of a period, and over time.

    V = B [Γ_0 + Σ_{l=1..L} (1 − l/(L+1)) (Γ_l + Γ_l')] B,   Γ_l = Σ_t h_t h_{t−l}',   h_t = Σ_i s_it

Assumptions: correlation dies out after L periods; the number of periods is large. Source: Driscoll and Kraay
    (1998).
"""

from __future__ import annotations

from pydantic import Field

from impact.core.designs import Design
from impact.core.estimates import Estimate, Inference
from impact.core.options import Options
from impact.core.registered import Variance
from impact.inference._intervals import linear_of, present_levels
from impact.inference._over_time import TimeSpread, clock, finish, influence_rows
from impact.inference._small_sample import SSC_DESCRIPTION, Preset, SmallSample, convention
from impact.kernels.group_sums import group_counts, group_sums
from impact.kernels.serial import default_lags, driscoll_kraay_meat


class DriscollKraayOptions(Options):
    """Options of the Driscoll–Kraay variance."""

    lags: int | None = Field(
        None, ge=0, description="Periods over which errors are correlated; floor(T^(1/4))."
    )
    time: str | None = Field(None, description="Time column; default: the panel's.")
    ssc: Preset | SmallSample | None = Field(None, description=SSC_DESCRIPTION)


def columns(options: DriscollKraayOptions) -> tuple[str, ...]:
    """The columns named in the options."""
    return () if options.time is None else (options.time,)


def infer(estimate: Estimate, design: Design, options: DriscollKraayOptions, level: float) -> Inference:
    """Driscoll–Kraay standard errors, t with T − 1 degrees of freedom.

    Raises:
        DesignError: E506 without a panel and time.
    """
    linear = linear_of(estimate, "driscoll_kraay")
    when = clock(design, None, options.time, "driscoll_kraay")
    lags = default_lags(present_levels(when.time)) if options.lags is None else options.lags
    totals = group_sums(when.time.codes, when.time.levels, influence_rows(linear))
    kept = group_counts(when.time.codes, when.time.levels) > 0
    meat = driscoll_kraay_meat(totals[kept], when.position[kept], lags)
    found = TimeSpread("driscoll_kraay", meat, lags, when, by_time=True)
    return finish(estimate, design, level, linear=linear, rule=convention(options.ssc), found=found)


VARIANCE = Variance(
    summary="Correlation between units and over time (Driscoll-Kraay)",
    options=DriscollKraayOptions,
    infer=infer,
    columns=columns,
    needs=("linear", "panel"),
    references=("Driscoll and Kraay 1998",),
)
