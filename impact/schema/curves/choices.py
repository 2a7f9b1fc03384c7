"""The choices of ``speccurve: vary:`` as pieces of models: outcomes, terms, effects, conditions and whole templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import cast

import impact.schema.formulas.tree as formula_tree
from impact.core.errors import Fault, Place, SpecError
from impact.core.texts import fault
from impact.schema.columns_used import Use
from impact.schema.expressions.tree import Expression
from impact.schema.formulas.parse import parse_formula
from impact.schema.formulas.tree import Formula, Term
from impact.schema.model import OutcomeBlock
from impact.schema.model_parts import expression_of, made_outcome, sets_of
from impact.schema.nodes import Entry, Node, map_node, read_with, text_node, with_entry, without
from impact.schema.requests import ModelRequest, OutcomeSums
from impact.schema.resolve import ExpandedModel

# choices that change keys of the model's block; all others change its formula, outcome or filters
TEMPLATE_KEYS = ("estimator", "weights", "vcov")
NONE = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a dimension.

    Arguments:
        label: as printed and as ``exclude`` names it. node: as written.
        name: of the outcome or treatment. outcome: how a named outcome is made, None: by the formula's left side.
        formula: what a choice of the formula's parts was parsed as; condition: of a sample, None keeps every row.
        context: the spec that the base model belongs to.
    """

    label: str
    node: Node
    context: Node
    name: str = ""
    outcome: OutcomeSums | Expression | None = None
    formula: Formula | None = None
    condition: Expression | None = None


def read_choices(
    vary: Node,
    base: ExpandedModel,
    own: ModelRequest,
    outcomes: Mapping[str, OutcomeBlock | str],
    target: str,
) -> dict[str, tuple[Choice, ...]]:
    """The choices of every dimension, in the order of the spec.

    Raises:
        SpecError: E191 a choice that cannot be, E193 no dimension; E3xx and E4xx of formulas and conditions.
    """
    found: dict[str, tuple[Choice, ...]] = {}
    faults: list[Fault] = []
    for entry in vary.entries:
        name = str(entry.key)
        try:
            found[name] = _dimension(name, entry.node, base, outcomes)
        except SpecError as error:
            faults += error.faults
    if not found and not faults:
        faults.append(fault("E193", place=vary.place, problem="`vary:` names no dimension"))
    in_formula = {term_name(term) for term in (*own.formula.terms, *own.formula.endogenous)}
    if "treatment" in found and target not in in_formula:
        problem = f"the target '{target}' is no term of the base model"
        faults.append(fault("E191", place=vary.place, dimension="treatment", problem=problem))
    if faults:
        raise SpecError(*faults)
    return found


def _dimension(
    name: str, node: Node, base: ExpandedModel, outcomes: Mapping[str, OutcomeBlock | str]
) -> tuple[Choice, ...]:
    if node.kind == "map":
        pairs = [(str(entry.key), entry.node) for entry in node.entries]
    else:
        pairs = [(_label(item), item) for item in node.items]
    labels = [label for label, _ in pairs]
    twice = [label for label in labels if labels.count(label) > 1]
    if twice or not pairs:
        problem = f"'{twice[0]}' stands twice" if twice else "there is nothing to choose from"
        raise SpecError(fault("E191", place=node.place, dimension=name, problem=problem))
    sets = sets_of(base.node, base.context)
    return tuple(_read(name, Choice(label, item, base.context), outcomes, sets) for label, item in pairs)


def _label(node: Node) -> str:
    if node.kind == "list":
        return " + ".join(_label(item) for item in node.items) or NONE
    if node.kind == "map":
        return ", ".join(f"{entry.key}({_inner(entry.node)})" for entry in node.entries)
    return node.written


def _inner(node: Node) -> str:
    """What stands in the brackets of a label: values without their keys."""
    if node.kind == "map":
        return ", ".join(_inner(entry.node) for entry in node.entries)
    return ", ".join(_inner(item) for item in node.items) if node.kind == "list" else node.written


def _read(
    dimension: str,
    choice: Choice,
    outcomes: Mapping[str, OutcomeBlock | str],
    sets: Mapping[str, Sequence[str]],
) -> Choice:
    """A choice with what it was parsed as."""
    node = choice.node
    match dimension:
        case "outcome" if node.written in outcomes:
            named = choice.context.get("outcomes") or map_node(node.place)
            made = made_outcome(outcomes[node.written], named.get(node.written))
            return replace(choice, name=node.written, outcome=made)
        case "outcome":
            formula = _parsed(node, "", " ~ 1", sets)
            return replace(choice, name=formula.outcomes[0].text(), formula=formula)
        case "treatment":
            formula = _parsed(node, "~ ", "", sets)
            if len(formula.terms) != 1:
                problem = f"'{choice.label}' is not one term"
                raise SpecError(fault("E191", place=node.place, dimension=dimension, problem=problem))
            return replace(choice, name=term_name(cast("Term", formula.terms[0])), formula=formula)
        case "controls":
            return replace(choice, formula=_controls(node, sets))
        case "fe":
            absent = node.written in (NONE, "0")
            return replace(
                choice, formula=_parsed(node, "~ 1 | ", "", sets) if not absent else Formula((), ())
            )
        case "sample":
            condition = expression_of(node)
            return replace(choice, condition=None if condition.text().lower() == "true" else condition)
        case _:
            return choice


