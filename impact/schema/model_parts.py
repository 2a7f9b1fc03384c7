"""The parts of one model block, parsed: formula, filters, outcome, weights, groups, treated block."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from impact.core.errors import Fault, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.design_block import DesignBlock, StartBlock
from impact.schema.expressions.parse import parse_expression
from impact.schema.expressions.tree import Binary, Expression, walk
from impact.schema.formulas.parse import parse_formula
from impact.schema.formulas.tree import Formula
from impact.schema.model import ModelBlock, OutcomeBlock
from impact.schema.nodes import Entry, Node, map_node, read_with, text_node, text_place
from impact.schema.requests import (
    SUBPOPULATION,
    Grouping,
    OutcomeSums,
    TreatedBlock,
    VarianceRequest,
    WeightRequest,
)
from impact.schema.resolving.changes import merge

WEIGHT_KINDS = ("sampling", "analytic", "frequency")
ALL_GROUPS = "all"


def merged_node(model: Node, context: Node, key: str) -> Node | None:
    """A block of the spec with the model's changes merged in; None where neither has it."""
    own, shared = model.get(key), context.get(key)
    if own is None or own.is_null:
        return None if own is not None and own.is_null else shared
    if shared is None or shared.is_null:
        return own
    return merge(_named(shared, key), _named(own, key))


def _named(node: Node, key: str) -> Node:
    """A bare filter as a mapping of one named condition."""
    if node.text is None:
        return node
    return map_node(node.place, (Entry(key, node.place, node),))


def filters_of(node: Node | None) -> dict[str, Expression]:
    """Named conditions, parsed, in order."""
    if node is None or node.is_null:
        return {}
    found: dict[str, Expression] = {}
    faults: list[Fault] = []
    for entry in _named(node, "filter").entries:
        if entry.node.is_null:
            continue
        try:
            found[str(entry.key)] = expression_of(entry.node)
        except SpecError as error:
            faults.extend(error.faults)
    if faults:
        raise SpecError(*faults)
    return found


def all_filters(node: Node, context: Node, subpopulation: str) -> dict[str, Expression]:
    """The filters of the spec and the model, and last the domain of a survey."""
    found = filters_of(merged_node(node, context, "filter"))
    return {**found, SUBPOPULATION: parse_expression(subpopulation)} if subpopulation else found


def expression_of(node: Node) -> Expression:
    """The expression in a scalar; `true` and numbers are expressions, too."""
    return read_with(lambda text, place: parse_expression(text, place=place), node)


def expression_from(text: str, node: Node | None) -> Expression:
    """An expression given as text, placed at its node where there is one."""
    return expression_of(node) if node is not None and node.kind == "scalar" else parse_expression(text)


def formula_of(block: ModelBlock, node: Node, context: Node, *, where: str) -> Formula:
    """The model's formula, with the sets of the spec expanded."""
    sets = sets_of(node, context)
    written = node.get("formula")
    if block.formula is None or written is None:
        raise SpecError(fault("E172", place=node.place, where=where))
    formula = read_with(lambda text, place: parse_formula(text, place=place, sets=sets), written)
    return with_controls(formula, node, context)


def means_formula(node: Node, where: str) -> Formula:
    """The variables of `of:` as outcome and regressors, the domains of `over:` as an absorbed effect.

    Raises:
        SpecError: E569 without `of:`, or with what belongs to regressions.
    """
    of, over = (_names(node, key) for key in ("of", "over"))
    if not of or any(node.get(key) for key in ("formula", "outcome", "treatment", "controls")):
        problem = f"{where} needs `of:`, the variables to describe, and takes no formula, outcome, treatment or control"
        raise SpecError(fault("E569", place=node.place, problem=problem))
    text = f"{of[0]} ~ {' + '.join(of[1:]) or '1'}" + (f" | {'^'.join(over)}" if over else "")
    written = node.get("of") or node
    return parse_formula(text, place=written.place)


def _names(node: Node, key: str) -> list[str]:
    """One name or a list of them."""
    written = node.get(key)
    if written is None or written.is_null:
        return []
    return [item.written for item in (written.items if written.kind == "list" else (written,))]


def with_controls(formula: Formula, node: Node, context: Node) -> Formula:
    """The formula with the terms of `controls:` behind its own."""
    sets = sets_of(node, context)
    controls = node.get("controls")
    if controls is None or controls.is_null:
        return formula
    terms = list(formula.terms)
    for item in controls.items if controls.kind == "list" else (controls,):
        added = read_with(
            lambda text, place: parse_formula(f"~ {text}", place=place.shifted(-2), sets=sets), item
        )
        terms += [term for term in added.terms if term not in terms]
    return replace(formula, terms=tuple(terms))


