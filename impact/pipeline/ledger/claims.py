"""Claims on a ledger: conditions on lines of its scenarios, at the inputs' values and over the draws.

A claim about an effect agrees where its condition holds in at least 1 - alpha of the draws, and cannot be told where
they are divided. A claim about a plain number, or one that states its own probability, is just compared.
"""

from __future__ import annotations

from collections.abc import Mapping

from impact.core.errors import Fault, Place, SpecError
from impact.core.texts import LANGUAGES, fault, in_all_languages, text
from impact.pipeline.ledger.worlds import Uniforms, drawn_world, point_world, uniforms_of
from impact.schema.expressions import tree
from impact.schema.expressions.parse import parse_expression
from impact.schema.expressions.tree import Expression, Node, spell
from impact.schema.ledger.evaluate import Held, World
from impact.schema.ledger.inputs import words_of
from impact.schema.ledger.language import CLAIMS, Known, is_by_year, is_condition, read
from impact.schema.ledger.requests import LedgerRequest
from impact.schema.published import ClaimBlock

Words = dict[str, str]


def claim_faults(
    blocks: Mapping[str, ClaimBlock], request: LedgerRequest, places: Mapping[str, Place]
) -> list[Fault]:
    """Faults of every claim: unknown scenarios and lines, and what is no condition on single numbers."""
    faults: list[Fault] = []
    for name, block in blocks.items():
        try:
            _parsed(block, request, places.get(name))
        except SpecError as error:
            faults += error.faults
    return faults


def scenarios_of(block: ClaimBlock) -> set[str]:
    """The scenarios that a claim names."""
    try:
        expression = parse_expression(block.test, mode=CLAIMS)
    except SpecError:
        return set()
    return {node.parts[0] for node in tree.walk(expression.root) if isinstance(node, tree.Dotted)}


def _parsed(block: ClaimBlock, request: LedgerRequest, place: Place | None) -> Expression:
    """The condition of a claim.

    Raises:
        SpecError: E436, E440 and E449 names and functions, E446 a side that differs by year, E616 no condition.
    """
    known = Known(
        (*request.inputs, *request.equations),
        request.first,
        request.last,
        discounted=request.discount is not None,
        probability=True,
        scenarios=tuple(one.name for one in request.scenarios),
    )
    expression = read(block.test, place, known, mode=CLAIMS)
    constant = {one.name for one in request.outputs if not one.by_year}
    constant |= {
        name for name, one in request.inputs.items() if one.point.value is not None and one.draw == "path"
    }
    if not is_condition(expression.root):
        problem = text("ledger.no_condition")
        raise SpecError(fault("E616", place=place, claim=block.test, problem=problem))
    if is_by_year(expression.root, constant):
        example = f"mean({next(iter(known.scenarios))}.net, {request.first}, {request.last})"
        raise SpecError(fault("E446", place=place, output=block.test, example=example))
    return expression


def judge_claims(
    blocks: Mapping[str, ClaimBlock], request: LedgerRequest, places: Mapping[str, Place], seed: int | None
) -> list[dict[str, object]]:
    """The state of every claim, with the same fields as claims on models."""
    if not blocks:
        return []
    drawn = uniforms_of(request, seed)
    point, draws = _joined(request, None), _joined(request, drawn) if drawn else None
    return [
        _judged(name, block, _parsed(block, request, places.get(name)), point, draws)
        for name, block in blocks.items()
    ]


def _joined(request: LedgerRequest, drawn: Uniforms | None) -> World:
    """One world with the lines of all scenarios, under scenario.line."""
    held: dict[str, Held] = {}
    for scenario in request.scenarios:
        own = point_world(request, scenario) if drawn is None else drawn_world(request, scenario, drawn)
        held |= {f"{scenario.name}.{name}": values for name, values in own.held.items()}
    return World(request.first, request.last, request.discount, held)


def _judged(
    name: str, block: ClaimBlock, expression: Expression, point: World, draws: World | None
) -> dict[str, object]:
    root = _named(expression.root)
    has_probability = any(isinstance(node, tree.Call) and node.function == "pr" for node in tree.walk(root))
    if has_probability and draws is None:
        state, share = "cannot_tell", None
    else:
        source = draws if has_probability and draws is not None else point
        holds = bool(source.value(root).min() == 1)
        share = None if draws is None or has_probability else float(draws.value(root).mean())
        state = _state(block, holds=holds, share=share)
    return {
        "claim": name,
        "text": words_of(block.text),
        "state": state,
        "detail": _detail(root, point, draws, share),
        "evidence": block.evidence,
        "source": words_of(block.source),
        "note": words_of(block.note),
        "p_values": [],
    }


def _state(block: ClaimBlock, *, holds: bool, share: float | None) -> str:
    """What the values say, unless the draws are divided on an effect."""
    if block.about == "effect" and share is not None and block.alpha < share < 1 - block.alpha:
        return "cannot_tell"
    if block.about == "effect" and share is not None:
        return "agrees" if share >= 1 - block.alpha else "disagrees"
    return "agrees" if holds else "disagrees"


def _named(node: Node) -> Node:
    """Dotted names as names of the joined world."""
    match node:
        case tree.Dotted():
            return tree.Name(".".join(node.parts), node.start, node.end)
        case tree.Unary():
            return tree.Unary(node.operator, _named(node.operand), node.start, node.end)
        case tree.Binary():
            return tree.Binary(node.operator, _named(node.left), _named(node.right), node.start, node.end)
        case tree.Logic():
            return tree.Logic(node.operator, tuple(map(_named, node.operands)), node.start, node.end)
        case tree.Comparison():
            return tree.Comparison(node.operators, tuple(map(_named, node.operands)), node.start, node.end)
        case tree.Conditional():
            parts = (_named(node.then), _named(node.condition), _named(node.otherwise))
            return tree.Conditional(*parts, node.start, node.end)
        case tree.Call():
            return tree.Call(node.function, tuple(map(_named, node.arguments)), (), node.start, node.end)
        case _:
            return node


def _detail(root: Node, point: World, draws: World | None, share: float | None) -> Words:
    """Every side that is compared with its value, and the share of draws in which the claim holds."""
    sides = [side for node in tree.walk(root) if isinstance(node, tree.Comparison) for side in node.operands]
    named = [side for side in sides if any(isinstance(one, tree.Name) for one in tree.walk(side))]
    facts: list[Words] = []
    for side in named:
        inside = any(isinstance(one, tree.Call) and one.function == "pr" for one in tree.walk(side))
        world = draws if inside and draws is not None else point
        if inside and draws is None:
            continue
        value = float(world.value(side)[0, -1])
        facts.append(in_all_languages("ledger.fact", what=_shown(side), value=f"{value:.4g}"))
    if share is not None:
        facts.append(in_all_languages("ledger.share", share=f"{100 * share:.1f}"))
    if not facts:
        facts.append(in_all_languages("ledger.no_draws"))
    return {language: "; ".join(dict.fromkeys(fact[language] for fact in facts)) for language in LANGUAGES}


def _shown(node: Node) -> str:
    return spell(node).replace("`", "")