def _parsed(node: Node, before: str, after: str, sets: Mapping[str, Sequence[str]]) -> Formula:
    """A part of a formula, its places those of the spec."""
    return read_with(
        lambda text, place: parse_formula(
            f"{before}{text}{after}", place=place.shifted(-len(before)), sets=sets
        ),
        node,
    )


def _controls(node: Node, sets: Mapping[str, Sequence[str]]) -> Formula:
    items = node.items if node.kind == "list" else () if node.written == NONE else (node,)
    parsed = [_parsed(item, "~ ", "", sets) for item in items]
    terms = tuple(dict.fromkeys(term for formula in parsed for term in formula.terms))
    first = parsed[0] if parsed else Formula((), ())
    return replace(first, terms=terms)


def templates_of(
    base: ExpandedModel,
    choices: Mapping[str, Sequence[Choice]],
    request: Callable[[ExpandedModel], ModelRequest],
) -> dict[tuple[str, ...], ModelRequest]:
    """The base model for every estimator, weights and variance, by their labels.

    Raises:
        SpecError: as a model that is written out with them.
    """
    node = without(base.node, "controls") if "controls" in choices else base.node
    options: list[list[Choice | None]] = [list(choices.get(key, ())) or [None] for key in TEMPLATE_KEYS]
    found: dict[tuple[str, ...], ModelRequest] = {}
    for chosen in product(*options):
        changed = node
        for key, choice in zip(TEMPLATE_KEYS, chosen, strict=True):
            changed = changed if choice is None else _with_choice(changed, key, choice)
        expanded = replace(base, node=changed)
        label = tuple("" if choice is None else choice.label for choice in chosen)
        found[label] = request(expanded)
    return found


def _with_choice(node: Node, key: str, choice: Choice) -> Node:
    if key == "weights" and choice.node.kind == "scalar" and choice.node.written == NONE:
        return without(node, key)
    node = with_entry(node, Entry(key, choice.node.place, choice.node))
    written = node.get("formula")
    if key != "estimator" or choice.node.written == "iv" or written is None or written.text is None:
        return node
    # other estimators take the endogenous regressors as they are
    sets = sets_of(node, choice.context)
    formula = read_with(lambda text, place: parse_formula(text, place=place, sets=sets), written)
    if not formula.instruments:
        return node
    plain = replace(formula, terms=(*formula.endogenous, *formula.terms), endogenous=(), instruments=())
    return with_entry(node, Entry("formula", written.place, text_node(plain.text(), written.place)))


def formula_with(formula: Formula, target: str, chosen: Mapping[str, Choice]) -> Formula:
    """The template's formula with the outcome, treatment, controls and effects that were chosen."""
    outcome, treatment, controls, effects = (
        None if name not in chosen else chosen[name].formula
        for name in ("outcome", "treatment", "controls", "fe")
    )
    outcomes = formula.outcomes
    if "outcome" in chosen:
        outcomes = outcome.outcomes if outcome is not None else ()
    terms, endogenous = cast("tuple[Term, ...]", formula.terms), formula.endogenous
    if treatment is not None:
        new = cast("Term", treatment.terms[0])
        terms, endogenous = (
            tuple(new if term_name(term) == target else term for term in side) for side in (terms, endogenous)
        )
    if controls is not None:
        added = cast("tuple[Term, ...]", controls.terms)
        terms = (*terms, *(term for term in added if term not in terms and term not in endogenous))
    absorbed = formula.absorbed if effects is None else effects.absorbed
    return replace(formula, outcomes=outcomes, terms=terms, endogenous=endogenous, absorbed=absorbed)


def term_name(term: object) -> str:
    """A term's name in the results."""
    return term.name if isinstance(term, formula_tree.Variable) else str(term.text())  # type: ignore[attr-defined]


def target_of(request: ModelRequest) -> str:
    """The term that is followed by default: the treatment named, the endogenous one, or the first regressor.

    Raises:
        SpecError: E190 the model has no regressor.
    """
    terms = (*request.formula.endogenous, *request.formula.terms)
    names = [*request.focus, *(term_name(term) for term in terms)]
    if not names:
        problem, known = f"'{request.base}' has no regressor to follow", "one with a term of interest"
        raise SpecError(fault("E190", place=request.place, problem=problem, known=known))
    return names[0]


def formula_uses(formula: Formula) -> Iterator[Use]:
    """Columns of a piece of a formula, with their places in the spec."""
    for use in formula_tree.columns_of(formula):
        place: Place = formula.at(use)
        yield use.name, place
