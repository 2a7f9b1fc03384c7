"""A design block to the request of an adoption, and what an estimator with an adoption cannot take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from impact.core.designs import AdoptionChoices
from impact.core.errors import Place, SpecError
from impact.core.texts import fault
from impact.schema.design_block import DesignBlock
from impact.schema.formulas.tree import Formula
from impact.schema.model_parts import with_controls
from impact.schema.nodes import Node
from impact.schema.requests import AdoptionRequest, WeightRequest

ADOPTION = "adoption"


def adoption_request(block: DesignBlock | None, node: Node | None) -> AdoptionRequest | None:
    """Who is treated from when, as the design says it; None without a design."""
    if block is None or node is None:
        return None
    reference = -1.0 if block.reference is None else block.reference
    base = block.base_period or ("varying" if block.reference is None else "universal")
    choices = AdoptionChoices(
        control_group=block.control_group,
        base_period=base,
        reference=reference,
        anticipation=block.anticipation,
        window=block.window,
        aggregate=block.aggregate,
        balance=block.balance or "",
        written=tuple(sorted(block.model_fields_set)),
    )
    places = {str(entry.key): entry.node.place for entry in node.entries}
    never = None if block.never is None else tuple(block.never)
    return AdoptionRequest(
        unit=block.unit or "",
        time=block.time,
        cohort=block.cohort or "",
        treatment=block.treatment or "",
        never=never,
        choices=choices,
        places=places,
    )


def controls_formula(node: Node, context: Node) -> Formula:
    """The formula of a model that names none: its controls, and no constant."""
    return with_controls(Formula((), (), intercept=False, place=node.place), node, context)


def refuse_what_is_not_taken(
    estimator: str,
    accepts: Sequence[str],
    *,
    adoption: AdoptionRequest | None,
    formula: Formula,
    weights: WeightRequest | None,
    node: Node,
) -> None:
    """Refuse by name what a difference-in-differences estimator cannot use.

    Raises:
        SpecError: E560 no design, E559 one for each thing that is not taken.
    """
    if adoption is None:
        raise SpecError(fault("E560", place=node.place, estimator=estimator))
    found = _not_taken(accepts, adoption, formula, weights)
    if found:
        raise SpecError(
            *(
                fault("E559", place=place or node.place, estimator=estimator, what=what, advice=advice)
                for what, place, advice in found
            )
        )


def _not_taken(
    accepts: Sequence[str], adoption: AdoptionRequest, formula: Formula, weights: WeightRequest | None
) -> list[tuple[str, Place | None, str]]:
    places: Mapping[str, Any] = adoption.places
    found: list[tuple[str, Place | None, str]] = []
    if formula.terms and "covariates" not in accepts:
        found.append(("controls", formula.place, "remove them, or use did_cs or did_bjs"))
    if formula.absorbed and "absorb" not in accepts:
        found.append(
            ("absorbed effects", formula.place, "unit and period effects are part of it; write controls only")
        )
    if formula.instruments:
        found.append(("instruments", formula.place, "use estimator iv"))
    if weights is not None and not {"weights", f"weights:{weights.kind}"} & {*accepts}:
        found.append((f"{weights.kind} weights", weights.place, "remove `weights:`"))
    if adoption.choices.anticipation and "anticipation" not in accepts:
        found.append(("anticipation", places.get("anticipation"), "shift the cohort instead"))
    if not adoption.unit and "cross_section" not in accepts:
        found.append(
            ("repeated cross-sections", None, "name the `unit` of a panel, or use did_cs or did_2x2")
        )
    return found
