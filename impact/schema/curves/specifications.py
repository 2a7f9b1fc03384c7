"""The specifications of a curve: the base model with every combination of the choices that ``speccurve:`` lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import Fault, Place, SpecError
from impact.core.nearest import nearest
from impact.core.texts import fault
from impact.schema.columns_used import Use, expression_uses, model_uses
from impact.schema.curves.block import CurveInference, SpecCurveBlock
from impact.schema.curves.choices import (
    Choice,
    formula_uses,
    formula_with,
    read_choices,
    target_of,
    templates_of,
)
from impact.schema.expressions.context import Context
from impact.schema.expressions.evaluate import evaluate_condition
from impact.schema.expressions.tree import Expression, columns_of
from impact.schema.faults_from_pydantic import validate_node
from impact.schema.model import OutcomeBlock
from impact.schema.model_parts import expression_of, is_own_mean
from impact.schema.nodes import Node
from impact.schema.requests import ModelRequest
from impact.schema.resolve import ExpandedModel

# combinations that are listed to be drawn from
MOST_COMBINATIONS = 200_000
Requests = Callable[[ExpandedModel], Sequence[ModelRequest]]


@dataclass(frozen=True, slots=True)
class Specification:
    """One combination of choices (dimension → label), the model it makes, and the term that is followed."""

    choices: Mapping[str, str]
    request: ModelRequest
    target: str


@dataclass(frozen=True, slots=True)
class CurveRequest:
    """A specification curve, ready to be run.

    Arguments:
        base: name of the model that is varied. dimensions: name → labels of its choices.
        n_combinations: of all choices; n_excluded: left out by ``exclude``; what is left may be drawn from.
        preferred: place of the base model itself among the specifications, None where it is not one of them.
        uses: columns that the choices read, with their places.
    """

    base: str
    dimensions: Mapping[str, tuple[str, ...]]
    specifications: tuple[Specification, ...]
    n_combinations: int
    n_excluded: int
    preferred: int | None
    inference: CurveInference | None = None
    uses: tuple[Use, ...] = ()
    place: Place | None = field(default=None, compare=False)


def curve_of(
    tree: Node,
    models: Sequence[ExpandedModel],
    requests: Requests,
    outcomes: Callable[[Node], Mapping[str, OutcomeBlock | str]],
) -> tuple[CurveRequest | None, list[Fault]]:
    """The curve of ``speccurve:`` with every fault; None without the key.

    Arguments:
        models: of the spec. requests: makes the request of one model. outcomes: those that a spec names.
    """
    node = tree.get("speccurve")
    if node is None or node.is_null:
        return None, []
    block, faults = validate_node(SpecCurveBlock, node, where="speccurve")
    if block is None or faults:
        return None, list(faults)
    try:
        base = _base(block, node, models)
        return _curve(block, node, base, requests, outcomes(base.context)), []
    except SpecError as error:
        return None, list(error.faults)


def _base(block: SpecCurveBlock, node: Node, models: Sequence[ExpandedModel]) -> ExpandedModel:
    """The model that is varied.

    Raises:
        SpecError: E190 there is no such model, or more than one to choose from.
    """
    plain = [model for model in models if model.row is None]
    found = [model for model in plain if block.base in (None, model.name)]
    if len(found) == 1:
        return found[0]
    names = list(dict.fromkeys(model.name for model in plain))
    written = node.get("base") or node
    raise SpecError(
        fault(
            "E190", place=written.place, suggestion=nearest(block.base or "", names),
            problem=f"there is no model '{block.base}'" if block.base else "several models could be varied",
            known=", ".join(names[:12]),
        )
    )  # fmt: skip


def _curve(
    block: SpecCurveBlock,
    node: Node,
    base: ExpandedModel,
    requests: Requests,
    outcomes: Mapping[str, OutcomeBlock | str],
) -> CurveRequest:
    own = _single(requests(base), node)
    target = block.target or target_of(own)
    choices = read_choices(node.get("vary") or node, base, own, outcomes, target)
    labels = {name: tuple(choice.label for choice in found) for name, found in choices.items()}
    combinations = _combinations([len(found) for found in choices.values()], node)
    kept = _not_excluded(node.get("exclude"), labels, combinations)
    if not len(kept):
        raise SpecError(fault("E193", place=node.place, problem="every combination is excluded"))
    templates = templates_of(base, choices, lambda expanded: _single(requests(expanded), node))
    make = _maker(own, target, choices, templates)
    preferred = next((row for row in kept.tolist() if _is_base(make(combinations[row], row), own)), None)
    drawn = _drawn(kept, preferred, block.max, base.context, node)
    specifications = tuple(make(combinations[row], number) for number, row in enumerate(drawn, 1))
    found = [use for request in templates.values() for use in model_uses(request)]
    found += [use for options in choices.values() for choice in options for use in _uses(choice)]
    if block.inference is not None:
        found += [(name, node.place) for name in _inference_columns(block.inference)]
    return CurveRequest(
        base=base.name,
        dimensions=labels,
        specifications=specifications,
        n_combinations=len(combinations),
        n_excluded=len(combinations) - len(kept),
        preferred=drawn.index(preferred) if preferred is not None else None,
        inference=block.inference,
        uses=tuple(dict.fromkeys(found)),
        place=node.place,
    )


def _inference_columns(inference: CurveInference) -> list[str]:
    return [*inference.permute, *inference.within, *([inference.unit] if inference.unit else [])]


def _uses(choice: Choice) -> Iterator[Use]:
    if choice.condition is not None:
        yield from expression_uses(choice.condition)
    if isinstance(choice.outcome, Expression):
        yield from expression_uses(choice.outcome)
    elif choice.formula is not None:
        yield from formula_uses(choice.formula)


def _single(found: Sequence[ModelRequest], node: Node) -> ModelRequest:
    """The one model of the base, without what a specification does not repeat.

    Raises:
        SpecError: E190 several outcomes, steps or subgroups.
    """
    if len(found) != 1 or found[0].grouping is not None:
        problem = "the base model has several outcomes, steps or subgroups"
        raise SpecError(fault("E190", place=node.place, problem=problem, known="one with a single estimate"))
    return replace(found[0], permute=None, permute_among=None, wild=None, bands=False, expect=None, note={})


def _combinations(sizes: Sequence[int], node: Node) -> npt.NDArray[np.int64]:
    """Every combination (C, dimensions), the first dimension slowest.

    Raises:
        SpecError: E193 there are too many to list.
    """
    count = 1
    for size in sizes:
        count *= size
    if count > MOST_COMBINATIONS:
        problem = f"{count:,} combinations are more than {MOST_COMBINATIONS:,}"
        raise SpecError(fault("E193", place=node.place, problem=problem))
    return np.indices(tuple(sizes)).reshape(len(sizes), -1).T


def _not_excluded(
    node: Node | None, labels: Mapping[str, tuple[str, ...]], combinations: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Rows of the combinations that no condition of ``exclude`` meets.

    Raises:
        SpecError: E192 a name that is no dimension. DataError: E4xx a condition that cannot be evaluated.
    """
    kept = np.ones(len(combinations), dtype=bool)
    columns: dict[str, npt.NDArray[Any]] = {
        name: np.array(own, dtype=object)[combinations[:, j]] for j, (name, own) in enumerate(labels.items())
    }
    for item in () if node is None else node.items:
        condition = expression_of(item)
        unknown = [use.name for use in columns_of(condition) if use.name not in labels]
        if unknown:
            raise SpecError(
                *(
                    fault("E192", place=item.place, suggestion=nearest(name, list(labels)), name=name,
                          known=", ".join(labels))
                    for name in unknown
                )
            )  # fmt: skip
        kept &= evaluate_condition(condition, columns, Context(rows=len(combinations))) != 1
    return np.flatnonzero(kept)


