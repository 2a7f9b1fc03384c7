"""Variables of a field in `derive:`: `kept: employment.kept` is what the field makes of the survey's own codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from impact.core.domain_facts import UsedVariable
from impact.core.errors import Fault, SpecError
from impact.core.nearest import nearest
from impact.core.registry import Registry
from impact.core.texts import fault
from impact.schema.constructed.prices import DeflateBlock
from impact.schema.expressions.parse import parse_expression
from impact.schema.expressions.tree import Expression, is_dotted
from impact.schema.model_parts import filters_of
from impact.schema.nodes import Node, without

# unit of a field's money → what `deflate:` calls it
_MONEY = {"soles_month": "monthly"}


def expressions_of(
    tree: Node, registry: Registry
) -> tuple[dict[str, Expression], dict[str, Expression], dict[str, UsedVariable], list[Fault]]:
    """Derived columns and filters, parsed; the derived columns that are variables of a field; and the faults.

    Arguments:
        registry: the fields of study.

    E450 no such variable, E451 no `coding:`, or one in which the field does not have it, and E4xx of expressions.
    """
    derive = tree.get("derive")
    entries = derive.entries if derive is not None and derive.kind == "map" else ()
    fields = {
        str(entry.key): named for entry in entries if (named := _named(entry.node, registry)) is not None
    }
    written: dict[str, Expression] = {}
    used: dict[str, UsedVariable] = {}
    faults: list[Fault] = []
    for name, node in ((str(entry.key), entry.node) for entry in entries if str(entry.key) in fields):
        try:
            used[name], text = _variable(tree, node, fields[name], registry)
            written[name] = parse_expression(text, place=node.place)
        except SpecError as error:
            faults += error.faults
    plain, found = _parsed(None if derive is None else without(derive, *fields))
    filters, more = _parsed(tree.get("filter"))
    together = written | plain
    ordered = {str(entry.key): together[str(entry.key)] for entry in entries if str(entry.key) in together}
    return ordered or plain, filters, used, [*faults, *found, *more]


def _parsed(node: Node | None) -> tuple[dict[str, Expression], list[Fault]]:
    try:
        return filters_of(node), []
    except SpecError as error:
        return {}, list(error.faults)


def _named(node: Node, registry: Registry) -> tuple[str, str] | None:
    """Domain and variable where an entry of `derive:` is nothing but such a name; None for an expression."""
    if node.text is None or not is_dotted(node.text):
        return None
    domain, _, variable = node.text.strip().partition(".")
    names = registry.names()
    return (domain, variable) if domain in names or nearest(domain, names) else None


def _variable(tree: Node, node: Node, named: tuple[str, str], registry: Registry) -> tuple[UsedVariable, str]:
    domain, variable = named
    record: Any = registry.load(domain, place=node.place)
    codings: Mapping[str, Mapping[str, Any]] = record.variables
    written = tree.get("coding")
    coding = None if written is None or written.is_null else str(written.value)
    everywhere = list(dict.fromkeys(name for held in codings.values() for name in held))
    if variable not in everywhere:
        raise SpecError(
            fault(
                "E450", place=node.place, suggestion=nearest(variable, everywhere), domain=domain,
                variable=variable, names=", ".join(everywhere) or "-",
            )
        )  # fmt: skip
    having = [name for name, held in codings.items() if variable in held]
    if coding is None or coding not in having:
        place = node.place if coding is None or written is None else written.place
        raise SpecError(
            fault(
                "E451", place=place, domain=domain, variable=variable, coding=coding or "-",
                codings=", ".join(having), names=", ".join(codings.get(coding or "", {})) or "-",
            )
        )  # fmt: skip
    made = codings[coding][variable]
    return UsedVariable(domain, variable, coding, made.unit, made.real), made.expression


def money_faults(
    blocks: Mapping[str, DeflateBlock], used: Mapping[str, UsedVariable], tree: Node
) -> list[Fault]:
    """E453 where `deflate:` takes a field's money for what it is not: real already, or in another unit."""
    found: list[Fault] = []
    for name, block in blocks.items():
        money = used.get(block.of)
        if money is None:
            continue
        node = tree.get("deflate")
        entry = node.get(name) if node is not None else None
        place = entry.place if entry is not None else tree.place
        unit = _MONEY.get(money.unit, money.unit)
        if money.real or unit != block.unit:
            found.append(
                fault(
                    "E453", place=place, name=name, money=block.of, declared=block.unit,
                    unit=f"{unit}, real" if money.real else unit,
                )
            )  # fmt: skip
    return found
