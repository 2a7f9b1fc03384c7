"""Which models have an outcome in logarithms, and the percentage effects that their rows then hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import impact.schema.expressions.tree as tree
from impact.outputs._assemble import number
from impact.outputs._percent import percentages
from impact.plan import Plan
from impact.schema.display import TableBlock
from impact.schema.expressions.tree import Expression
from impact.schema.formulas.tree import Call, Variable
from impact.schema.requests import ModelRequest

DEEPEST = 20


def add_percentages(document: dict[str, Any], plan: Plan, requests: Sequence[ModelRequest]) -> None:
    """Fields ``percent…`` in the rows of models in logarithms, as far as the spec says that they are.

    It says so by the outcome (`log(...)`, or a derived column that is one), by `answer: {scale: log}`, by estimator
    `ppml`, and by a table that asks for percentages of the model.
    """
    asked = _asked(plan)
    answer = plan.spec.answer
    for request in requests:
        is_answer = (
            answer is not None and answer.scale == "log" and answer.model in (request.name, request.base)
        )
        if not (is_answer or _in_logs(request, plan.derive) or {request.name, request.base} & asked):
            continue
        for row in document["rows"]:
            if row["model"] == request.name:
                found = percentages(row, request.estimator)
                row |= {name: number(value) for name, value in found.items()}


def _asked(plan: Plan) -> set[str]:
    """Models of which a table asks for percentages, by the name that the table writes."""
    found: set[str] = set()
    for block in plan.spec.tables.values():
        if not any(word.startswith("percent") for word in (*block.cell, *block.extra)):
            continue
        found |= set(_models_of(block)) or {request.name for request in plan.models}
    return found


def _models_of(block: TableBlock) -> list[str]:
    written = [block.columns, block.models, *(panel.models or [] for panel in block.panels.values())]
    return [name for names in written for name in ([names] if isinstance(names, str) else names)]


def _in_logs(request: ModelRequest, derive: Mapping[str, Expression]) -> bool:
    """Whether the outcome is a logarithm by its own definition, or its mean is modelled as one."""
    if request.estimator == "ppml":
        return True
    if isinstance(request.outcome, Expression):
        return is_logarithm(request.outcome.root, derive)
    match request.formula.outcomes[0] if request.formula.outcomes else request.outcome_name:
        case Call(function="log"):
            return True
        case Variable(name=name) | str(name):
            return is_logarithm(tree.Name(name), derive)
        case _:
            return False


def is_logarithm(node: tree.Node, derive: Mapping[str, Expression], *, depth: int = 0) -> bool:
    """Whether an expression is the logarithm of something: `log(x)`, a derived column that is, or either where true."""
    match node:
        case tree.Call(function="log"):
            return True
        case tree.Name(name=name) if name in derive and depth < DEEPEST:
            # a column may be made again of itself
            own = derive[name].root
            return own != node and is_logarithm(own, derive, depth=depth + 1)
        case tree.Conditional():
            branches = [one for one in (node.then, node.otherwise) if not isinstance(one, tree.Missing)]
            return bool(branches) and all(is_logarithm(one, derive, depth=depth + 1) for one in branches)
        case _:
            return False
