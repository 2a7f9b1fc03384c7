"""Which lines the results hold: every equation, and what tables, figures and published cells ask for besides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from impact.core.errors import Fault, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.expressions import tree
from impact.schema.expressions.tree import Call, Expression, Node, Number
from impact.schema.ledger.block import LedgerFigureBlock, LedgerTableBlock
from impact.schema.ledger.language import Known, is_by_year, names_in, over_years, read
from impact.schema.ledger.requests import Breakeven, Output
from impact.schema.ledger.settings import node_of, place_in, single_number, span_of
from impact.schema.nodes import Node as SpecNode
from impact.schema.nodes import read_with, text_node

ROW_KINDS = ("published", "drivers", "inputs", "breakeven")
PRESENT = "pv"
YEARS = "years"
_RANGE = re.compile(r"(mean|sum|min|max)\(\s*(\d{4})\s*(?:,|\.\.)\s*(\d{4})\s*\)")
_OF_YEAR = re.compile(r"(.+)\[(\d{4})\]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: a year, or a function over years (``mean``, 2019, 2025); ``pv`` has no years of its own."""

    year: int | None = None
    function: str = ""
    first: int | None = None
    last: int | None = None

    def of(self, row: Expression) -> Expression:
        """The expression of a row in this column; the row itself in a year."""
        if self.year is not None:
            return row
        root = row.root
        if isinstance(root, Call) and root.function == "pr":
            inner = self._wrapped_condition(root.arguments[0])
            return Expression(Call("pr", (inner,)), row.source, row.place, row.mode)
        return Expression(self._wrapped(root), row.source, row.place, row.mode)

    def _wrapped(self, node: Node) -> Node:
        ends = (
            ()
            if self.first is None or self.last is None
            else (Number(float(self.first)), Number(float(self.last)))
        )
        return Call(self.function, (node, *ends), (), node.start, node.end)

    def _wrapped_condition(self, node: Node) -> Node:
        """``pr(net > 0)`` in a column of means is ``pr(mean(net) > 0)``: sides that differ by year are averaged."""
        if isinstance(node, tree.Comparison):
            sides = tuple(self._wrapped(side) if is_by_year(side) else side for side in node.operands)
            return tree.Comparison(node.operators, sides, node.start, node.end)
        if isinstance(node, tree.Logic):
            return tree.Logic(
                node.operator, tuple(map(self._wrapped_condition, node.operands)), node.start, node.end
            )
        if isinstance(node, tree.Unary):
            return tree.Unary(node.operator, self._wrapped_condition(node.operand), node.start, node.end)
        return node


def columns_of(
    written: Sequence[str], years: tuple[int, int], *, discounted: bool
) -> tuple[list[Column], list[tuple[str, str]]]:
    """The columns of a table, and what is wrong with which word."""
    found: list[Column] = []
    wrong: list[tuple[str, str]] = []
    for word in written or (YEARS,):
        span = years if word == YEARS else (int(word), int(word)) if word.isdecimal() else span_of(word)
        match = _RANGE.fullmatch(word.strip())
        if match is not None:
            span = int(match[2]), int(match[3])
        if span is not None and not years[0] <= span[0] <= span[1] <= years[1]:
            wrong.append((word, f"'{word}' is not within {years[0]} to {years[1]}"))
        elif match is not None and span is not None:
            found.append(Column(None, match[1], *span))
        elif span is not None:
            found += [Column(year) for year in range(span[0], span[1] + 1)]
        elif word == PRESENT and discounted:
            found.append(Column(None, PRESENT))
        elif word == PRESENT:
            wrong.append((word, "pv needs discount: in the spec"))
        else:
            wrong.append((word, f"'{word}' is no column"))
    return found, wrong


