"""A spec of kind ledger to a request: every key checked, every expression parsed, nothing evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from impact.core.errors import Fault, Notice, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault, notice
from impact.schema.expressions.tree import KEYWORDS, Expression
from impact.schema.faults_from_pydantic import validate_node
from impact.schema.ledger.block import EquationBlock, LedgerBlock
from impact.schema.ledger.inputs import changed_node, input_of, path_faults, words_of
from impact.schema.ledger.kinds import LEDGER_KEYS, TITLE
from impact.schema.ledger.language import FUNCTIONS, YEAR, Known, is_by_year, read
from impact.schema.ledger.offers import Offers, canonical_tables, laid_out, offered_unit
from impact.schema.ledger.order import groups_of, reach_of
from impact.schema.ledger.outputs import (
    Asked,
    breakeven_asked,
    figures_asked,
    output_of,
    published_asked,
    tables_asked,
    unique_outputs,
)
from impact.schema.ledger.requests import Equation, Group, Identity, Input, LedgerRequest, Output, Scenario
from impact.schema.ledger.settings import (
    MOST_YEARS,
    breakevens_of,
    correlations,
    discount_of,
    identities_of,
    place_in,
    span_of,
)
from impact.schema.ledger.units import UnitCheck, read_unit, unit_text
from impact.schema.nodes import Entry, Node, map_node, read_with, to_plain, with_entry

BASE = "base"
LEVEL = 0.90
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is known of a ledger before its outputs."""

    block: LedgerBlock
    node: Node
    known: Known
    inputs: Mapping[str, Input]
    equations: Mapping[str, Expression]
    groups: tuple[Group, ...]
    scenarios: tuple[Scenario, ...]


def ledger_of(tree: Node, offers: Offers) -> tuple[LedgerRequest | None, list[Fault], Mapping[str, str]]:
    """The request of a ledger with every fault, and published terms as written → their names in the results."""
    own = map_node(tree.place, tuple(entry for entry in tree.entries if entry.key in LEDGER_KEYS))
    faults = _name_faults(own)
    own, found = laid_out(own, offers)
    faults += found
    block, found = validate_node(LedgerBlock, own)
    faults += found
    if block is None or faults:
        return None, faults, {}
    years = span_of(block.years)
    if years is None or years[1] - years[0] >= MOST_YEARS:
        shown = str(block.years)
        return None, [fault("E165", place=place_in(own, "years"), years=shown, most=MOST_YEARS)], {}
    parts, faults = _parts(block, own, years)
    if parts is None or faults:
        return None, faults, {}
    return _request(parts, tree, offers)


def _name_faults(tree: Node) -> list[Fault]:
    """E156 names that are no plain words, E199 names that are taken."""
    faults = []
    taken: dict[str, str] = {YEAR: "the calendar year", TITLE: "the title of a scenario"}
    taken |= dict.fromkeys(FUNCTIONS, "a function") | dict.fromkeys(KEYWORDS, "a word of the language")
    for collection in ("inputs", "equations", "scenarios"):
        for entry in (tree.get(collection) or map_node(tree.place)).entries:
            name = str(entry.key)
            if not _NAME.fullmatch(name):
                faults.append(fault("E156", place=entry.place, name=name, what=f"an entry of {collection}"))
            elif collection != "scenarios" and name in taken:
                faults.append(fault("E199", place=entry.place, name=name, what=taken[name]))
            elif collection != "scenarios":
                taken[name] = f"an entry of {collection}"
    return faults


def _parts(block: LedgerBlock, node: Node, years: tuple[int, int]) -> tuple[_Parts | None, list[Fault]]:
    faults: list[Fault] = []
    inputs: dict[str, Input] = {}
    for entry in (node.get("inputs") or node).entries:
        one, found = input_of(str(entry.key), entry.node, f"inputs.{entry.key}")
        faults += found
        if one is not None:
            inputs[one.name] = one
    known = Known((*block.inputs, *block.equations), *years, discounted=block.discount is not None)
    equations: dict[str, Expression] = {}
    for entry in (node.get("equations") or node).entries:
        written = entry.node if entry.node.kind == "scalar" else entry.node.get("expr") or entry.node
        try:
            equations[str(entry.key)] = read_with(lambda source, place: read(source, place, known), written)
        except SpecError as error:
            faults += error.faults
    if faults:
        return None, faults
    groups, faults = groups_of(equations)
    scenarios, found = _scenarios(block, node, inputs)
    faults += found
    if faults:
        return None, faults
    return _Parts(block, node, known, inputs, equations, groups, scenarios), []


