"""The `survey:` block: one place for weights, strata, primary units and the domain of every model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from impact.core.errors import SpecError
from impact.core.options import ReplicateWeights
from impact.core.texts import fault
from impact.schema.model import Block, Names
from impact.schema.model_parts import merged_node
from impact.schema.nodes import Entry, Node, map_node, with_entry, without
from impact.schema.option_requests import checked


class SurveyBlock(Block):
    """How the sample was drawn; models then have design-based errors."""

    weights: str | None = Field(
        None, description="Column of sampling weights; none: every row counts the same."
    )
    psu: Names | None = Field(None, description="Primary sampling unit, or one column for each stage.")
    strata: Names | None = Field(None, description="Strata, or one column for each stage.")
    fpc: Names | None = Field(
        None, description="Units in the population of the stratum (or fractions), one column for each stage."
    )
    singleton: Literal["fail", "certainty", "centered", "average"] = Field(
        "fail", description="Strata with one primary unit."
    )
    nest: bool = Field(False, description="Numbers of primary units begin anew in each stratum.")
    subpop: str | None = Field(None, description="Expression: the domain, which keeps the whole design.")
    replicate: ReplicateWeights | None = Field(
        None, description="Replicate weights, in place of strata, primary units and finite populations."
    )


def with_survey(node: Node, context: Node) -> Node:
    """A model's node with the weights and the variance that `survey:` stands for.

    Raises:
        SpecError: E569 where the model sets one of them itself, or a `subpop` without a survey; faults of the block.
    """
    survey = merged_node(node, context, "survey")
    subpop = node.entry("subpop")
    bare = without(node, "survey", "subpop")
    if survey is None or survey.is_null:
        if subpop is not None and not subpop.node.is_null:
            raise _refused(subpop, "`subpop` needs `survey:`")
        return bare
    checked(SurveyBlock, survey, "survey")
    if subpop is not None:
        survey = with_entry(survey, subpop)
    for key in ("vcov", "weights"):
        own = bare.entry(key)
        if own is not None and not own.node.is_null:
            raise _refused(own, f"`survey:` says what `{key}` is")
    kept = tuple(entry for entry in without(survey, "weights").entries if not entry.node.is_null)
    variance = map_node(survey.place, (Entry("survey", survey.place, map_node(survey.place, kept)),))
    bare = with_entry(bare, Entry("vcov", survey.place, variance))
    weights = survey.entry("weights")
    return bare if weights is None or weights.node.is_null else with_entry(bare, weights)


def _refused(entry: Entry, problem: str) -> SpecError:
    return SpecError(fault("E569", place=entry.place, problem=problem))
