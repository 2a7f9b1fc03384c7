"""The base of every record's options: declared once, read by validation, schema, docs and `impact explain`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError


class Options(BaseModel):
    """Options of a registered record. Unknown keys are errors; every field has a default and a description."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, arbitrary_types_allowed=True)


class NoOptions(Options):
    """A record without options."""


class SetSize(Options):
    """Sets of a given number of units."""

    size: int = Field(1, ge=1, description="Number of units treated in each set.")


class PermutedSets(Options):
    """Which sets of units are permuted: of `permute:` and of the randomization test alike."""

    unit: str = Field("", description="Unit that treatment is assigned to; default: the design's own.")
    sets: Literal["same_size", "singles", "exposure"] | SetSize = Field(
        "same_size",
        description="Sets of as many units as were treated, single units, or {size: k}; exposure: every unit gets the "
        "exposure of another one, over all its periods (names `unit` and `time`).",
    )
    time: str = Field("", description="Period of the exposure, with sets: exposure.")
    among: str | None = Field(None, description="Expression: only these units may be in a set.")
    within: str | None = Field(None, description="Column of strata: each keeps its number of treated units.")
    reps: int = Field(
        1999, ge=99, description="Draws where there are more than 20,000 sets; fewer are listed."
    )
    adjust: Literal["none", "size"] = Field(
        "none",
        description="size: also divide by the spread predicted from the units' sizes (Ferman and Pinto).",
    )

    @model_validator(mode="after")
    def _paths_have_periods(self) -> PermutedSets:
        if self.time and self.sets != "exposure":
            raise PydanticCustomError("E293", "", {"problem": "`time` belongs to sets: exposure"})
        if self.sets == "exposure" and not (self.unit and self.time):
            raise PydanticCustomError("E293", "", {"problem": "it needs `unit` and `time`"})
        return self


class ReplicateWeights(Options):
    """Replicate weights that carry a sampling design: of `survey:` and of `vcov: survey` alike."""

    kind: Literal["brr", "jk1", "jkn", "bootstrap"] = Field(
        description="How the replicates were made: balanced repeated replication, the jackknife without strata or with "
        "them, or a bootstrap."
    )
    weights: str | tuple[str, ...] = Field(
        description="Columns of the replicate weights: names, or one with * for any letters (rep_*)."
    )
    fay: float = Field(0.0, ge=0, lt=1, description="Fay's coefficient of balanced repeated replication.")
    scale: float | None = Field(
        None,
        gt=0,
        description="Factor of all squares; default: 1/(R(1 - fay)^2), (R - 1)/R, 1 and 1/(R - 1) by kind.",
    )
    rscales: tuple[float, ...] | None = Field(
        None,
        description="Factor of each replicate; default 1; for jkn (n - 1)/n of its stratum, read from the weights.",
    )
    combined: bool = Field(
        True, description="false: the columns are factors that multiply the sampling weights."
    )
    mse: bool = Field(
        False,
        description="Squares about the estimate of the whole sample instead of the mean of the replicates.",
    )

    @model_validator(mode="after")
    def _only_what_is_used(self) -> ReplicateWeights:
        if self.kind != "brr" and "fay" in self.model_fields_set:
            raise _unused("fay", f"kind: {self.kind}")
        for name in ("scale", "rscales"):
            if self.kind == "brr" and getattr(self, name) is not None:
                raise _unused(name, "kind: brr")
        if self.rscales is not None and (min(self.rscales, default=0.0) < 0 or not any(self.rscales)):
            problem = "`rscales` are numbers of zero or more, not all of them zero"
            raise PydanticCustomError("E690", "", {"problem": problem})
        return self


def _unused(name: str, of: str) -> PydanticCustomError:
    return PydanticCustomError("E690", "", {"problem": f"`{name}` has no meaning with `{of}`"})
