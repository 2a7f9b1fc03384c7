"""Which columns a plan reads, and which of its names no file has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import impact.schema.columns_used as columns_used
from impact.core.errors import Fault
from impact.core.options import PermutedSets
from impact.plan import Plan
from impact.schema.data_blocks import share_sum_name
from impact.schema.expressions.parse import parse_expression
from impact.schema.listings.requests import uses_of
from impact.schema.nodes import node_at


def names_used(plan: Plan) -> set[str]:
    """Every column that the plan reads, so that others are not."""
    names = columns_used.names_used(_uses(plan), plan.derive)
    for join in plan.spec.joins.values():
        names |= {name for pair in join.pairs() for name in pair} | set(join.columns or ())
    for check in plan.spec.checks.values():
        names |= (
            set(check.unique or ()) | set(check.missing or ()) | ({check.column} if check.column else set())
        )
        if check.expr is not None:
            names |= {name for name, _ in columns_used.expression_uses(parse_expression(check.expr))}
    if plan.spec.panel is not None:
        names |= {*plan.spec.panel.unit, plan.spec.panel.time}
    for block in plan.spec.instruments.values():
        names |= set(block.file_columns())
    return names


def unknown_faults(plan: Plan, columns: Sequence[str]) -> list[Fault]:
    """E514 for every name that is neither a column, nor derived, nor made by the design, nor a parameter."""
    known = [*columns, *plan.derive, *_made(plan), *plan.spec.params]
    uses = list(_uses(plan))
    uses += [use for expression in plan.derive.values() for use in columns_used.expression_uses(expression)]
    return columns_used.unknown_columns(uses, known)


def _made(plan: Plan) -> set[str]:
    """Columns that the designs of the models make, and constructed instruments."""
    made = {name for one in plan.spec.instruments for name in (one, share_sum_name(one))}
    for request in plan.models:
        if request.design is not None:
            made |= columns_used.BLOCK_COLUMNS
        elif request.adoption is not None:
            made |= columns_used.COHORT_COLUMNS
    return made


def _uses(plan: Plan) -> Iterator[columns_used.Use]:
    for request in plan.models:
        yield from columns_used.model_uses(request)
    for condition in plan.filters.values():
        yield from columns_used.expression_uses(condition)
    for test in plan.tests:
        if isinstance(test.options, PermutedSets):
            yield from ((name, test.node.place) for name in columns_used.permute_columns(test.options))
        if test.among is not None:
            yield from columns_used.expression_uses(test.among)
    for name, block in plan.spec.instruments.items():
        node = node_at(plan.resolved.tree, ("instruments", name))
        yield from ((column, node.place if node is not None else None) for column in block.main_columns())
    if plan.spec.robustness is not None and plan.spec.robustness.drop_one is not None:
        yield plan.spec.robustness.drop_one.unit, None
    yield from uses_of(plan.listings, columns_used.expression_uses)
    if plan.curve is not None:
        yield from plan.curve.uses
