"""What a field of study says of the prepared sample, before anything is estimated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

import impact.catalog as catalog
from impact.core.domain_facts import DomainFacts
from impact.core.frames import Frame
from impact.plan import Plan
from impact.schema.constructed.scale import is_logarithm
from impact.schema.expressions.tree import Binary, Call, Expression, Name, Node, Number


def with_field_notices(plan: Plan, main: Frame) -> Frame:
    """The sample with what the spec's field of study, and those whose variables it uses, warn of."""
    names = list(dict.fromkeys([plan.spec.domain, *(used.domain for used in plan.variables.values())]))
    records: list[Any] = [catalog.DOMAINS.load(name) for name in names if name is not None]
    records = [record for record in records if record.examine is not None]
    if not records:
        return main
    facts = facts_of(plan, main)
    found = [item for record in records for item in record.examine(facts)]
    return replace(main, notices=(*main.notices, *found))


def facts_of(plan: Plan, main: Frame) -> DomainFacts:
    """What a field looks at."""
    time, start = _period(plan)
    return DomainFacts(
        frame=main,
        outcomes={
            one.outcome_name: is_logarithm(one, plan.derive, plan.spec.log_outcomes) for one in plan.models
        },
        estimators=tuple(dict.fromkeys(one.estimator for one in plan.models)),
        variables=plan.variables,
        time=time,
        start=start,
        exposures=tuple(plan.spec.exposure),
        added={name: parts for name, one in plan.derive.items() if len(parts := _added(one.root)) > 1},
        winsorised=_winsorised(plan.derive, main),
    )


def _period(plan: Plan) -> tuple[str | None, float | None]:
    """Column of the periods and the first treated one: of the first model's design, else of panel or exposure."""
    for one in plan.models:
        if one.design is not None:
            return one.design.time, one.design.start - one.design.outcome_lead
    if plan.spec.panel is not None:
        return plan.spec.panel.time, None
    times = [block.time for block in plan.spec.exposure.values() if block.time is not None]
    return (times[0] if times else None), None


def _added(node: Node) -> tuple[str, ...]:
    """The columns that an expression adds up, all of it; nothing where it does anything else."""
    if isinstance(node, Name):
        return (node.name,)
    if isinstance(node, Binary) and node.operator == "+":
        left, right = _added(node.left), _added(node.right)
        return (*left, *right) if left and right else ()
    return ()


def _winsorised(derive: Mapping[str, Expression], main: Frame) -> dict[str, tuple[float, float]]:
    """Derived columns that are winsorised, and the values that they were pulled in to."""
    found: dict[str, tuple[float, float]] = {}
    for name, expression in derive.items():
        root = expression.root
        tail = root.arguments[1] if isinstance(root, Call) and len(root.arguments) > 1 else None
        if (
            isinstance(root, Call)
            and root.function == "winsor"
            and isinstance(tail, Number)
            and tail.value > 0
        ):
            values = main.columns[name]
            known = values[~np.isnan(values)]
            if len(known):
                found[name] = (float(known.min()), float(known.max()))
    return found
