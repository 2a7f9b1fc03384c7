"""Names that tables, figures and tests use for listings, their rows and columns: checked before any data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from impact.core.errors import Fault, ImpactError, OutputError, Place
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.outputs._listed import ROLES, roles_of
from impact.plan import Plan
from impact.schema.expressions.context import Context
from impact.schema.expressions.evaluate import evaluate
from impact.schema.expressions.parse import parse_expression
from impact.schema.expressions.tree import columns_of
from impact.schema.listings.requests import ListingRequest
from impact.schema.nodes import Node, map_node, text_place

# keys of a table that say something of models, not of data
OF_MODELS = ("models", "groups", "panels", "cell", "extra", "footer", "layout", "stars")
# keys of a figure that only listings have, and the kinds that take each
OF_LISTINGS = {
    "listing": tuple(ROLES),
    "columns": tuple(ROLES),
    "start": ("trends",),
    "geometry": ("tile_map",),
}


def shows_listing(node: Node) -> bool:
    """Whether the block of a table or figure is about a listing."""
    rows, kind = node.get("rows"), node.get("kind")
    named = [one.written for one in (rows, kind) if one is not None and one.kind == "scalar"]
    return node.entry("listing") is not None or any(one == "listing" or one in ROLES for one in named)


def listing_faults(plan: Plan) -> list[Fault]:
    """E732 unknown listings, E733 unknown rows, columns and roles, and keys that do not fit; tests that read them."""
    known = {one.name: one for one in plan.listings}
    faults = [*_table_faults(plan, known), *_figure_faults(plan, known), *_test_faults(plan, known)]
    return faults


def _blocks(plan: Plan, kind: str) -> Iterator[tuple[str, Node]]:
    for entry in (plan.resolved.tree.get(kind) or map_node(plan.resolved.tree.place)).entries:
        yield str(entry.key), entry.node


def _place(node: Node, key: str) -> Place:
    entry = node.entry(key)
    return node.place if entry is None else entry.place


def _unknown(table: str, node: Node, name: str | None, known: Sequence[str]) -> Fault:
    shown = ", ".join(known) or "-"
    hint = nearest(name or "", known)
    return fault(
        "E732", place=_place(node, "listing"), table=table, name=name or "", known=shown, suggestion=hint
    )


def _unfit(table: str, place: Place, name: str, known: Sequence[str]) -> Fault:
    hint = nearest(name, known)
    return fault("E733", place=place, table=table, name=name, known=", ".join(known), suggestion=hint)


def _table_faults(plan: Plan, known: dict[str, ListingRequest]) -> Iterator[Fault]:
    for name, node in _blocks(plan, "tables"):
        block = plan.spec.tables[name]
        table = f"tables.{name}"
        if block.rows != "listing" and block.listing is None:
            continue
        if block.listing not in known:
            yield _unknown(table, node, block.listing, list(known))
            continue
        allowed = (
            "listing",
            "rows",
            "columns",
            "terms",
            "title",
            "digits",
            "notes",
            "default_notes",
            "formats",
        )
        wrong = [key for key in OF_MODELS if node.entry(key) is not None]
        wrong += ["rows"] if node.entry("rows") is not None and block.rows != "listing" else []
        for key in wrong:
            yield _unfit(table, _place(node, key), key, allowed)
        request = known[block.listing]
        columns = [*request.by, *request.names]
        asked = [block.columns] if isinstance(block.columns, str) else list(block.columns)
        for column in asked:
            if column not in columns:
                yield _unfit(table, _place(node, "columns"), column, columns)


def _figure_faults(plan: Plan, known: dict[str, ListingRequest]) -> Iterator[Fault]:
    for name, node in _blocks(plan, "figures"):
        block = plan.spec.figures[name]
        figure = f"figures.{name}"
        for key, kinds in OF_LISTINGS.items():
            if node.entry(key) is not None and block.kind not in kinds:
                yield _unfit(figure, _place(node, "kind"), block.kind, kinds)
        if block.kind not in ROLES:
            continue
        if block.listing not in known:
            yield _unknown(figure, node, block.listing, list(known))
            continue
        request = known[block.listing]
        try:
            roles_of(figure, block, [*request.by, *request.names])
        except OutputError as error:
            yield from (replace(one, place=_place(node, "columns")) for one in error.faults)


def _test_faults(plan: Plan, known: dict[str, ListingRequest]) -> Iterator[Fault]:
    """Expressions of tests that read listings: names of listings and columns."""
    for test in plan.tests:
        keys = getattr(test.options, "listed_numbers", ())
        if keys and test.of:
            yield _unfit(
                f"tests.{test.name}", _place(test.node, "of"), "of", list(type(test.options).model_fields)
            )
        for key in keys:
            written = test.node.get(key)
            if isinstance(getattr(test.options, key), str) and written is not None:
                yield from _number_faults(written, known)


def _number_faults(written: Node, known: dict[str, ListingRequest]) -> Iterator[Fault]:
    """What is wrong with one expression, with 1 in place of every number."""

    def lookup(parts: tuple[str, ...], keys: object) -> float:
        if not parts or parts[0] not in known:
            raise KeyError(parts[0] if parts else "", *known)
        columns = [*known[parts[0]].by, *known[parts[0]].names]
        if parts[-1] not in columns:
            raise KeyError(parts[-1], *columns)
        return 1.0

    place = text_place(written)
    try:
        expression = parse_expression(written.written, place=place, mode="claims")
        for use in columns_of(expression):
            yield fault("E416", place=place, name=use.name)
            return
        evaluate(expression, {}, Context(rows=1, lookup=lookup))
    except ImpactError as error:
        yield from error.faults
