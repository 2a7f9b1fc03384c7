"""Break-even values: where an output reaches a number as one input runs over its range, all others at their values."""

from __future__ import annotations

from typing import Any

import numpy as np

from impact.core.arrays import Floats
from impact.core.errors import Notice
from impact.core.ledgers import BreakevenResult
from impact.core.texts import notice
from impact.kernels.ledger.roots import roots_between
from impact.pipeline.ledger.worlds import point_world
from impact.schema.expressions.tree import spell
from impact.schema.ledger.requests import Breakeven, LedgerRequest, Scenario

FOUND, NONE, SEVERAL, EVERYWHERE = "found", "none", "several", "everywhere"
MOST_SHOWN = 4


def breakevens(request: LedgerRequest) -> tuple[BreakevenResult, ...]:
    """Every question in every scenario."""
    return tuple(
        _solved(request, one, scenario) for one in request.breakeven for scenario in request.scenarios
    )


def _solved(request: LedgerRequest, one: Breakeven, scenario: Scenario) -> BreakevenResult:
    low, high = _range(request, one, scenario)

    def output(points: Floats) -> Floats:
        world = point_world(request, scenario, {one.input: points[:, None]})
        values = world.value(one.output.root)
        return np.broadcast_to(values, (len(points), values.shape[1]))[:, -1] - one.equals

    scale = max(float(np.abs(output(np.array([low, high]))).max()), abs(one.equals), 1e-300)
    roots = roots_between(output, low, high, scale=scale)
    state = EVERYWHERE if roots.everywhere else (NONE, FOUND, SEVERAL)[min(len(roots.found), 2)]
    reached = float(output(np.array(roots.found))[0]) + one.equals if state == FOUND else float("nan")
    return BreakevenResult(
        name=one.name,
        scenario=scenario.name,
        input=one.input,
        output=spell(one.output.root),
        equals=one.equals,
        state=state,
        values=roots.found,
        low=low,
        high=high,
        at_low=roots.at_low + one.equals,
        at_high=roots.at_high + one.equals,
        reached=reached,
    )


def _range(request: LedgerRequest, one: Breakeven, scenario: Scenario) -> tuple[float, float]:
    """The search as asked, else the range of the input as the spec writes it, or as the scenario does."""
    own, base = scenario.inputs[one.input], request.inputs[one.input]
    ends = []
    for asked, series in ((one.low, own.low or base.low), (one.high, own.high or base.high)):
        ends.append(asked if asked is not None else series.value if series is not None else None)
    low, high = ends
    assert low is not None and high is not None  # the spec was checked
    return low, high


def breakeven_notices(found: tuple[BreakevenResult, ...]) -> tuple[Notice, ...]:
    """W451 where there is no value, W452 where there are several."""
    return tuple(_notice(one) for one in found if one.state != FOUND)


def _notice(one: BreakevenResult) -> Notice:
    facts: dict[str, Any] = {
        "input": one.input, "scenario": one.scenario, "low": f"{one.low:g}", "high": f"{one.high:g}",
    }  # fmt: skip
    if one.state == NONE:
        ends = {"at_low": f"{one.at_low:.4g}", "at_high": f"{one.at_high:.4g}", "equals": f"{one.equals:g}"}
        return notice("W451", of=one.scenario, output=one.output, **ends, **facts)
    if one.state == EVERYWHERE:
        return notice("W452", of=one.scenario, count="∞", values="∞", **facts)
    shown = ", ".join(f"{value:.4g}" for value in one.values[:MOST_SHOWN])
    return notice("W452", of=one.scenario, count=len(one.values), values=shown, **facts)
