"""The `deflate:` block: money in prices of one year, and per month or per year, converted once."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

MONTHS = 12
Unit = Literal["annual", "monthly"]


class DeflateBlock(BaseModel):
    """A column of nominal money in constant prices.

    real = nominal × (1/12, 1 or 12) × price level of the base / price level of the period
    """

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    of: str = Field(description="Column of nominal money, of the file or of `derive:`.")
    unit: Unit = Field(description="What `of` is: annual (ENAHO) or monthly (EPE, EPEN).")
    to: Unit | None = Field(None, description="What is wanted: annual or monthly; as `unit` by default.")
    time: str = Field("year", description="Column of main with the year of the money.")
    month: str | None = Field(
        None, description="Column of main with its month; none: the mean price level of the year."
    )
    base: int = Field(description="Year whose prices are used: the mean of its twelve months.")
    prices: str = Field(
        "shipped:peru_cpi_lima_monthly.csv",
        description="File of monthly price changes: a name in `data`, or a path; Lima's consumer prices by default.",
    )
    change: str = Field(
        "cpi_lima_monthly_change_pct",
        description="Column of `prices`: change on the month before, in per cent.",
    )
    price_year: str = Field("year", description="Column of `prices` with the year.")
    price_month: str = Field("month", description="Column of `prices` with the month, 1 to 12.")

    @model_validator(mode="after")
    def _not_of_itself(self) -> DeflateBlock:
        if self.month is not None and self.month == self.time:
            problem = "`month` and `time` name the same column"
            raise PydanticCustomError("E452", "", {"problem": problem})
        return self

    def factor(self) -> float:
        """What turns the unit of the money into the one that is wanted."""
        if self.to is None or self.to == self.unit:
            return 1.0
        return 1.0 / MONTHS if self.unit == "annual" else float(MONTHS)

    def file_columns(self) -> tuple[str, ...]:
        """Names that are read from the file of prices."""
        return self.change, self.price_year, self.price_month

    def main_columns(self) -> tuple[str, ...]:
        """Names that are read from main."""
        return (self.of, self.time, *((self.month,) if self.month else ()))
