"""The keys of `design:`: who is treated and from when, as one block, as cohorts, or as a column."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from impact.core.options import Options

NeverWord = Literal["missing", "inf", "beyond"]


def _one_or_list(value: object) -> object:
    return value if isinstance(value, list) or value is None else [value]


Never = Annotated[
    list[float | NeverWord],
    BeforeValidator(_one_or_list, json_schema_input_type=float | NeverWord | list[float | NeverWord] | None),
]


class StartBlock(Options):
    """The first exposed year, counted on the outcome's own date."""

    outcome: float = Field(
        description="First year whose outcome is exposed; the outcome is `outcome_lead` periods late."
    )


class DesignBlock(Options):
    """Who is treated and from when: one block of units (`treated` and `from`), `cohort`, or `treatment`.

    A block offers the columns `treated`, `post` and `exposed` to formulas; cohorts offer `treated` (ever), `exposed`
    (by then) and `event_time`.
    """

    unit: str | None = Field(
        None, description="Column that names the unit at which treatment is assigned; absent: cross-sections."
    )
    time: str = Field(description="Column with the period.")
    treated: str | None = Field(None, description="Expression that is true for treated units of one block.")
    from_: float | StartBlock | None = Field(
        None, alias="from", description="First exposed period of the block, or {outcome: PERIOD}."
    )
    outcome_lead: int = Field(
        0, ge=0, description="Periods between `time` and the measurement of the outcome (with `from`)."
    )
    cohort: str | None = Field(None, description="Column with the first treated period of each unit.")
    treatment: str | None = Field(
        None,
        description="Column with the treatment of each row: 0/1, or a dose. Cohorts are derived from it.",
    )
    never: Never | None = Field(
        None,
        description="Values of `cohort` that mean never treated: numbers, missing, inf, beyond (the last period).",
    )
    window: tuple[float, float] | None = Field(
        None, description="First and last event time shown; estimation uses everything."
    )
    anticipation: float = Field(
        0, ge=0, description="Periods before treatment in which units may already respond."
    )
    reference: float | None = Field(
        None,
        description="Event time that is zero by definition; writing it asks for one base period. Default -1.",
    )
    control_group: Literal["never", "not_yet"] = Field(
        "never", description="Compare with units never treated, or with all that are not treated yet."
    )
    base_period: Literal["varying", "universal"] | None = Field(
        None,
        description="varying: before treatment the period just before; universal: one for all periods. "
        "Default varying, universal where `reference` is written.",
    )
    balance: Literal["drop", "keep"] | None = Field(
        None,
        description="Units that miss a period: drop or keep them. Default: as the estimator's reference does.",
    )
    aggregate: Literal["simple", "dynamic", "cohort", "calendar"] = Field(
        "simple", description="Which mean of the effects is the row `att`."
    )

    @model_validator(mode="after")
    def _one_way(self) -> DesignBlock:
        problem = self._problem()
        if problem:
            raise PydanticCustomError("E557", "", {"problem": problem})
        return self

    def _problem(self) -> str:
        ways = [name for name in ("treated", "cohort", "treatment") if getattr(self, name) is not None]
        if len(ways) != 1 and ways != ["cohort", "treatment"]:
            named = " and ".join(ways) or "none of them"
            return f"it needs `treated` with `from`, or `cohort`, or `treatment`; it has {named}"
        if (self.treated is None) != (self.from_ is None):
            return "`treated` and `from` belong together"
        if self.treated is not None and self.unit is None:
            return "a treated block needs `unit`"
        if self.unit is None and self.treatment is not None:
            return "`treatment` needs `unit`; in cross-sections name the `cohort` of each row"
        if self.never is not None and self.cohort is None:
            return "`never` is about values of `cohort`"
        if self.outcome_lead and self.treated is None:
            return "`outcome_lead` goes with `treated` and `from`; shift the cohort instead"
        if self.window is not None and self.window[0] > self.window[1]:
            return "the first event time of `window` is after the last"
        return ""
