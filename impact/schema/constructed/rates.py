"""The `complete:` and `rates:` blocks: cells without a row as zeros, counts as yearly rates per head."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from impact.schema.data_blocks import Columns

PERIODS_A_YEAR = {"month": 12, "quarter": 4, "year": 1}
INCLUDED, LEFT_OUT = "included", "left_out"


class _Block(BaseModel):
    """A block of a spec: unknown keys are errors."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class CompleteBlock(_Block):
    """A panel of counts whose zeros are not rows: every unit gets a row in every period, of every kind."""

    unit: Columns = Field(min_length=1, description="Column(s) that name a unit.")
    time: Columns = Field(min_length=1, description="Column(s) that name a period, such as [year, month].")
    by: Columns = Field(
        default_factory=list, description="Column(s) that name a kind within a unit and period: offence."
    )
    counts: Columns = Field(min_length=1, description="Column(s) of counts: zero in the rows that are added.")

    @model_validator(mode="after")
    def _names_differ(self) -> CompleteBlock:
        names = [*self.unit, *self.time, *self.by, *self.counts]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            problem = f"`complete` names '{twice}' twice"
            raise PydanticCustomError("E452", "", {"problem": problem})
        return self

    def columns(self) -> tuple[str, ...]:
        """Names that are read from main."""
        return (*self.unit, *self.time, *self.by, *self.counts)


class RateBlock(_Block):
    """Counts of a period as a yearly rate per 100,000 of a population that says whether migrants are in it.

    rate = per × periods a year × count / population
    """

    count: Columns = Field(
        min_length=1, description="Column of counts; several kinds only with `pooled: true`."
    )
    population: str = Field(description="Column with the population, or the residents without migrants.")
    migrants: str = Field(
        description="included (the population has them already), left_out (it does not: warned), or the column with "
        "the migrants to add."
    )
    period: Literal["month", "quarter", "year"] = Field(
        description="Period of the counts: rates are per year."
    )
    per: float = Field(100_000.0, gt=0, description="Persons that the rate is per.")
    pooled: bool = Field(
        False,
        description="Kinds of different nature are added up: said in a warning, refused without this key.",
    )

    def columns(self) -> tuple[str, ...]:
        """Names that are read from main."""
        added = () if self.migrants in (INCLUDED, LEFT_OUT) else (self.migrants,)
        return (*self.count, self.population, *added)


def population_name(name: str) -> str:
    """The column with the population of a rate, for weights and `offset(log(…))`."""
    return f"{name}_population"