def _scenarios(
    block: LedgerBlock, node: Node, inputs: Mapping[str, Input]
) -> tuple[tuple[Scenario, ...], list[Fault]]:
    """Every scenario with its inputs as they are there, and E167."""
    written = node.get("scenarios")
    if not block.scenarios or written is None:
        return (Scenario(BASE, inputs, {}),), []
    faults: list[Fault] = []
    found: list[Scenario] = []
    base = node.get("inputs") or node
    for entry in written.entries:
        own = dict(inputs)
        changes: dict[str, object] = {}
        for change in entry.node.entries:
            name = str(change.key)
            if name == TITLE:
                continue
            where = f"scenarios.{entry.key}.{name}"
            problem = _change_problem(change, inputs)
            if problem:
                near = nearest(name, inputs) if name not in inputs else ""
                faults.append(
                    fault("E167", place=change.place, suggestion=near, where=where, problem=problem)
                )
                continue
            changed, problems = input_of(
                name, changed_node(base.get(name) or node, change.node), where, changed=True
            )
            faults += problems
            if changed is not None:
                own[name], changes[name] = changed, to_plain(change.node)
        title = entry.node.get(TITLE)
        found.append(
            Scenario(str(entry.key), own, changes, words_of(to_plain(title) if title is not None else None))
        )
    return tuple(found), faults


def _change_problem(change: Entry, inputs: Mapping[str, Input]) -> str:
    if str(change.key) not in inputs:
        return f"there is no input '{change.key}'; known: {', '.join(inputs)}"
    node = change.node
    number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
    if node.kind == "list" or (node.kind == "scalar" and not number):
        return "a change is a number, or the parts of the input that change"
    return ""


def _request(
    parts: _Parts, tree: Node, offers: Offers
) -> tuple[LedgerRequest | None, list[Fault], Mapping[str, str]]:
    block, node, known = parts.block, parts.node, parts.known
    years = known.first, known.last
    constant = _constant(parts)
    discount, faults = discount_of(block.discount, parts.inputs, years, node)
    breakeven, found = breakevens_of(block, parts.inputs, known, constant, node)
    faults += found
    identities, found = identities_of(node.get("accounting"), known)
    faults += found
    pairs, draws, found = _montecarlo(parts, tree)
    faults += found
    whole = with_entry(tree, node.entry("tables") or Entry("tables", node.place, map_node(node.place)))
    asked = Asked(known, constant, whole, [], [])
    terms = _ask(parts, asked, draws)
    breakeven_asked(breakeven, asked)
    faults += asked.faults
    outputs = unique_outputs(asked.found)
    roots = {one.name: one.expression for one in outputs} | {
        f"{one.text} {side}": expression
        for one in identities
        for side, expression in (("left", one.left), ("right", one.right))
    }
    reach = reach_of(parts.equations, parts.groups, roots)
    found, notices = _cover_faults(parts, reach)
    faults += found
    units, found = _units(parts, identities)
    faults += found
    tables, found = canonical_tables(block.tables, node)
    faults += found
    if faults:
        return None, faults, {}
    named = {**offers.units, **_stated_units(parts)}
    level = tree.get("level")
    request = LedgerRequest(
        first=years[0],
        last=years[1],
        inputs=parts.inputs,
        equations=_equations(parts, reach, units),
        groups=parts.groups,
        reach=reach,
        scenarios=parts.scenarios,
        outputs=tuple(replace(one, unit=_unit_of(one, units) or offered_unit(one, named)) for one in outputs),
        draws=draws,
        correlate=pairs,
        discount=discount,
        breakeven=breakeven,
        identities=identities,
        tables=tables,
        figures=block.figures,
        level=LEVEL if level is None or not isinstance(level.value, float) else level.value,
        notices=(*notices, *_range_notice(parts, draws)),
        units={name: None if unit is None else unit_text(unit) for name, unit in units.known.items()},
    )
    return request, [], terms


def _ask(parts: _Parts, asked: Asked, draws: int | None) -> Mapping[str, str]:
    """All lines, and what tables, figures and published cells ask for; published terms and their names."""
    names = [one.name for one in parts.scenarios]
    for name, expression in parts.equations.items():
        one = output_of(expression, asked.known, asked.constant)
        asked.found.append(_named(replace(one, name=name, by_year=name not in asked.constant), asked.known))
    tables_asked(parts.block.tables, asked, names)
    figures_asked(parts.block.figures, asked, names, draws)
    return published_asked(asked, names)


def _named(one: Output, known: Known) -> Output:
    """An equation among the outputs: a name stands for its expression."""
    years = tuple(range(known.first, known.last + 1)) if one.by_year else ()
    return replace(one, years=years, uses=(one.name,))