def output_of(expression: Expression, known: Known, constant: frozenset[str]) -> Output:
    """A line of the results under its canonical spelling."""
    by_year = is_by_year(expression.root, constant)
    years = tuple(range(known.first, known.last + 1)) if by_year else ()
    return Output(
        tree.spell(expression.root), expression, by_year, years=years, uses=names_in(expression.root)
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """Outputs that displays ask for, and what is wrong in them."""

    known: Known
    constant: frozenset[str]
    node: SpecNode
    found: list[Output]
    faults: list[Fault]

    def add(self, expression: Expression) -> None:
        """One more output."""
        self.found.append(output_of(expression, self.known, self.constant))

    def parsed(self, node: SpecNode | None, *, probability: bool = False) -> Expression | None:
        """The expression of a value of the spec; its faults are kept."""
        if node is None or node.is_null:
            return None
        known = Known(
            self.known.names,
            self.known.first,
            self.known.last,
            self.known.discounted,
            probability=probability,
        )
        try:
            expression: Expression = read_with(lambda source, place: read(source, place, known), node)
        except SpecError as error:
            self.faults.extend(error.faults)
            return None
        return expression

    def wrong(self, where: str, node: SpecNode | None, problem: str, near: str = "") -> None:
        """E198 at a value."""
        place = (node or self.node).place
        self.faults.append(fault("E198", place=place, suggestion=near, where=where, problem=problem))


def tables_asked(tables: Mapping[str, LedgerTableBlock], asked: Asked, scenarios: Sequence[str]) -> None:
    """Outputs of every table: its rows in its columns."""
    years = asked.known.first, asked.known.last
    for name, block in tables.items():
        where = f"tables.{name}"
        node = node_of(asked.node, "tables", name) or asked.node
        _scenario_names(
            block.panels if isinstance(block.panels, list) else (),
            node.get("panels"),
            where,
            asked,
            scenarios,
        )
        if block.rows in ROW_KINDS:
            _listing(block, node, where, asked)
            continue
        columns, wrong = columns_of(block.columns, years, discounted=asked.known.discounted)
        for word, problem in wrong:
            asked.wrong(where, _item(node.get("columns"), word), problem)
        for row in _rows(block, node, asked):
            for column in columns:
                asked.add(column.of(row))


def _rows(block: LedgerTableBlock, node: SpecNode, asked: Asked) -> Iterator[Expression]:
    if not isinstance(block.rows, list):
        return
    written = node.get("rows")
    items = written.items if written is not None and written.kind == "list" else ()
    for item in items:
        expression = asked.parsed(item, probability=True)
        if expression is not None:
            yield expression


def _listing(block: LedgerTableBlock, node: SpecNode, where: str, asked: Asked) -> None:
    """Tables of drivers, inputs and so on: only drivers have columns, which are outputs."""
    columns = node.get("columns")
    if block.rows != "drivers":
        if block.columns:
            asked.wrong(where, columns, f"rows: {block.rows} takes no columns")
        return
    items = columns.items if columns is not None and columns.kind == "list" else (columns,)
    for item in items if block.columns else ():
        if item is None:
            continue
        try:
            asked.add(single_number(item, asked.known, asked.constant))
        except SpecError as error:
            asked.faults.extend(error.faults)


def _item(node: SpecNode | None, word: str) -> SpecNode | None:
    items = () if node is None else node.items if node.kind == "list" else (node,)
    return next((item for item in items if item.written == word), node)


def _scenario_names(
    names: Sequence[str], node: SpecNode | None, where: str, asked: Asked, scenarios: Sequence[str]
) -> None:
    for name in names:
        if name not in scenarios:
            problem = f"there is no scenario '{name}'; known: {', '.join(scenarios)}"
            asked.wrong(where, _item(node, name), problem, nearest(name, scenarios))


def figures_asked(
    figures: Mapping[str, LedgerFigureBlock], asked: Asked, scenarios: Sequence[str], draws: int | None
) -> None:
    """Outputs of every figure: a fan shows a line by year, a tornado one number."""
    for name, block in figures.items():
        where = f"figures.{name}"
        node = node_of(asked.node, "figures", name) or asked.node
        _scenario_names(block.scenarios, node.get("scenarios"), where, asked, scenarios)
        written = node.get("of")
        if block.kind == "tornado" and written is not None:
            try:
                asked.add(single_number(written, asked.known, asked.constant))
            except SpecError as error:
                asked.faults.extend(error.faults)
            continue
        expression = asked.parsed(written)
        if expression is None:
            continue
        if not is_by_year(expression.root, asked.constant):
            asked.wrong(where, written, "a fan shows a line over the years, not one number")
        elif draws is None:
            asked.faults.append(fault("E726", place=place_in(node, "kind"), where=where))
        else:
            asked.add(expression)


def published_asked(asked: Asked, scenarios: Sequence[str]) -> dict[str, str]:
    """Outputs that published cells name; term as written → its name in the results."""
    names: dict[str, str] = {}
    for term in _published_terms(asked.node):
        if not term.written or term.written in names:
            continue
        match = _OF_YEAR.fullmatch(term.written)
        if match is None:
            try:
                expression = single_number(term, asked.known, asked.constant)
            except SpecError as error:
                asked.faults.extend(error.faults)
                continue
            asked.add(expression)
            names[term.written] = tree.spell(expression.root)
            continue
        try:
            expression = read_with(lambda source, place: _line_of(source, place, asked), term)
        except SpecError as error:
            asked.faults.extend(error.faults)
            continue
        if not asked.known.first <= int(match[2]) <= asked.known.last:
            asked.wrong(
                "published", term, f"{match[2]} is not within {asked.known.first} to {asked.known.last}"
            )
        asked.add(expression)
        names[term.written] = f"{tree.spell(expression.root)}[{match[2]}]"
    return names


def _line_of(source: str, place: Place, asked: Asked) -> Expression:
    """The line of ``net[2018]``."""
    return read(source.rpartition("[")[0], place, asked.known)


def _published_terms(node: SpecNode) -> Iterator[SpecNode]:
    published = node.get("published")
    for entry in published.entries if published is not None else ():
        rows = node_of(entry.node, "grid", "rows")
        for row in rows.entries if rows is not None else ():
            yield row.node.get("term") or text_node(str(row.key), row.place)
        also = entry.node.get("also")
        for cell in also.items if also is not None else ():
            term = cell.get("term")
            if term is not None:
                yield term


def breakeven_asked(breakevens: Sequence[Breakeven], asked: Asked) -> None:
    """The outputs of break-even questions stand in the results, too."""
    for one in breakevens:
        asked.add(one.output)


def unique_outputs(outputs: Sequence[Output]) -> tuple[Output, ...]:
    """Each output once, in the order of asking."""
    found: dict[str, Output] = {}
    for one in outputs:
        found.setdefault(one.name, one)
    return tuple(found.values())


def is_share_of_draws(expression: Expression) -> bool:
    """Whether an output is pr(...)."""
    root = expression.root
    return isinstance(root, Call) and root.function == "pr"


def is_over_years(expression: Expression) -> bool:
    """Whether an output is one number over years."""
    root = expression.root
    return isinstance(root, Call) and over_years(root)
