"""The `exposure:` block: how strongly each place, or cell of the labour market, was exposed to migration."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from impact.schema.data_blocks import Columns

CURRENT = "current"


class _Block(BaseModel):
    """A block of a spec: unknown keys are errors."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class ShareBlock(_Block):
    """Migrants as a share of a population, by place or by cell (education × experience, sector × education)."""

    kind: Literal["share"] = Field(description="Migrants over a population.")
    count: str = Field(description="Column with the migrants of a place or cell (and period).")
    over: str = Field(description="Column with the population, or labour force, that they are divided by.")
    unit: Columns = Field(
        min_length=1, description="Column(s) that name a place or cell, in main and in the files."
    )
    time: str | None = Field(None, description="Period, in main and in the files; none: one share a unit.")
    data: str | None = Field(
        None, description="File with `count`: a name in `data`, or a path; main by default."
    )
    over_data: str | None = Field(
        None, description="File with `over`: a name in `data`, or a path; that of `count` by default."
    )
    denominator_year: int | Literal["current"] | None = Field(
        None,
        description="Value of `time` whose population divides every period's migrants (a year before they came); "
        "current: each period's own. Default: the spec's `denominator_year`.",
    )
    combine: Literal["same", "sum"] = Field(
        "same",
        description="Several rows of one unit and period: same (the value is repeated and must agree) or sum.",
    )
    scale: float = Field(
        100.0, gt=0, description="100: percentage points (the default); 1: a share between 0 and 1."
    )
    missing: Literal["refuse", "drop"] = Field(
        "refuse", description="Units of main without exposure: refuse names them, drop leaves it missing."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> ShareBlock:
        if self.time is None and self.denominator_year is not None:
            problem = "`denominator_year` chooses among the periods of `time`, which is not given"
            raise PydanticCustomError("E452", "", {"problem": problem})
        return self

    def files(self) -> dict[str, str]:
        """Key → file it names."""
        named = {"data": self.data, "over_data": self.over_data}
        return {key: value for key, value in named.items() if value is not None}

    def file_columns(self) -> tuple[str, ...]:
        """Names that are read from any of the files."""
        return (*self.unit, *((self.time,) if self.time else ()), self.count, self.over)

    def main_columns(self) -> tuple[str, ...]:
        """Names that are read from main."""
        own = [self.count] if self.data is None else []
        own += [self.over] if self.data is None and self.over_data is None else []
        return (*self.unit, *((self.time,) if self.time else ()), *own)


class DoseBlock(_Block):
    """A national stock spread over places by published shares, per head of a population before the arrivals.

    dose = 100 × share of the place × stock of the period / population of the place
    """

    kind: Literal["dose"] = Field(description="Shares of places times the national stock, per head.")
    unit: str = Field(description="Column with the place, in main and in the files.")
    time: str = Field(description="Column with the period, in main and in the file of the population.")
    shares: str = Field(description="File with the shares: a name in `data`, or a path.")
    share: str = Field("share", description="Column of the file of shares: per cent of the national total.")
    office: str | None = Field(
        None,
        description="Column of the file of shares that names what a share belongs to, where it serves several places: "
        "the share stands on each of their rows and is spread over them by population.",
    )
    stock: dict[str, float] = Field(
        min_length=1, description="Period → migrants in the country: {2017: 109783, 2018: 650000}."
    )
    population: str = Field(description="File with the population: a name in `data`, or a path.")
    persons: str = Field("population_persons", description="Column of the file of the population: persons.")
    denominator_year: int | None = Field(
        None,
        description="Year of the population, before the arrivals. Default: the spec's `denominator_year`.",
    )
    rest: Literal["zero", "population"] = Field(
        description="What is left of 100 per cent: zero (places without a share got nobody), or population (spread "
        "over them by population). An assumption either way: show both.",
    )
    scale: float = Field(
        100.0, gt=0, description="100: percentage points (the default); 1: a share between 0 and 1."
    )
    missing: Literal["refuse", "drop"] = Field(
        "refuse", description="Units of main without exposure: refuse names them, drop leaves it missing."
    )

    @model_validator(mode="after")
    def _stock_is_right(self) -> DoseBlock:
        for period, persons in self.stock.items():
            if not period.lstrip("-").isdigit() or persons < 0:
                problem = f"`stock` has whole periods and persons of zero or more, not {period}: {persons:g}"
                raise PydanticCustomError("E452", "", {"problem": problem})
        return self

    def files(self) -> dict[str, str]:
        """Key → file it names."""
        return {"shares": self.shares, "population": self.population}

    def file_columns(self) -> tuple[str, ...]:
        """Names that are read from any of the files."""
        own = (self.office,) if self.office else ()
        return (self.unit, self.time, self.share, self.persons, *own)

    def main_columns(self) -> tuple[str, ...]:
        """Names that are read from main."""
        return self.unit, self.time


ExposureBlock = Annotated[ShareBlock | DoseBlock, Field(discriminator="kind")]
