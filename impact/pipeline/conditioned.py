"""Models that condition on a post-treatment variable: a filter or control on a column that is itself an outcome.

A column that the treatment moves is no control: holding it fixed compares units that the treatment made different.
Source: Rosenbaum (1984), Journal of the Royal Statistical Society A 147, 656-666; Angrist and Pischke (2009),
section 3.2.3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import impact.catalog as catalog
import impact.schema.expressions.tree as expressions
import impact.schema.formulas.tree as formulas
from impact.core.errors import Notice
from impact.core.texts import notice
from impact.plan import MEANS, Plan
from impact.schema.requests import ModelRequest

# a value of an earlier period is no consequence of this one; whether a value is known says nothing of its size
APART = frozenset({"lag", "missing"})


def conditioned_notices(plan: Plan) -> tuple[Notice, ...]:
    """W509 for every model of the plan and every outcome it conditions on.

    Outcomes are those that the spec declares and those on the left side of its models, but for columns that some model
    takes for a cause: its treatment or an endogenous regressor.
    """
    models = [one for one in plan.models if not _describes(one)]
    outcomes = {*plan.spec.outcomes, *(one.outcome_name for one in models)}
    outcomes -= {name for one in models for term in _causes(one) for name in _names(term)}
    return tuple(
        notice("W509", of=one.name, column=name, place=where)
        for one in models
        for name, where in conditioned_on(one, outcomes)
    )


def conditioned_on(request: ModelRequest, outcomes: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each outcome that a model conditions on, with the name of the filter or the text of the control."""
    found: dict[str, str] = {}
    for name, condition in request.filters.items():
        for column in _read(condition.root):
            found.setdefault(column, name)
    causes = _causes(request)
    for term in request.formula.terms:
        if term not in causes:
            for column in _names(term):
                found.setdefault(column, term.text())
    own = {request.outcome_name} - {column for column, where in found.items() if where in request.filters}
    yield from (
        (column, where) for column, where in found.items() if column in outcomes and column not in own
    )


def _describes(request: ModelRequest) -> bool:
    """Whether the model describes variables, all of them on its left side."""
    record: Any = catalog.ESTIMATORS.load(request.estimator)
    return MEANS in record.accepts


def _causes(request: ModelRequest) -> Sequence[formulas.Term | formulas.Step]:
    """The regressors of interest: those named, the endogenous ones, or the first; none where a design has them."""
    formula = request.formula
    if request.focus:
        return [term for term in formula.terms if term.text() in request.focus]
    if formula.endogenous or request.design is not None or request.by_adoption:
        return formula.endogenous
    return formula.terms[:1]


def _names(term: formulas.Term | formulas.Step) -> Iterator[str]:
    """Columns of a term that are of the present period."""
    match term:
        case formulas.Lag(kind="l"):
            return
        case formulas.Interaction():
            for part in term.parts:
                yield from _names(part)
        case _:
            yield from (use.name for use in formulas.columns_of_term(term))


def _read(node: expressions.Node) -> Iterator[str]:
    """Columns of an expression, but for those inside lag() and missing()."""
    if isinstance(node, expressions.Name):
        yield node.name
    if isinstance(node, expressions.Call) and node.function in APART:
        return
    for below in expressions.children(node):
        yield from _read(below)
