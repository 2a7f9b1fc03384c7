"""What a domain offers to a ledger: units by name of a line, and layouts of tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from impact.core.errors import Fault, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.expressions import tree
from impact.schema.expressions.parse import parse_expression
from impact.schema.ledger.block import LedgerTableBlock
from impact.schema.ledger.language import names_in
from impact.schema.ledger.requests import Output
from impact.schema.ledger.settings import place_in
from impact.schema.nodes import Entry, Node, from_plain, map_node, with_entry

# functions whose result has the unit of the line that they are of
SAME_UNIT = ("mean", "min", "max")
ROWS, COLUMNS, LAYOUT = "rows", "columns", "layout"


@dataclass(frozen=True, slots=True)
class Offers:
    """Units by name, and layouts: name → rows and columns."""

    units: Mapping[str, str] = field(default_factory=dict)
    layouts: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)


def laid_out(own: Node, offers: Offers) -> tuple[Node, list[Fault]]:
    """The spec whose tables have the rows and columns of the layouts that they name, and E198."""
    tables = own.get("tables")
    if tables is None or tables.kind != "map":
        return own, []
    known = {str(entry.key) for name in ("inputs", "equations") for entry in (own.get(name) or own).entries}
    entries, faults = [], []
    for entry in tables.entries:
        layout = entry.node.get(LAYOUT) if entry.node.kind == "map" else None
        if layout is None or layout.is_null:
            entries.append(entry)
            continue
        problem = _problem(entry.node, str(layout.value), offers)
        if problem:
            near = nearest(str(layout.value), offers.layouts)
            where = f"tables.{entry.key}"
            faults.append(fault("E198", place=layout.place, suggestion=near, where=where, problem=problem))
            continue
        entries.append(replace(entry, node=_filled(entry.node, layout, offers, known)))
    whole = Entry("tables", tables.place, map_node(tables.place, entries))
    return with_entry(own, whole), faults


def _problem(node: Node, name: str, offers: Offers) -> str:
    if name not in offers.layouts:
        known = ", ".join(offers.layouts) or "none; a spec with domain: fiscal has some"
        return f"there is no layout '{name}'; known: {known}"
    return "give either layout or rows" if node.get(ROWS) is not None else ""


def _filled(node: Node, layout: Node, offers: Offers, known: Collection[str]) -> Node:
    """The rows that the spec has the lines of; columns where it gives none itself."""
    found = offers.layouts[str(layout.value)]
    rows = [
        row for row in found[ROWS] if set(names_in(parse_expression(row, mode="ledger").root)) <= set(known)
    ]
    node = with_entry(node, Entry(ROWS, layout.place, from_plain(rows, layout.place)))
    if node.get(COLUMNS) is None:
        node = with_entry(node, Entry(COLUMNS, layout.place, from_plain(list(found[COLUMNS]), layout.place)))
    return node


def offered_unit(one: Output, units: Mapping[str, str]) -> str | None:
    """The unit that the domain knows for a line, and for its mean, lowest and highest over years."""
    root = one.expression.root
    if one.name in units:
        return units[one.name]
    if (
        isinstance(root, tree.Call)
        and root.function in SAME_UNIT
        and isinstance(root.arguments[0], tree.Name)
    ):
        return units.get(root.arguments[0].name)
    return None


def canonical_tables(
    tables: Mapping[str, LedgerTableBlock], own: Node
) -> tuple[dict[str, LedgerTableBlock], list[Fault]]:
    """Rows, columns of drivers and keys of `scale` under the names that the results have, and E198."""
    found, faults = {}, []
    for name, block in tables.items():
        rows = _names(block.rows) if isinstance(block.rows, list) else block.rows
        columns = _names(block.columns) if block.rows == "drivers" else block.columns
        scale = {
            one: block.scale[key] for key, one in zip(block.scale, _names(list(block.scale)), strict=True)
        }
        shown = (
            rows if isinstance(rows, list) else [str(e.key) for e in (own.get("equations") or own).entries]
        )
        for key, one in zip(block.scale, scale, strict=True):
            place = place_in(own, "tables", name, "scale", key)
            if one not in shown:
                problem = f"scale: '{key}' is no row of the table"
                faults.append(fault("E198", place=place, where=f"tables.{name}", problem=problem))
            elif scale[one] == 0:
                faults.append(
                    fault("E198", place=place, where=f"tables.{name}", problem="a divisor is not zero")
                )
        found[name] = block.model_copy(update={ROWS: rows, COLUMNS: columns, "scale": scale})
    return found, faults


def _names(written: Sequence[str]) -> list[str]:
    """Canonical spellings; what cannot be read stays as it is, and is refused where it is parsed."""
    names = []
    for one in written:
        try:
            names.append(tree.spell(parse_expression(one, mode="ledger").root))
        except SpecError:
            names.append(one)
    return names