def sets_of(node: Node, context: Node) -> dict[str, Sequence[str]]:
    """The named lists of terms of the spec."""
    block = context.get("sets") or map_node(node.place)
    return {str(entry.key): _texts(entry.node) for entry in block.entries}


def has_instruments(node: Node, context: Node) -> bool:
    """Whether a model's formula can be read and has a part for instruments."""
    written = node.get("formula")
    if written is None or written.text is None:
        return False
    try:
        return bool(
            parse_formula(written.text, place=text_place(written), sets=sets_of(node, context)).instruments
        )
    except SpecError:
        return False


def check_parts(formula: Formula, estimator: str, accepts: Collection[str]) -> None:
    """Refuse an exposure term (E179) or instruments (E551) that the estimator does not take, ``iv`` without (E552)."""
    if formula.offset is not None and "offset" not in accepts:
        advice = f"estimator '{estimator}' has no exposure term; subtract it from the outcome in derive:"
        raise SpecError(fault("E179", place=formula.place, key="offset(..)", advice=advice))
    if formula.instruments and "instruments" not in accepts:
        first = formula.endogenous[0]
        part = " | ".join(formula.text().split(" | ")[-1:])
        raise SpecError(fault("E551", place=formula.at(first), estimator=estimator, part=part))
    if estimator == "iv" and not formula.instruments:
        raise SpecError(fault("E552", place=formula.place))


def check_shocks_of(variance: VarianceRequest, context: Node) -> None:
    """Refuse a variance by a shift-share variable that the spec does not build (E197)."""
    name = getattr(variance.options, "instrument", None)
    if name is None:
        return
    built = context.get("instruments") or map_node(context.place)
    kinds = {str(entry.key): entry.node.get("kind") for entry in built.entries}
    known = [key for key, kind in kinds.items() if kind is not None and kind.written == "shift_share"]
    if name not in known:
        listed = ", ".join(known) or "-"
        raise SpecError(
            fault("E197", place=variance.place, suggestion=nearest(name, known), name=name, names=listed)
        )


def _texts(node: Node) -> Sequence[str]:
    return tuple(item.written for item in node.items) if node.kind == "list" else (node.written,)


def outcome_of(
    block: ModelBlock,
    formula: Formula,
    outcomes: Mapping[str, OutcomeBlock | str],
    node: Node,
    context: Node,
    *,
    where: str,
) -> tuple[str, OutcomeSums | Expression | None]:
    """Name of the outcome, and how it is made (None: by the formula's own left side)."""
    named = context.get("outcomes") or map_node(node.place)
    own = node.get("outcome") or context.get("outcome")
    if formula.outcomes:
        name = formula.outcomes[0].text()
        if name in outcomes:
            return name, made_outcome(outcomes[name], named.get(name))
        return name, None
    wanted = block.outcome
    if wanted is None:
        raise SpecError(fault("E173", place=node.place, where=where))
    if isinstance(wanted, OutcomeBlock):
        return wanted.sum, made_outcome(wanted, own)
    if wanted in outcomes:
        return wanted, made_outcome(outcomes[wanted], named.get(wanted))
    return wanted, expression_from(wanted, own)


def made_outcome(block: OutcomeBlock | str, node: Node | None) -> OutcomeSums | Expression:
    """A named outcome: sums over persons, or an expression."""
    if isinstance(block, str):
        return expression_from(block, node)
    inner = node or map_node(Place(file=""))
    squares = None if block.sumsq is None else expression_from(block.sumsq, inner.get("sumsq"))
    return OutcomeSums(
        expression_from(block.sum, inner.get("sum")),
        expression_from(block.count, inner.get("count")),
        squares,
        place=inner.place,
    )


def weights_of(block: ModelBlock, node: Node) -> WeightRequest | None:
    """Weights and their kind; a bare name means sampling weights."""
    if block.weights is None:
        return None
    written = node.get("weights")
    place = written.place if written is not None else None
    if isinstance(block.weights, str):
        return WeightRequest(expression_from(block.weights, written), "sampling", block.weights, place)
    if len(block.weights) != 1:
        raise SpecError(fault("E174", place=place, kinds=", ".join(WEIGHT_KINDS)))
    ((name, kind),) = block.weights.items()
    if kind not in WEIGHT_KINDS:
        raise SpecError(
            fault(
                "E175",
                place=place,
                suggestion=nearest(kind, WEIGHT_KINDS),
                kind=kind,
                kinds=", ".join(WEIGHT_KINDS),
            )
        )
    return WeightRequest(parse_expression(name, place=place), kind, name, place)


