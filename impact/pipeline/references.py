"""Names that tables, figures, published cells, claims and the answer use for models: checked before any data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import impact.diagnostics._claims as claims
import impact.diagnostics.published.compare as published
from impact.core.errors import Fault, Notice, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault, notice
from impact.pipeline.ledger.references import ledger_faults
from impact.pipeline.listings.references import listing_faults, shows_listing
from impact.pipeline.written import claim_places, written_values
from impact.plan import Plan
from impact.schema.nodes import Node, map_node
from impact.schema.requests import ModelRequest

PUBLISHED = "published."
LISTED = 12
EXHIBITS = ("tables", "figures")


@dataclass(frozen=True, slots=True)
class _Use:
    """A model named by a block of the spec."""

    block: str
    name: str
    place: Place


def reference_faults(plan: Plan) -> list[Fault]:
    """E710 tables and figures, E601 published cells, claims and the answer: models that the spec does not have."""
    if plan.ledger is not None:
        return ledger_faults(plan, plan.ledger)
    known = _known(plan.models)
    unknown = [use for use in _uses(plan) if use.name.partition("[row=drop_one")[0] not in known]
    faults = [
        fault(
            "E710", place=use.place, table=use.block, name=use.name, suggestion=nearest(use.name, known),
            known=", ".join(known[:LISTED]),
        )
        for use in unknown
    ]  # fmt: skip
    faults += _answer_faults(plan, known)
    faults += listing_faults(plan)
    document = _outline(plan)
    written, places = written_values(plan)
    faults += published.check_published(plan.spec.published, document, written=written, places=places)
    return faults + claims.check_claims(plan.spec.claims, document, places=claim_places(plan))


def restricted(plan: Plan, only: Sequence[str]) -> tuple[Plan, tuple[Notice, ...]]:
    """The plan with what ``--only`` names: models and what can be said of them, tables or figures and their models.

    Raises:
        SpecError: E189 a name that is no model, table or figure.
    """
    if not only:
        return plan, ()
    known = _known(plan.models)
    exhibits = {f"{kind}.{name}" for kind in EXHIBITS for name in getattr(plan.spec, kind)}
    asked = [name for name in only if name in exhibits]
    names = [name.removeprefix("models.") for name in only if name not in exhibits]
    wrong = [name for name in names if name not in known]
    if wrong:
        shown = ", ".join([*known, *sorted(exhibits)][:LISTED])
        near = [*known, *exhibits]
        raise SpecError(*(fault("E189", name=n, suggestion=nearest(n, near), known=shown) for n in wrong))
    names += [name for block in asked for name in _models_of(plan, block, known)]
    models = tuple(model for model in plan.models if model.name in names or model.base in names)
    if asked:
        kept = {
            kind: {n: block for n, block in getattr(plan.spec, kind).items() if f"{kind}.{n}" in asked}
            for kind in EXHIBITS
        }
        plan = replace(plan, spec=plan.spec.model_copy(update=kept))
    return _without_others(plan, models)


def _models_of(plan: Plan, block: str, known: Sequence[str]) -> list[str]:
    """The models that a table or figure shows: those it names, those of the test it names, or all."""
    kind, _, name = block.partition(".")
    named = [use.name for use in _uses(plan) if use.block == block]
    test = getattr(getattr(plan.spec, kind)[name], "test", None)
    named += [of.partition(".")[0] for one in plan.tests if one.name == test for of in one.of]
    return named or list(known)


def _without_others(plan: Plan, models: tuple[ModelRequest, ...]) -> tuple[Plan, tuple[Notice, ...]]:
    here = _known(models)
    lost = {use.block for use in _uses(plan) if use.name.partition("[row=drop_one")[0] not in here}
    tests = tuple(test for test in plan.tests if all(_model_of(name, here) for name in test.of))
    kept = {test.name for test in tests}
    gone = {test.name for test in plan.tests} - kept
    lost |= {f"tests.{name}" for name in gone} | _exhibits_of_tests(plan, gone)
    smaller = replace(plan, models=models, tests=tests)
    document = _outline(smaller)
    for name, block in plan.spec.published.items():
        lost |= {f"published.{name}"} if published.check_published({name: block}, document) else set()
    if plan.spec.published and all(f"published.{name}" in lost for name in plan.spec.published):
        lost |= {f"tables.{n}" for n, b in plan.spec.tables.items() if b.rows == "published"}
    curve = plan.curve if plan.curve is not None and plan.curve.base in here else None
    if plan.curve is not None and curve is None:
        lost |= {
            "speccurve",
            *(f"figures.{n}" for n, b in plan.spec.figures.items() if b.kind == "spec_curve"),
        }
        lost |= {f"tables.{n}" for n, b in plan.spec.tables.items() if b.rows == "speccurve"}
    for name, claim in plan.spec.claims.items():
        lost |= {f"claims.{name}"} if claims.check_claims({name: claim}, document) else set()
    if plan.spec.answer is not None and plan.spec.answer.model and plan.spec.answer.model not in here:
        lost.add("answer.")
    spec = plan.spec
    left = {
        key: {name: block for name, block in getattr(spec, key).items() if f"{key}.{name}" not in lost}
        for key in ("tables", "figures", "published", "claims")
    }
    answer = None if "answer." in lost else spec.answer
    smaller = replace(smaller, spec=spec.model_copy(update={**left, "answer": answer}), curve=curve)
    shown = ", ".join(sorted(name.rstrip(".") for name in lost))
    return smaller, (notice("W521", what=shown),) if lost else ()


def _exhibits_of_tests(plan: Plan, gone: set[str]) -> set[str]:
    """Figures of a test that is left out, and tables that name one as a row."""
    drawn = {f"figures.{n}" for n, block in plan.spec.figures.items() if getattr(block, "test", None) in gone}
    tables = plan.spec.tables.items()
    return drawn | {
        f"tables.{n}" for n, b in tables if b.rows == "tests" and not gone.isdisjoint(b.terms or ())
    }


def _known(models: Sequence[ModelRequest]) -> list[str]:
    return list(dict.fromkeys([*(m.name for m in models), *(m.base for m in models)]))


def _model_of(reference: str, known: Sequence[str]) -> bool:
    return reference in known or reference.rpartition(".")[0] in known or reference.startswith("tests.")


def _outline(plan: Plan) -> dict[str, object]:
    """The document before anything is estimated: names of models and tests."""
    models = {request.name: {"base": request.base} for request in plan.models}
    models |= {request.base: {"base": request.base} for request in plan.models}
    tests = [{"test": test.name} for test in plan.tests]
    tests += [{"test": "speccurve"}] if plan.curve is not None else []
    listings = {one.name: {"by": one.by, "columns": one.names} for one in plan.listings}
    return {"models": models, "tests": tests, "rows": [], "listings": listings}


def _uses(plan: Plan) -> Iterator[_Use]:
    tree = plan.resolved.tree
    for kind in ("tables", "figures"):
        for entry in (tree.get(kind) or map_node(tree.place)).entries:
            block = f"{kind}.{entry.key}"
            if shows_listing(entry.node):
                continue
            for key in ("columns", "models", "model"):
                yield from _names(block, entry.node.get(key))
            for panel in (entry.node.get("panels") or map_node(tree.place)).entries:
                yield from _names(block, panel.node.get("models"))


def _names(block: str, node: Node | None) -> Iterator[_Use]:
    if node is None or node.is_null:
        return
    if node.kind == "map":
        found = [(str(entry.key), entry.place) for entry in node.entries]
    else:
        found = [(item.written, item.place) for item in (node.items if node.kind == "list" else (node,))]
    for name, place in found:
        if not name.startswith(PUBLISHED):
            yield _Use(block, name, place)


def _answer_faults(plan: Plan, known: Sequence[str]) -> list[Fault]:
    answer, node = plan.spec.answer, plan.resolved.tree.get("answer")
    if answer is None or node is None or not answer.model or answer.model in known:
        return []
    written = node.get("model") or node
    shown = ", ".join(known[:LISTED])
    suggestion = nearest(answer.model, known)
    return [fault("E601", place=written.place, suggestion=suggestion, name=answer.model, names=shown)]
