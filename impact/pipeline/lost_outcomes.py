"""The model of a test with another outcome: whether the outcome of a row is missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import impact.schema.expressions.tree as expressions
from impact.core.errors import SpecError
from impact.core.findings import ModelResult
from impact.core.frames import Frame
from impact.core.texts import fault
from impact.design.groups import groups_of
from impact.pipeline.fit import design_of, estimate_design, infer_design
from impact.schema.expressions.parse import parse_expression
from impact.schema.expressions.tokens import spell_name
from impact.schema.expressions.tree import Expression
from impact.schema.formulas.tree import Call, Variable
from impact.schema.requests import ModelRequest

ESTIMATORS = ("ols", "panel")


def lost_outcomes(result: ModelResult, *, request: ModelRequest, frame: Frame) -> ModelResult:
    """The same regression, sample filters and variance, on rows with and without an outcome: 1 where it is missing.

    Arguments:
        request: of the model. frame: all rows with derived columns.

    Returns:
        A result without permutation; without an estimate where no outcome is missing.

    Raises:
        SpecError: E679 for a model whose outcome is no column or transform of columns, or is estimated otherwise.
    """
    names = _columns_of_outcome(request)
    interacted = request.grouping is not None and request.grouping.mode != "split"
    if request.estimator not in ESTIMATORS or request.by_adoption or interacted or not names:
        raise SpecError(fault("E679", model=request.name, estimator=request.estimator))
    condition = " or ".join(f"missing({spell_name(name)})" for name in names)
    asked = replace(
        request,
        outcome=parse_expression(f"1 if {condition} else 0", place=request.place),
        outcome_name=f"missing({request.outcome_name})",
        permute=None,
        wild=None,
    )
    groups = groups_of(frame, request) if request.grouping is not None else ()
    design = design_of(frame, asked, next((group for group in groups if group.name == result.group), None))
    if not np.any(design.y):
        return replace(result, design=design, estimate=None, inference=None, permutation=None)
    estimate = estimate_design(design, asked)
    inference = infer_design(estimate, design, asked)
    return replace(result, design=design, estimate=estimate, inference=inference, permutation=None)


def _columns_of_outcome(request: ModelRequest) -> tuple[str, ...]:
    """Columns that the outcome is made of; none where it is given as sums or as a lag."""
    if isinstance(request.outcome, Expression):
        found = [use.name for use in expressions.columns_of(request.outcome)]
    elif request.outcome is not None:
        return ()
    else:
        match request.formula.outcomes[0]:
            case Variable(name=name):
                found = [name]
            case Call(arguments=arguments):
                whole = [Expression(argument) for argument in arguments]
                found = [use.name for one in whole for use in expressions.columns_of(one)]
            case _:
                return ()
    return tuple(dict.fromkeys(found))