def _maker(
    own: ModelRequest,
    target: str,
    choices: Mapping[str, Sequence[Choice]],
    templates: Mapping[tuple[str, ...], ModelRequest],
) -> Callable[[npt.NDArray[np.int64], int], Specification]:
    names = list(choices)
    keys = ("estimator", "weights", "vcov")

    def make(row: npt.NDArray[np.int64], number: int) -> Specification:
        chosen = {name: choices[name][place] for name, place in zip(names, row.tolist(), strict=True)}
        template = templates[tuple(chosen[key].label if key in chosen else "" for key in keys)]
        request = replace(template, name=f"{own.base}[specification={number}]")
        followed = target
        outcome = chosen.get("outcome")
        if outcome is not None:
            mean = is_own_mean(outcome.outcome, outcome.name, request.weights, outcome.context)
            request = replace(request, outcome_name=outcome.name, outcome=outcome.outcome, own_mean=mean)
        sample = chosen.get("sample")
        if sample is not None and sample.condition is not None:
            filters = {**request.filters, f"sample {sample.label}": sample.condition}
            request = replace(request, filters=filters, sample=request.name)
        treatment = chosen.get("treatment")
        if treatment is not None:
            followed = treatment.name
            request = replace(request, focus=(followed,))
        formula = formula_with(request.formula, target, chosen)
        labels = {name: choice.label for name, choice in chosen.items()}
        return Specification(labels, replace(request, formula=formula), followed)

    return make


def _is_base(specification: Specification, own: ModelRequest) -> bool:
    """Whether a specification is the base model as it is written."""
    made = specification.request
    same_formula = (
        made.formula.outcomes == own.formula.outcomes
        and set(made.formula.terms) == set(own.formula.terms)
        and set(made.formula.absorbed) == set(own.formula.absorbed)
        and made.formula.endogenous == own.formula.endogenous
    )
    texts = [condition.text() for condition in made.filters.values()]
    return (
        same_formula
        and made.outcome_name == own.outcome_name
        and made.estimator == own.estimator
        and texts == [condition.text() for condition in own.filters.values()]
        and (made.weights and made.weights.text) == (own.weights and own.weights.text)
        and made.variance.keyword == own.variance.keyword
        and made.variance.options == own.variance.options
    )


def _drawn(
    kept: npt.NDArray[np.int64], preferred: int | None, most: int, context: Node, node: Node
) -> list[int]:
    """All combinations, or a seeded draw of ``most`` of them with the preferred one.

    Raises:
        SpecError: E182 a draw without a seed.
    """
    if len(kept) <= most:
        return [int(row) for row in kept.tolist()]
    seed = context.get("seed")
    if seed is None or seed.is_null:
        raise SpecError(fault("E182", place=node.place, what="speccurve"))
    rng = np.random.default_rng([int(str(seed.value)), most])
    others = kept if preferred is None else kept[kept != preferred]
    chosen = rng.choice(others, most - (preferred is not None), replace=False).tolist()
    return sorted([*chosen, *([] if preferred is None else [preferred])])
