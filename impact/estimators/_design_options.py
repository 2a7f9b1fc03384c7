"""Options of estimators that take the place of what `design:` says: one type each, with its words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

Aggregate = Annotated[
    Literal["simple", "dynamic", "cohort", "calendar"] | None,
    Field(description="What the row att is; default: that of the design, or simple (all treated rows)."),
]
Anticipation = Annotated[
    float | None,
    Field(
        ge=0,
        description="Periods before treatment that may respond already; default: that of the design, or 0.",
    ),
]
Balance = Annotated[
    Literal["drop", "keep"] | None,
    Field(
        description="Units that miss a period: drop them, or keep them; default: that of the design, or keep."
    ),
]
BasePeriod = Annotated[
    Literal["varying", "universal"] | None,
    Field(
        description="Before treatment: the period just before (varying) or one for all (universal); "
        "default: that of the design, or varying."
    ),
]
ControlGroup = Annotated[
    Literal["never", "not_yet"] | None,
    Field(description="never treated, or not_yet treated units; default: that of the design, or never."),
]
Reference = Annotated[
    float | None,
    Field(description="Event time that is zero by definition; default: that of the design, or -1."),
]
Trim = Annotated[
    float,
    Field(
        gt=0,
        le=1,
        description="Comparison units with a propensity score from here on are left out (dr, ipw).",
    ),
]
Window = Annotated[
    tuple[float, float] | None,
    Field(description="First and last event time shown; estimation uses everything."),
]
