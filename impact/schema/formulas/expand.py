"""One formula with several outcomes or steps to the single models it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import cast

from impact.core.errors import Place, SpecError
from impact.core.texts import fault, text
from impact.schema.formulas.tree import AbsorbedEffect, Formula, Outcome, Step, Term

MOST_MODELS = 500


def expand_formula(formula: Formula) -> tuple[tuple[str, Formula], ...]:
    """Label and formula of each model, in the order outcomes, regressor steps, effect steps.

    A label is ``outcome=y1``, ``step=2``, ``effects=1``, several joined by ``;``, empty for a single model.

    Raises:
        SpecError: E307 for more than 500 models.
    """
    term_choices = _choices(formula.terms)
    effect_choices = _choices(formula.absorbed)
    outcomes: list[tuple[Outcome, ...]] = [(outcome,) for outcome in formula.outcomes] or [()]
    count = len(outcomes) * len(term_choices) * len(effect_choices)
    if count > MOST_MODELS:
        place = formula.place or Place(file="formula", line=1, column=1)
        what = text("language.limit.models")
        raise SpecError(fault("E307", place=place, most=f"{MOST_MODELS:,}", what=what))
    models = []
    for (at, outcome), (step, terms), (effects, absorbed) in product(
        enumerate(outcomes), enumerate(term_choices, 1), enumerate(effect_choices, 1)
    ):
        label = [f"outcome={outcome[0].text()}"] if len(outcomes) > 1 else []
        label += [f"step={step}"] if len(term_choices) > 1 else []
        label += [f"effects={effects}"] if len(effect_choices) > 1 else []
        model = replace(
            formula,
            outcomes=outcomes[at],
            terms=cast("tuple[Term, ...]", terms),
            absorbed=cast("tuple[AbsorbedEffect, ...]", absorbed),
        )
        models.append((";".join(label), model))
    return tuple(models)


def _choices(items: Sequence[Term | AbsorbedEffect | Step]) -> list[tuple[Term | AbsorbedEffect, ...]]:
    """Every way to resolve the steps among some terms; the first step turns slowest."""
    options = [step_alternatives(item) if isinstance(item, Step) else [(item,)] for item in items]
    count = 1
    for option in options:
        count *= len(option)
        if count > MOST_MODELS:
            return [()] * (MOST_MODELS + 1)
    chosen = (tuple(item for part in parts for item in part) for parts in product(*options))
    return [tuple(dict.fromkeys(items)) for items in chosen]


def step_alternatives(step: Step) -> list[tuple[Term | AbsorbedEffect, ...]]:
    """The terms of each model of a step.

    ``sw`` one alternative at a time, ``csw`` cumulating, ``sw0`` and ``csw0`` none at first, ``mvsw`` every
    combination.
    """
    each = list(step.alternatives)
    if step.kind.startswith("csw"):
        each = [_joined(each[: last + 1]) for last in range(len(each))]
    if step.kind == "mvsw":
        if len(each) > 10:
            return [()] * (MOST_MODELS + 1)
        return [_joined(chosen) for size in range(len(each) + 1) for chosen in combinations(each, size)]
    return [(), *each] if step.kind.endswith("0") else each


def _joined(alternatives: Sequence[tuple[Term | AbsorbedEffect, ...]]) -> tuple[Term | AbsorbedEffect, ...]:
    return tuple(dict.fromkeys(term for alternative in alternatives for term in alternative))
