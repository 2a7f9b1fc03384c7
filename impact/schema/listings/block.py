"""The keys of `listings:`: tables of data, one row a group, that tables, figures, claims and tests can read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from impact.core.options import Options
from impact.schema.data_blocks import one_or_list

Names = Annotated[list[str], BeforeValidator(one_or_list, json_schema_input_type=str | list[str])]
Text = str | dict[Literal["en", "es"], str]
AGGREGATES = ("sum", "mean", "median", "min", "max", "sd", "count")


class ListedColumn(Options):
    """One column: how the rows of a group become one value."""

    value: str | None = Field(
        None, description="Expression that has one value in each group: a fact, not an aggregate."
    )
    sum: str | None = Field(None, description="Expression to sum; missing values are left out.")
    mean: str | None = Field(None, description="Expression to average; missing values are left out.")
    median: str | None = Field(None, description="Expression whose median is taken.")
    min: str | None = Field(None, description="Expression whose smallest value is taken.")
    max: str | None = Field(None, description="Expression whose largest value is taken.")
    sd: str | None = Field(None, description="Expression whose standard deviation (n - 1) is taken.")
    count: str | bool | None = Field(
        None, description="Condition whose true rows are counted; true counts all."
    )
    weights: str | None = Field(None, description="Weights of a mean: an expression, zero or more.")
    digits: int | None = Field(
        None, ge=0, le=12, description="Decimal places; whole columns have none, others those of the table."
    )

    @model_validator(mode="after")
    def _one_way(self) -> ListedColumn:
        found = [name for name in ("value", *AGGREGATES) if getattr(self, name) is not None]
        if len(found) != 1:
            names = ", ".join(("value", *AGGREGATES))
            raise PydanticCustomError("E455", "", {"problem": f"give exactly one of {names}"})
        if self.weights is not None and found != ["mean"]:
            raise PydanticCustomError("E455", "", {"problem": "weights belong to a mean"})
        return self

    @property
    def way(self) -> tuple[str, str]:
        """How the group becomes one value, and the expression."""
        return next(
            (name, str(getattr(self, name)))
            for name in ("value", *AGGREGATES)
            if getattr(self, name) is not None
        )


class ListingBlock(Options):
    """A table of data: the rows of the sample grouped, one row of the listing a group."""

    title: Text | None = Field(default=None, description="Title of the table of this listing.")
    file: str | None = Field(
        default=None,
        description="Another of several files of `data:`, read as it is: without joins, `derive:` and `filter:`.",
    )
    by: Names | dict[str, str] = Field(
        min_length=1, description="Column(s) whose values name the rows, or name → expression."
    )
    filter: str | dict[str, str | None] | None = Field(
        default=None, description="Condition(s) on top of the spec's filters."
    )
    columns: dict[str, str | ListedColumn] = Field(
        min_length=1,
        description="name → expression with one value in each group, or {sum: …}, {mean: …, weights: …}, {median: …}, "
        "{min: …}, {max: …}, {sd: …}, {count: CONDITION}.",
    )
    cumulate: dict[str, str] = Field(
        default_factory=dict,
        description="name → column of numbers whose running sum it is, along the last name of `by`.",
    )
    derive: dict[str, str | ListedColumn] = Field(
        default_factory=dict,
        description="name → expression on the columns of the listing, row by row; or {value: …, digits: n}.",
    )
    order: Names | None = Field(
        default=None,
        description="Columns that order the rows, -NAME from the largest; by default those of `by`.",
    )
    total: bool | Text = Field(
        default=False, description="A last row of all rows together; true, or its label."
    )
    min_rows: int = Field(
        default=1, ge=1, description="Groups of fewer rows of data than this show no value: W503."
    )