def refuse_weights_of_sums(
    name: str, outcome: OutcomeSums | Expression | None, weights: WeightRequest | None
) -> None:
    """Refuse weights beside an outcome given as sums (E525), unless they are its own count."""
    if not isinstance(outcome, OutcomeSums) or weights is None:
        return
    if weights.kind != "frequency" or weights.values.text() != outcome.count.text():
        raise SpecError(fault("E525", place=weights.place, outcome=name, weights=weights.text))


def among_of(node: Node) -> Expression | None:
    """The condition of `permute: {among: …}`."""
    permute = node.get("permute")
    written = permute.get("among") if permute is not None and permute.kind == "map" else None
    return expression_of(written) if written is not None and not written.is_null else None


def treated_of(block: DesignBlock | None, node: Node | None) -> TreatedBlock | None:
    """The treated block of a design; None where it gives cohorts or a treatment."""
    if block is None or node is None or block.treated is None or block.from_ is None or block.unit is None:
        return None
    start, lead = block.from_, block.outcome_lead
    if isinstance(start, StartBlock):
        first = start.outcome
    else:
        first, lead = float(start), 0
    places = {str(entry.key): entry.node.place for entry in node.entries}
    treated = expression_from(block.treated, node.get("treated"))
    return TreatedBlock(block.unit, block.time, treated, first, lead, places)


def grouping_of(block: ModelBlock, node: Node, context: Node) -> Grouping | None:
    """The subgroups of `by:`."""
    if not block.by:
        return None
    declared = context.get("subgroups") or map_node(node.place)
    levels: dict[str, dict[str, Expression]] = {}
    for name in block.by:
        dimension = declared.get(name)
        levels[name] = {
            str(entry.key): expression_of(entry.node) for entry in (dimension or map_node(node.place)).entries
        }
    mode, common = _mode(block.by_mode, node)
    margins = tuple(_margin(margin, block.by, node) for margin in block.margins or ())
    return Grouping(tuple(block.by), levels, margins, mode, common, block.min_cell)


def _mode(value: str | Mapping[str, Any], node: Node) -> tuple[str, bool]:
    if isinstance(value, str):
        return value, False
    inner = value.get("interact")
    if set(value) != {"interact"} or not isinstance(inner, Mapping) or dict(inner) != {"absorb": "common"}:
        written = node.get("by_mode")
        raise SpecError(fault("E176", place=written.place if written else node.place))
    return "interact", True


def _margin(margin: str | Sequence[str], by: Sequence[str], node: Node) -> tuple[str, ...]:
    names = (margin,) if isinstance(margin, str) else tuple(margin)
    if names == (ALL_GROUPS,):
        return ()
    written = node.get("margins")
    for name in names:
        if name not in by:
            raise SpecError(
                fault(
                    "E177",
                    place=written.place if written else node.place,
                    suggestion=nearest(name, (*by, ALL_GROUPS)),
                    name=name,
                    known=", ".join((*by, ALL_GROUPS)),
                )
            )
    return tuple(name for name in by if name in names)


def as_text(value: str | Mapping[Any, str] | None) -> dict[str, str]:
    """Free text as language → text; one text serves both languages."""
    if value is None:
        return {}
    return {"en": value, "es": value} if isinstance(value, str) else dict(value)


def text_leaf(value: str, place: Place) -> Node:
    """A text scalar at a place."""
    return text_node(value, place)


def is_own_mean(
    outcome: OutcomeSums | Expression | None, name: str, weights: WeightRequest | None, context: Node
) -> bool:
    """Whether the outcome is made by dividing by its own frequency weight: the mean of a cell, not an observation."""
    if weights is None or weights.kind != "frequency" or isinstance(outcome, OutcomeSums):
        return False
    derived = context.get("derive")
    written = derived.get(name) if derived is not None else None
    if outcome is None and written is not None and written.text is not None:
        outcome = expression_of(written)
    return outcome is not None and any(
        isinstance(node, Binary) and node.operator == "/" and node.right == weights.values.root
        for node in walk(outcome.root)
    )