def _constant(parts: _Parts) -> frozenset[str]:
    """Names with one value for all years: inputs that are no path and have one draw, and lines of only those."""
    constant = {
        name
        for name in parts.inputs
        if all(
            one.inputs[name].point.value is not None and one.inputs[name].draw == "path"
            for one in parts.scenarios
        )
    }
    for group in parts.groups:
        for name in group.names:
            if not group.recursive and not is_by_year(parts.equations[name].root, constant):
                constant.add(name)
    return frozenset(constant)


def _montecarlo(
    parts: _Parts, tree: Node
) -> tuple[tuple[tuple[str, str, float], ...], int | None, list[Fault]]:
    block = parts.block.montecarlo
    if block is None:
        return (), None, []
    pairs, faults = correlations(block, parts.inputs, parts.node)
    place = place_in(parts.node, "montecarlo")
    if not any(one.is_random for scenario in parts.scenarios for one in scenario.inputs.values()):
        faults.append(fault("E168", place=place, problem="no input has a range to draw from"))
    elif tree.get("seed") is None:
        faults.append(fault("E182", place=place, what="montecarlo"))
    return pairs, block.draws, faults


def _cover_faults(parts: _Parts, reach: Mapping[str, int]) -> tuple[list[Fault], list[Notice]]:
    """Years that paths do not cover, in any scenario; W453 where a first value is held for a lag."""
    faults: list[Fault] = []
    held: list[str] = []
    for scenario in parts.scenarios:
        for name, one in scenario.inputs.items():
            if one.changed or scenario is parts.scenarios[0]:
                where = f"scenarios.{scenario.name}.{name}" if one.changed else f"inputs.{name}"
                found, assumed = path_faults(
                    one, parts.known.first, parts.known.last, reach.get(name, 0), where
                )
                faults += found
                held += [name] if assumed else []
    unique = list(dict.fromkeys(held))
    first = parts.known.first
    return faults, [notice("W453", name=name, year=first - reach.get(name, 0)) for name in unique]


def _range_notice(parts: _Parts, draws: int | None) -> list[Notice]:
    """W454 where inputs have ranges and nothing is drawn."""
    random = [name for name, one in parts.inputs.items() if one.is_random]
    return [notice("W454", count=len(random))] if random and draws is None else []


def _units(parts: _Parts, identities: Sequence[Identity]) -> tuple[UnitCheck, list[Fault]]:
    faults: list[Fault] = []
    check = UnitCheck({})
    for name, one in parts.inputs.items():
        if one.unit is not None:
            powers, found = read_unit(one.unit, place_in(parts.node, "inputs", name, "unit"))
            faults += found
            check.known[name] = powers
    for name, written in parts.block.equations.items():
        stated = written.unit if isinstance(written, EquationBlock) else None
        if stated is not None:
            powers, found = read_unit(stated, place_in(parts.node, "equations", name, "unit"))
            faults += found
            check.known[name] = powers
    for group in parts.groups:
        for name in group.names:
            unit = check.of(parts.equations[name])
            own = check.known.get(name)
            if own is None:
                check.known[name] = unit
            elif unit is not None and unit != own:
                place = place_in(parts.node, "equations", name, "unit")
                left, right = unit_text(own) or "no unit", unit_text(unit) or "no unit"
                faults.append(fault("E438", place=place, left=left, right=right, how="equated"))
    for identity in identities:
        check.same(identity.left, identity.right)
    return check, [*faults, *dict.fromkeys(check.faults)]


def _stated_units(parts: _Parts) -> dict[str, str]:
    """Units as the spec writes them: those without dimension (share, % of GDP) have no other name."""
    stated = {name: one.unit for name, one in parts.inputs.items()}
    stated |= {
        name: written.unit if isinstance(written, EquationBlock) else None
        for name, written in parts.block.equations.items()
    }
    return {name: unit for name, unit in stated.items() if unit}


def _unit_of(one: Output, units: UnitCheck) -> str | None:
    if one.uses == (one.name,) and one.name in units.known:
        found = units.known[one.name]
    else:
        found = UnitCheck(units.known).of(one.expression)
    return None if found is None else unit_text(found)


def _equations(parts: _Parts, reach: Mapping[str, int], units: UnitCheck) -> dict[str, Equation]:
    """The lines by name, in the order of the spec."""
    found = {}
    for name, expression in parts.equations.items():
        written = parts.block.equations[name]
        stated = written.unit if isinstance(written, EquationBlock) else None
        derived = units.known.get(name)
        unit = stated or (None if derived is None else unit_text(derived))
        title = words_of(written.title) if isinstance(written, EquationBlock) else None
        found[name] = Equation(name, expression, unit, title, reach.get(name, 0))
    return found
