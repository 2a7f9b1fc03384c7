"""The base of every record's options: declared once, read by validation, schema, docs and `impact explain`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """Options of a registered record. Unknown keys are errors; every field has a default and a description."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class NoOptions(Options):
    """A record without options."""


class SetSize(Options):
    """Sets of a given number of units."""

    size: int = Field(1, ge=1, description="Number of units treated in each set.")


class PermutedSets(Options):
    """Which sets of units are permuted: of `permute:` and of the randomization test alike."""

    unit: str = Field("", description="Unit that treatment is assigned to; default: the design's own.")
    sets: Literal["same_size", "singles"] | SetSize = Field(
        "same_size", description="Sets of as many units as were treated, single units, or {size: k}."
    )
    among: str | None = Field(None, description="Expression: only these units may be in a set.")
    within: str | None = Field(None, description="Column of strata: each keeps its number of treated units.")
    reps: int = Field(
        1999, ge=99, description="Draws where there are more than 20,000 sets; fewer are listed."
    )
    adjust: Literal["none", "size"] = Field(
        "none",
        description="size: also divide by the spread predicted from the units' sizes (Ferman and Pinto).",
    )
