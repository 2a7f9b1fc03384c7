"""Listings of a spec, parsed: which rows, grouped by what, into which columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from impact.core.errors import Fault, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.expressions.order import order_by_dependence
from impact.schema.expressions.tree import Expression
from impact.schema.faults_from_pydantic import validate_node
from impact.schema.listings.block import ListedColumn, ListingBlock
from impact.schema.model_parts import as_text, expression_of, filters_of
from impact.schema.nodes import Entry, Node, node_at

TOTAL = {"en": "Total", "es": "Total"}


@dataclass(frozen=True, slots=True)
class ColumnRequest:
    """One column of a listing: how a group becomes a value (``value``, ``sum``, …), of what, weighted by what."""

    name: str
    way: str
    values: Expression
    weights: Expression | None = None
    digits: int | None = None


@dataclass(frozen=True, slots=True)
class ListingRequest:
    """A listing ready to be computed.

    Arguments:
        by: columns whose values name the rows; made: those of them that are expressions.
        file: another data file by its name, or "".
        filters: conditions on top of the spec's. columns: in the order of the spec.
        cumulate: name → column. derive: row by row, in the order of dependence. order: (column, descending).
        total: label of the row of everything, empty for none. min_rows: smaller groups show nothing.
    """

    name: str
    by: tuple[str, ...]
    columns: tuple[ColumnRequest, ...]
    place: Place
    file: str = ""
    filters: Mapping[str, Expression] = field(default_factory=dict)
    cumulate: Mapping[str, str] = field(default_factory=dict)
    derive: tuple[ColumnRequest, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    total: Mapping[str, str] = field(default_factory=dict)
    min_rows: int = 1
    title: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, Expression] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the listing in the order they are shown: as aggregated, running sums, derived."""
        return (*(one.name for one in self.columns), *self.cumulate, *self._derived)

    @property
    def _derived(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.derive)

    def expressions(self) -> Iterator[Expression]:
        """What is evaluated on the rows of the data."""
        yield from self.filters.values()
        yield from self.made.values()
        for column in self.columns:
            yield column.values
            if column.weights is not None:
                yield column.weights


def listings_of(tree: Node) -> tuple[tuple[ListingRequest, ...], list[Fault]]:
    """Every listing of the spec, with all faults."""
    found: list[ListingRequest] = []
    faults: list[Fault] = []
    block = tree.get("listings")
    if block is None or block.kind != "map":
        return (), []
    files = _files(tree)
    others = [named for key in ("models", "tests") if (named := tree.get(key)) is not None]
    taken = {str(entry.key) for named in others for entry in named.entries}
    for entry in block.entries:
        try:
            if str(entry.key) in taken:
                problem = "a model or test has this name, too"
                raise _unfit(f"listings.{entry.key}", problem, entry.place)
            found.append(_listing(entry, files))
        except SpecError as error:
            faults.extend(error.faults)
    return tuple(found), faults


def _files(tree: Node) -> tuple[str, ...]:
    """Names of the data files, where there are several."""
    node = tree.get("data")
    named = node is not None and node.kind == "map" and node.entry("file") is None
    return tuple(str(entry.key) for entry in node.entries) if node is not None and named else ()


def _listing(entry: Entry, files: Sequence[str]) -> ListingRequest:
    where = f"listings.{entry.key}"
    block, faults = validate_node(ListingBlock, entry.node, where=where)
    if block is None or faults:
        raise SpecError(*faults)
    node = entry.node
    if block.file is not None and block.file not in files:
        place = (node.get("file") or node).place
        problem = f"'{block.file}' is none of the files of data: ({', '.join(files) or '-'})"
        raise _unfit(where, problem, place, nearest(block.file, files))
    _check_names(block, node, where)
    derive = _columns(block.derive, node, "derive")
    written = node.get("by") or node
    made = {str(one.key): expression_of(one.node) for one in written.entries} if written is not node else {}
    ordered = order_by_dependence({one.name: one.values for one in derive})
    total = {} if block.total is False else TOTAL if block.total is True else as_text(block.total)
    return ListingRequest(
        name=str(entry.key),
        by=tuple(block.by),
        columns=tuple(_columns(block.columns, node, "columns")),
        place=entry.place,
        file=block.file or "",
        filters=filters_of(node.get("filter")),
        cumulate=dict(block.cumulate),
        derive=tuple(sorted(derive, key=lambda one: ordered.index(one.name))),
        order=tuple((name.removeprefix("-"), name.startswith("-")) for name in block.order or ()),
        total=total,
        min_rows=block.min_rows,
        title=as_text(block.title),
        made=made,
    )


def _columns(blocks: Mapping[str, str | ListedColumn], node: Node, key: str) -> list[ColumnRequest]:
    found: list[ColumnRequest] = []
    for name, block in blocks.items():
        written = node_at(node, (key, name)) or node
        if isinstance(block, str):
            found.append(ColumnRequest(name, "value", expression_of(written)))
            continue
        way, _ = block.way
        weights = written.get("weights")
        own = written.get(way) or written
        found.append(
            ColumnRequest(
                name,
                way,
                expression_of(own),
                None if block.weights is None or weights is None else expression_of(weights),
                block.digits,
            )
        )
    return found


def _check_names(block: ListingBlock, node: Node, where: str) -> None:
    """Names that stand twice, running sums of no column, derived columns that aggregate, orders by nothing."""
    made = [*block.by, *block.columns, *block.cumulate, *block.derive]
    twice = [name for place, name in enumerate(made) if name in made[:place]]
    if twice:
        raise _unfit(where, f"the name '{twice[0]}' stands twice", node.place)
    for name, column in block.cumulate.items():
        if column not in block.columns:
            place = (node_at(node, ("cumulate", name)) or node).place
            problem = f"the running sum '{name}' is of '{column}', which is none of its columns"
            raise _unfit(where, problem, place, nearest(column, block.columns))
    for name, derived in block.derive.items():
        if isinstance(derived, ListedColumn) and derived.way[0] != "value":
            place = (node_at(node, ("derive", name)) or node).place
            raise _unfit(where, f"derive takes an expression or {{value: …}}, not {derived.way[0]}", place)
    for name in block.order or ():
        if name.removeprefix("-") not in made:
            place = (node.get("order") or node).place
            problem = f"order: '{name}' is none of its columns"
            raise _unfit(where, problem, place, nearest(name.removeprefix("-"), made))


def _unfit(where: str, problem: str, place: Place, suggestion: str = "") -> SpecError:
    return SpecError(fault("E455", place=place, suggestion=suggestion, where=where, problem=problem))


def uses_of(
    requests: Sequence[ListingRequest], uses: Callable[[Expression], Iterator[tuple[str, Place | None]]]
) -> Iterator[tuple[str, Place | None]]:
    """Names of the columns of the data that the listings read."""
    for request in requests:
        yield from ((name, request.place) for name in request.by if name not in request.made)
        for expression in request.expressions():
            yield from uses(expression)
