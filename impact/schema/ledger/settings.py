"""Years, draws, discounting, break-even points and identities of a ledger, from the spec."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from impact.core.errors import Fault, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.kernels.ledger.draws import is_positive_definite
from impact.schema.expressions import tree
from impact.schema.expressions.tree import Expression
from impact.schema.ledger.block import BreakevenBlock, DiscountBlock, LedgerBlock, MonteCarloBlock
from impact.schema.ledger.language import Known, is_by_year, read
from impact.schema.ledger.requests import Breakeven, Discount, Identity, Input
from impact.schema.nodes import Node, map_node, read_with

_SPAN = re.compile(r"(\d{4})\s*\.\.\s*(\d{4})")
MOST_YEARS = 200
Pair = tuple[str, str, float]


def span_of(written: str | int | list[int]) -> tuple[int, int] | None:
    """First and last year of ``2016..2025``, one year or a list of years without gaps; None for anything else."""
    if isinstance(written, int):
        return (written, written) if 1000 <= written <= 9999 else None
    if isinstance(written, list):
        whole = bool(written) and written == list(range(written[0], written[0] + len(written)))
        return (written[0], written[-1]) if whole and written[0] >= 1000 and written[-1] <= 9999 else None
    match = _SPAN.fullmatch(written.strip())
    if match is None or int(match[1]) > int(match[2]):
        return None
    return int(match[1]), int(match[2])


def place_in(node: Node, *keys: str) -> Place:
    """The place of a value below a block, as far as it goes."""
    place = node.place
    for key in keys:
        entry = node.entry(key) if node.kind == "map" else None
        if entry is None:
            return place
        node, place = entry.node, entry.node.place if entry.node.kind == "scalar" else entry.place
    return place


def correlations(
    block: MonteCarloBlock, inputs: Mapping[str, Input], node: Node
) -> tuple[tuple[Pair, ...], list[Fault]]:
    """(a, b, rho) of every pair, a before b in the alphabet, and E168."""
    found: dict[tuple[str, str], float] = {}
    faults = []
    for written, rho in block.correlate.items():
        place = place_in(node, "montecarlo", "correlate", written)
        names = [part.strip() for part in written.split("~")]
        problem = _pair_problem(names, rho, inputs, found)
        if problem:
            known = [name for name in names if name not in inputs]
            near = nearest(known[0], inputs) if known else ""
            faults.append(fault("E168", place=place, suggestion=near, problem=problem))
        else:
            first, second = sorted(names)
            found[first, second] = rho
    pairs = tuple((a, b, rho) for (a, b), rho in sorted(found.items()))
    if pairs and not faults and not is_positive_definite(correlation_matrix(pairs)[1]):
        problem = "these correlations cannot hold together: their matrix is not positive definite"
        faults.append(fault("E168", place=place_in(node, "montecarlo", "correlate"), problem=problem))
    return pairs, faults


def _pair_problem(
    names: list[str], rho: float, inputs: Mapping[str, Input], found: Mapping[tuple[str, str], float]
) -> str:
    if len(names) != 2 or not all(names):
        return "a pair is written a~b"
    unknown = [name for name in names if name not in inputs]
    if unknown:
        return f"there is no input '{unknown[0]}'"
    if names[0] == names[1]:
        return f"'{names[0]}' is always correlated with itself"
    fixed = [name for name in names if not inputs[name].is_random]
    if fixed:
        return f"'{fixed[0]}' has no range, so that its draws are all the same"
    if len({inputs[name].draw for name in names}) > 1:
        return f"'{names[0]}' and '{names[1]}' are drawn differently; give both draw: path or both draw: year"
    if not -1 < rho < 1:
        return f"a correlation lies between -1 and 1, not {rho:g}"
    first, second = sorted(names)
    return f"{first}~{second} is given twice" if (first, second) in found else ""


def correlation_matrix(
    pairs: tuple[Pair, ...],
) -> tuple[tuple[str, ...], np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """Names in the order of the alphabet and the matrix of their correlations, zero where none is given."""
    names = tuple(sorted({name for a, b, _ in pairs for name in (a, b)}))
    matrix = np.eye(len(names))
    for a, b, rho in pairs:
        i, j = names.index(a), names.index(b)
        matrix[i, j] = matrix[j, i] = rho
    return names, matrix


def discount_of(
    block: DiscountBlock | None, inputs: Mapping[str, Input], years: tuple[int, int], node: Node
) -> tuple[Discount | None, list[Fault]]:
    """How present values are taken, and E169."""
    if block is None:
        return None, []
    span = years if block.years is None else span_of(block.years)
    faults = []

    def wrong(key: str, problem: str, near: str = "") -> None:
        faults.append(
            fault(
                "E169",
                place=place_in(node, "discount", key),
                suggestion=near,
                block="discount",
                problem=problem,
            )
        )

    if span is None or not years[0] <= span[0] <= span[1] <= years[1]:
        wrong("years", f"years are a range such as {years[0]}..{years[1]}, within those of the ledger")
    if isinstance(block.rate, str) and block.rate not in inputs:
        wrong("rate", f"there is no input '{block.rate}'", nearest(block.rate, inputs))
    elif isinstance(block.rate, str) and inputs[block.rate].point.value is None:
        wrong("rate", f"'{block.rate}' is a path; a rate is one number")
    elif not isinstance(block.rate, str) and block.rate <= -1:
        wrong("rate", "a rate is above -1")
    if not 1000 <= block.base <= 9999:
        wrong("base", f"{block.base} is no year")
    if faults or span is None:
        return None, faults
    return Discount(block.rate if isinstance(block.rate, str) else float(block.rate), block.base, span), []


def breakevens_of(
    block: LedgerBlock, inputs: Mapping[str, Input], known: Known, constant: frozenset[str], node: Node
) -> tuple[tuple[Breakeven, ...], list[Fault]]:
    """The break-even questions of the spec, and E169, E446."""
    own = block.breakeven
    if own is None:
        return (), []
    blocks = {"": own} if isinstance(own, BreakevenBlock) else own
    found: list[Breakeven] = []
    faults: list[Fault] = []
    for name, one in blocks.items():
        keys = ("breakeven", name) if name else ("breakeven",)
        problems = list(_breakeven_problems(one, inputs))
        faults += [
            fault(
                "E169",
                place=place_in(node, *keys, key),
                suggestion=near,
                block=".".join(keys),
                problem=problem,
            )
            for key, problem, near in problems
        ]
        written = node_of(node, *keys, "output")
        if problems or written is None:
            continue
        try:
            output = single_number(written, known, constant)
        except SpecError as error:
            faults += error.faults
            continue
        low, high = one.low, one.high
        found.append(
            Breakeven(name or one.input, one.input, output, one.equals, low, high, place_in(node, *keys))
        )
    return tuple(found), faults


def _breakeven_problems(block: BreakevenBlock, inputs: Mapping[str, Input]) -> list[tuple[str, str, str]]:
    one = inputs.get(block.input)
    if one is None:
        return [("input", f"there is no input '{block.input}'", nearest(block.input, inputs))]
    if one.point.value is None:
        return [("input", f"'{block.input}' is a path; a break-even value is looked for in one number", "")]
    ends = [block.low, block.high]
    if one.low is None and None in ends:
        return [("input", f"'{block.input}' has no range; give low and high of the search", "")]
    low = block.low if block.low is not None or one.low is None else one.low.value
    high = block.high if block.high is not None or one.high is None else one.high.value
    if low is not None and high is not None and low >= high:
        return [("low", f"the search goes from {low:g} to {high:g}, which is no range", "")]
    return []


def node_of(node: Node, *keys: str) -> Node | None:
    """The value below a block."""
    found: Node | None = node
    for key in keys:
        found = found.get(key) if found is not None and found.kind == "map" else None
    return found


def single_number(node: Node, known: Known, constant: frozenset[str]) -> Expression:
    """An expression that gives one number, not one for each year.

    Raises:
        SpecError: E446 it differs by year, and what the language refuses.
    """
    expression: Expression = read_with(lambda source, place: read(source, place, known), node)
    if is_by_year(expression.root, constant):
        written = expression.excerpt(expression.root)
        example = f"mean({written}, {known.first}, {known.last})"
        raise SpecError(fault("E446", place=node.place, output=written, example=example))
    return expression


def identities_of(node: Node | None, known: Known) -> tuple[tuple[Identity, ...], list[Fault]]:
    """The identities of ``accounting:``, and E442."""
    if node is None or node.is_null:
        return (), []
    written = (
        node.items
        if node.kind == "list"
        else tuple(entry.node for entry in (node if node.kind == "map" else map_node(node.place)).entries)
    )
    found: list[Identity] = []
    faults: list[Fault] = []
    for one in written:
        try:
            expression: Expression = read_with(lambda source, place: read(source, place, known), one)
        except SpecError as error:
            faults += error.faults
            continue
        root = expression.root
        if not isinstance(root, tree.Comparison) or root.operators != ("==",):
            faults.append(fault("E442", place=one.place, identity=expression.source))
            continue
        left, right = (
            Expression(side, expression.source, expression.place, expression.mode) for side in root.operands
        )
        found.append(Identity(tree.spell(root), left, right, one.place))
    return tuple(found), faults
