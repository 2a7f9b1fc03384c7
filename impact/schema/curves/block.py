"""The keys of `speccurve:`: which model is varied, in what, what is left out, and inference over the whole curve."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from impact.core.options import Options
from impact.schema.data_blocks import one_or_list

Names = Annotated[list[str], BeforeValidator(one_or_list, json_schema_input_type=str | list[str])]
Choices = list[str] | dict[str, str]


class VaryBlock(Options):
    """The dimensions of a specification curve: each a list of choices, or label → choice."""

    estimator: list[str] = Field(default_factory=list, description="Keywords of estimators.")
    outcome: Choices = Field(default_factory=list, description="Outcomes: columns, transforms or names.")
    treatment: Choices = Field(
        default_factory=list, description="Terms that take the place of the target in the formula."
    )
    controls: list[str | list[str]] | dict[str, str | list[str]] = Field(
        default_factory=list, description="Sets of terms added to the formula; [] adds none."
    )
    fe: Choices = Field(
        default_factory=list, description="Absorbed effects, such as unit + year; none for no effects."
    )
    sample: Choices = Field(
        default_factory=list, description="Conditions on top of the model's filters; true keeps every row."
    )
    weights: list[str | dict[str, str]] | dict[str, str | dict[str, str]] = Field(
        default_factory=list, description="Weights as in `weights:` of a model; none for no weights."
    )
    vcov: list[str | dict[str, Any]] | dict[str, str | dict[str, Any]] = Field(
        default_factory=list, description="Variances as in `vcov:` of a model."
    )


class CurveInference(Options):
    """Permutation inference over the whole curve."""

    permute: Names = Field(
        description="Column(s) whose values are shuffled, the target among them; several move together."
    )
    within: Names = Field(default_factory=list, description="Columns within whose values the shuffle stays.")
    unit: str | None = Field(
        None,
        description="Column of units that exchange their values whole, period by period of `within`; "
        "default: each row for itself.",
    )
    reps: int = Field(500, ge=10, le=100_000, description="Number of shuffles.")
    direction: Literal["either", "positive", "negative"] = Field(
        "either", description="Sign that was predicted; either: that of the median, in each shuffle its own."
    )


class SpecCurveBlock(Options):
    """A model in every defensible variant: one estimate of the target each, and what they say together."""

    base: str | None = Field(None, description="Model that is varied; the only one by default.")
    target: str | None = Field(
        None, description="Term whose coefficient is followed; the base model's first term of interest."
    )
    vary: VaryBlock = Field(description="Dimensions and their choices.")
    exclude: list[str] = Field(
        default_factory=list,
        description="Conditions on the labels of the choices; combinations that meet one are left out.",
    )
    max: int = Field(
        500, ge=1, le=10_000, description="Most specifications; above it a seeded random draw is run."
    )
    inference: CurveInference | None = Field(None, description="Permutation inference over the curve.")
