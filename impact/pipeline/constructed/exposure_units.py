"""Which rows of the results stand in further units of their exposure: per standard deviation, elasticity, per cent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from impact.core.findings import ModelResult
from impact.outputs._exposure_units import STATISTICS, unit_fields
from impact.plan import Plan
from impact.schema.constructed.scale import outcome_scale
from impact.schema.model import SpecModel
from impact.schema.requests import ModelRequest

Units = Callable[[Mapping[str, object], str, str | None], Mapping[str, float]]


def are_asked(spec: SpecModel) -> bool:
    """Whether a table asks for a statistic in other units by name."""
    words = (
        word for block in spec.tables.values() for word in (*block.cell, *block.extra, *(block.stat or ()))
    )
    return any(word.removeprefix("se_") in STATISTICS for word in words)


def units_of(plan: Plan, request: ModelRequest, result: ModelResult) -> Units | None:
    """What makes the further fields of the rows of a result; None where the spec has no use for them."""
    asked = are_asked(plan.spec)
    if not (asked or plan.spec.exposure or plan.spec.unit_of_exposure is not None):
        return None
    estimate, design = result.estimate, result.design
    if estimate is None or design is None:
        return None
    own = estimate.design or design
    scale = outcome_scale(request, plan.derive, plan.spec.log_outcomes)

    def units(row: Mapping[str, object], term: str, group: str | None) -> Mapping[str, float]:
        return unit_fields(row, own, term, group, scale, all_columns=asked)

    return units


def add_exposure_facts(document: dict[str, Any], scales: Mapping[str, str]) -> None:
    """Mean and deviation of each model's exposure, and the scale of its outcome, where any row has such units."""
    for name, facts in document["models"].items():
        rows = [
            row for row in document["rows"] if row["model"] == name and row.get("exposure_sd") is not None
        ]
        first = next((row for row in rows if row["term"] in facts["focus"] and row["group"] is None), None)
        first = first or next((row for row in rows if row["term"] in facts["focus"]), None)
        if first is not None:
            facts["extra"] = dict(facts["extra"]) | {
                "exposure_mean": first["exposure_mean"],
                "exposure_sd": first["exposure_sd"],
                "outcome_scale": scales.get(name, ""),
            }
