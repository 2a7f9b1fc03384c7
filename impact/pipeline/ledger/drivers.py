"""What moves an output: rank correlations over the draws, and swings of one input at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from impact.core.arrays import Floats
from impact.core.ledgers import Driver
from impact.kernels.ledger.ranks import rank_correlation
from impact.pipeline.ledger.worlds import Uniforms, draws_of, point_world
from impact.schema.expressions.tree import Expression, spell
from impact.schema.ledger.evaluate import World
from impact.schema.ledger.outputs import is_share_of_draws
from impact.schema.ledger.requests import Input, LedgerRequest, Output, Scenario


def drivers_of(
    request: LedgerRequest, scenario: Scenario, drawn: World | None, uniforms: Uniforms
) -> list[Driver]:
    """One entry an input with a range, for every output that is asked for."""
    ranged = [one for one in scenario.inputs.values() if one.low is not None and one.high is not None]
    found: list[Driver] = []
    for output in driven_outputs(request):
        swings = _swings(request, scenario, ranged, output.expression)
        values = None if drawn is None else drawn.value(output.expression.root)[:, -1]
        point = float(point_world(request, scenario).value(output.expression.root)[0, -1])
        for one, (low, high) in zip(ranged, swings, strict=True):
            rank = _rank(request, one, values, uniforms)
            found.append(Driver(scenario.name, output.name, one.name, rank, low, high, point))
    return found


def driven_outputs(request: LedgerRequest) -> Iterator[Output]:
    """The outputs that tornado figures, tables of drivers and break-even questions are about."""
    wanted = {spell(one.output.root) for one in request.breakeven}
    known = {one.name: one for one in request.outputs}
    figures = [block.of for block in request.figures.values() if block.kind == "tornado"]
    tables = [word for block in request.tables.values() if block.rows == "drivers" for word in block.columns]
    written = {word.replace(" ", "") for word in (*figures, *tables)}
    for name, one in known.items():
        asked = name in wanted or name.replace(" ", "") in written
        if asked and not one.by_year and not is_share_of_draws(one.expression):
            yield one


def _rank(request: LedgerRequest, one: Input, values: Floats | None, uniforms: Uniforms) -> float:
    """Spearman's correlation of the input (its mean over the years) with the output."""
    if values is None or values.size <= 1 or not one.is_random:
        return float("nan")
    own = draws_of(request, one, uniforms).mean(axis=1)
    return rank_correlation(own, values)


def _swings(
    request: LedgerRequest, scenario: Scenario, ranged: list[Input], output: Expression
) -> list[tuple[float, float]]:
    """The output with each input at its low and at its high: all in one evaluation."""
    if not ranged:
        return []
    varied: dict[str, Floats] = {}
    for place, one in enumerate(ranged):
        span = request.first - request.reach.get(one.name, 0), request.last
        low, point, high = (
            series.over(*span) for series in (one.low, one.point, one.high) if series is not None
        )
        years = max(len(low), len(point), len(high))
        rows = np.tile(np.broadcast_to(point, years), (2 * len(ranged), 1))
        rows[2 * place], rows[2 * place + 1] = low, high
        varied[one.name] = rows
    values = point_world(request, scenario, varied).value(output.root)[:, -1]
    values = np.broadcast_to(values, 2 * len(ranged))
    return [(float(values[2 * place]), float(values[2 * place + 1])) for place in range(len(ranged))]
