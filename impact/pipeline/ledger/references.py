"""Names of scenarios and lines in published cells and claims, and what ``--only`` leaves of a ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import impact.diagnostics.published.compare as published
from impact.core.errors import Fault, Notice, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault, notice
from impact.pipeline.ledger.claims import claim_faults, scenarios_of
from impact.pipeline.written import claim_places, written_values
from impact.plan import Plan
from impact.schema.ledger.requests import LedgerRequest, Scenario

EXHIBITS = ("tables", "figures")
LISTED = 12


def ledger_faults(plan: Plan, request: LedgerRequest) -> list[Fault]:
    """E601 and more for published cells, E4xx for claims, E198 for an answer about what is no scenario or line."""
    outline = _outline(request)
    written, places = written_values(plan)
    faults = published.check_published(plan.spec.published, outline, written=written, places=places)
    faults += claim_faults(plan.spec.claims, request, claim_places(plan))
    return faults + list(_layout_faults(plan, request))


def _layout_faults(plan: Plan, request: LedgerRequest) -> Iterator[Fault]:
    """E198 for published blocks that a table names in vain."""
    for name, block in request.tables.items():
        tables = plan.resolved.tree.get("tables")
        node = tables.get(name) if tables is not None else None
        place = (node or plan.resolved.tree).place
        for one in block.published:
            if one not in plan.spec.published:
                known = ", ".join(plan.spec.published) or "-"
                problem = f"there is no published block '{one}'; known: {known}"
                near = nearest(one, plan.spec.published)
                yield fault("E198", place=place, suggestion=near, where=f"tables.{name}", problem=problem)
        if block.rows == "published" and not plan.spec.published:
            yield fault(
                "E198", place=place, where=f"tables.{name}", problem="the spec has no published numbers"
            )


def _outline(request: LedgerRequest) -> dict[str, object]:
    models = {one.name: {"base": one.name} for one in request.scenarios}
    return {"models": models, "tests": [], "rows": []}


def restricted_ledger(
    plan: Plan, request: LedgerRequest, only: Sequence[str]
) -> tuple[Plan, LedgerRequest, tuple[Notice, ...]]:
    """The ledger with the scenarios, tables and figures that ``--only`` names; W521 names what else is left out.

    Raises:
        SpecError: E189 a name that is no scenario, table or figure.
    """
    if not only:
        return plan, request, ()
    exhibits = [f"{kind}.{name}" for kind in EXHIBITS for name in getattr(request, kind)]
    asked = [name for name in only if name in exhibits]
    names = [name.removeprefix("scenarios.").removeprefix("models.") for name in only if name not in exhibits]
    known = [one.name for one in request.scenarios]
    wrong = [name for name in names if name not in known]
    if wrong:
        near, shown = [*known, *exhibits], ", ".join([*known, *exhibits][:LISTED])
        raise SpecError(*(fault("E189", name=n, suggestion=nearest(n, near), known=shown) for n in wrong))
    kept = tuple(one for one in request.scenarios if not names or one.name in names)
    return _smaller(plan, request, kept, asked)


def _smaller(
    plan: Plan, request: LedgerRequest, kept: tuple[Scenario, ...], asked: Sequence[str]
) -> tuple[Plan, LedgerRequest, tuple[Notice, ...]]:
    here = {one.name for one in kept}
    tables = {
        name: block
        for name, block in request.tables.items()
        if (not asked or f"tables.{name}" in asked)
        and (not isinstance(block.panels, list) or here.issuperset(block.panels))
    }
    figures = {
        name: block
        for name, block in request.figures.items()
        if (not asked or f"figures.{name}" in asked) and here.issuperset(block.scenarios)
    }
    smaller = replace(request, scenarios=kept, tables=tables, figures=figures)
    outline = _outline(smaller)
    cells = {
        name: block.model_copy(update={"also": [cell for cell in block.also if cell.model in here]})
        for name, block in plan.spec.published.items()
    }
    published_left = {
        name: block
        for name, block in cells.items()
        if block.also and not published.check_published({name: block}, outline)
    }
    claims = {name: one for name, one in plan.spec.claims.items() if scenarios_of(one) <= here}
    lost = [
        *(f"tables.{name}" for name in request.tables if name not in tables and not asked),
        *(f"figures.{name}" for name in request.figures if name not in figures and not asked),
        *(f"published.{name}" for name in plan.spec.published if name not in published_left),
        *(f"claims.{name}" for name in plan.spec.claims if name not in claims),
    ]
    spec = plan.spec.model_copy(update={"published": published_left, "claims": claims})
    notices = (notice("W521", what=", ".join(sorted(lost))),) if lost else ()
    return replace(plan, spec=spec, ledger=smaller), smaller, notices
