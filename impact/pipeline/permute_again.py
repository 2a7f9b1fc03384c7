"""Permutation inference that a test asks for itself: its own sets of units, on the model as it was estimated."""

from __future__ import annotations

from dataclasses import replace

from impact.core.findings import ModelResult
from impact.core.frames import Frame
from impact.core.options import PermutedSets
from impact.design.groups import groups_of
from impact.inference._options import PermuteOptions
from impact.pipeline.fit import design_of, estimate_design, permute_design
from impact.schema.expressions.tree import Expression
from impact.schema.requests import ModelRequest

NOT_SETS = {"statistic"}


def asks_for_sets(options: object, result: ModelResult) -> bool:
    """Whether a test needs a permutation of its own: it names sets, or the model has none."""
    if not isinstance(options, PermutedSets) or result.estimate is None:
        return False
    return result.permutation is None or bool(options.model_fields_set - NOT_SETS)


def permuted_again(
    result: ModelResult,
    *,
    request: ModelRequest,
    options: PermutedSets,
    among: Expression | None,
    frame: Frame,
    seed: int | None,
) -> ModelResult:
    """The result with the permutation distribution of the test's sets; what it leaves out is as in `permute:`.

    Arguments:
        request: of the model. among: the test's own condition on units. frame: all rows with derived columns.

    Raises:
        DesignError: E520 no treated block, E524, E540–E546 sets that cannot be permuted.
        SpecError: E182 drawn without a seed.
    """
    written = {name: getattr(options, name) for name in options.model_fields_set - NOT_SETS}
    base = request.permute if isinstance(request.permute, PermuteOptions) else PermuteOptions()
    asked = replace(
        request,
        permute=base.model_copy(update=written),
        permute_among=among if among is not None else request.permute_among,
    )
    design = result.design
    if request.grouping is None or request.grouping.mode == "split":
        groups = groups_of(frame, request) if request.grouping is not None else ()
        design = design_of(frame, asked, next((g for g in groups if g.name == result.group), None))
    assert design is not None
    estimate = estimate_design(design, asked)
    return replace(result, permutation=permute_design(estimate, design, asked, seed=seed))
